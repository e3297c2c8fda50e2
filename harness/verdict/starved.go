package verdict

import "github.com/tlsfault/tlsfault/scenarios"

// outOfTime reports whether all that is known of a client is that its time was up,
// by its own clock or by ours, on a machine that gave it none.
func outOfTime(s *scenarios.Scenario, obs Observation) bool {
	switch {
	case !obs.Starved || obs.Crashed || obs.FellBackVersion || obs.FellBackCleartext:
		return false
	case s.Expect.Outcome == scenarios.Reject && obs.Accepted:
		return false // that it went on with a broken server is known
	case obs.Hung:
		return true
	}
	return gaveUp(obs) && !s.Expect.Gives(scenarios.Stalled)
}

// gaveUp reports whether the client says that it has waited for the server for too long, and nothing else.
func gaveUp(obs Observation) bool {
	return !obs.Succeeded && obs.Alert == "" && len(obs.Reasons) == 1 && obs.Reasons[0] == scenarios.Stalled
}

const starvedText = "the client's time was up, on a machine that was too busy to give it any: run fewer cases at once, or with more time"
