package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tlsfault/tlsfault/fixtures"
)

func TestCatalogueLoads(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Catalogue()
	if err != nil || len(again) != len(all) {
		t.Fatalf("a second time: %d, %v", len(again), err)
	}
	all[0].ID = "changed"
	if again[0].ID == "changed" {
		t.Error("two callers share one slice")
	}
	files, err := CatalogueFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Name != "catalogue/"+file.Family+".yaml" {
			t.Errorf("%s holds the family %s", file.Name, file.Family)
		}
		if file.Title == "" || file.About == "" {
			t.Errorf("%s says nothing of its family", file.Name)
		}
	}
}

// What must be in every scenario that comes with tlsfault, beyond what Load asks for.
func TestCatalogueIsComplete(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Remedy == "" || len(s.Refs) == 0 || len(s.Tags) == 0 {
			t.Errorf("%s lacks a remedy, references or tags", s.ID)
		}
	}
}

// The tag has to stand for all there is: each family that asks something of every client.
func TestEssentialScenariosAreOfEveryFamily(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, s := range all {
		found[s.Family] = found[s.Family] || slices.Contains(s.Tags, Essential)
	}
	// These are for clients that fetch, are told something, or keep lists of keys.
	special := map[string]bool{"aia": true, "page": true, "pinning": true, "profile": true, "roots": true, "transparency": true}
	for family, has := range found {
		if has == special[family] {
			t.Errorf("%s: essential %t, special %t", family, has, special[family])
		}
	}
}

// The table of reasons must not outlive what it speaks of.
func TestUncoveredTableIsCurrent(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uncoveredCases() {
		if u.reason == "" || u.glob == "" {
			t.Errorf("an incomplete line: %+v", u)
		}
		covered, err := Coverage(all, u.project)
		if err != nil {
			t.Error(err)
			continue
		}
		open := 0
		for _, c := range covered {
			if c.Reason == u.reason && doublestar.MatchUnvalidated(u.glob, c.Case) {
				open++
			}
		}
		if open == 0 {
			t.Errorf("%s:%s speaks of no case that nothing stands for", u.project, u.glob)
		}
	}
}

// whole are the projects of which every case has a scenario that stands for it, or a reason.
var whole = []string{"badssl", "badtls", "tlspretense", "x509-limbo", "bettertls", "pkits", "tls-anvil"}

func TestEveryPeerCaseIsCoveredOrExplained(t *testing.T) {
	all, err := CatalogueWith(nil, FamiliesOnRequest())
	if err != nil {
		t.Fatal(err)
	}
	for _, project := range whole {
		covered, err := Coverage(all, project)
		if err != nil {
			t.Fatal(err)
		}
		if len(covered) == 0 {
			t.Errorf("no cases of %s", project)
		}
		for _, c := range covered {
			if len(c.Scenarios) == 0 && c.Reason == "" {
				t.Errorf("nothing stands for %s:%s, and uncovered.tsv does not say why", project, c.Case)
			}
		}
	}
}

func TestPeerCasesBelongToKnownProjects(t *testing.T) {
	for _, c := range fixtures.PeerCases() {
		if project, _, ok := splitCover(c.Project + ":" + c.Case); !ok || project != c.Project {
			t.Errorf("%s:%s cannot be written in covers", c.Project, c.Case)
		}
	}
	if len(casesOf()) < 7 {
		t.Errorf("cases of %d projects", len(casesOf()))
	}
}

func TestEveryScenarioIsWrittenAndReadBack(t *testing.T) {
	files, err := CatalogueFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		sameAfterMarshal(t, file.Scenarios)
	}
}

// sameAfterMarshal writes scenarios of one family, reads them and compares.
func sameAfterMarshal(t testing.TB, all []Scenario) {
	t.Helper()
	text, err := Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("again.yaml", text)
	if err != nil {
		t.Fatalf("%v\nof\n%s", err, text)
	}
	if len(again) != len(all) {
		t.Fatalf("%d scenarios became %d", len(all), len(again))
	}
	for i := range again {
		got, want := again[i], all[i]
		got.Source, want.Source = Position{}, Position{}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v\nfrom\n%s", got, want, text)
		}
	}
}

func TestMarshalRefusesTwoFamilies(t *testing.T) {
	if _, err := Marshal(nil); err == nil {
		t.Error("no scenarios are written")
	}
	if _, err := Marshal([]Scenario{{ID: "a/x", Family: "a"}, {ID: "b/x", Family: "b"}}); err == nil {
		t.Error("two families are one file")
	}
}

// FuzzLoad: whatever the bytes, Load returns; what loads is written and read back the same.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	entries, err := catalogueFS.ReadDir("catalogue")
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := catalogueFS.ReadFile("catalogue/" + entry.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("family: a\nscenarios:\n  - {id: a/b, title: \"{{x}} \\u2028\\0\", expect: accept, fault: {leaf: {signature: {corrupt: false}}}}\n"))
	f.Add([]byte("family: a\nscenarios:\n  - {id: 'a/{k}', title: x, matrix: {k: [a, b]}, given: {name: '{k}.test', intermediates: 0}, expect: {accept: true}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Load("fuzz.yaml", data)
		if err != nil {
			if len(Errors(err)) == 0 {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		sameAfterMarshal(t, all)
		for _, s := range all {
			if c := s.Control(); c.Control().ID != c.ID {
				t.Fatalf("the control of %s is not its own control", s.ID)
			}
		}
	})
}

// FuzzMarshal: whatever a text holds, it is written so that it reads back.
func FuzzMarshal(f *testing.F) {
	for _, text := range []string{"true", "1.2", "-1d", "a: b", "{x}", "{{x}}", "{a}{{b}}{c", "'", "\"", "\\", "\t", "\n \n", " a ", "#", "a #b", "- a", "\u2028\ufeff\x00\x7f", "~", "0x1", "é", "|", "a\r\nb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !utf8.ValidString(text) {
			return // Load never makes such a text
		}
		s := Scenario{
			ID: "a/b", Family: "a", Title: "One", Remedy: text, NotIsolated: text, Refs: []string{text},
			Fault:  Fault{Certificates: Certificates{Leaf: &Certificate{NotAfter: "-1d", CommonName: &text}}},
			Expect: expectation{Reject: Expired}.expect(),
		}
		sameAfterMarshal(t, []Scenario{s})
	})
}

const schemaPath = "scenario.schema.json"

func TestSchemaIsCurrent(t *testing.T) {
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *updateSchema {
		if err := os.WriteFile(schemaPath, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types make of it: run go test ./scenarios -update", schemaPath)
	}
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(schemaID, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate checks a YAML file against the schema as an editor does.
func validate(t testing.TB, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return err
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

func TestSchemaAllowsTheCatalogue(t *testing.T) {
	schema := compiledSchema(t)
	paths, err := filepath.Glob("catalogue/*.yaml")
	paths = append(paths, "catalogue/onrequest/bettertls.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// beyondSchema are the mistakes that only Load sees: parts that do not fit
// together, words whose form is right, and matrices.
const beyondSchema = `absent-and-present axis-field axis-same-labels axis-unused axis-without-label axis-wrong-type cases
	axis-wrong-word bad-host bad-names certificate-fields cleartext-too-late complex-key curve-without-tls13
	default-axis-unused duplicate-id family-control fault-equals-defaults fault-equals-given foreign-family given-is-broken
	http-after-the-end issuers key-exchange-beside-tls13 key-exchange-of-another-key key-exchange-of-other-suites
	key-too-short-for-tls13 matrix-same-ids matrix-too-large no-intermediate not-isolated-accepted page-fault-without-page page-on-localhost redirect-to-page redirect-untrusted trickle-and-truncate
	placeholder-unknown placeholder-without-matrix reject-without-fault second-document suites-beside-tls13
	suites-of-another-key suites-of-another-version suites-of-tls13 tag two-http-faults versions-with-a-gap`

func TestSchemaRefusesTheMistakesThatItCanSee(t *testing.T) {
	schema := compiledSchema(t)
	beyond := strings.Fields(beyondSchema)
	paths, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	refused := 0
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		known[name] = true
		err = validate(t, schema, archive.Files[0].Data)
		expected := true
		for _, other := range beyond {
			expected = expected && other != name
		}
		if got := err != nil; got != expected {
			t.Errorf("%s: refused is %t, want %t", name, got, expected)
		}
		if err != nil {
			refused++
		}
	}
	for _, name := range beyond {
		if !known[name] {
			t.Errorf("there is no mistake called %s", name)
		}
	}
	if refused < 40 {
		t.Errorf("only %d mistakes are refused", refused)
	}
}
