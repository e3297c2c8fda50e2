package yamltree

import (
	"fmt"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	colours := []string{"red", "green", "blue"}
	many := strings.Fields(strings.Repeat("x", 3) + strings.Repeat(" word", 30))
	for i := range many {
		many[i] += fmt.Sprint("-number-", i*1000)
	}
	for _, c := range []struct {
		word  string
		known []string
		want  string
	}{
		{"gren", colours, `did you mean "green"?`},
		{"GREEN", colours, `did you mean "green"?`},
		{"Blu", colours, `did you mean "blue"?`},
		{"violet", colours, "known: red, green, blue"},
		{"x", colours, "known: red, green, blue"},
		{"", colours, "known: red, green, blue"},
		{"bits", []string{"bat", "bit", "byte"}, `did you mean "bit"?`},
		{"cat", []string{"bat", "hat"}, `did you mean "bat" or "hat"?`},
		{"1.4", []string{"1.0", "1.1", "1.2", "1.3"}, "known: 1.0, 1.1, 1.2, 1.3"},
		{"valid", []string{"chain/missing", "validity/leaf-expired"}, `did you mean "validity/leaf-expired"?`},
		{"nothing like it", many, ""},
		{"a", nil, ""},
	} {
		if got := Suggest(c.word, c.known); got != c.want {
			t.Errorf("%q of %q: got %s, want %s", c.word, c.known, got, c.want)
		}
	}
}

func TestProblemsAreBoundedAndSaidOnce(t *testing.T) {
	var p Problems
	for range 3 {
		p.AddAt(2, 1, "", "again")
	}
	p.AddAt(1, 9, "", "first")
	if list := p.List(); len(list) != 2 || list[0].Message != "first" {
		t.Errorf("got %+v", list)
	}
	for i := range 1000 {
		p.AddAt(i, 1, "", "one of many")
	}
	if !p.Full() || p.Len() != maxProblems {
		t.Errorf("%d problems are kept", p.Len())
	}
}

// show draws a tree with the places of its nodes.
func show(n *Node) string {
	at := fmt.Sprintf("@%d:%d", n.Line, n.Column)
	var parts []string
	switch n.Kind {
	case Map:
		for i, key := range n.Keys {
			parts = append(parts, fmt.Sprintf("%s@%d:%d=%s", key.Value, key.Line, key.Column, show(n.Items[i])))
		}
		return "{" + strings.Join(parts, " ") + "}" + at
	case List:
		for _, item := range n.Items {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]" + at
	case Null:
		return "null" + at
	}
	return fmt.Sprintf("%s(%s)%s", strings.Fields(n.Kind.String())[0], n.Value, at)
}

func TestReadKeepsPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"a: é b\nc: \"d\"\n":                      "{a@1:1=text(é b)@1:4 c@2:1=text(d)@2:4}@1:1",
		"é: {ü: [1, 2.5]}\n":                      "{é@1:1={ü@1:5=[a(1)@1:9 a(2.5)@1:12]@1:8}@1:4}@1:1",
		"- true\n- 0x1F\n- ~\n":                   "[true(true)@1:3 a(0x1F)@2:3 null@3:3]@1:1",
		"a:\nb: |\n  x\n  y\nc: >-\n  x\n":        "{a@1:1=null@1:1 b@2:1=text(x\ny\n)@2:4 c@5:1=text(x)@5:4}@1:1",
		"a: &x {b: 1}\nc: *x\n":                   "{a@1:1={b@1:8=a(1)@1:11}@1:7 c@2:1={b@1:8=a(1)@1:11}@1:7}@1:1",
		"a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n": "{a@1:1={b@1:8=a(1)@1:11 c@1:14=a(2)@1:17}@1:7 d@2:1={c@2:5=a(3)@2:8 b@1:8=a(1)@1:11}@2:4}@1:1",
		"":            "null@1:1",
		"# nothing\n": "null@1:1",
	} {
		var p Problems
		n := Read([]byte(text), &p)
		if n == nil {
			t.Errorf("%q: %+v", text, p.List())
			continue
		}
		if got := show(n); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\n\tb: 2\n":         "2:1 a tab indents this line",
		"a: {\n\tb: 2 }}\n":      "2:1 a tab indents this line",
		"a: \"\\q\"\n":           "1:6 unknown escape in double quotes",
		"a: 'b\n":                "1:4 text that begins with ' is not closed",
		"a: [1,,2]\n":            "1:7 expected a value here",
		"a: {b: 1,, c: 2}\n":     "1:10 expected key: value here",
		"a: b]\nc: ]\n":          "2:4 ] closes a list that was never opened",
		"a: 'b' c\n":             "1:8 something follows a value that was complete",
		"a: - b\n":               "1:4 a list entry on the line of its key",
		"a: |x\n  y\n":           "1:4 | and > begin text on the next line",
		"[a]: 1\n":               "1:4 a key must be a word",
		"%YAML 1.2\n---\na: 1\n": "1:1 a value cannot begin with %",
		"a: 1\n...\nb: 1\n":      "3:1 a second document begins here; only one is read",
		"<<: 1\n":                "1:1 << takes the name of a map",
		"a: &x 1\nb: &x 2\n":     "2:4 the anchor &x is taken",
		"*x : 1\n":               "1:1 a key must be a word",
	} {
		var p Problems
		if n := Read([]byte(text), &p); n != nil {
			t.Errorf("%q is read: %s", text, show(n))
			continue
		}
		if got := fmt.Sprintf("%d:%d %s", p.List()[0].Line, p.List()[0].Column, p.List()[0].Message); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
