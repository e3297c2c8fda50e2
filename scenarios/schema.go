package scenarios

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
)

// schemaID names the schema; nothing is served there.
const schemaID = "https://github.com/tlsfault/tlsfault/scenarios/scenario.schema.json"

// schemaFile, schemaDefaults and schemaEntry are the shape of a scenario file for
// the schema; the loader reads it by hand, for its messages.
type schemaFile struct {
	Family    string          `yaml:"family" jsonschema:"required,pattern=^[a-z0-9]+(-[a-z0-9]+)*$" jsonschema_description:"The family that all ids of this file begin with."`
	Title     string          `yaml:"title" jsonschema_description:"The family in a few words."`
	About     string          `yaml:"about" jsonschema_description:"What the family is about, in a paragraph."`
	Defaults  *schemaDefaults `yaml:"defaults" jsonschema_description:"What holds for every scenario that does not say it itself."`
	Scenarios []schemaEntry   `yaml:"scenarios" jsonschema:"required" jsonschema_description:"The scenarios of the family."`
}

type schemaDefaults struct {
	Matrix schemaMatrix `yaml:"matrix" jsonschema_description:"Axes; a scenario has those of them that it uses."`
	Given  *Given       `yaml:"given" jsonschema_description:"The legitimate environment; what is left out has a sound default."`
	Expect *Expect      `yaml:"expect" jsonschema_description:"What a client must do."`
	Remedy string       `yaml:"remedy" jsonschema_description:"What the owner of such a server or client does about it."`
	Refs   []string     `yaml:"refs" jsonschema_description:"Citations: RFC sections, CVE numbers."`
	Tags   []string     `yaml:"tags" jsonschema_description:"Words to select by."`
}

type schemaEntry struct {
	Matrix   schemaMatrix `yaml:"matrix" jsonschema_description:"Axes and their values: every combination of values is a scenario, {axis} stands for the value."`
	Scenario `yaml:",inline"`
}

// schemaMatrix stands for the map from axis to values.
type schemaMatrix map[string]any

// The patterns of a text that is one placeholder, and of one that holds some.
const (
	onePlaceholder  = `^\{[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*\}$`
	somePlaceholder = `\{[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*\}`
)

// Schema returns the JSON Schema (2020-12) of a scenario file, from which editors
// complete and check. It is made from the Go types, and looser than Load: whether
// parts fit together only Load knows.
func Schema() ([]byte, error) {
	b := schemaBuilder{texts: vocabularies()}
	r := &jsonschema.Reflector{
		BaseSchemaID: jsonschema.EmptyID, Anonymous: true,
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, ExpandedStruct: true,
		Mapper: b.mapped,
		Namer:  func(t reflect.Type) string { return strings.TrimPrefix(t.Name(), "schema") },
	}
	root := r.Reflect(&schemaFile{})
	root.ID, root.Title = schemaID, "A file of tlsfault scenarios"
	b.definitions = root.Definitions
	b.tighten(root, reflect.TypeFor[schemaFile](), false)
	for _, t := range []reflect.Type{
		reflect.TypeFor[schemaDefaults](), reflect.TypeFor[schemaEntry](), reflect.TypeFor[Given](), reflect.TypeFor[Fault](),
		reflect.TypeFor[TLS](), reflect.TypeFor[Certificate](), reflect.TypeFor[Signature](), reflect.TypeFor[BasicConstraints](),
		reflect.TypeFor[NameConstraints](), reflect.TypeFor[Extension](), reflect.TypeFor[Transport](), reflect.TypeFor[HTTP](),
		reflect.TypeFor[OCSP](), reflect.TypeFor[CRL](), reflect.TypeFor[Issuers](), reflect.TypeFor[SCTs](), reflect.TypeFor[Page](), reflect.TypeFor[PageFault](), reflect.TypeFor[Redirect](),
		reflect.TypeFor[Linked](), reflect.TypeFor[Maze](),
	} {
		definition := b.definitions[r.Namer(t)]
		if definition == nil {
			return nil, fmt.Errorf("making the schema: no definition of %s", t)
		}
		b.tighten(definition, t, true)
	}
	// The defaults may say what to expect.
	entry := b.definitions[r.Namer(reflect.TypeFor[schemaEntry]())]
	entry.Required = slices.DeleteFunc(entry.Required, func(key string) bool { return key == "expect" })
	root.Definitions["placeholder"] = &jsonschema.Schema{Type: "string", Pattern: onePlaceholder, Description: "A placeholder for a value of the matrix."}
	root.Definitions["template"] = &jsonschema.Schema{Type: "string", Pattern: somePlaceholder, Description: "Text with placeholders for values of the matrix."}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("making the schema: %w", err)
	}
	return append(text, '\n'), nil
}
