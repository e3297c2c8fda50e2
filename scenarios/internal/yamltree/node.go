// Package yamltree reads one YAML document into a small tree whose every node
// knows its line and column, and fills Go values from it strictly.
//
// [Read] parses with goccy/go-yaml, but looks at the tokens first: size, depth,
// keys and aliases are bounded, so that no file can make the parser slow, and
// everything that a file of ours never needs (a second document, tags, complex
// keys) is refused in words for its author. A [Decoder] walks the tree beside
// the Go type and gathers every problem instead of stopping at the first.
package yamltree

import (
	"cmp"
	"fmt"
	"slices"
)

// Kind tells the nodes of a tree apart.
type Kind int

// The kinds of node. Null is a key without a value, or null.
const (
	Null Kind = iota
	Text
	Integer
	Float
	Bool
	List
	Map
)

// String names the kind as an author would, with its article.
func (k Kind) String() string {
	switch k {
	case Null:
		return "nothing"
	case Text:
		return "text"
	case Integer, Float:
		return "a number"
	case Bool:
		return "true or false"
	case List:
		return "a list"
	case Map:
		return "a map"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Node is a value in a document. Nodes are never changed once read, and may be
// shared: an alias is the node of its anchor.
type Node struct {
	Kind Kind
	// Value is the text of a scalar, as written for numbers.
	Value string
	// Keys of a Map are Text nodes; Items are its values in the same order, or the values of a List.
	Keys, Items []*Node
	// Filled tells that a List has its items from elsewhere, and may be empty for that.
	Filled bool
	// Line and Column count from 1, Column in characters.
	Line, Column int
}

// Get returns the value of a key of a map, nil when there is none.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i, k := range n.Keys {
		if k.Value == key {
			return n.Items[i]
		}
	}
	return nil
}

// Key returns the node of a key of a map, nil when there is none.
func (n *Node) Key(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for _, k := range n.Keys {
		if k.Value == key {
			return k
		}
	}
	return nil
}

// IsScalar reports whether n holds one value rather than several or none.
func (n *Node) IsScalar() bool {
	switch n.Kind {
	case Text, Integer, Float, Bool:
		return true
	}
	return false
}

// Problem is something wrong with a document, and where.
type Problem struct {
	Line, Column int
	Message      string
	Hint         string // what to do about it; may be empty
}

// Problems gathers what is wrong with one document, each thing once.
type Problems struct {
	list []Problem
	seen map[Problem]bool
}

// maxProblems bounds how many problems are kept: nobody mends more at once.
const maxProblems = 100

// Add notes a problem at node n.
func (p *Problems) Add(n *Node, hint, format string, args ...any) {
	p.AddAt(n.Line, n.Column, hint, format, args...)
}

// AddAt notes a problem at a place.
func (p *Problems) AddAt(line, column int, hint, format string, args ...any) {
	problem := Problem{Line: line, Column: column, Message: fmt.Sprintf(format, args...), Hint: hint}
	if p.seen[problem] || p.Full() {
		return
	}
	if p.seen == nil {
		p.seen = make(map[Problem]bool)
	}
	p.seen[problem] = true
	p.list = append(p.list, problem)
}

// Len returns how many problems there are.
func (p *Problems) Len() int { return len(p.list) }

// Full reports whether so many problems were found that looking for more is pointless.
func (p *Problems) Full() bool { return len(p.list) >= maxProblems }

// List returns the problems in the order of the document.
func (p *Problems) List() []Problem {
	list := slices.Clone(p.list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return list
}
