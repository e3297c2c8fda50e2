package scenarios

import (
	_ "embed" // for the table below
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// projects are those whose cases a scenario can stand for. Of bettertls, trytls
// and pkits there is no list of cases; any name is taken.
var projects = []string{
	"badssl", "badtls", "tlspretense", "x509-limbo", "webhook-guide", "bettertls", "trytls", "pkits", "tls-anvil", "bogo",
}

// projectAliases are short names for some of them.
var projectAliases = map[string]string{"limbo": "x509-limbo"}

// Projects returns the names that covers: and Coverage know.
func Projects() []string { return slices.Clone(projects) }

// casesOf holds the known cases of each project, in their order.
var casesOf = sync.OnceValue(func() map[string][]string {
	cases := make(map[string][]string)
	for _, c := range fixtures.PeerCases() {
		cases[c.Project] = append(cases[c.Project], c.Case)
	}
	return cases
})

// splitCover cuts "project:case", a project's short name made its long one.
func splitCover(cover string) (project, name string, ok bool) {
	project, name, ok = strings.Cut(cover, ":")
	if long := projectAliases[project]; long != "" {
		project = long
	}
	return project, name, ok && name != ""
}

func (c *checker) checkCovers() {
	for i, cover := range c.Covers {
		at := fmt.Sprintf("covers.%d", i)
		project, name, ok := splitCover(cover)
		cases := casesOf()[project]
		switch {
		case !ok:
			c.problem(at, "such as badssl:expired", "%q is not project:case", cover)
		case !slices.Contains(projects, project):
			c.problem(at, yamltree.Suggest(project, projects), "unknown project %q in covers", project)
		case len(cases) > 0 && !slices.Contains(cases, name):
			hint := ""
			if near := yamltree.Nearest(name, cases); near != "" {
				hint = didYouMean(project + ":" + near)
			}
			c.problem(at, hint, "%s has no case %q", project, name)
		case slices.Contains(c.Covers[:i], cover):
			c.problem(at, "", "%q stands here twice", cover)
		}
	}
}

// Covered is a case of another project, and what stands for it here.
type Covered struct {
	Project   string   `json:"project"`
	Case      string   `json:"case"`
	Scenarios []string `json:"scenarios"` // ids; empty where nothing stands for it
	// Reason says why nothing stands for it; empty where something does, or could.
	Reason string `json:"reason"`
}

// Coverage returns every known case of a project with the scenarios of all that
// stand for it. An unknown project is an error that names the nearest right one.
func Coverage(all []Scenario, project string) ([]Covered, error) {
	if long := projectAliases[project]; long != "" {
		project = long
	}
	if !slices.Contains(projects, project) {
		hint := "known: " + strings.Join(projects, ", ")
		if near := yamltree.Nearest(project, projects); near != "" {
			hint = didYouMean(near)
		}
		return nil, fmt.Errorf("unknown project %q: %s", project, hint)
	}
	standing := make(map[string][]string)
	cases := slices.Clone(casesOf()[project])
	for i := range all {
		for _, cover := range all[i].Covers {
			of, name, ok := splitCover(cover)
			if !ok || of != project {
				continue
			}
			if standing[name] == nil && !slices.Contains(cases, name) {
				cases = append(cases, name)
			}
			standing[name] = append(standing[name], all[i].ID)
		}
	}
	covered := make([]Covered, 0, len(cases))
	for _, name := range cases {
		c := Covered{Project: project, Case: name, Scenarios: standing[name]}
		if len(c.Scenarios) == 0 {
			c.Scenarios, c.Reason = []string{}, whyUncovered(project, name)
		}
		covered = append(covered, c)
	}
	return covered, nil
}

//go:embed catalogue/uncovered.tsv
var uncoveredTSV string

// uncovered says of some cases why no scenario stands for them.
type uncovered struct {
	project, glob, reason string
}

var uncoveredCases = sync.OnceValue(func() []uncovered {
	var table []uncovered
	_, lines, _ := strings.Cut(uncoveredTSV, "\n") // the header
	for line := range strings.Lines(lines) {
		fields := append(strings.Split(strings.TrimRight(line, "\r\n"), "\t"), "", "", "")
		table = append(table, uncovered{fields[0], fields[1], fields[2]})
	}
	return table
})

// whyUncovered returns the reason of the first line that matches, "" when none does.
func whyUncovered(project, name string) string {
	for _, u := range uncoveredCases() {
		if u.project == project && doublestar.MatchUnvalidated(u.glob, name) {
			return u.reason
		}
	}
	return ""
}
