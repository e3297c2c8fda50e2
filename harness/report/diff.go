package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// ChangeKind says what became of a scenario between two reports.
type ChangeKind string

// The kinds, the gravest first.
const (
	NewlyAccepted ChangeKind = "newly accepted" // a broken server that the client did not accept before
	NewlyRefused  ChangeKind = "newly refused"  // a valid server that the client accepted before
	Worse         ChangeKind = "worse"          // another verdict, that says less good of the client
	Better        ChangeKind = "better"         // another verdict, that says better
	NowRefused    ChangeKind = "now refused"    // a broken server that the client accepted before
	NowAccepted   ChangeKind = "now accepted"   // a valid server that the client refused before
	Unclear       ChangeKind = "unclear"        // inconclusive, or the harness failed, on one side
	OnlyOld       ChangeKind = "only in the old report"
	OnlyNew       ChangeKind = "only in the new report"
)

var changeKinds = []ChangeKind{NewlyAccepted, NewlyRefused, Worse, NowRefused, NowAccepted, Better, Unclear, OnlyOld, OnlyNew}

// Change is one scenario on which two reports differ. A verdict is empty where
// a report has none.
type Change struct {
	Kind     ChangeKind      `json:"kind"`
	Scenario string          `json:"scenario"`
	Title    string          `json:"title"`
	Old      verdict.Verdict `json:"old"`
	New      verdict.Verdict `json:"new"`
	Text     string          `json:"text"` // what is found now, else what was found before
}

// Diff compares two reports, of two versions of a client as a rule. The changes
// are in the order of their kinds, and within one in that of the new report,
// what is missing from it last.
func Diff(old, now Report) []Change {
	before := make(map[string]*Result, len(old.Results))
	for i := range old.Results {
		before[old.Results[i].Scenario] = &old.Results[i]
	}
	byKind := make(map[ChangeKind][]Change)
	add := func(c Change) { byKind[c.Kind] = append(byKind[c.Kind], c) }
	for i := range now.Results {
		n := &now.Results[i]
		o, ok := before[n.Scenario]
		delete(before, n.Scenario)
		switch {
		case !ok:
			add(Change{OnlyNew, n.Scenario, n.Title, "", n.Verdict, found(n)})
		default:
			if kind := changed(o, n); kind != "" {
				text := found(n)
				if text == "" {
					text = found(o)
				}
				add(Change{kind, n.Scenario, n.Title, o.Verdict, n.Verdict, text})
			}
		}
	}
	for i := range old.Results {
		if o := &old.Results[i]; before[o.Scenario] != nil {
			add(Change{OnlyOld, o.Scenario, o.Title, o.Verdict, "", found(o)})
		}
	}
	var all []Change
	for _, kind := range changeKinds {
		all = append(all, byKind[kind]...)
	}
	return all
}

// Pair is what two matrices say of one client. Either is nil where one has nothing.
type Pair struct{ Old, New *Report }

// Pairs finds each client of two matrices in the other by its name, with or
// without the @ that says where it runs: curl and curl@container are a pair. Of
// two that have one client each these are a pair whatever their names. The order
// is that of the new matrix, what is missing from it last.
func Pairs(old, now []Report) []Pair {
	if len(old) == 1 && len(now) == 1 {
		return []Pair{{&old[0], &now[0]}}
	}
	plain := func(r *Report) string {
		name, _, _ := strings.Cut(r.Client.Name, "@")
		return name
	}
	var pairs []Pair
	paired := make([]bool, len(old))
	for i := range now {
		pair := Pair{New: &now[i]}
		for j := range old {
			if !paired[j] && plain(&old[j]) == plain(&now[i]) {
				pair.Old, paired[j] = &old[j], true
				break
			}
		}
		pairs = append(pairs, pair)
	}
	for j := range old {
		if !paired[j] {
			pairs = append(pairs, Pair{Old: &old[j]})
		}
	}
	return pairs
}

// found is the finding of a result, empty for a plain pass.
func found(r *Result) string {
	if r.Finding == nil {
		return ""
	}
	return r.Finding.Text
}

// changed tells how n differs from o, empty for not at all.
func changed(o, n *Result) ChangeKind {
	broken := n.Expect.Outcome == scenarios.Reject
	switch {
	case broken && n.Outcome.Accepted && !o.Outcome.Accepted:
		return NewlyAccepted // also where nothing could be concluded before: it is known now
	case unclear(n) || unclear(o):
		if n.Verdict == o.Verdict {
			return ""
		}
		return Unclear
	case broken && !n.Outcome.Accepted && o.Outcome.Accepted:
		return NowRefused
	case !broken && !n.Outcome.Accepted && o.Outcome.Accepted:
		return NewlyRefused
	case !broken && n.Outcome.Accepted && !o.Outcome.Accepted:
		return NowAccepted
	case gravity(n) > gravity(o):
		return Worse
	case gravity(n) < gravity(o):
		return Better
	}
	return ""
}

func unclear(r *Result) bool { return r.Verdict == verdict.Inconclusive || r.Verdict == verdict.Error }

// gravity orders the verdicts that say something of a client.
func gravity(r *Result) int {
	switch r.Verdict {
	case verdict.Fail:
		return 3
	case verdict.Warn:
		return 2
	case verdict.Known:
		return 1
	}
	return 0
}

// Changes is Diff of the two; none where one is missing.
func (p Pair) Changes() []Change {
	if p.Old == nil || p.New == nil {
		return nil
	}
	return Diff(*p.Old, *p.New)
}

// WriteDiff writes what became of a client for a person.
func WriteDiff(w io.Writer, pair Pair) error {
	var b strings.Builder
	for _, side := range []struct {
		name string
		*Report
	}{{"old", pair.Old}, {"new", pair.New}} {
		if side.Report == nil {
			fmt.Fprintf(&b, "%s  nothing of this client\n", side.name)
			continue
		}
		fmt.Fprintf(&b, "%s  %s, %s\n", side.name, side.Client, scenarioCount(len(side.Results)))
	}
	changes := pair.Changes()
	if len(changes) == 0 && pair.Old != nil && pair.New != nil {
		b.WriteString("\nno difference\n")
	}
	kind := ChangeKind("")
	for _, c := range changes {
		if c.Kind != kind {
			kind = c.Kind
			fmt.Fprintf(&b, "\n%s\n", kind)
		}
		fmt.Fprintf(&b, "  %s  %s\n", clean(c.Scenario), clean(c.Title))
		if c.Old != "" && c.New != "" {
			fmt.Fprintf(&b, "    %s → %s", c.Old, c.New)
			if c.Text != "" {
				fmt.Fprintf(&b, ": %s", cut(clean(c.Text), messageLimit))
			}
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the difference: %w", err)
	}
	return nil
}
