// Package report writes the results of a run: for people (Console), for
// programs (JSON), for continuous integration (JUnit, GitHub), for a browser
// (HTML). Each writer is a function of an io.Writer and a verdict.Run that
// returns the first error of encoding or writing; Formats is the table of them,
// and MatrixFormats that of the writers of several clients' runs. The same run
// gives the same bytes: nothing here reads a clock, the environment or a map in
// its order.
//
// Report is the versioned form that JSON writes and ReadJSON reads, and from
// which Report.Run gives back what every writer needs, so that reports of
// several runs can be merged and written once more in any format.
//
// What a client printed is not to be trusted: control characters and terminal
// escapes in it are spelled out before they reach a terminal, an annotation or
// an XML file.
package report

import (
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Schema names the version of the JSON report. Fields may be added to a
// version; a changed or removed one makes a new version.
const Schema = "tlsfault/report/v1"

// Report is a run as the JSON report holds it.
type Report struct {
	Schema string `json:"schema" jsonschema:"enum=tlsfault/report/v1"`
	Client Client `json:"client"`
	// Server names the server that served in place of tlsfault's own; left out for that.
	Server  string          `json:"server,omitempty"`
	Profile verdict.Profile `json:"profile"`
	Started time.Time       `json:"started"`
	// DurationMs is from the start of the run to its end, in milliseconds.
	DurationMs int64 `json:"durationMs"`
	// Selected is how many scenarios were to run; more than there are results when Interrupted.
	Selected    int      `json:"selected"`
	Interrupted bool     `json:"interrupted"`
	Summary     Summary  `json:"summary"`
	Results     []Result `json:"results"`
}

// Client names the client of a run.
type Client struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	TLS     string `json:"tls"`
}

// Summary counts the results of each verdict.
type Summary struct {
	Pass         int `json:"pass"`
	Fail         int `json:"fail"`
	Warn         int `json:"warn"`
	Inconclusive int `json:"inconclusive"`
	Known        int `json:"known"`
	Error        int `json:"error"`
}

// Result is one judged scenario.
type Result struct {
	Scenario string          `json:"scenario"`
	Title    string          `json:"title"`
	Family   string          `json:"family"`
	Expect   Expect          `json:"expect"`
	Verdict  verdict.Verdict `json:"verdict" jsonschema:"enum=pass,enum=fail,enum=warn,enum=inconclusive,enum=known,enum=error"`
	// Finding is null for a plain pass.
	Finding    *verdict.Finding  `json:"finding" jsonschema:"nullable"`
	Notes      []verdict.Finding `json:"notes,omitempty"`
	Outcome    Outcome           `json:"outcome"`
	Control    Control           `json:"control"`
	Evidence   evidence.Evidence `json:"evidence"`
	DurationMs int64             `json:"durationMs"`
	Remedy     string            `json:"remedy"`
	Refs       []string          `json:"refs,omitempty"`
	// Source is where the scenario was authored; null when it is not known.
	Source *Source `json:"source,omitempty"`
}

// Expect is what the scenario asks of a client. Reason is empty where the
// client is to accept.
type Expect struct {
	Outcome scenarios.Outcome `json:"outcome" jsonschema:"enum=accept,enum=reject"`
	Reason  scenarios.Reason  `json:"reason"`
	Or      scenarios.Reason  `json:"or,omitempty"`
	Level   scenarios.Level   `json:"level" jsonschema:"enum=must,enum=should,enum=may"`
}

// Outcome is what the client did.
type Outcome struct {
	Accepted       bool             `json:"accepted"`
	Reason         scenarios.Reason `json:"reason"`
	Source         verdict.Source   `json:"source"`
	Alert          string           `json:"alert"`
	PlaintextAlert bool             `json:"plaintextAlert"`
	Leaked         bool             `json:"leaked"`
	Message        string           `json:"message"`
	// Exit is the exit code of a command; null for a client that has none.
	Exit *int `json:"exit" jsonschema:"nullable"`
	// Screenshot is the file with a picture of what a browser showed in place of the page.
	Screenshot string `json:"screenshot,omitempty"`
	// CPUMs is the processor time that a command used, in milliseconds.
	CPUMs int64 `json:"cpuMs,omitempty"`
}

// Control is what the same client did with the same server without the fault.
type Control struct {
	ID       string `json:"id"`
	Accepted bool   `json:"accepted"`
	// CPUMs is the processor time that a command used for it, in milliseconds.
	CPUMs   int64            `json:"cpuMs,omitempty"`
	Finding *verdict.Finding `json:"finding,omitempty"`
}

// Source is a place in a scenario file.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// From makes the Report of a run.
func From(run verdict.Run) Report {
	r := Report{
		Schema:      Schema,
		Client:      Client(run.Client),
		Server:      run.Server,
		Profile:     run.Profile,
		Started:     run.Started.UTC(),
		DurationMs:  run.Duration.Milliseconds(),
		Selected:    run.Selected,
		Interrupted: run.Interrupted,
		Results:     make([]Result, 0, len(run.Results)),
	}
	for i := range run.Results {
		r.Results = append(r.Results, fromResult(&run.Results[i]))
	}
	r.Summary = summarize(run)
	return r
}

func fromResult(v *verdict.Result) Result {
	s := v.Scenario
	r := Result{
		Scenario: s.ID, Title: s.Title, Family: s.Family,
		Expect:  Expect{Outcome: s.Expect.Outcome, Reason: s.Expect.Reason, Or: s.Expect.Or, Level: s.Expect.Level},
		Verdict: v.Verdict, Finding: v.Finding, Notes: v.Notes,
		Outcome: Outcome{
			Accepted: v.Observation.Accepted, Reason: v.Observation.Reason, Source: v.Observation.Source,
			Alert: v.Observation.Alert, PlaintextAlert: v.Observation.PlaintextAlert,
			Leaked: v.Observation.Leaked, Message: v.Observation.Message, Exit: v.Observation.Exit,
			Screenshot: v.Observation.Screenshot,
			CPUMs:      v.Observation.CPU.Milliseconds(),
		},
		Control: Control{
			ID: v.Control.ID, Accepted: v.Control.Accepted, CPUMs: v.Control.CPU.Milliseconds(), Finding: v.Control.Finding,
		},
		Evidence:   v.Evidence,
		DurationMs: v.Duration.Milliseconds(),
		Remedy:     remedy(s), Refs: s.Refs,
	}
	if r.Outcome.Source == "" {
		r.Outcome.Source = verdict.FromNone
	}
	if r.Evidence.Connections == nil {
		r.Evidence.Connections = []evidence.Connection{}
	}
	if s.Source.File != "" {
		r.Source = &Source{File: s.Source.File, Line: s.Source.Line}
	}
	return r
}

func summarize(run verdict.Run) Summary {
	return Summary{
		Pass: run.Count(verdict.Pass), Fail: run.Count(verdict.Fail), Warn: run.Count(verdict.Warn),
		Inconclusive: run.Count(verdict.Inconclusive), Known: run.Count(verdict.Known), Error: run.Count(verdict.Error),
	}
}

// Run gives back the run that r was made of, as far as the writers need it:
// its scenarios hold what a report says of them and not how they are served.
func (r Report) Run() verdict.Run {
	run := verdict.Run{
		Client:      verdict.ClientInfo(r.Client),
		Server:      r.Server,
		Profile:     r.Profile,
		Started:     r.Started,
		Duration:    time.Duration(r.DurationMs) * time.Millisecond,
		Selected:    r.Selected,
		Interrupted: r.Interrupted,
		Results:     make([]verdict.Result, 0, len(r.Results)),
	}
	for i := range r.Results {
		run.Results = append(run.Results, r.Results[i].result())
	}
	return run
}

func (r *Result) result() verdict.Result {
	s := &scenarios.Scenario{
		ID: r.Scenario, Title: r.Title, Family: r.Family, Remedy: r.Remedy, Refs: r.Refs,
		Expect: scenarios.Expect{Outcome: r.Expect.Outcome, Reason: r.Expect.Reason, Or: r.Expect.Or, Level: r.Expect.Level},
	}
	if r.Source != nil {
		s.Source = scenarios.Position{File: r.Source.File, Line: r.Source.Line}
	}
	return verdict.Result{
		Scenario: s, Verdict: r.Verdict, Finding: r.Finding, Notes: r.Notes,
		Observation: verdict.Observation{
			Accepted: r.Outcome.Accepted, Reason: r.Outcome.Reason, Source: r.Outcome.Source,
			Alert: r.Outcome.Alert, PlaintextAlert: r.Outcome.PlaintextAlert,
			Leaked: r.Outcome.Leaked, Message: r.Outcome.Message, Exit: r.Outcome.Exit,
			Screenshot: r.Outcome.Screenshot,
			CPU:        time.Duration(r.Outcome.CPUMs) * time.Millisecond,
		},
		Control: verdict.Control{
			ID: r.Control.ID, Accepted: r.Control.Accepted, CPU: time.Duration(r.Control.CPUMs) * time.Millisecond, Finding: r.Control.Finding,
		},
		Evidence: r.Evidence,
		Duration: time.Duration(r.DurationMs) * time.Millisecond,
	}
}
