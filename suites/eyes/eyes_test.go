package eyes_test

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/scenarios"
)

// content is what a tool says of a chain that it has nothing against.
const content = "accept"

// The programs whose differences the table knows. Another version differs elsewhere.
var versions = map[string]string{"openssl": "OpenSSL 3.0.", "certtool": "certtool 3.7."}

// workers is how many chains are looked at at the same time.
const workers = 2

// said is what the tools say, by tool and chain: a word of the table for each complaint.
type said map[string]map[*chain][]string

// TestOthersSeeTheSame compares what openssl, certtool and zlint say of every
// chain of the catalogue with what its scenarios claim to break. Where they
// differ testdata/differences.tsv must say so, and it must say nothing else.
func TestOthersSeeTheSame(t *testing.T) {
	list := tools(t)
	for name, want := range versions {
		if got := versionOf(t, name); !strings.HasPrefix(got, want) {
			need.Missing(t, fmt.Sprintf("the table of differences is about %sx, this is %s", want, got))
		}
	}
	all := loadChains(t)
	heard := listen(t, list, all.chains)
	table := loadDifferences(t)
	for id, c := range all.of {
		s := c.scenarios[slices.IndexFunc(c.scenarios, func(s *scenarios.Scenario) bool { return s.ID == id })]
		for _, tool := range list {
			says := heard[tool.name][c]
			if tool.name == "zlint" && breaksCertificates(s) {
				says = without(says, heard[tool.name][all.of[s.Control().ID]])
			}
			want, ok := expected(tool.name, s)
			if !ok {
				continue
			}
			table.compare(t, tool.name, id, want, says)
		}
	}
	table.unused(t)
}

// expected is the word for what a tool ought to say of the chain of s. ok is
// false where the tool is not asked.
func expected(tool string, s *scenarios.Scenario) (word string, ok bool) {
	breaks := breaksCertificates(s) && s.Expect.Outcome == scenarios.Reject
	if tool == "openssl-0" {
		weak := s.Expect.Reason == scenarios.WeakKey || s.Expect.Reason == scenarios.WeakSignature
		return content, breaks && weak
	}
	if !breaks {
		return content, true
	}
	return string(s.Expect.Reason), true
}

// listen asks every tool about every chain.
func listen(t *testing.T, list []tool, chains []*chain) said {
	t.Helper()
	words := loadWords(t)
	heard := make(said)
	for _, tool := range list {
		heard[tool.name] = make(map[*chain][]string)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	work := make(chan *chain)
	for range workers {
		group.Go(func() {
			for c := range work {
				answers, err := ask(t.Context(), t.TempDir(), list, c)
				if err != nil {
					t.Errorf("%s: %v", c.scenarios[0].ID, err)
					continue
				}
				mu.Lock()
				for name, complaints := range answers {
					heard[name][c] = words.of(t, name, c, complaints)
				}
				mu.Unlock()
			}
		})
	}
	// What becomes valid in a minute is looked at before it does.
	young := func(c *chain) bool { return c.scenarios[0].Expect.Reason == scenarios.NotYetValid }
	for _, first := range []bool{true, false} {
		for _, c := range chains {
			if young(c) == first {
				work <- c
			}
		}
	}
	close(work)
	group.Wait()
	return heard
}

// ask asks every tool about one chain, whose files go into dir.
func ask(ctx context.Context, dir string, list []tool, c *chain) (map[string][]string, error) {
	f, err := writeFiles(dir, c)
	if err != nil {
		return nil, err
	}
	answers := make(map[string][]string)
	for _, tool := range list {
		if !slices.ContainsFunc(c.scenarios, func(s *scenarios.Scenario) bool { _, ok := expected(tool.name, s); return ok }) {
			continue
		}
		if answers[tool.name], err = tool.look(ctx, c, f); err != nil {
			return nil, fmt.Errorf("asking %s: %w", tool.name, err)
		}
	}
	return answers, nil
}

// versionOf is the first line that a program says of its version.
func versionOf(t *testing.T, name string) string {
	t.Helper()
	flag := "--version"
	if name == "openssl" {
		flag = "version"
	}
	out, err := exec.Command(need.Tool(t, name), flag).Output()
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

// without returns the words of list that are not in other.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(word string) bool { return slices.Contains(other, word) })
}

// difference is a row of the table: what tool says of the scenarios instead of
// what they say, unless that is the same.
type difference struct {
	tool, scenarios, says, why string
	used                       bool
}

// matches reports whether the row is about a scenario that ought to be called want.
func (d *difference) matches(id, want string) bool {
	if reason, ok := strings.CutPrefix(d.scenarios, "@"); ok {
		return reason == want
	}
	return doublestar.MatchUnvalidated(d.scenarios, id)
}

type differences []*difference

// compare holds what a tool says of a scenario against what it ought to say and the table.
func (d differences) compare(t *testing.T, tool, id, want string, says []string) {
	t.Helper()
	got := strings.Join(says, "+")
	if got == "" {
		got = content
	}
	means := func(word string) bool { return slices.Contains(strings.Split(word, "|"), want) }
	agrees := got == want || len(says) > 0 && !slices.ContainsFunc(says, func(word string) bool { return !means(word) })
	if tool == "zlint" { // one certificate goes against many rules
		agrees = got == want || slices.ContainsFunc(says, means)
	}
	var rows []string
	for _, row := range d {
		if row.tool != tool || row.says == want || !row.matches(id, want) {
			continue
		}
		if row.says == got && !agrees {
			row.used = true
			return
		}
		if !strings.HasPrefix(row.scenarios, "@") { // of those some may agree
			rows = append(rows, row.says)
		}
	}
	switch {
	case len(rows) > 0:
		t.Errorf("%s: %s says %s of what is %s, the table has %v", id, tool, got, want, rows)
	case !agrees:
		t.Errorf("%s: %s says %s of what is %s, and the table is silent", id, tool, got, want)
	}
}

// unused complains of rows for which there is nothing.
func (d differences) unused(t *testing.T) {
	t.Helper()
	for _, row := range d {
		if !row.used {
			t.Errorf("the table says that %s says %s of %s: nothing like that happens", row.tool, row.says, row.scenarios)
		}
	}
}
