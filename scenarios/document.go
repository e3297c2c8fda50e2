package scenarios

import (
	"cmp"
	"reflect"
	"regexp"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// The bounds on what one file may expand to.
const (
	maxExpansions = 20_000  // of one matrix
	maxScenarios  = 100_000 // of one file
)

var (
	familyPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	idPattern     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+([-.][a-z0-9]+)*)+$`)
)

// controlFamily is the family of derived controls, which no author may use.
const controlFamily = "control"

// document is the top level of a scenario file.
type document struct {
	Family    string         `yaml:"family" jsonschema:"required"`
	Title     string         `yaml:"title"`
	About     string         `yaml:"about"`
	Defaults  *yamltree.Node `yaml:"defaults"`
	Scenarios *yamltree.Node `yaml:"scenarios" jsonschema:"required"`
}

// loader is the state of reading one file.
type loader struct {
	file     File
	problems yamltree.Problems
	decoder  yamltree.Decoder
	defaults defaults
	ids      map[string]Position
}

func (l *loader) document(root *yamltree.Node) {
	if root.Kind == yamltree.Null {
		l.problems.AddAt(1, 1, "a file begins with family: NAME and scenarios:", "the file is empty")
		return
	}
	if root.Kind == yamltree.List {
		l.problems.Add(root, "put family: NAME before it, and the list under scenarios:", "the file is a list, not a map")
		return
	}
	if root.Get("id") != nil && root.Get("scenarios") == nil {
		l.problems.Add(root.Key("id"), "put it into a list under scenarios:", "a scenario stands at the top of the file")
		return
	}
	var doc document
	if !l.decoder.Decode(root, &doc, yamltree.Root("the file")) {
		if doc.Scenarios = root.Get("scenarios"); doc.Scenarios == nil {
			return
		}
	}
	l.file.Title, l.file.About = doc.Title, doc.About
	switch family := root.Get("family"); {
	case doc.Family == "":
	case !familyPattern.MatchString(doc.Family):
		l.problems.Add(family, idHint(doc.Family), "the family %q is not in lower case letters, digits and single hyphens", doc.Family)
	case doc.Family == controlFamily:
		l.problems.Add(family, "choose another name", "the family %q is kept for the controls that are derived", doc.Family)
	default:
		l.file.Family = doc.Family
	}
	if doc.Defaults != nil {
		l.defaults = l.readDefaults(doc.Defaults)
	}
	l.entries(doc.Scenarios)
	l.defaults.reportUnused(&l.problems)
}

// entries reads the list of scenarios.
func (l *loader) entries(list *yamltree.Node) {
	switch {
	case list.Kind == yamltree.Null, list.Kind == yamltree.List && len(list.Items) == 0:
		l.problems.Add(list, "begin each with - id: "+l.anID(), "scenarios is empty")
		return
	case list.Kind != yamltree.List:
		l.problems.Add(list, "begin each with a dash: - id: "+l.anID(), "scenarios takes a list, not %s", list.Kind)
		return
	}
	for _, item := range list.Items {
		if l.problems.Full() {
			return
		}
		if item.Kind != yamltree.Map {
			l.problems.Add(item, "begin it with - id: "+l.anID(), "a scenario takes a map, not %s", item.Kind)
			continue
		}
		l.entry(item)
	}
}

// anID shows what an id of the file looks like.
func (l *loader) anID() string { return cmp.Or(l.file.Family, "FAMILY") + "/NAME" }

// entry reads one entry of the list: one scenario, or as many as its matrix makes.
func (l *loader) entry(item *yamltree.Node) {
	merged := l.defaults.under(item)
	m := l.readMatrix(item.Get("matrix"), merged)
	if m == nil {
		return
	}
	count := m.size()
	if count > maxExpansions {
		l.problems.Add(m.at, "make it several scenarios", "the matrix makes more than %d scenarios", maxExpansions)
		return
	}
	if len(l.file.Scenarios)+count > maxScenarios {
		l.problems.Add(item, "make it several files", "the file makes more than %d scenarios", maxScenarios)
		return
	}
	at := yamltree.Root("the scenario")
	for i := range count {
		node, made := m.expand(i)
		var s Scenario
		decoded := l.decoder.Decode(node, &s, at)
		if id := node.Get("id"); id != nil && id.Kind == yamltree.Text && id.Value != "" {
			l.checkID(id)
		}
		if decoded {
			s.dropEmpty()
			s.Family = l.file.Family
			s.Source = Position{l.file.Name, item.Line, item.Column}
			check(node, &s, &l.problems)
			l.file.Scenarios = append(l.file.Scenarios, s)
		}
		l.decoder.Forget(made)
		if l.problems.Full() {
			return
		}
	}
}

func (l *loader) checkID(node *yamltree.Node) {
	id, family := node.Value, l.file.Family
	switch {
	case !idPattern.MatchString(id):
		hint := idHint(id)
		if !strings.Contains(id, "/") {
			hint = "an id is family/name: " + cmp.Or(family, "FAMILY") + "/" + idWord(id)
		}
		l.problems.Add(node, hint, "the id %q is not family/name in lower case letters, digits, hyphens and dots", id)
	case family != "" && familyOf(id) != family:
		_, name, _ := strings.Cut(id, "/")
		l.problems.Add(node, didYouMean(family+"/"+name), "the id %q is not in the family %q of this file", id, family)
	}
	at := Position{l.file.Name, node.Line, node.Column}
	if first, taken := l.ids[id]; taken {
		hint := "ids are unique over all files"
		if first == at {
			hint = "let the id differ as the values do: write {axis} in it for each axis, or no placeholder at all"
		}
		l.problems.Add(node, hint, "the id %q is taken on line %d", id, first.Line)
		return
	}
	l.ids[id] = at
}

// idHint proposes an id made of what the author wrote.
func idHint(id string) string {
	parts := strings.Split(id, "/")
	for i := range parts {
		parts[i] = idWord(parts[i])
	}
	proposal := strings.Join(parts, "/")
	if proposal == id || !idPattern.MatchString(proposal) && !familyPattern.MatchString(proposal) {
		return ""
	}
	return didYouMean(proposal)
}

// specials decodes the types that are not authored as they are kept.
func specials() map[reflect.Type]func(*yamltree.Decoder, *yamltree.Node, *yamltree.Path) any {
	return map[reflect.Type]func(*yamltree.Decoder, *yamltree.Node, *yamltree.Path) any{
		reflect.TypeFor[Expect](): decodeExpect,
		reflect.TypeFor[Edit]():   decodeEdit,
	}
}
