package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// template is a text with placeholders in it, in pieces.
type template []piece

// piece is literal text, or a placeholder where axis is not empty: {axis},
// {axis.field} where the values are maps, {axis.label} for the label of any value.
type piece struct {
	literal string
	axis    string
	fields  []string
	inID    bool // where labels stand for all values
}

// String returns what stands between the braces.
func (p piece) String() string { return strings.Join(append([]string{p.axis}, p.fields...), ".") }

// whole returns the placeholder that is all of the text, nil otherwise.
func (t template) whole() *piece {
	if len(t) == 1 && t[0].axis != "" && !t[0].inID {
		return &t[0]
	}
	return nil
}

// placeholderPattern matches a placeholder, in doubled braces where the braces are meant.
var placeholderPattern = regexp.MustCompile(`\{\{[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*\}\}|\{[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*\}`)

// parseTemplate cuts text at its placeholders. It returns nil for text that stands as it is.
func parseTemplate(text string) template {
	if !strings.Contains(text, "{") {
		return nil
	}
	var t template
	rest := 0
	for _, at := range placeholderPattern.FindAllStringIndex(text, -1) {
		if at[0] > rest {
			t = append(t, piece{literal: text[rest:at[0]]})
		}
		rest = at[1]
		found := text[at[0]:at[1]]
		if strings.HasPrefix(found, "{{") {
			t = append(t, piece{literal: found[1 : len(found)-1]})
			continue
		}
		path := strings.Split(found[1:len(found)-1], ".")
		t = append(t, piece{axis: path[0], fields: path[1:]})
	}
	if t != nil && rest < len(text) {
		t = append(t, piece{literal: text[rest:]})
	}
	return t
}

// escapeTemplate writes text so that it reads back as it is.
func escapeTemplate(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return placeholderPattern.ReplaceAllString(text, "{$0}")
}

// firstPlaceholder returns the first placeholder in a value, "" when there is none.
func firstPlaceholder(n *yamltree.Node) string {
	seen := make(map[*yamltree.Node]bool)
	var find func(n *yamltree.Node) string
	find = func(n *yamltree.Node) string {
		if seen[n] {
			return ""
		}
		seen[n] = true
		if n.Kind == yamltree.Text {
			for _, p := range parseTemplate(n.Value) {
				if p.axis != "" {
					return p.String()
				}
			}
		}
		for _, item := range n.Items {
			if inner := find(item); inner != "" {
				return inner
			}
		}
		return ""
	}
	return find(n)
}

// binder finds the placeholders of an entry and checks them against the axes.
type binder struct {
	*matrix
	problems *yamltree.Problems
	used     map[string]bool // axes that change the server or the expectation
	named    map[string]bool // axes that the id mentions
}

// changing are the keys in which an axis makes one scenario differ from another.
var changing = []string{"given", "fault", "expect"}

// bind binds the placeholders of the entry, drops the default axes that it does
// not use, and appends to the id the axes that it does not mention.
func (l *loader) bind(m *matrix) {
	b := &binder{matrix: m, problems: &l.problems, used: make(map[string]bool), named: make(map[string]bool)}
	entry := m.node
	for _, name := range namedInCases(entry) {
		b.used[name] = true
	}
	for _, pass := range []bool{true, false} {
		for i, key := range entry.Keys {
			if slices.Contains(changing, key.Value) == pass && key.Value != "id" {
				b.walk(entry.Items[i], pass)
			}
		}
		if !pass {
			continue
		}
		m.axes = slices.DeleteFunc(m.axes, func(a axis) bool {
			if a.own && !b.used[a.name] {
				l.problems.Add(a.key, "write {"+a.name+"} in given, fault or expect, or take the axis out", "the axis %q is not used", a.name)
			}
			return !b.used[a.name] && !a.own
		})
		for name := range b.used {
			if l.defaults.used != nil {
				l.defaults.used[name] = true
			}
		}
	}
	b.id()
	for _, item := range entry.Items {
		m.holds[entry] = m.holds[entry] || m.holds[item]
	}
}

// walk binds the placeholders in and below n. It reports whether there are any.
func (b *binder) walk(n *yamltree.Node, changes bool) bool {
	if held, done := b.holds[n]; done {
		return held
	}
	b.holds[n] = false
	held := false
	switch n.Kind {
	case yamltree.Text:
		t := parseTemplate(n.Value)
		b.check(n, t, changes)
		b.texts[n], held = t, t != nil
	case yamltree.Map:
		if len(n.Keys) == 1 && n.Items[0].Kind == yamltree.Null && b.axis(n.Keys[0].Value) >= 0 {
			name := n.Keys[0].Value
			b.problems.Add(n, `put it in quotes: "{`+name+`}"`, "{%s} without quotes is a map, not a placeholder", name)
			b.used[name] = true
			break
		}
		fallthrough
	case yamltree.List:
		for _, item := range n.Items {
			held = b.walk(item, changes) || held
		}
	}
	b.holds[n] = held
	return held
}

// axis returns the index of an axis, -1 when there is none of that name.
func (m *matrix) axis(name string) int {
	return slices.IndexFunc(m.axes, func(a axis) bool { return a.name == name })
}

// check notes placeholders that name no axis, or no field of its values.
func (b *binder) check(n *yamltree.Node, t template, changes bool) {
	for _, p := range t {
		if p.axis == "" {
			continue
		}
		at := b.axis(p.axis)
		if at < 0 {
			var names []string
			for _, known := range b.axes {
				names = append(names, known.name)
			}
			hint := yamltree.Suggest(p.axis, names)
			if hint == "" {
				hint = "add matrix: { " + p.axis + ": [VALUE, VALUE] }, or write {{" + p.String() + "}} if the braces are meant"
			}
			b.problems.Add(n, hint, "the placeholder {%s} names no axis of a matrix", p)
			continue
		}
		b.used[p.axis] = b.used[p.axis] || changes
		a := b.axes[at]
		for i, value := range a.values {
			found, label := resolve(value, a.labels[i], p.fields)
			if found == nil {
				b.problems.Add(n, "", "the placeholder {%s}: the value %q of the axis has no such key", p, a.labels[i])
				break
			}
			if len(t) > 1 && len(p.fields) > 0 && label == "" && !found.IsScalar() {
				b.problems.Add(n, "", "the placeholder {%s} within text stands for %s", p, found.Kind)
				break
			}
		}
	}
}

// id gives every axis a part in the id.
func (b *binder) id() {
	entry := b.node
	at := slices.IndexFunc(entry.Keys, func(key *yamltree.Node) bool { return key.Value == "id" })
	if at < 0 || entry.Items[at].Kind != yamltree.Text {
		return
	}
	id := *entry.Items[at] // its own, for an alias of it must not grow
	t := parseTemplate(id.Value)
	b.check(&id, t, false)
	if t == nil {
		t = template{{literal: id.Value}}
	}
	for i := range t {
		t[i].inID = true
		b.named[t[i].axis] = true
	}
	for _, a := range b.axes {
		if !b.named[a.name] {
			t = append(t, piece{literal: "-"}, piece{axis: a.name, inID: true})
		}
	}
	entry.Items[at] = &id
	b.texts[&id], b.holds[&id] = t, true
}

// resolve finds the field of a value. Where the label is meant, the node is the
// value and text the label.
func resolve(value *yamltree.Node, label string, fields []string) (node *yamltree.Node, text string) {
	for i, field := range fields {
		inner := value.Get(field)
		if inner == nil {
			if field == "label" && i == len(fields)-1 {
				return value, label
			}
			return nil, ""
		}
		value = inner
	}
	return value, ""
}
