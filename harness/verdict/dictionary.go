package verdict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Entry is one line of the error dictionary: a text of a TLS stack, or of a
// program built on it, and the reasons for which that text is printed.
type Entry struct {
	Stack   string             // such as "openssl"
	Pattern string             // regular expression of package regexp, searched for within one line
	Reasons []scenarios.Reason // all that the text allows; empty for a text that says nothing of the reason
	Source  string             // where the text comes from, such as its name in the stack's source
	Sample  string             // a line that this entry reads
	Line    int                // of the file it was loaded from, from 1

	re *regexp.Regexp
}

// Dictionary reads reasons from the words of TLS clients. It is immutable.
type Dictionary struct {
	entries []Entry
	sieve   sieve
}

// Explanation is one reading of one line.
type Explanation struct {
	Entry   Entry
	Reasons []scenarios.Reason // those of the entry
	Line    string             // the line that was read, fit to print
	Remedy  string             // what to do about the first reason; empty without one

	lineNumber, length int
}

// Limits of what is read of a client's words.
const (
	textLimit = 64 << 10 // bytes
	lineLimit = 4 << 10  // bytes of one line
	linesRead = 500
)

// dictionaryHeader is the first line of a dictionary's file.
const dictionaryHeader = "stack\tpattern\treasons\tsource\tsample"

// Builtin returns the dictionary that comes with the harness.
var Builtin = sync.OnceValue(func() *Dictionary {
	d, err := LoadDictionary([]byte(fixtures.Errors()))
	if err != nil {
		panic(fmt.Sprintf("the built-in error dictionary: %v", err)) // it is embedded, and a test loads it
	}
	return d
})

// LoadDictionary reads a dictionary: tab-separated lines of stack, pattern,
// reasons with | between them, source and sample under a header that names
// them. Blank lines and lines that start with # are skipped. The error names
// every line that is wrong.
func LoadDictionary(tsv []byte) (*Dictionary, error) {
	d := new(Dictionary)
	var problems []error
	header := false
	number := 0
	for line := range bytes.Lines(tsv) {
		number++
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#"):
		case !header:
			if header = true; text != dictionaryHeader {
				problems = append(problems, fmt.Errorf("line %d: the header must be %q", number, dictionaryHeader))
			}
		default:
			e, err := parseEntry(text)
			if err != nil {
				problems = append(problems, fmt.Errorf("line %d: %w", number, err))
				continue
			}
			e.Line = number
			d.entries = append(d.entries, e)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("reading an error dictionary: %w", err)
	}
	d.sieve = newSieve(d.entries)
	return d, nil
}

func parseEntry(text string) (Entry, error) {
	fields := strings.Split(text, "\t")
	if len(fields) != 5 {
		return Entry{}, fmt.Errorf("%d fields instead of 5: %q", len(fields), text)
	}
	e := Entry{Stack: fields[0], Pattern: fields[1], Source: fields[3], Sample: fields[4]}
	for i, name := range []string{"stack", "pattern", "", "source", "sample"} {
		if name != "" && strings.TrimSpace(fields[i]) == "" {
			return Entry{}, fmt.Errorf("no %s: %q", name, text)
		}
	}
	if fields[2] != "" {
		for word := range strings.SplitSeq(fields[2], "|") {
			r := scenarios.Reason(word)
			if !r.Valid() {
				return Entry{}, fmt.Errorf("unknown reason %q", word)
			}
			if slices.Contains(e.Reasons, r) {
				return Entry{}, fmt.Errorf("reason %q twice", word)
			}
			e.Reasons = append(e.Reasons, r)
		}
	}
	re, err := regexp.Compile(e.Pattern)
	if err != nil {
		return Entry{}, fmt.Errorf("pattern: %w", err)
	}
	if re.MatchString("") {
		return Entry{}, fmt.Errorf("pattern %q matches an empty line", e.Pattern)
	}
	e.re = re
	return e, nil
}

// Entries returns the entries in the order of the file.
func (d *Dictionary) Entries() []Entry { return slices.Clone(d.entries) }

// Explain reads text line by line and returns what its lines may mean, best
// match first: texts that name a reason before those that only tell how a
// connection ended, and these before texts that say nothing; then earlier lines;
// then fewer reasons; then the longer match. Each entry is returned once. Only
// the first 64 KiB of text are read.
func (d *Dictionary) Explain(text string) []Explanation {
	if len(text) > textLimit {
		text = text[:textLimit]
	}
	var found []Explanation
	seen := make(map[int]bool)
	number := 0
	for line := range strings.Lines(text) {
		if number++; number > linesRead {
			break
		}
		if len(line) > lineLimit {
			line = line[:lineLimit]
		}
		found = d.explainLine(found, seen, strings.TrimRight(line, "\r\n"), number)
	}
	slices.SortStableFunc(found, compareExplanations)
	return found
}

func (d *Dictionary) explainLine(found []Explanation, seen map[int]bool, line string, number int) []Explanation {
	for _, i := range d.sieve.candidates(line) {
		e := &d.entries[i]
		if seen[i] {
			continue
		}
		at := e.re.FindStringIndex(line)
		if at == nil {
			continue
		}
		seen[i] = true
		x := Explanation{Entry: *e, Reasons: slices.Clone(e.Reasons), Line: printable(line), lineNumber: number, length: at[1] - at[0]}
		if len(e.Reasons) > 0 {
			x.Remedy = Remedy(e.Reasons[0])
		}
		found = append(found, x)
	}
	return found
}

func compareExplanations(a, b Explanation) int {
	return cmp.Or(
		cmp.Compare(precision(a.Reasons), precision(b.Reasons)),
		cmp.Compare(a.lineNumber, b.lineNumber),
		cmp.Compare(len(a.Reasons), len(b.Reasons)),
		cmp.Compare(b.length, a.length),
		cmp.Compare(a.Entry.Line, b.Entry.Line))
}

// precision ranks what a text says: 0 a reason, 1 how the connection ended, 2 nothing.
func precision(reasons []scenarios.Reason) int {
	switch {
	case len(reasons) == 0:
		return 2
	case onlyEndings(reasons):
		return 1
	}
	return 0
}

// read returns the line that tells most of the reason, and all reasons that the
// text allows: those of its best line, narrowed by what its other lines say.
func (d *Dictionary) read(text string) (line string, reasons []scenarios.Reason) {
	heard := make(map[int]bool) // lines whose best reading was taken
	for _, x := range d.Explain(text) {
		if heard[x.lineNumber] {
			continue
		}
		heard[x.lineNumber] = true
		if line == "" {
			line, reasons = x.Line, x.Reasons
		} else if both := intersect(reasons, x.Reasons); len(both) > 0 {
			reasons = both
		}
	}
	return line, reasons
}
