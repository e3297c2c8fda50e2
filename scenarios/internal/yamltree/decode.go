package yamltree

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Vocabulary is what text of one Go type may be.
type Vocabulary struct {
	// Name of such a word, for messages: "reason".
	Name string
	// Words are the known ones.
	Words []string
	// Allows, when not nil, reports whether a word that is not among Words is right nevertheless.
	Allows func(word string) bool
}

// Has reports whether word belongs to v.
func (v Vocabulary) Has(word string) bool {
	return slices.Contains(v.Words, word) || v.Allows != nil && v.Allows(word)
}

// Decoder fills Go values from nodes by their yaml tags, and holds them to
// required, enum, minimum and maximum of their jsonschema tags. It is strict:
// unknown keys, other types and empty values are problems, all of which it
// gathers. A node that was decoded once gives the same value again, slices and
// pointers shared, which is what keeps a large matrix small.
type Decoder struct {
	Problems *Problems
	// Vocabularies by type of text.
	Vocabularies map[reflect.Type]Vocabulary
	// Special decodes types that are not written as they are kept. It returns a value of that type, or
	// nil after a problem.
	Special map[reflect.Type]func(d *Decoder, n *Node, at *Path) any

	shapes map[reflect.Type]*shape
	done   map[*Node][]decoded
}

// decoded is what a node gave as a type.
type decoded struct {
	typ   reflect.Type
	value reflect.Value
}

// Forget drops what is remembered of nodes that will not come again.
func (d *Decoder) Forget(nodes []*Node) {
	for _, n := range nodes {
		delete(d.done, n)
	}
}

// Path is where in a document a value stands, by keys from the root.
type Path struct {
	parent *Path
	key    string
}

// Root begins a path, what being the name of the value in messages ("the file").
func Root(what string) *Path { return &Path{key: what} }

// Child is the path of a key of the value at p.
func (p *Path) Child(key string) *Path { return &Path{parent: p, key: key} }

// String joins the keys with dots; the root is left out unless it stands alone.
func (p *Path) String() string {
	if p.parent == nil || p.parent.parent == nil {
		return p.key
	}
	return p.parent.String() + "." + p.key
}

// Decode fills into, a pointer, from n. It reports whether n gave no problem.
func (d *Decoder) Decode(n *Node, into any, at *Path) bool {
	if d.done == nil {
		d.done = make(map[*Node][]decoded)
		d.shapes = make(map[reflect.Type]*shape)
	}
	target := reflect.ValueOf(into).Elem()
	value := d.value(n, target.Type(), at, nil)
	if !value.IsValid() {
		return false
	}
	target.Set(value)
	return true
}

var nodeType = reflect.TypeFor[*Node]()

// value decodes n as a t. It returns the zero Value after a problem.
func (d *Decoder) value(n *Node, t reflect.Type, at *Path, f *field) reflect.Value {
	if t == nodeType {
		return reflect.ValueOf(n)
	}
	if n.Kind == Null {
		d.Problems.Add(n, "give it one, or leave the key out", "%s has no value", at)
		return reflect.Value{}
	}
	if special := d.Special[t]; special != nil {
		// The zero Value is also what nil gives.
		return reflect.ValueOf(special(d, n, at))
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Pointer:
		for _, known := range d.done[n] {
			if known.typ == t {
				return known.value
			}
		}
		value := d.compound(n, t, at, f)
		d.done[n] = append(d.done[n], decoded{t, value})
		return value
	}
	return d.scalar(n, t, at, f)
}

func (d *Decoder) compound(n *Node, t reflect.Type, at *Path, f *field) reflect.Value {
	switch t.Kind() {
	case reflect.Pointer:
		elem := t.Elem()
		var value reflect.Value
		switch {
		case elem.Kind() == reflect.Slice:
			value = d.list(n, elem, at, f)
		case elem.Kind() == reflect.String && n.Kind == Text:
			value = reflect.ValueOf(n.Value).Convert(elem)
		default:
			value = d.value(n, elem, at, f)
		}
		if !value.IsValid() {
			return value
		}
		pointer := reflect.New(elem)
		pointer.Elem().Set(value)
		return pointer
	case reflect.Slice:
		if n.Kind == List && len(n.Items) == 0 && n.Filled {
			return reflect.Zero(t)
		}
		if n.Kind == List && len(n.Items) == 0 {
			d.Problems.Add(n, "leave it out, or list something", "%s is an empty list", at)
			return reflect.Value{}
		}
		return d.list(n, t, at, f)
	}
	return d.structure(n, t, at)
}

func (d *Decoder) list(n *Node, t reflect.Type, at *Path, f *field) reflect.Value {
	if n.Kind != List {
		hint := "write a list: [a, b]"
		if n.IsScalar() {
			hint = "write a list: [" + n.Value + "]"
		}
		d.Problems.Add(n, hint, "%s takes a list, not %s", at, describe(n))
		return reflect.Value{}
	}
	values := reflect.MakeSlice(t, 0, len(n.Items))
	ok := true
	for _, item := range n.Items {
		value := d.value(item, t.Elem(), at, f)
		if !value.IsValid() {
			ok = false
			continue
		}
		values = reflect.Append(values, value)
	}
	if !ok {
		return reflect.Value{}
	}
	return values
}

func (d *Decoder) structure(n *Node, t reflect.Type, at *Path) reflect.Value {
	shape := d.shape(t)
	if n.Kind != Map {
		d.Problems.Add(n, "its keys: "+strings.Join(shape.keys, ", "), "%s takes a map, not %s", at, describe(n))
		return reflect.Value{}
	}
	if len(n.Keys) == 0 {
		d.Problems.Add(n, "leave it out, or say something: "+strings.Join(shape.keys, ", "), "%s is empty", at)
		return reflect.Value{}
	}
	value := reflect.New(t).Elem()
	ok := true
	for i, key := range n.Keys {
		f := shape.fields[key.Value]
		if f == nil {
			d.Problems.Add(key, Suggest(key.Value, shape.keys), "unknown key %q in %s", key.Value, at)
			ok = false
			continue
		}
		v := d.value(n.Items[i], f.typ, at.Child(key.Value), f)
		if !v.IsValid() {
			ok = false
			continue
		}
		value.FieldByIndex(f.index).Set(v)
	}
	for _, key := range shape.keys {
		if shape.fields[key].required && n.Get(key) == nil && !misspelt(n, key, shape.keys) {
			d.Problems.Add(n, "add "+key+":", "%s has no %s", at, key)
			ok = false
		}
	}
	if !ok {
		return reflect.Value{}
	}
	return value
}

// misspelt reports whether n has an unknown key that was to be key: one problem is enough then.
func misspelt(n *Node, key string, known []string) bool {
	return slices.ContainsFunc(n.Keys, func(k *Node) bool {
		return !slices.Contains(known, k.Value) && Nearest(k.Value, known) == key
	})
}

// field is what a key of a map stands for.
type field struct {
	index              []int
	typ                reflect.Type
	required           bool
	enum               []string
	minimum, maximum   int64
	hasMinimum, hasMax bool
}

// shape is the keys that a struct type has.
type shape struct {
	keys   []string
	fields map[string]*field
}

func (d *Decoder) shape(t reflect.Type) *shape {
	if s, ok := d.shapes[t]; ok {
		return s
	}
	s := &shape{fields: make(map[string]*field)}
	s.add(t, nil)
	d.shapes[t] = s
	return s
}

func (s *shape) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		key, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			s.add(sf.Type, at)
			continue
		case key == "-" || key == "":
			continue
		}
		f := &field{index: at, typ: sf.Type}
		for _, rule := range strings.Split(sf.Tag.Get("jsonschema"), ",") {
			name, value, _ := strings.Cut(rule, "=")
			number, _ := strconv.ParseInt(value, 10, 64)
			switch name {
			case "required":
				f.required = true
			case "enum":
				f.enum = append(f.enum, value)
			case "minimum":
				f.minimum, f.hasMinimum = number, true
			case "maximum":
				f.maximum, f.hasMax = number, true
			}
		}
		s.keys = append(s.keys, key)
		s.fields[key] = f
	}
}

// describe says what a node holds, for "takes X, not …".
func describe(n *Node) string {
	switch n.Kind {
	case Text:
		return fmt.Sprintf("the text %q", clip(n.Value))
	case Integer, Float:
		return "the number " + clip(n.Value)
	case Bool:
		return n.Value
	}
	return n.Kind.String()
}

// clip shortens text for a message.
func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
