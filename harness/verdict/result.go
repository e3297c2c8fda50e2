package verdict

import (
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Result is one judged case: a scenario met by a client, with all that led to
// the verdict.
type Result struct {
	Scenario *scenarios.Scenario
	Verdict  Verdict
	// Finding says what was found; nil for a plain pass.
	Finding *Finding
	// Notes are facts that do not change the verdict, such as an unusual alert.
	Notes       []Finding
	Observation Observation
	// Control is what the same client did with the same server without the fault.
	Control  Control
	Evidence evidence.Evidence
	Duration time.Duration
}

// Control is the outcome of a scenario's control.
type Control struct {
	ID       string
	Accepted bool
	// CPU is the processor time that a command used for it; zero where it is not known.
	CPU time.Duration
	// Finding says why it was not accepted.
	Finding *Finding
}

// Run is the results of one client over a selection of scenarios.
type Run struct {
	Client ClientInfo
	// Server names the server that served in place of our own; empty for ours.
	Server   string
	Profile  Profile
	Started  time.Time
	Duration time.Duration
	// Selected is the number of scenarios that were to run; more than len(Results) when interrupted.
	Selected    int
	Interrupted bool
	Results     []Result
}

// ClientInfo names the client of a run.
type ClientInfo struct {
	Name    string // preset name, or the command
	Version string // of the client, where known
	TLS     string // TLS library and its version, where known
}

// Count returns how many results have verdict v.
func (r Run) Count(v Verdict) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Verdict == v {
			n++
		}
	}
	return n
}
