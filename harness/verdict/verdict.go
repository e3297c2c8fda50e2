// Package verdict judges. Its functions are pure: Observe turns evidence and
// the client's own words into what the client did, and Judge compares that with
// what the scenario expects and what the same client did with the control. No
// function here touches a socket, a clock or a file.
package verdict

import (
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
)

// Verdict is the judgement of one case.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"         // as expected
	Fail         Verdict = "fail"         // a finding that the profile does not tolerate
	Warn         Verdict = "warn"         // a finding that the profile tolerates
	Inconclusive Verdict = "inconclusive" // the control was refused, or the fault never met the client
	Known        Verdict = "known"        // a finding that a known list names
	Error        Verdict = "error"        // the harness itself failed
)

// Profile says which levels a client is held to.
type Profile string

// The profiles.
const (
	Default     Profile = "default" // fails on must, warns on should
	Strict      Profile = "strict"  // fails on must and should
	ObserveOnly Profile = "observe" // fails on nothing
)

// FindingKind names a finding; its text is in Finding.
type FindingKind string

// The findings.
const (
	AcceptedBroken    FindingKind = "accepted-broken-server"
	RefusedValid      FindingKind = "refused-valid-server"
	WrongReason       FindingKind = "refused-for-another-reason"
	Leaked            FindingKind = "leaked-before-refusing"
	Hung              FindingKind = "hung"
	Crashed           FindingKind = "crashed"
	Spun              FindingKind = "spun" // used far more processor time than for the control
	FellBackVersion   FindingKind = "retried-over-weaker-protocol"
	FellBackCleartext FindingKind = "retried-in-cleartext"
	UnexpectedAlert   FindingKind = "unexpected-alert" // a note, never more
	ControlRefused    FindingKind = "control-refused"
	NeverConnected    FindingKind = "never-connected"
	NotDelivered      FindingKind = "fault-not-delivered"
	NotServed         FindingKind = "not-served"   // the server that was asked for has no setting for it
	NoClaim           FindingKind = "no-claim"     // only the client's own words could decide, and there are none
	MachineBusy       FindingKind = "machine-busy" // the client's time was up, and the machine had none for it
	HarnessFailed     FindingKind = "harness-failed"
	ReasonUnstated    FindingKind = "reason-unstated" // a note: it refused and did not say why
	SilentSuccess     FindingKind = "silent-success"  // a note: it reported success, but never sent its request
	AskedElsewhere    FindingKind = "asked-elsewhere" // a note: it asked its proxy or resolver for other servers than the case's
	FloodedOutput     FindingKind = "flooded-output"  // a note: it printed more than was kept
)

// Finding says what was found, for a program and for a person.
type Finding struct {
	Kind FindingKind `json:"kind"`
	Text string      `json:"text"`
}

// Source says what the reason of a refusal was read from.
type Source string

// The sources.
const (
	FromAlert   Source = "alert"   // the alert on the wire
	FromMessage Source = "message" // the client's own words
	FromOffer   Source = "offer"   // the ClientHello: the client never offered what the server insists on
	FromNone    Source = "none"
)

// Observation is what a client did in one attempt.
type Observation struct {
	// Connected reports that a connection with at least one byte came.
	Connected bool
	// Accepted reports that the handshake completed and application data came. For a fault that shows
	// only later, or is not of the handshake, it reports that the client went on as after success.
	Accepted bool
	// Page reports that the case has a page. Then Accepted is about what the page loads: that it was loaded
	// over TLS where a client must accept, and that it went out in cleartext where it must not.
	Page bool
	// Succeeded reports that the client claims success.
	Succeeded bool
	// Stayed reports that the client did not go where the server before this one redirected it to.
	Stayed bool
	// Unclaimed reports that nobody said how it ended; Succeeded is then what the wire suggests, a whole answer.
	Unclaimed bool
	// Leaked reports that the client sent application data and yet reported failure.
	Leaked bool
	// NotServed says why the server that was asked for could not be set to serve it; empty when it could.
	NotServed string
	// Undelivered says why the fault cannot have met the client; empty when it did.
	Undelivered string
	// Status says how the client asked for the status of certificates.
	Status StatusAsked
	// Reason is why it refused, as far as it can be told; Reasons holds all that its words or alert allow.
	// Where they allow several, Reason is the expected one if it is among them, and the first otherwise.
	Reason  scenarios.Reason
	Reasons []scenarios.Reason
	Source  Source
	// Alert is the IANA name of the alert that the client sent.
	Alert          string
	PlaintextAlert bool
	// Message is the line of the client's words that the reason was read from, or the first line.
	Message string
	Exit    *int
	// Screenshot is the file with a picture of what a browser showed in place of the page.
	Screenshot string

	Hung, Crashed bool
	// Starved reports that the machine was too busy for a time-out to mean anything.
	Starved bool
	// CPU is the processor time that a command used; zero where it is not known.
	CPU time.Duration
	// Signal names what ended a client that crashed.
	Signal            string
	FellBackVersion   bool
	FellBackCleartext bool
	// Elsewhere is whom the client asked for other servers than the case's, in vain: "its proxy for example.org:443".
	Elsewhere []string
	// Fallback says from what to what the client fell back in version.
	Fallback string
	Flooded  bool
	// NotStarted and HarnessError tell failures of the harness or its set-up from the client's.
	NotStarted   bool
	HarnessError string
}
