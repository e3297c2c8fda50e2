package verdict

import (
	"slices"
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
)

// ControlOf judges the control of a scenario from what the client did with it.
// Unlike for a scenario that must be accepted, the client's own report counts as
// well: a client that always reports failure refuses nothing by it.
func ControlOf(id string, obs Observation) Control {
	c := Control{ID: id, CPU: obs.CPU}
	switch {
	case obs.NotStarted || obs.HarnessError != "":
		c.Finding = &Finding{HarnessFailed, harnessText(obs)}
	case obs.NotServed != "":
		c.Finding = &Finding{NotServed, obs.NotServed}
	case !obs.Connected:
		c.Finding = &Finding{NeverConnected, neverConnectedText(obs)}
	case obs.Accepted && obs.Succeeded:
		c.Accepted = true
	case obs.Starved && (obs.Hung || gaveUp(obs)):
		c.Finding = &Finding{MachineBusy, starvedText}
	default:
		c.Finding = &Finding{ControlRefused, refusalText(obs)}
	}
	return c
}

// SpinLimit is how much more processor time than for the control a client may
// use: many times what any handshake costs, and little enough to be seen before
// an attempt's time is up.
const SpinLimit = 2 * time.Second

// weight is how heavy a finding weighs before the profile is asked.
type weight int

const (
	ofTheScenario weight = iota // as the scenario's level says
	always                      // as a must, whatever the level
	lesser                      // one step below the scenario's level: it refused, which is what matters
)

// discovery is a finding with its weight.
type discovery struct {
	Finding
	weight weight
}

// Judge compares what a client did with what the scenario expects of it and
// with what it did with the control. The finding is the heaviest, nil for a plain
// pass; whatever else was found is in notes, which never change the verdict.
//
// A refusal for another reason than expected warns, and fails in strict. One
// that states no reason passes with a note: many clients say no more than
// "certificate verify failed", and that they accepted the control shows that it
// was the fault they refused. A crash and a retry over a weaker protocol or in
// cleartext weigh as a must whatever the level; a level of may makes everything
// else a note.
//
// A client that used SpinLimit more processor time than for the control has
// spun: that weighs like a crash, whatever else it did.
//
// A client whose time was up on a machine that was too busy is not judged by that.
//
// Without an accepted control nothing is judged: the verdict is Inconclusive,
// unless the scenario is its own control, as one without a fault is. A client
// that could not be started, or a failure of the harness, is Error.
func Judge(s *scenarios.Scenario, obs Observation, control Control, profile Profile) (Verdict, *Finding, []Finding) {
	if obs.NotStarted || obs.HarnessError != "" {
		return Error, &Finding{HarnessFailed, harnessText(obs)}, nil
	}
	if obs.NotServed != "" {
		return Inconclusive, &Finding{NotServed, obs.NotServed}, nil
	}
	var found []discovery
	if s.Expect.Outcome == scenarios.Reject {
		found = rejectFindings(s, obs)
	} else {
		found = acceptFindings(obs)
	}
	if obs.CPU > control.CPU+SpinLimit && !bulky(s) {
		found = append(found, discovery{Finding{Spun, spunText(obs, control)}, always})
	}
	notes := sideNotes(s, obs)
	switch verdict, finding := unsettled(s, obs, control); {
	case finding == nil:
	case finding.Kind == NotDelivered || finding.Kind == MachineBusy:
		return verdict, finding, nil // what it did says nothing about the fault
	default:
		return verdict, finding, append(textsOf(found), notes...)
	}

	verdict, main := Pass, -1
	for i, d := range found {
		if v := severity(d.weight, s.Expect.Level, profile); rank(v) > rank(verdict) {
			verdict, main = v, i
		}
	}
	if main < 0 {
		return Pass, nil, append(textsOf(found), notes...)
	}
	finding := found[main].Finding
	return verdict, &finding, append(textsOf(slices.Delete(found, main, main+1)), notes...)
}

// bulky reports whether it takes a client much work to read what it is given:
// to parse a list of a million certificates is no spinning.
func bulky(s *scenarios.Scenario) bool {
	served := s.Served()
	return anyOf(served, func(c scenarios.Certificate) bool {
		return c.CRL != nil && (c.CRL.Entries > 0 || c.CRL.Responder == scenarios.ResponderHuge)
	})
}

// unsettled says why nothing can be concluded; its finding is nil when something can.
func unsettled(s *scenarios.Scenario, obs Observation, control Control) (Verdict, *Finding) {
	ownControl := control.ID == s.ID && s.Expect.Outcome == scenarios.Accept
	if !control.Accepted && !ownControl {
		return controlFinding(control)
	}
	if obs.Crashed {
		return "", nil // that is a finding wherever it happens
	}
	if outOfTime(s, obs) {
		return Inconclusive, &Finding{MachineBusy, starvedText}
	}
	if !obs.Connected && ownControl {
		return Inconclusive, &Finding{NeverConnected, neverConnectedText(obs)}
	}
	if !obs.Connected {
		return Inconclusive, &Finding{NeverConnected, "the client never connected, though it did to the control" + exitWords(obs)}
	}
	if obs.Undelivered != "" && !obs.Hung && !obs.FellBackVersion && !obs.FellBackCleartext {
		return Inconclusive, &Finding{NotDelivered, "the fault never met the client: " + obs.Undelivered}
	}
	if obs.Unclaimed && !obs.Accepted && !obs.Hung && !obs.FellBackVersion && !obs.FellBackCleartext && s.Expect.Outcome == scenarios.Reject && needsClaim(s.Expect.Reason) {
		return Inconclusive, &Finding{NoClaim, "nothing tells whether the sender took this for a success"}
	}
	return "", nil
}

// needsClaim reports whether only the client can say if it took a server with
// the fault for a good one. That it left a server that had fallen silent shows.
func needsClaim(r scenarios.Reason) bool {
	return shownByClaim(r) && r != scenarios.InsecureRedirect && r != scenarios.Stalled
}

// controlFinding says what it means for a case that its control was not accepted.
func controlFinding(control Control) (Verdict, *Finding) {
	if control.Finding == nil {
		return Inconclusive, &Finding{ControlRefused, "the control, the same server without the fault, was not accepted"}
	}
	if control.Finding.Kind == HarnessFailed {
		return Error, &Finding{HarnessFailed, "the control could not be tried: " + control.Finding.Text}
	}
	if control.Finding.Kind == NotServed {
		return Inconclusive, &Finding{NotServed, "the control: " + control.Finding.Text}
	}
	kind := ControlRefused
	if control.Finding.Kind == NeverConnected || control.Finding.Kind == MachineBusy {
		kind = control.Finding.Kind
	}
	return Inconclusive, &Finding{kind, "the control, the same server without the fault, was not accepted: " + control.Finding.Text}
}

// rejectFindings lists what speaks against a client that must refuse, heaviest first.
func rejectFindings(s *scenarios.Scenario, obs Observation) []discovery {
	reason := s.Expect.Reason
	var found []discovery
	add := func(kind FindingKind, w weight, text string) {
		found = append(found, discovery{Finding{kind, text}, w})
	}
	if obs.Accepted && !obs.Leaked {
		add(AcceptedBroken, ofTheScenario, acceptedText(reason, obs)+statusText(s, obs))
	}
	if obs.Leaked {
		add(Leaked, ofTheScenario, leakedText(reason, obs)+statusText(s, obs))
	}
	found = append(found, misbehaviour(obs)...)
	if obs.Hung {
		add(Hung, ofTheScenario, hungText(obs))
	}
	// Of an edit it is known which alerts are right: one of them states the right reason, whatever else it may stand for.
	stated := slices.ContainsFunc(obs.Reasons, s.Expect.Gives) || slices.Contains(s.Fault.Alerts(), obs.Alert)
	if !obs.Accepted && len(obs.Reasons) > 0 && !stated {
		add(WrongReason, lesser, wrongReasonText(reason, obs))
	}
	return found
}

// acceptFindings lists what speaks against a client that must accept, heaviest first.
func acceptFindings(obs Observation) []discovery {
	found := misbehaviour(obs)
	switch {
	case obs.Hung:
		found = append(found, discovery{Finding{Hung, hungText(obs)}, ofTheScenario})
	case obs.Crashed:
		// Said already, and heavier.
	case !obs.Accepted || !obs.Succeeded:
		found = append(found, discovery{Finding{RefusedValid, "refused a valid server: " + refusalText(obs)}, ofTheScenario})
	}
	return found
}

// misbehaviour lists what no client may do with any server.
func misbehaviour(obs Observation) []discovery {
	var found []discovery
	if obs.Crashed {
		found = append(found, discovery{Finding{Crashed, crashedText(obs)}, always})
	}
	if obs.FellBackCleartext {
		found = append(found, discovery{Finding{FellBackCleartext, cleartextText}, always})
	}
	if obs.FellBackVersion {
		found = append(found, discovery{Finding{FellBackVersion, versionText(obs)}, always})
	}
	return found
}

// sideNotes lists facts that change no verdict.
func sideNotes(s *scenarios.Scenario, obs Observation) []Finding {
	expect := s.Expect
	var notes []Finding
	refused := expect.Outcome == scenarios.Reject && !obs.Accepted && !obs.Leaked && obs.Connected
	if refused && obs.Succeeded && expect.Reason != scenarios.InsecureRedirect && !obs.Page {
		notes = append(notes, Finding{SilentSuccess, "the client reported success, but never sent its request"})
	}
	if refused && !obs.Succeeded && !obs.Hung && !obs.Crashed && len(obs.Reasons) == 0 && !obs.Page {
		notes = append(notes, Finding{ReasonUnstated, unstatedText(obs)})
	}
	if allowed := slices.Concat(AlertsFor(expect.Reason), AlertsFor(expect.Or), s.Fault.Alerts()); expect.Outcome == scenarios.Reject &&
		obs.Alert != "" && len(allowed) > 0 && !slices.Contains(allowed, obs.Alert) {
		notes = append(notes, Finding{UnexpectedAlert, unexpectedAlertText(expect.Reason, allowed[0], obs)})
	}
	if len(obs.Elsewhere) > 0 {
		notes = append(notes, Finding{AskedElsewhere, "the client" + elsewhereWords(obs)})
	}
	if obs.Flooded {
		notes = append(notes, Finding{FloodedOutput, "the client printed more than was kept"})
	}
	return notes
}

// severity is the verdict of one finding: the whole table of levels and profiles.
func severity(w weight, level scenarios.Level, profile Profile) Verdict {
	switch {
	case w == always:
		level = scenarios.Must
	case level == scenarios.May:
		return Pass // clients differ with good right: the fact is noted
	case w == lesser && profile == Default:
		level = scenarios.Should
	}
	switch {
	case profile == ObserveOnly:
		return Warn
	case level == scenarios.Must || profile == Strict:
		return Fail
	}
	return Warn
}

// rank orders the verdicts of a finding.
func rank(v Verdict) int { return slices.Index([]Verdict{Pass, Warn, Fail}, v) }

func textsOf(found []discovery) []Finding {
	var texts []Finding
	for _, d := range found {
		texts = append(texts, d.Finding)
	}
	return texts
}
