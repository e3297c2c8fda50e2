package scenarios

import (
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// expectCase is what to expect of some of the scenarios that a matrix makes: of
// those whose axes all have one of the values. Of several the first counts.
type expectCase struct {
	when   map[int]map[int]bool // by axis, the values that fit; empty for all
	expect *yamltree.Node
}

// caseKey is the key of a case that says of which scenarios it is.
const caseKey = "when"

// readCases reads a list of expectations, which a matrix chooses from.
func (l *loader) readCases(m *matrix) {
	list := m.node.Get("expect")
	if list == nil || list.Kind != yamltree.List {
		return
	}
	m.casesAt = list
	for i, item := range list.Items {
		when := item.Get(caseKey)
		last := i == len(list.Items)-1
		switch {
		case len(m.axes) == 0:
			l.problems.Add(list, "write accept, or { reject: REASON }", "expect is a list, but there is no matrix to choose from it")
			return
		case when == nil && !last:
			l.problems.Add(item, "put it last, or add when: { axis: value }", "what stands below is never expected")
			return
		case when != nil && last:
			l.problems.Add(item, "end with one that has no when", "no expectation is left for all others")
			return
		case when == nil:
			m.cases = append(m.cases, expectCase{expect: item})
			return
		case when.Kind != yamltree.Map || len(when.Keys) == 0:
			l.problems.Add(when, "write when: { axis: value }, or { axis: [value, value] }", "when takes a map of axes, not %s", orEmpty(when))
			return
		}
		rest := without(item, caseKey)
		m.holds[rest] = m.holds[item]
		m.cases = append(m.cases, expectCase{l.readWhen(m, when), rest})
	}
}

// namedInCases lists the axes on which the expectations depend.
func namedInCases(entry *yamltree.Node) []string {
	list := entry.Get("expect")
	if list == nil || list.Kind != yamltree.List {
		return nil
	}
	var names []string
	for _, item := range list.Items {
		if when := item.Get(caseKey); when != nil {
			for _, key := range when.Keys {
				names = append(names, key.Value)
			}
		}
	}
	return names
}

// readWhen reads which values of the axes a case is about.
func (l *loader) readWhen(m *matrix, when *yamltree.Node) map[int]map[int]bool {
	fits := make(map[int]map[int]bool)
	var names []string
	for _, a := range m.axes {
		names = append(names, a.name)
	}
	for i, key := range when.Keys {
		at := m.axis(key.Value)
		if at < 0 {
			l.problems.Add(key, yamltree.Suggest(key.Value, names), "when names no axis of the matrix: %q", key.Value)
			continue
		}
		values := []*yamltree.Node{when.Items[i]}
		if when.Items[i].Kind == yamltree.List {
			values = when.Items[i].Items
		}
		fits[at] = make(map[int]bool)
		for _, value := range values {
			label := slices.Index(m.axes[at].labels, value.Value)
			if label < 0 || !value.IsScalar() {
				l.problems.Add(value, "its values: "+strings.Join(m.axes[at].labels, ", "), "the axis %q has no value %q", key.Value, value.Value)
				continue
			}
			fits[at][label] = true
		}
	}
	return fits
}

// without returns a map without one of its keys.
func without(n *yamltree.Node, key string) *yamltree.Node {
	rest := *n
	rest.Keys, rest.Items = nil, nil
	for i, k := range n.Keys {
		if k.Value != key {
			rest.Keys, rest.Items = append(rest.Keys, k), append(rest.Items, n.Items[i])
		}
	}
	return &rest
}

// chosenCase returns what to expect of the chosen combination of values, nil for an empty list.
func (f *filler) chosenCase() *yamltree.Node {
	for _, c := range f.cases {
		fits := true
		for axis, values := range c.when {
			fits = fits && values[f.choice[axis]]
		}
		if fits {
			return c.expect
		}
	}
	if last := len(f.casesAt.Items) - 1; last >= 0 {
		return without(f.casesAt.Items[last], caseKey) // what is wrong with the list has been told
	}
	return nil
}
