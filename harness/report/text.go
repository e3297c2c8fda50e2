package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

const (
	messageLimit  = 240 // runes of the client's own words that a line shows
	evidenceLines = 4   // lines of evidence that a finding shows
)

// clean makes one line of s that is safe to print: what is not a printable
// character (control characters, terminal escapes, marks that change the
// direction of writing, invalid UTF-8) is spelled out as Go escapes it.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

func isClean(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// cut shortens s to at most limit runes.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

// line is one labeled line about a result.
type line struct{ label, text string }

// about tells a result: what was expected, what happened, what the server side
// saw, what the client said, and what to do about it.
func about(r *verdict.Result) []line {
	s := r.Scenario
	lines := []line{{"expected", expectation(s.Expect)}}
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, line{label, clean(text)})
		}
	}
	if r.Finding != nil {
		add("happened", cut(r.Finding.Text, messageLimit))
	}
	for _, l := range r.Evidence.Lines(evidenceLines) {
		add("evidence", l)
	}
	add("client", cut(firstLine(r.Observation.Message), messageLimit))
	for _, note := range r.Notes {
		add("note", note.Text)
	}
	add("remedy", remedy(s))
	add("see", strings.Join(s.Refs, ", "))
	return lines
}

// remedy is what the scenario says is to be done, or else what is to be done
// about its reason.
func remedy(s *scenarios.Scenario) string {
	if s.Remedy == "" {
		return verdict.Remedy(s.Expect.Reason)
	}
	return s.Remedy
}

// expectation says what a scenario asks of a client.
func expectation(e scenarios.Expect) string {
	if e.Outcome == scenarios.Accept {
		return fmt.Sprintf("a client %s accept this server", e.Level)
	}
	return fmt.Sprintf("a client %s refuse this server: %s", e.Level, e.Reason)
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(first)
}

// findingText is the finding of a result, or its verdict where it has none.
func findingText(r *verdict.Result) string {
	if r.Finding == nil || r.Finding.Text == "" {
		return string(r.Verdict)
	}
	return cut(clean(r.Finding.Text), messageLimit)
}

// interruption says how far an interrupted run came; empty for a whole one.
func interruption(run verdict.Run) string {
	if !run.Interrupted {
		return ""
	}
	return fmt.Sprintf("interrupted: %d of %s ran", len(run.Results), scenarioCount(run.Selected))
}

func scenarioCount(n int) string {
	if n == 1 {
		return "1 scenario"
	}
	return strconv.Itoa(n) + " scenarios"
}

// roughly rounds a duration to what a person reads.
func roughly(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// families lists the families of a run in the order in which they first occur.
func families(run verdict.Run) []string {
	var names []string
	seen := make(map[string]bool)
	for i := range run.Results {
		if name := run.Results[i].Scenario.Family; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// unproven is the inconclusive results that have one cause in common.
type unproven struct {
	cause   string
	results []*verdict.Result
}

// inconclusive groups the inconclusive results by cause, in the order of first
// occurrence: one refused control explains many of them.
func inconclusive(run verdict.Run) []unproven {
	var groups []unproven
	index := make(map[string]int)
	for i := range run.Results {
		r := &run.Results[i]
		if r.Verdict != verdict.Inconclusive {
			continue
		}
		cause := findingText(r)
		if !r.Control.Accepted && r.Control.ID != "" {
			cause = clean(r.Control.ID) + ": " + cause
		}
		at, ok := index[cause]
		if !ok {
			at = len(groups)
			index[cause] = at
			groups = append(groups, unproven{cause: cause})
		}
		groups[at].results = append(groups[at].results, r)
	}
	return groups
}
