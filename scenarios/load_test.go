package scenarios_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tlsfault/tlsfault/scenarios"
)

// mustLoad loads the scenarios of a family called demo.
func mustLoad(t testing.TB, text string) []scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Load("demo.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLoadsAScenario(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/expired
    title: The leaf expired yesterday
    given: { name: api.test, key: rsa-2048, intermediates: 0, tls: { versions: ["1.2"] }, alpn: [h2], clientAuth: request }
    fault: { leaf: { notAfter: -1d, commonName: "", names: [] } }
    expect: { reject: expired, level: should, basis: server-must-not-send }
    remedy: Renew it.
    refs: ["RFC 5280 6.1.3(a)(2)"]
    covers: ["badssl:expired"]
    tags: [certificate]
    notIsolated: for the sake of the example
`)
	zero, empty := 0, ""
	want := scenarios.Scenario{
		ID: "demo/expired", Title: "The leaf expired yesterday",
		Given: scenarios.Given{
			Name: "api.test", Key: "rsa-2048", Intermediates: &zero,
			TLS: scenarios.TLS{Versions: []scenarios.Version{"1.2"}}, ALPN: []string{"h2"}, ClientAuth: scenarios.ClientAuthRequest,
		},
		Fault:  scenarios.Fault{Certificates: scenarios.Certificates{Leaf: &scenarios.Certificate{NotAfter: "-1d", CommonName: &empty, Names: &[]string{}}}},
		Expect: scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.Expired, Level: scenarios.Should, Basis: scenarios.ServerMustNotSend},
		Remedy: "Renew it.", Refs: []string{"RFC 5280 6.1.3(a)(2)"}, Covers: []string{"badssl:expired"}, Tags: []string{"certificate"},
		NotIsolated: "for the sake of the example",
		Family:      "demo", Source: scenarios.Position{File: "demo.yaml", Line: 4, Column: 5},
	}
	if len(all) != 1 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("got %+v\nwant %+v", all, want)
	}
}

func TestExpectIsMustAndForClientsByDefault(t *testing.T) {
	for text, want := range map[string]scenarios.Expect{
		"accept":                                            {Outcome: scenarios.Accept, Level: scenarios.Must, Basis: scenarios.ClientMustCheck},
		"{ accept: true, level: may }":                      {Outcome: scenarios.Accept, Level: scenarios.May, Basis: scenarios.ClientMustCheck},
		"{ reject: expired }":                               {Outcome: scenarios.Reject, Reason: scenarios.Expired, Level: scenarios.Must, Basis: scenarios.ClientMustCheck},
		"{ reject: stalled, level: should }":                {Outcome: scenarios.Reject, Reason: scenarios.Stalled, Level: scenarios.Should, Basis: scenarios.ClientMustCheck},
		"{ basis: server-must-not-send, reject: weak-key }": {Outcome: scenarios.Reject, Reason: scenarios.WeakKey, Level: scenarios.Must, Basis: scenarios.ServerMustNotSend},
	} {
		all := mustLoad(t, "family: demo\nscenarios:\n  - { id: demo/one, title: One, fault: { leaf: { notAfter: -1d } }, expect: "+text+" }\n")
		if all[0].Expect != want {
			t.Errorf("expect: %s is %+v, want %+v", text, all[0].Expect, want)
		}
	}
}

func TestDefaultsHoldUnlessAScenarioSaysItself(t *testing.T) {
	all := mustLoad(t, `
family: demo
defaults:
  given: { key: rsa-2048 }
  expect: { reject: expired, level: may }
  remedy: Renew it.
  refs: [RFC 5280]
  tags: [certificate]
scenarios:
  - id: demo/shared
    title: One
    fault: { leaf: { notAfter: -1d } }
  - id: demo/own
    title: Two
    given: { name: api.test }
    fault: { leaf: { notAfter: -1d } }
    expect: accept
    remedy: Another.
    refs: [RFC 9525]
    tags: [names]
`)
	shared, own := all[0], all[1]
	if shared.Given.Key != "rsa-2048" || shared.Expect.Level != scenarios.May || shared.Remedy != "Renew it." || shared.Refs[0] != "RFC 5280" || shared.Tags[0] != "certificate" {
		t.Errorf("without anything of its own: %+v", shared)
	}
	if own.Given.Key != "" || own.Expect.Outcome != scenarios.Accept || own.Expect.Level != scenarios.Must || own.Remedy != "Another." || len(own.Refs) != 1 || own.Refs[0] != "RFC 9525" || own.Tags[0] != "names" {
		t.Errorf("with everything of its own: %+v", own)
	}
}

func TestAnchorsAndMergesAreFollowed(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/one
    title: One
    given: &base { key: rsa-2048, name: api.test }
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired }
  - id: demo/two
    title: Two
    given: { <<: *base, name: shop.test }
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired }
`)
	if got := all[1].Given; got.Key != "rsa-2048" || got.Name != "shop.test" {
		t.Errorf("merged %+v", got)
	}
}

func TestLineEndsAndMarksDoNotMatter(t *testing.T) {
	plain := "family: demo\nscenarios:\n  - id: demo/one\n    title: One\n    expect: accept\n"
	want := mustLoad(t, plain)
	for name, text := range map[string]string{
		"CRLF":               strings.ReplaceAll(plain, "\n", "\r\n"),
		"byte order mark":    "\ufeff" + plain,
		"document mark":      "---\n" + plain + "...\n",
		"no last line end":   strings.TrimSuffix(plain, "\n"),
		"comments and space": "# a comment\n\n" + plain + "\n# another\n",
	} {
		all, err := scenarios.Load("demo.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		all[0].Source = want[0].Source
		if !reflect.DeepEqual(all, want) {
			t.Errorf("%s: got %+v", name, all)
		}
	}
}

// What no text file shows: bytes, sizes, depths. All are refused in little time.
func TestBytesThatAreNoScenarios(t *testing.T) {
	head := "family: demo\nscenarios:\n  - id: demo/one\n    title: "
	for _, c := range []struct{ name, text, want string }{
		{"no bytes", "", "f.yaml:1:1: the file is empty"},
		{"Latin-1", head + "caf\xe9\n", "f.yaml:4:15: byte 0xe9 is not UTF-8"},
		{"UTF-16", "\xff\xfef\x00a\x00", "f.yaml:1:1: the file is in UTF-16"},
		{"NUL", head + "a\x00b\n", "f.yaml:4:13: control character U+0000"},
		{"too large", "# " + strings.Repeat("x", 4<<20), "f.yaml:1:1: the file has more than 4194304 bytes"},
		{"deep lists", "a: " + strings.Repeat("[", 1<<16), "f.yaml:1:67: maps and lists are nested more than 64 deep"},
		{"deep maps", "a: " + strings.Repeat("{a: ", 1<<16), "f.yaml:1:256: maps and lists are nested more than 64 deep"},
		{"deep dashes", strings.Repeat("- ", 1<<16), "f.yaml:1:129: maps and lists are nested more than 64 deep"},
		{"many words", "[" + strings.Repeat("[],", 400_000), "f.yaml:1:1: the file holds more than 1048576 words and signs"},
		{"many keys", manyLines("k%d: 1\n", 20_000), "f.yaml:1001:1: a map of more than 1000 keys"},
		{"many keys in braces", "a: {" + manyLines("k%d: 1, ", 20_000) + "}", "f.yaml:1:8895: a map of more than 1000 keys"},
		{"many keys without value", manyLines("a%d:\n", 900) + "x: 1\n", "f.yaml:51:4: more than 50 keys without a value"},
		{"many words alone", "a: {" + strings.Repeat("b, ", 20_000) + "}", "f.yaml:1:155: more than 50 keys without a value"},
		{"many dashes alone", strings.Repeat("-\n", 20_000), "f.yaml:52:1: more than 50 keys without a value"},
		{"many aliases", "a: [" + strings.Repeat("*b, ", 20_000) + "]", "f.yaml:1:4005: more than 1000 anchors and aliases"},
		{"many anchors", strings.Repeat("&a ", 20_000), "f.yaml:1:3001: more than 1000 anchors and aliases"},
		{"alias bomb", aliasBomb(), "f.yaml:2:1: unknown key \"a00\" in the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scenarios.Load("f.yaml", []byte(c.text))
			if err == nil {
				t.Fatal("it loads")
			}
			for _, e := range scenarios.Errors(err) {
				if e.Position.String()+": "+e.Message == c.want {
					return
				}
			}
			text := err.Error()
			t.Errorf("got %s\nwant %s", text[:min(len(text), 400)], c.want)
		})
	}
}

func manyLines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// aliasBomb is a file whose last line would be 10^18 values, used where text with placeholders is looked for.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("family: demo\nscenarios:\n")
	for i := range 18 {
		fmt.Fprintf(&b, "a%02d: &a%d [", i, i)
		for range 10 {
			if i == 0 {
				b.WriteString("x, ")
			} else {
				fmt.Fprintf(&b, "*a%d, ", i-1)
			}
		}
		b.WriteString("]\n")
	}
	return strings.Replace(b.String(), "scenarios:\n", "", 1) +
		"scenarios:\n  - { id: demo/one, title: One, matrix: { x: *a17 }, fault: *a17, expect: *a17, given: \"{x}\" }\n"
}

func TestLoadPathsReadsFilesAndDirectories(t *testing.T) {
	dir := t.TempDir()
	write := func(name, id string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		family, _, _ := strings.Cut(id, "/")
		text := "family: " + family + "\nscenarios:\n  - { id: " + id + ", title: One, expect: accept }\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a/one.yaml", "one/x")
	write("a/deep/two.yml", "two/x")
	write("a/notes.txt", "three/x")
	named := write("four.conf", "four/x")

	all, err := scenarios.LoadPaths(filepath.Join(dir, "a"), named)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	if got, want := strings.Join(ids, " "), "two/x one/x four/x"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	twice := write("again.yaml", "one/x")
	_, err = scenarios.LoadPaths(filepath.Join(dir, "a"), twice)
	want := twice + `:3:5: the id "one/x" is taken by the scenario at ` + filepath.Join(dir, "a", "one.yaml") + ":3:5\n    hint: ids are unique over all files"
	if err == nil || err.Error() != want {
		t.Errorf("an id in two files: got %v\nwant %s", err, want)
	}

	if _, err = scenarios.LoadPaths(filepath.Join(dir, "missing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err = scenarios.LoadPaths(filepath.Join(dir, "empty")); err == nil || !strings.Contains(err.Error(), "no scenario file") {
		t.Errorf("a directory without scenarios: %v", err)
	}
}

// Each file tells its own mistakes, and none hides another's.
func TestLoadFSGathersTheMistakesOfAllFiles(t *testing.T) {
	_, err := scenarios.LoadFS(fstest.MapFS{
		"a.yaml":     {Data: []byte("family: a\nscenarioss: []\n")},
		"sub/b.yaml": {Data: []byte("family: b\n")},
		"c.yaml":     {Data: []byte("family: c\nscenarios:\n  - { id: c/one, title: One, expect: accept }\n")},
	})
	var got []string
	for _, e := range scenarios.Errors(err) {
		got = append(got, e.Position.String()+" "+e.Message)
	}
	want := `a.yaml:2:1 unknown key "scenarioss" in the file|sub/b.yaml:1:1 the file has no scenarios`
	if strings.Join(got, "|") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "|"), want)
	}
}

func TestErrorsFindsThemInAnyTree(t *testing.T) {
	one, two := &scenarios.Error{Message: "one"}, &scenarios.Error{Message: "two"}
	err := fmt.Errorf("reading: %w", errors.Join(errors.New("another"), one, fmt.Errorf("wrapped: %w", two)))
	if got := scenarios.Errors(err); len(got) != 2 || got[0] != one || got[1] != two {
		t.Errorf("got %v", got)
	}
	if got := scenarios.Errors(nil); got != nil {
		t.Errorf("of no error: %v", got)
	}
}

// A file of 4 MiB that the author's editor made is read; one sign more is refused.
func TestSizeIsBoundedToTheByte(t *testing.T) {
	text := []byte("family: demo\nscenarios:\n  - { id: demo/one, title: One, expect: accept }\n#")
	text = append(text, bytes.Repeat([]byte("x"), 4<<20-len(text))...)
	if _, err := scenarios.Load("f.yaml", text); err != nil {
		t.Error(err)
	}
	if _, err := scenarios.Load("f.yaml", append(text, 'x')); err == nil {
		t.Error("a byte more is read as well")
	}
}
