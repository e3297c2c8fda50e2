package scenarios

import (
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// schemaBuilder adds to what the reflector reads off the types.
type schemaBuilder struct {
	texts       map[reflect.Type]yamltree.Vocabulary
	definitions jsonschema.Definitions
}

// patterns of texts that are checked by shape.
const (
	timePattern    = `^([+-][0-9]+[smhdy]|[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?)$`
	rsaPattern     = `^rsa-[1-9][0-9]{2,4}$`
	axisNames      = `^[a-z][A-Za-z0-9]*$`
	placeholderRef = "#/$defs/placeholder"
	templateRef    = "#/$defs/template"
)

// mapped gives the types that are no plain structs, lists or texts their schema.
func (b schemaBuilder) mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Time]():
		return &jsonschema.Schema{Type: "string", Pattern: timePattern}
	case reflect.TypeFor[KeyType]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "string", Enum: enum(words(keyTypes...))}, {Type: "string", Pattern: rsaPattern},
		}}
	case reflect.TypeFor[ChainElement]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "string", Enum: enum(chainWords)}, {Type: "string", Pattern: linkedPattern.String()},
		}}
	case reflect.TypeFor[Edit]():
		return editSchema()
	case reflect.TypeFor[Expect]():
		return b.expect()
	case reflect.TypeFor[schemaMatrix]():
		return matrixSchema()
	}
	if vocabulary, ok := b.texts[t]; ok {
		return &jsonschema.Schema{Type: "string", Enum: enum(vocabulary.Words)}
	}
	return nil
}

// editSchema is one edit of any area with what it is told; which name belongs
// where is for the loader.
func editSchema() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	for _, info := range wire.Edits() {
		if _, ok := properties.Get(info.Name); !ok {
			properties.Set(info.Name, &jsonschema.Schema{Description: info.Causes + " " + info.RFC + "."})
		}
	}
	return &jsonschema.Schema{
		Type: "object", Properties: properties, MinProperties: number(1), MaxProperties: number(1),
		PropertyNames:        &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Enum: enum(editNames())}, {Ref: templateRef}}},
		AdditionalProperties: &jsonschema.Schema{},
	}
}

func editNames() []string {
	var names []string
	for _, info := range wire.Edits() {
		names = append(names, info.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func enum(words []string) []any {
	list := make([]any, len(words))
	for i, word := range words {
		list[i] = word
	}
	return list
}

func number(n uint64) *uint64 { return &n }

// matrixSchema is a map from axis to a list of values, or to a map from label to value.
func matrixSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", MinProperties: number(1),
		PropertyNames: &jsonschema.Schema{Pattern: axisNames},
		AdditionalProperties: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "array", MinItems: number(1), Description: "The values."},
			{Type: "object", MinProperties: number(1), Description: "The values by label; labels go into ids."},
		}},
	}
}

// expect is the three forms of an expectation, and a list of cases from which a matrix chooses.
func (b schemaBuilder) expect() *jsonschema.Schema {
	when := &jsonschema.Schema{
		Type: "object", MinProperties: number(1), PropertyNames: &jsonschema.Schema{Pattern: axisNames},
		Description: "The values, by axis, of which this is to be expected; of several cases the first that fits counts.",
	}
	form := func(key string, value *jsonschema.Schema) *jsonschema.Schema {
		properties := jsonschema.NewProperties()
		t := reflect.TypeFor[expectation]()
		for i := range t.NumField() {
			field := t.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			s := value
			switch {
			case name == "or" && key == "accept":
				continue
			case name == "accept" || name == "reject":
				if name != key {
					continue
				}
			default:
				s = orTemplate(&jsonschema.Schema{Type: "string", Enum: enum(b.texts[field.Type].Words)})
			}
			s.Description = field.Tag.Get("jsonschema_description")
			properties.Set(name, s)
		}
		properties.Set(caseKey, when)
		return &jsonschema.Schema{Type: "object", Properties: properties, Required: []string{key}, AdditionalProperties: jsonschema.FalseSchema}
	}
	forms := []*jsonschema.Schema{
		{Const: string(Accept)},
		form("accept", &jsonschema.Schema{Const: true}),
		form("reject", orTemplate(&jsonschema.Schema{Type: "string", Enum: enum(words(reasonsInOrder...))})),
	}
	cases := &jsonschema.Schema{Type: "array", MinItems: number(1), Items: &jsonschema.Schema{AnyOf: forms}}
	return &jsonschema.Schema{AnyOf: append(slices.Clone(forms), cases)}
}

// orTemplate allows text with placeholders beside words from a list.
func orTemplate(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Ref: templateRef}}}
}

// tighten refuses in the definition of t what the loader refuses as empty, and,
// where a matrix reaches, allows placeholders.
func (b schemaBuilder) tighten(definition *jsonschema.Schema, t reflect.Type, templates bool) {
	definition.MinProperties = number(1)
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if options == "inline" {
			b.tighten(definition, field.Type, templates)
			continue
		}
		property, ok := definition.Properties.Get(name)
		if !ok {
			continue
		}
		b.spell(property, name)
		switch field.Type.Kind() {
		case reflect.Slice:
			property.MinItems = number(1)
		case reflect.String:
			if property.Type == "string" && len(property.Enum) == 0 && property.Pattern == "" {
				property.MinLength = number(1)
			}
		}
		if property.Type == "array" {
			property.Items = b.orPlaceholder(property.Items, templates)
		}
		if name == "id" {
			// The pattern of ids, or an id with placeholders, which expand to it.
			property.Pattern = ""
			property.AnyOf = []*jsonschema.Schema{{Pattern: idPattern.String()}, {Ref: templateRef}}
			continue
		}
		if name != "matrix" {
			definition.Properties.Set(name, b.orPlaceholder(property, templates))
		}
	}
}

// spell adds the words or the form of the texts that only their key tells apart.
func (b schemaBuilder) spell(property *jsonschema.Schema, key string) {
	// The reflector adds the words of a tag to those of the type.
	seen := make(map[any]bool)
	property.Enum = slices.DeleteFunc(property.Enum, func(word any) bool {
		had := seen[word]
		seen[word] = true
		return had
	})
	switch key {
	case "cipherSuites":
		property.Items.Enum = enum(suiteNames)
	case "groups":
		property.Items.Enum = enum(groupNames)
	case "keyUsage":
		property.Items.Enum = enum(keyUsages)
	case "extKeyUsage":
		property.Items = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "string", Enum: enum(extKeyUsages)}, {Type: "string", Pattern: oidText.String()},
		}}
	case "tags":
		property.Items.Pattern = tagPattern.String()
	case "covers":
		property.Items.Pattern = "^(" + strings.Join(projects, "|") + "|limbo):."
	case "oid":
		property.Pattern = oidText.String()
	case "value":
		property.Pattern = "^([0-9A-Fa-f]{2})+$"
	case "serial":
		property.Pattern = serial.String()
	}
}

// orPlaceholder allows a placeholder beside what s allows, where that is not any text.
func (b schemaBuilder) orPlaceholder(s *jsonschema.Schema, templates bool) *jsonschema.Schema {
	anyText := s.Type == "string" && len(s.Enum) == 0 && s.Pattern == ""
	if !templates || anyText {
		return s
	}
	ref := placeholderRef
	if s.Type == "string" || len(s.AnyOf) > 0 && s.AnyOf[0].Type == "string" {
		ref = templateRef
	}
	inner := *s
	inner.Description = ""
	return &jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{&inner, {Ref: ref}}}
}
