package eyes_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tlsfault/tlsfault/scenarios"
)

// wordsTSV says what the complaints of the tools mean: a tool, a part of a
// complaint (of zlint, the whole name of a lint), and the reasons that it can
// stand for, or one of the marks below. The first row that fits counts.
//
//go:embed testdata/words.tsv
var wordsTSV string

// differencesTSV says where tools say something else than the scenario, and why
// that is right: a tool; a glob of scenarios, or @ and the reason they expect; what
// the tool says; and why.
//
//go:embed testdata/differences.tsv
var differencesTSV string

// rows returns the rows of a table with so many columns.
func rows(t *testing.T, name, text string, columns int) [][]string {
	t.Helper()
	var list [][]string
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns || slices.Contains(row, "") {
			t.Fatalf("%s line %d: want %d columns, none of them empty: %q", name, n+1, columns, line)
		}
		list = append(list, row)
	}
	return list
}

func loadDifferences(t *testing.T) differences {
	t.Helper()
	var table differences
	for _, row := range rows(t, "differences.tsv", differencesTSV, 4) {
		if !doublestar.ValidatePattern(row[1]) {
			t.Fatalf("differences.tsv: %q is no pattern", row[1])
		}
		table = append(table, &difference{tool: row[0], scenarios: row[1], says: row[2], why: row[3]})
	}
	return table
}

// dictionary translates complaints.
type dictionary []translation

type translation struct{ tool, text, means string }

// Marks of complaints that stand for no reason; private is what only a public
// authority has to do.
const (
	noReason = "-"
	private  = "private"
)

func loadWords(t *testing.T) dictionary {
	t.Helper()
	var words dictionary
	for _, row := range rows(t, "words.tsv", wordsTSV, 3) {
		if row[2] != noReason && row[2] != private {
			for reason := range strings.SplitSeq(row[2], "|") {
				if !scenarios.Reason(reason).Valid() {
					t.Fatalf("words.tsv: %q is no reason", reason)
				}
			}
		}
		words = append(words, translation{row[0], row[1], row[2]})
	}
	return words
}

// of translates what a tool says of a chain, each word once.
func (d dictionary) of(t *testing.T, tool string, c *chain, complaints []string) []string {
	t.Helper()
	var words []string
	for _, complaint := range complaints {
		i := slices.IndexFunc(d, func(x translation) bool { return x.fits(tool, complaint) })
		if i < 0 {
			t.Errorf("%s: %s says what words.tsv does not have: %s", c.scenarios[0].ID, tool, complaint)
			continue
		}
		if d[i].means != noReason && d[i].means != private {
			words = append(words, d[i].means)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func (x translation) fits(tool, complaint string) bool {
	if x.tool != strings.TrimSuffix(tool, "-0") {
		return false
	}
	if x.tool == "zlint" && !strings.HasPrefix(complaint, "unreadable") {
		return complaint == x.text
	}
	return strings.Contains(complaint, x.text)
}
