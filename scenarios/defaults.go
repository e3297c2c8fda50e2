package scenarios

import (
	"slices"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// defaultKeys are the keys of a scenario that the defaults of its file may give.
var defaultKeys = []string{"given", "expect", "matrix", "remedy", "refs", "tags"}

// defaults is what a file says once for all its scenarios. A key that a
// scenario has itself replaces the default of that key altogether.
type defaults struct {
	node *yamltree.Node
	// used holds the axes of the default matrix that some scenario used.
	used map[string]bool
}

func (l *loader) readDefaults(n *yamltree.Node) defaults {
	d := defaults{used: make(map[string]bool)}
	switch {
	case n.Kind != yamltree.Map:
		l.problems.Add(n, "", "defaults takes a map, not %s", n.Kind)
		return d
	case len(n.Keys) == 0:
		l.problems.Add(n, "leave it out", "defaults is empty")
		return d
	}
	for _, key := range n.Keys {
		if slices.Contains(defaultKeys, key.Value) {
			continue
		}
		hint := yamltree.Suggest(key.Value, defaultKeys)
		if key.Value == "fault" {
			hint = "each scenario has a fault of its own"
		}
		l.problems.Add(key, hint, "unknown key %q in defaults", key.Value)
	}
	d.node = n
	return d
}

// under returns item with the defaults for what it does not say itself, and without its matrix.
func (d *defaults) under(item *yamltree.Node) *yamltree.Node {
	merged := &yamltree.Node{Kind: yamltree.Map, Line: item.Line, Column: item.Column}
	add := func(from *yamltree.Node, allowed bool) {
		for i, key := range from.Keys {
			known := allowed || slices.Contains(defaultKeys, key.Value)
			if known && key.Value != "matrix" && merged.Key(key.Value) == nil {
				merged.Keys = append(merged.Keys, key)
				merged.Items = append(merged.Items, from.Items[i])
			}
		}
	}
	add(item, true)
	if d.node != nil {
		add(d.node, false)
	}
	return merged
}

// reportUnused notes axes of the default matrix that no scenario used.
func (d *defaults) reportUnused(problems *yamltree.Problems) {
	axes := d.node.Get("matrix")
	if axes == nil || problems.Len() > 0 {
		return
	}
	for _, key := range axes.Keys {
		if !d.used[key.Value] {
			problems.Add(key, "write {"+key.Value+"} in given, fault or expect, or take the axis out", "no scenario uses the axis %q", key.Value)
		}
	}
}
