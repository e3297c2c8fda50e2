package yamltree

import (
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// anchor is a named node; open while the node is still being read.
type anchor struct {
	node *Node
	open bool
}

// converter turns the parser's tree into ours: aliases and merge keys resolved,
// duplicate keys refused.
type converter struct {
	problems *Problems
	anchors  map[string]*anchor
}

func at(tk *token.Token) *Node {
	if tk == nil {
		return &Node{Line: 1, Column: 1}
	}
	return &Node{Line: tk.Position.Line, Column: max(tk.Position.Column, 1)}
}

// node converts one value. What cannot be converted is noted and becomes Null.
func (c *converter) node(n ast.Node) *Node {
	switch n := n.(type) {
	case nil:
		return &Node{Line: 1, Column: 1}
	case *ast.MappingNode:
		return c.mapping(n)
	case *ast.MappingValueNode:
		return c.mapping(&ast.MappingNode{Values: []*ast.MappingValueNode{n}})
	case *ast.SequenceNode:
		node := at(n.Start)
		node.Kind = List
		for _, value := range n.Values {
			node.Items = append(node.Items, c.node(value))
		}
		return node
	case *ast.AnchorNode:
		return c.anchor(n)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.LiteralNode:
		node := at(n.Start)
		node.Kind, node.Value = Text, n.Value.Value
		return node
	}
	node := at(n.GetToken())
	switch n := n.(type) {
	case *ast.StringNode:
		node.Kind, node.Value = Text, n.Value
	case *ast.IntegerNode:
		node.Kind, node.Value = Integer, n.Token.Value
	case *ast.FloatNode:
		node.Kind, node.Value = Float, n.Token.Value
	case *ast.InfinityNode, *ast.NanNode:
		node.Kind, node.Value = Float, n.GetToken().Value
	case *ast.BoolNode:
		node.Kind, node.Value = Bool, n.Token.Value
		if n.Value {
			node.Value = "true"
		} else {
			node.Value = "false"
		}
	case *ast.NullNode:
	default:
		c.problems.Add(node, "", "a %s has no use here", n.Type())
	}
	return node
}

func (c *converter) mapping(n *ast.MappingNode) *Node {
	node := at(n.Start)
	if !n.IsFlowStyle && len(n.Values) > 0 {
		node = at(n.Values[0].Key.GetToken())
	}
	node.Kind = Map
	// Merged keys come last: the map's own win.
	for _, value := range n.Values {
		if !isMerge(value) {
			c.entry(node, value)
		}
	}
	for _, value := range n.Values {
		if isMerge(value) {
			c.merge(node, value)
		}
	}
	return node
}

func isMerge(n *ast.MappingValueNode) bool {
	_, ok := n.Key.(*ast.MergeKeyNode)
	return ok
}

// entry adds one key and its value to a map.
func (c *converter) entry(into *Node, n *ast.MappingValueNode) {
	key := at(n.Key.GetToken())
	key.Kind = Text
	switch k := n.Key.(type) {
	case *ast.StringNode:
		key.Value = k.Value
	case *ast.AnchorNode, *ast.AliasNode:
		c.problems.Add(key, "quote it if it is text", "a key must be a word")
		return
	default:
		key.Value = k.GetToken().Value
	}
	if first := into.Key(key.Value); first != nil {
		c.problems.Add(key, "keep one of them", "duplicate key %q, first on line %d", key.Value, first.Line)
		return
	}
	value := c.node(n.Value)
	if value.Kind == Null {
		// The parser places an absent value anywhere; the key is where to mend it.
		value = &Node{Line: key.Line, Column: key.Column}
	}
	into.Keys, into.Items = append(into.Keys, key), append(into.Items, value)
}

// merge adds the keys of an aliased map that the map has not got itself.
func (c *converter) merge(into *Node, n *ast.MappingValueNode) {
	source := c.node(n.Value)
	if source.Kind != Map {
		c.problems.Add(at(n.Key.GetToken()), "write <<: *name, where &name is a map above", "<< takes the name of a map")
		return
	}
	for i, key := range source.Keys {
		if into.Key(key.Value) == nil {
			into.Keys, into.Items = append(into.Keys, key), append(into.Items, source.Items[i])
		}
	}
}

func (c *converter) anchor(n *ast.AnchorNode) *Node {
	name := n.Name.GetToken().Value
	a := &anchor{open: true}
	if _, taken := c.anchors[name]; taken {
		c.problems.Add(at(n.Start), "give it another name", "the anchor &%s is taken", name)
	}
	c.anchors[name] = a
	a.node = c.node(n.Value)
	a.open = false
	return a.node
}

func (c *converter) alias(n *ast.AliasNode) *Node {
	name := n.Value.GetToken().Value
	a, ok := c.anchors[name]
	switch {
	case !ok:
		hint := Suggest(name, slices.Sorted(maps.Keys(c.anchors)))
		if hint == "" {
			hint = "name a value above with &" + name + ", or quote text that begins with *"
		}
		c.problems.Add(at(n.Start), hint, "the alias *%s has no anchor &%s above it", name, name)
	case a.open:
		c.problems.Add(at(n.Start), "", "the alias *%s stands inside the value that it names", name)
	default:
		return a.node
	}
	return at(n.Start)
}
