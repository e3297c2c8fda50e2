package report

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// pageLines bounds the lines of evidence that one cell of the page shows.
const pageLines = 12

// pageData is what the page draws its table from. Thirty clients by fifteen
// hundred scenarios have to load on a phone: every text is there once, in Texts,
// and what many cells have in common once, in Details; -1 stands for nothing.
type pageData struct {
	Clients   []pageClient   `json:"clients"`
	Families  []string       `json:"families"`
	Scenarios []pageScenario `json:"scenarios"`
	Verdicts  []string       `json:"verdicts"` // what the digits of Cells mean
	Texts     []string       `json:"texts"`
	Details   [][]int        `json:"details"` // see detail
}

type pageClient struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	TLS        string `json:"tls"`
	Profile    string `json:"profile"`
	Started    string `json:"started"`
	DurationMs int64  `json:"ms"`
	Unfinished string `json:"unfinished,omitempty"`
	// Cells has a digit for each scenario, the index of its verdict; "." where it did not run.
	Cells string `json:"cells"`
	// Details has an index for each scenario, -1 where it did not run.
	Details []int `json:"details"`
}

// pageScenario is id, title, family, level, expectation, remedy and references:
// two texts, the index of the family, and indices of texts. An array, as the
// names of fields would be most of its size.
type pageScenario struct {
	id, title                                 string
	family, level, expectation, remedy, refer int
}

// MarshalJSON writes the fields as an array.
func (s pageScenario) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{s.id, s.title, s.family, s.level, s.expectation, s.remedy, s.refer})
}

// newPageData gathers what runs say. Scenarios are in the order in which they
// first occur, family by family.
func newPageData(runs []verdict.Run) pageData {
	b := pageBuilder{
		data:   pageData{Clients: []pageClient{}, Families: []string{}, Scenarios: []pageScenario{}, Texts: []string{}, Details: [][]int{}},
		texts:  make(map[string]int),
		detail: make(map[string]int),
	}
	for _, v := range verdicts {
		b.data.Verdicts = append(b.data.Verdicts, string(v))
	}
	order := matrixScenarios(runs)
	index := make(map[string]int, len(order))
	for i, s := range order {
		index[s.ID] = i
		b.addScenario(s)
	}
	for i := range runs {
		b.addClient(&runs[i], index)
	}
	return b.data
}

// pageBuilder gives every text, and every detail, one index.
type pageBuilder struct {
	data   pageData
	texts  map[string]int
	detail map[string]int
}

func (b *pageBuilder) text(s string) int {
	if s == "" {
		return -1
	}
	s = clean(s)
	at, ok := b.texts[s]
	if !ok {
		at = len(b.data.Texts)
		b.texts[s] = at
		b.data.Texts = append(b.data.Texts, s)
	}
	return at
}

func (b *pageBuilder) addScenario(s *scenarios.Scenario) {
	family := slices.Index(b.data.Families, clean(s.Family))
	if family < 0 {
		family = len(b.data.Families)
		b.data.Families = append(b.data.Families, clean(s.Family))
	}
	row := pageScenario{
		id: clean(s.ID), title: clean(s.Title), family: family,
		level: b.text(string(s.Expect.Level)), expectation: b.text(expectation(s.Expect)), remedy: b.text(remedy(s)), refer: -1,
	}
	for i, ref := range s.Refs {
		if i == 0 {
			row.refer = b.text(ref)
			continue
		}
		row.refer = b.text(b.data.Texts[row.refer] + ", " + ref)
	}
	b.data.Scenarios = append(b.data.Scenarios, row)
}

func (b *pageBuilder) addClient(run *verdict.Run, index map[string]int) {
	c := pageClient{
		Name: clean(run.Client.Name), Version: clean(run.Client.Version), TLS: clean(run.Client.TLS), Profile: clean(string(run.Profile)),
		DurationMs: run.Duration.Milliseconds(), Unfinished: interruption(*run), Details: make([]int, len(index)),
	}
	if !run.Started.IsZero() {
		c.Started = run.Started.UTC().Format(time.DateTime) + " UTC"
	}
	cells := make([]byte, len(index))
	for i := range cells {
		cells[i], c.Details[i] = '.', -1
	}
	for i := range run.Results {
		r := &run.Results[i]
		at := index[r.Scenario.ID]
		cells[at] = '0' + byte(max(0, slices.Index(verdicts, r.Verdict)))
		c.Details[at] = b.addDetail(r)
	}
	c.Cells = string(cells)
	b.data.Clients = append(b.data.Clients, c)
}

// addDetail returns the index of what a cell opens: the indices of the texts of
// finding, outcome, client's words, control and picture, then the number of
// lines of evidence, those lines, and the notes.
func (b *pageBuilder) addDetail(r *verdict.Result) int {
	finding := ""
	if r.Finding != nil {
		finding = r.Finding.Text
	}
	lines := r.Evidence.Lines(pageLines)
	detail := []int{
		b.text(finding), b.text(outcomeText(r)), b.text(cut(r.Observation.Message, 4*messageLimit)),
		b.text(controlText(r)), b.text(r.Observation.Screenshot), len(lines),
	}
	for _, l := range lines {
		detail = append(detail, b.text(l))
	}
	for _, n := range r.Notes {
		detail = append(detail, b.text(n.Text))
	}
	key := make([]byte, 0, 4*len(detail))
	for _, n := range detail {
		key = append(key, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	at, ok := b.detail[string(key)]
	if !ok {
		at = len(b.data.Details)
		b.detail[string(key)] = at
		b.data.Details = append(b.data.Details, detail)
	}
	return at
}

// outcomeText says what the client did.
func outcomeText(r *verdict.Result) string {
	o := r.Observation
	switch {
	case r.Verdict == verdict.Error:
		return ""
	case o.Accepted && o.Leaked:
		return "sent its data, then reported failure"
	case o.Accepted:
		return "accepted"
	case len(r.Evidence.Connections) == 0:
		return "never connected"
	case o.Reason == "":
		return "refused, without saying why"
	}
	text := "refused: " + string(o.Reason)
	switch o.Source {
	case verdict.FromAlert:
		text += ", by its alert " + o.Alert
	case verdict.FromMessage:
		text += ", by its own words"
	case verdict.FromOffer:
		text += ", as it never offered what the server insists on"
	}
	return text
}

// controlText says what the client did with the same server without the fault.
func controlText(r *verdict.Result) string {
	switch {
	case r.Control.ID == "" || r.Control.ID == r.Scenario.ID:
		return ""
	case r.Control.Accepted:
		return r.Control.ID + ": accepted"
	case r.Control.Finding != nil:
		return r.Control.ID + ": " + r.Control.Finding.Text
	}
	return r.Control.ID + ": refused"
}

// matrixScenarios lists the scenarios of all runs, each once, family by family
// in the order in which they first occur.
func matrixScenarios(runs []verdict.Run) []*scenarios.Scenario {
	seen := make(map[string]bool)
	rank := make(map[string]int)
	var all []*scenarios.Scenario
	for i := range runs {
		for j := range runs[i].Results {
			s := runs[i].Results[j].Scenario
			if seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			if _, ok := rank[s.Family]; !ok {
				rank[s.Family] = len(rank)
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b *scenarios.Scenario) int { return rank[a.Family] - rank[b.Family] })
	return all
}
