package scenarios

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// matrix expands one entry of a file. Each axis has values, every combination of
// values is a scenario, the last axis varying fastest. {axis} stands for the value:
// as it is where it is all of a text, as text or label within one; all of an item
// of a list, one that stands for a list stands for its items.
type matrix struct {
	node  *yamltree.Node // the entry, without its matrix
	at    *yamltree.Node // where the matrix stands
	axes  []axis
	texts map[*yamltree.Node]template
	holds map[*yamltree.Node]bool // whether a placeholder stands anywhere below

	cases   []expectCase   // what to expect, where that depends on the axes
	casesAt *yamltree.Node // where they stand
}

// axis is one axis of a matrix.
type axis struct {
	name   string
	key    *yamltree.Node
	labels []string // of the values, for ids and, where a value is no scalar, for titles
	values []*yamltree.Node
	own    bool // and not of the defaults
}

var axisPattern = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// readMatrix reads the matrix of an entry, own being its node or nil, and binds
// the placeholders of the entry to the axes. It returns nil after a problem.
func (l *loader) readMatrix(own, entry *yamltree.Node) *matrix {
	had := l.problems.Len()
	m := &matrix{node: entry, texts: make(map[*yamltree.Node]template), holds: make(map[*yamltree.Node]bool)}
	if shared := l.defaults.node.Get("matrix"); shared != nil && own == nil {
		m.at, m.axes = shared, l.readAxes(shared, false)
	}
	if own != nil {
		m.at, m.axes = own, l.readAxes(own, true)
	}
	if l.problems.Len() == had {
		l.bind(m)
		l.readCases(m)
	}
	if l.problems.Len() > had {
		return nil
	}
	return m
}

func (l *loader) readAxes(n *yamltree.Node, own bool) []axis {
	if n.Kind != yamltree.Map || len(n.Keys) == 0 {
		l.problems.Add(n, "write matrix: { axis: [value, value] }", "matrix takes a map of axes, not %s", orEmpty(n))
		return nil
	}
	var axes []axis
	for i, key := range n.Keys {
		values := n.Items[i]
		a := axis{name: key.Value, key: key, own: own}
		switch {
		case !axisPattern.MatchString(key.Value):
			l.problems.Add(key, "begin it with a lower case letter, and go on with letters and digits", "the name %q of an axis is no word", key.Value)
			continue
		case values.Kind == yamltree.Map && len(values.Keys) > 0:
			a.values = values.Items
			for _, label := range values.Keys {
				a.labels = append(a.labels, label.Value)
			}
		case values.Kind == yamltree.List && len(values.Items) > 0:
			a.values = values.Items
			for _, value := range values.Items {
				a.labels = append(a.labels, labelOf(value))
			}
		default:
			l.problems.Add(values, "write "+key.Value+": [value, value]", "the axis %q takes a list of values, or a map from label to value, not %s", key.Value, orEmpty(values))
			continue
		}
		l.checkValues(&a)
		axes = append(axes, a)
	}
	return axes
}

func (l *loader) checkValues(a *axis) {
	taken := make(map[string]bool)
	for i, value := range a.values {
		label := idWord(a.labels[i])
		switch {
		case label == "":
			l.problems.Add(value, "name the values: "+a.name+": { label: value }", "a value of the axis %q gives no part of an id", a.name)
		case taken[label]:
			l.problems.Add(value, "name the values: "+a.name+": { label: value }", "two values of the axis %q give %q in an id", a.name, label)
		}
		taken[label] = true
		if inner := firstPlaceholder(value); inner != "" {
			l.problems.Add(value, "axes know nothing of one another", "a value of the axis %q holds the placeholder {%s}", a.name, inner)
		}
	}
}

// orEmpty describes what stands where a map or list with something in it should.
func orEmpty(n *yamltree.Node) string {
	if (n.Kind == yamltree.Map || n.Kind == yamltree.List) && len(n.Items) == 0 {
		return "an empty one"
	}
	return n.Kind.String()
}

// labelOf returns what names a value that its author has not named.
func labelOf(n *yamltree.Node) string {
	switch {
	case n.IsScalar():
		return n.Value
	case n.Kind == yamltree.List:
		var parts []string
		for _, item := range n.Items {
			if !item.IsScalar() {
				return ""
			}
			parts = append(parts, item.Value)
		}
		return strings.Join(parts, "-")
	}
	return ""
}

// idWord makes a part of an id of text: lower case letters and digits, single
// hyphens and dots between them.
func idWord(text string) string {
	var b strings.Builder
	var between byte
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if between != 0 && b.Len() > 0 {
				b.WriteByte(between)
			}
			between = 0
			b.WriteRune(r)
		case r == '.' && between == 0:
			between = '.'
		default:
			between = '-'
		}
	}
	return b.String()
}

// size is the number of scenarios, or more than is allowed.
func (m *matrix) size() int {
	total := 1
	for _, a := range m.axes {
		if total *= len(a.values); total > maxExpansions {
			return math.MaxInt32
		}
	}
	return total
}

// expand returns the entry with the i-th combination of values, and the nodes
// that were made for it.
func (m *matrix) expand(i int) (entry *yamltree.Node, made []*yamltree.Node) {
	f := filler{matrix: m, choice: make([]int, len(m.axes)), done: make(map[*yamltree.Node]*yamltree.Node)}
	for at, a := range slices.Backward(m.axes) {
		f.choice[at] = i % len(a.values)
		i /= len(a.values)
	}
	return f.fill(m.node), f.made
}

// filler makes one scenario's nodes.
type filler struct {
	*matrix
	choice []int // the index of the value of each axis
	done   map[*yamltree.Node]*yamltree.Node
	made   []*yamltree.Node
}

// fill returns n with the placeholders below it replaced; n itself where it has none.
func (f *filler) fill(n *yamltree.Node) *yamltree.Node {
	if n == f.casesAt && n != nil {
		if n = f.chosenCase(); n == nil {
			return f.casesAt // which the decoder refuses
		}
	}
	if !f.holds[n] {
		return n
	}
	if filled := f.done[n]; filled != nil {
		return filled
	}
	var filled *yamltree.Node
	if n.Kind == yamltree.Text {
		filled = f.text(n)
	} else {
		filled = &yamltree.Node{Kind: n.Kind, Keys: n.Keys, Line: n.Line, Column: n.Column, Items: make([]*yamltree.Node, 0, len(n.Items))}
		for _, item := range n.Items {
			value := f.fill(item)
			if n.Kind == yamltree.List && value != item && item.Kind == yamltree.Text && value.Kind == yamltree.List {
				filled.Items, filled.Filled = append(filled.Items, value.Items...), true
				continue
			}
			filled.Items = append(filled.Items, value)
		}
		f.made = append(f.made, filled)
	}
	f.done[n] = filled
	return filled
}

// text replaces the placeholders of a text by the chosen values. All of a text,
// a placeholder is the value itself, with its own position.
func (f *filler) text(n *yamltree.Node) *yamltree.Node {
	t := f.texts[n]
	if p := t.whole(); p != nil {
		if value, label := f.chosen(p); label == "" {
			return value
		}
	}
	var b strings.Builder
	for i := range t {
		p := &t[i]
		if p.axis == "" {
			b.WriteString(p.literal)
			continue
		}
		value, label := f.chosen(p)
		switch {
		case label != "":
		case !p.inID && value.IsScalar(), len(p.fields) > 0:
			label = value.Value
		default:
			a := f.axis(p.axis)
			label = f.axes[a].labels[f.choice[a]]
		}
		if p.inID {
			label = idWord(label)
		}
		b.WriteString(label)
	}
	return &yamltree.Node{Kind: yamltree.Text, Value: b.String(), Line: n.Line, Column: n.Column}
}

// chosen returns what a placeholder stands for: a value, or where label is not empty, that text.
func (f *filler) chosen(p *piece) (value *yamltree.Node, label string) {
	a := f.axis(p.axis)
	at := f.choice[a]
	return resolve(f.axes[a].values[at], f.axes[a].labels[at], p.fields)
}
