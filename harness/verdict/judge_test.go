package verdict_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

var (
	levels   = []scenarios.Level{scenarios.Must, scenarios.Should, scenarios.May}
	profiles = []verdict.Profile{verdict.Default, verdict.Strict, verdict.ObserveOnly}
	good     = verdict.Control{ID: "control/x", Accepted: true}
)

func rejecting(reason scenarios.Reason, level scenarios.Level) *scenarios.Scenario {
	return &scenarios.Scenario{ID: "family/case", Expect: scenarios.Expect{Outcome: scenarios.Reject, Reason: reason, Level: level}}
}

func accepting(level scenarios.Level) *scenarios.Scenario {
	return &scenarios.Scenario{ID: "family/case", Expect: scenarios.Expect{Outcome: scenarios.Accept, Level: level}}
}

// refusal is what a client does that refuses a broken server as it should.
func refusal(change func(*verdict.Observation)) verdict.Observation {
	obs := verdict.Observation{Connected: true, Source: verdict.FromAlert, Alert: "certificate_expired",
		Reason: scenarios.Expired, Reasons: []scenarios.Reason{scenarios.Expired}, Message: "certificate has expired"}
	if change != nil {
		change(&obs)
	}
	return obs
}

// acceptance is what a client does that takes the server for good.
func acceptance(change func(*verdict.Observation)) verdict.Observation {
	obs := verdict.Observation{Connected: true, Accepted: true, Succeeded: true, Source: verdict.FromNone}
	if change != nil {
		change(&obs)
	}
	return obs
}

// The whole table of outcome, level and profile. Each cell is the verdict under
// default, strict and observe.
func TestJudgeByLevelAndProfile(t *testing.T) {
	wrong := refusal(func(o *verdict.Observation) { o.Reasons = []scenarios.Reason{scenarios.UntrustedRoot} })
	rows := []struct {
		what              string
		of                func(scenarios.Level) *scenarios.Scenario
		obs               verdict.Observation
		kind              verdict.FindingKind
		must, should, may string
	}{
		{"refuses for the expected reason", broken, refusal(nil), "", "pass pass pass", "pass pass pass", "pass pass pass"},
		{"accepts", broken, acceptance(nil), verdict.AcceptedBroken, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"leaks", broken, refusal(func(o *verdict.Observation) { o.Accepted, o.Leaked = true, true }), verdict.Leaked, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"hangs", broken, refusal(func(o *verdict.Observation) { o.Hung = true }), verdict.Hung, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"crashes", broken, refusal(func(o *verdict.Observation) { o.Crashed = true }), verdict.Crashed, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"refuses and spins", broken, refusal(func(o *verdict.Observation) { o.CPU = verdict.SpinLimit + 1 }), verdict.Spun, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"refuses at some cost", broken, refusal(func(o *verdict.Observation) { o.CPU = verdict.SpinLimit }), "", "pass pass pass", "pass pass pass", "pass pass pass"},
		{"spins at a valid server", accepting, acceptance(func(o *verdict.Observation) { o.CPU = verdict.SpinLimit + 1 }), verdict.Spun, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"retries over a weaker protocol", broken, refusal(func(o *verdict.Observation) { o.FellBackVersion = true }), verdict.FellBackVersion, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"retries in cleartext", broken, refusal(func(o *verdict.Observation) { o.FellBackCleartext = true }), verdict.FellBackCleartext, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"refuses for another reason", broken, wrong, verdict.WrongReason, "warn fail warn", "warn fail warn", "pass pass pass"},
		{"refuses and does not say why", broken, refusal(func(o *verdict.Observation) { o.Reasons = nil }), "", "pass pass pass", "pass pass pass", "pass pass pass"},
		{"accepts a valid server", accepting, acceptance(nil), "", "pass pass pass", "pass pass pass", "pass pass pass"},
		{"refuses a valid server", accepting, refusal(nil), verdict.RefusedValid, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"sends its request to a valid server and then reports failure", accepting, refusal(func(o *verdict.Observation) { o.Accepted, o.Leaked = true, true }), verdict.RefusedValid, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"hangs at a valid server", accepting, acceptance(func(o *verdict.Observation) { o.Hung, o.Succeeded = true, false }), verdict.Hung, "fail fail warn", "warn fail warn", "pass pass pass"},
		{"crashes at a valid server", accepting, acceptance(func(o *verdict.Observation) { o.Crashed, o.Succeeded = true, false }), verdict.Crashed, "fail fail warn", "fail fail warn", "fail fail warn"},
		{"reaches a valid server only by falling back", accepting, acceptance(func(o *verdict.Observation) { o.FellBackVersion = true }), verdict.FellBackVersion, "fail fail warn", "fail fail warn", "fail fail warn"},
	}
	for _, row := range rows {
		for i, want := range []string{row.must, row.should, row.may} {
			t.Run(fmt.Sprintf("%s/%s", row.what, levels[i]), func(t *testing.T) {
				got := ""
				for _, profile := range profiles {
					v, finding, notes := verdict.Judge(row.of(levels[i]), row.obs, good, profile)
					got += string(v) + " "
					if v == verdict.Pass && finding != nil {
						t.Errorf("%s: a pass has the finding %v", profile, *finding)
					}
					if v != verdict.Pass && (finding == nil || finding.Kind != row.kind) {
						t.Errorf("%s: the finding is %v, want %s", profile, finding, row.kind)
					}
					if v == verdict.Pass && row.kind != "" && !hasKind(notes, row.kind) {
						t.Errorf("%s: the notes %v do not state %s", profile, notes, row.kind)
					}
				}
				if got != want+" " {
					t.Errorf("default, strict, observe: %s, want %s", got, want)
				}
			})
		}
	}
}

func broken(level scenarios.Level) *scenarios.Scenario { return rejecting(scenarios.Expired, level) }

func hasKind(findings []verdict.Finding, kind verdict.FindingKind) bool {
	for _, f := range findings {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// everyObservation calls f with every combination of what a client can do.
func everyObservation(f func(verdict.Observation)) {
	const facts = 11
	reasons := [][]scenarios.Reason{nil, {scenarios.Expired}, {scenarios.UntrustedRoot}}
	for bits := range 1 << facts {
		for _, why := range reasons {
			for _, alert := range []string{"", "internal_error"} {
				has := func(bit int) bool { return bits&(1<<bit) != 0 }
				obs := verdict.Observation{
					Connected: has(0), Accepted: has(1), Succeeded: has(2), Leaked: has(3), Hung: has(4), Crashed: has(5),
					FellBackVersion: has(6), FellBackCleartext: has(7), Flooded: has(8), NotStarted: has(9),
					Reasons: why, Alert: alert,
				}
				if has(10) {
					obs.Undelivered = "the server had not answered the ClientHello"
				}
				f(obs)
			}
		}
	}
}

// What holds for every combination of outcome, reason, level, profile, control
// and observation.
func TestJudgeInvariants(t *testing.T) {
	severity := map[verdict.Verdict]int{verdict.Pass: 0, verdict.Inconclusive: 0, verdict.Warn: 1, verdict.Fail: 2, verdict.Error: 3}
	controls := []verdict.Control{good,
		{ID: "control/x", Finding: &verdict.Finding{Kind: verdict.NeverConnected, Text: "never"}},
		{ID: "control/x", Finding: &verdict.Finding{Kind: verdict.RefusedValid, Text: "refused"}}}
	var cases []*scenarios.Scenario
	for _, level := range levels {
		cases = append(cases, accepting(level), rejecting(scenarios.Expired, level), rejecting(scenarios.InsecureRedirect, level))
	}
	everyObservation(func(obs verdict.Observation) {
		for _, s := range cases {
			for _, control := range controls {
				byProfile := make(map[verdict.Profile]verdict.Verdict)
				for _, profile := range profiles {
					v, finding, _ := verdict.Judge(s, obs, control, profile)
					byProfile[profile] = v
					broke := invariantBroken(s, obs, control, profile, v, finding)
					if broke != "" {
						t.Fatalf("%s: %+v, %+v, %+v, %s: %s %v", broke, s.Expect, obs, control, profile, v, finding)
					}
				}
				if severity[byProfile[verdict.Strict]] < severity[byProfile[verdict.Default]] {
					t.Fatalf("strict is milder than default: %+v, %+v", s.Expect, obs)
				}
				if severity[byProfile[verdict.ObserveOnly]] > severity[byProfile[verdict.Strict]] {
					t.Fatalf("observe is harder than strict: %+v, %+v", s.Expect, obs)
				}
			}
		}
	})
}

func invariantBroken(s *scenarios.Scenario, obs verdict.Observation, control verdict.Control, profile verdict.Profile, v verdict.Verdict, finding *verdict.Finding) string {
	rejects := s.Expect.Outcome == scenarios.Reject
	may := s.Expect.Level == scenarios.May
	switch {
	case (v == verdict.Pass) != (finding == nil):
		return "a finding without a verdict, or a verdict without a finding"
	case finding != nil && finding.Text == "":
		return "a finding without words"
	case obs.NotStarted != (v == verdict.Error):
		return "error is for what could not be started, and only for that"
	case v == verdict.Pass && !control.Accepted:
		return "passed without an accepted control"
	case v == verdict.Fail && profile == verdict.ObserveOnly:
		return "observe failed"
	case v == verdict.Known:
		return "known without a list"
	case v == verdict.Pass && rejects && !may && (obs.Accepted || obs.Leaked):
		return "passed a client that went on with a broken server"
	case v == verdict.Pass && !rejects && !may && !obs.Accepted:
		return "passed a client that refused a valid server"
	case v == verdict.Pass && rejects && !obs.Connected:
		return "passed a client that never connected"
	case v == verdict.Pass && obs.Crashed:
		return "passed a crash"
	case v == verdict.Pass && obs.Hung && !may:
		return "passed a client that hung"
	}
	return ""
}

func TestJudgeTexts(t *testing.T) {
	one := 1
	tests := []struct {
		name    string
		s       *scenarios.Scenario
		obs     verdict.Observation
		control verdict.Control
		verdict verdict.Verdict
		finding string
		notes   []string
	}{
		{"accepted", rejecting(scenarios.Expired, scenarios.Must), acceptance(nil), good, verdict.Fail,
			"accepted a broken server: expired (the certificate presented had expired; the client sent its request)", nil},
		{"accepted by claim", rejecting(scenarios.Truncated, scenarios.Must), acceptance(nil), good, verdict.Fail,
			"accepted a broken server: truncated (the answer ended early without a proper close; the client reported success)", nil},
		{"followed a redirect", rejecting(scenarios.InsecureRedirect, scenarios.Must), acceptance(nil), good, verdict.Fail,
			"accepted a broken server: insecure-redirect (the server redirected from https to http; the client followed the redirect in plain text)", nil},
		{"went on in cleartext", rejecting(scenarios.Cleartext, scenarios.Must),
			acceptance(func(o *verdict.Observation) { o.FellBackCleartext = true }), good, verdict.Fail,
			"accepted a broken server: cleartext (there was no TLS where TLS was promised; the client sent its request in plain text)",
			[]string{"retried in cleartext: the client sent a plain HTTP request after its TLS connection had come to nothing"}},
		{"leaked", rejecting(scenarios.NameMismatch, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Accepted, o.Leaked, o.Exit, o.Alert = true, true, &one, ""
		}), good, verdict.Fail,
			"leaked before refusing: name-mismatch (no name in the certificate was the one asked for; the client sent its request and only then reported failure, exit code 1)", nil},
		{"another reason by alert", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Alert, o.Reasons = "unknown_ca", []scenarios.Reason{scenarios.UntrustedRoot, scenarios.MissingIntermediate}
		}), good, verdict.Warn,
			"refused for another reason than expired: untrusted-root or missing-intermediate (it sent the alert unknown_ca)",
			[]string{"the client sent the alert unknown_ca for expired, where certificate_expired is usual (RFC 8446 6.2, RFC 5246 7.2.2: has expired or is not currently valid)"}},
		{"another reason by message", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Alert, o.Source, o.Message, o.Reasons = "", verdict.FromMessage, "self-signed certificate", []scenarios.Reason{scenarios.SelfSigned}
		}), good, verdict.Warn,
			"refused for another reason than expired: self-signed (it said: self-signed certificate)", nil},
		{"another reason by offer", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Alert, o.Source, o.Reasons = "", verdict.FromOffer, []scenarios.Reason{scenarios.ObsoleteVersion}
		}), good, verdict.Warn,
			"refused for another reason than expired: obsolete-version (it never offered what the server insists on)", nil},
		{"many other reasons", rejecting(scenarios.Stalled, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Alert, o.Source, o.Reasons = "bad_certificate", verdict.FromAlert, verdict.ReasonsFor("bad_certificate")[:6]
		}), good, verdict.Warn,
			"refused for another reason than stalled: name-mismatch, bad-signature, not-a-ca, path-length or 2 others (it sent the alert bad_certificate)",
			[]string{"the client sent the alert bad_certificate for stalled, where handshake_failure is usual (RFC 8446: names no alert for it)"}},
		{"no reason", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Reasons, o.Alert, o.Message, o.Exit = nil, "", "", &one
		}), good, verdict.Pass, "", []string{"the client refused without a reason that can be told, exit code 1"}},
		{"no reason but words", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Reasons, o.Alert, o.Message = nil, "internal_error", "certificate verify failed"
		}), good, verdict.Pass, "", []string{
			"the client refused without a reason that can be told, with the alert internal_error; it said: certificate verify failed",
			"the client sent the alert internal_error for expired, where certificate_expired is usual (RFC 8446 6.2, RFC 5246 7.2.2: has expired or is not currently valid)"}},
		{"success without a request", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Succeeded, o.Reasons, o.Flooded = true, nil, true
		}), good, verdict.Pass, "", []string{"the client reported success, but never sent its request", "the client printed more than was kept"}},
		{"hung", rejecting(scenarios.Stalled, scenarios.Must), verdict.Observation{Connected: true, Hung: true}, good, verdict.Fail,
			"hung: the client was still running when its time was up", nil},
		{"hung after refusing", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) { o.Hung = true }), good, verdict.Fail,
			"hung: the client was still running when its time was up, though it had sent the alert certificate_expired", nil},
		{"hung without connecting", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{Hung: true}, good, verdict.Inconclusive,
			"the client never connected, though it did to the control",
			[]string{"hung: the client was still running when its time was up, and had never connected"}},
		{"crashed", rejecting(scenarios.Expired, scenarios.May), refusal(func(o *verdict.Observation) { o.Crashed, o.Signal = true, "segmentation fault" }), good, verdict.Fail,
			"crashed: the client was ended by segmentation fault", nil},
		{"crashed namelessly", accepting(scenarios.Must), refusal(func(o *verdict.Observation) { o.Crashed = true }), good, verdict.Fail,
			"crashed: a signal ended the client", nil},
		{"fell back", rejecting(scenarios.ObsoleteVersion, scenarios.Must), verdict.Observation{Connected: true, FellBackVersion: true,
			Fallback: "from TLS 1.3 to TLS 1.0", Reasons: []scenarios.Reason{scenarios.ObsoleteVersion}}, good, verdict.Fail,
			"retried over a weaker protocol: the client connected again after a failed connection, from TLS 1.3 to TLS 1.0", nil},
		{"refused a valid server", accepting(scenarios.Must), refusal(nil), good, verdict.Fail,
			"refused a valid server: it sent the alert certificate_expired; it said: certificate has expired", nil},
		{"refused a valid server in silence", accepting(scenarios.Must), verdict.Observation{Connected: true, Exit: &one}, good, verdict.Fail,
			"refused a valid server: it did not say why, exit code 1", nil},
		{"claims success", accepting(scenarios.Must), verdict.Observation{Connected: true, Succeeded: true}, good, verdict.Fail,
			"refused a valid server: the client reported success, but never sent its request", nil},
		{"request and failure", accepting(scenarios.Must), verdict.Observation{Connected: true, Accepted: true, Leaked: true, Message: "no"}, good, verdict.Fail,
			"refused a valid server: the client sent its request and then reported failure; it said: no", nil},
		{"never connected", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{Exit: &one}, good, verdict.Inconclusive,
			"the client never connected, though it did to the control, exit code 1", nil},
		{"not delivered", rejecting(scenarios.Expired, scenarios.Must), refusal(func(o *verdict.Observation) {
			o.Undelivered = "the server itself ended the handshake with handshake_failure before its fault could show"
		}), good, verdict.Inconclusive,
			"the fault never met the client: the server itself ended the handshake with handshake_failure before its fault could show", nil},
		{"control refused", rejecting(scenarios.Expired, scenarios.Must), acceptance(nil),
			verdict.Control{ID: "control/x", Finding: &verdict.Finding{Kind: verdict.RefusedValid, Text: "refused a valid server: it said: no"}}, verdict.Inconclusive,
			"the control, the same server without the fault, was not accepted: refused a valid server: it said: no",
			[]string{"accepted a broken server: expired (the certificate presented had expired; the client sent its request)"}},
		{"control refused for no known reason", rejecting(scenarios.Expired, scenarios.Must), refusal(nil), verdict.Control{ID: "control/x"}, verdict.Inconclusive,
			"the control, the same server without the fault, was not accepted", nil},
		{"control not to be had", rejecting(scenarios.Expired, scenarios.Must), refusal(nil),
			verdict.Control{ID: "control/x", Finding: &verdict.Finding{Kind: verdict.HarnessFailed, Text: "no port"}}, verdict.Error,
			"the control could not be tried: no port", nil},
		{"not started", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{NotStarted: true, HarnessError: `exec: "crul": not found`}, good, verdict.Error,
			`the client could not be started: exec: "crul": not found`, nil},
		{"not started namelessly", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{NotStarted: true}, good, verdict.Error,
			"the client could not be started", nil},
		{"not served", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{NotServed: "nginx cannot be set to this"}, good, verdict.Inconclusive,
			"nginx cannot be set to this", nil},
		{"control not served", rejecting(scenarios.Expired, scenarios.Must), refusal(nil),
			verdict.ControlOf("control/x", verdict.Observation{NotServed: "nginx cannot be set to this"}), verdict.Inconclusive,
			"the control: nginx cannot be set to this", nil},
		{"harness failed", rejecting(scenarios.Expired, scenarios.Must), verdict.Observation{HarnessError: "no port"}, good, verdict.Error,
			"the harness failed: no port", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, finding, notes := verdict.Judge(test.s, test.obs, test.control, verdict.Default)
			again, findingAgain, notesAgain := verdict.Judge(test.s, test.obs, test.control, verdict.Default)
			if v != again || !reflect.DeepEqual(finding, findingAgain) || !reflect.DeepEqual(notes, notesAgain) {
				t.Errorf("two judgements of one case differ")
			}
			text := ""
			if finding != nil {
				text = finding.Text
			}
			if v != test.verdict || text != test.finding {
				t.Errorf("%s %q\nwant %s %q", v, text, test.verdict, test.finding)
			}
			var got []string
			for _, n := range notes {
				got = append(got, n.Text)
			}
			if !reflect.DeepEqual(got, test.notes) {
				t.Errorf("notes %q\nwant  %q", got, test.notes)
			}
		})
	}
}

func TestControlOf(t *testing.T) {
	tests := []struct {
		name     string
		obs      verdict.Observation
		accepted bool
		kind     verdict.FindingKind
		text     string
	}{
		{"accepted", acceptance(nil), true, "", ""},
		{"refused", refusal(nil), false, verdict.ControlRefused, "it sent the alert certificate_expired; it said: certificate has expired"},
		{"request but failure", verdict.Observation{Connected: true, Accepted: true, Leaked: true}, false, verdict.ControlRefused,
			"the client sent its request and then reported failure"},
		{"request but still running", verdict.Observation{Connected: true, Accepted: true, Hung: true}, false, verdict.ControlRefused,
			"hung: the client was still running when its time was up"},
		{"crash", verdict.Observation{Connected: true, Accepted: true, Crashed: true, Signal: "aborted"}, false, verdict.ControlRefused,
			"crashed: the client was ended by aborted"},
		{"claim alone", verdict.Observation{Succeeded: true}, false, verdict.NeverConnected, "the client reported success, but never connected"},
		{"no connection", verdict.Observation{Message: "no route"}, false, verdict.NeverConnected, "the client never connected; it said: no route"},
		{"crash before connecting", verdict.Observation{Crashed: true}, false, verdict.NeverConnected, "crashed: a signal ended the client before it connected"},
		{"not started", verdict.Observation{NotStarted: true, HarnessError: "missing"}, false, verdict.HarnessFailed, "the client could not be started: missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := verdict.ControlOf("control/x", test.obs)
			if c.ID != "control/x" || c.Accepted != test.accepted {
				t.Errorf("%+v, want accepted %v", c, test.accepted)
			}
			if test.kind == "" && c.Finding != nil {
				t.Fatalf("finding %v, want none", *c.Finding)
			}
			if test.kind != "" && (c.Finding == nil || *c.Finding != verdict.Finding{Kind: test.kind, Text: test.text}) {
				t.Errorf("finding %+v, want %s %q", c.Finding, test.kind, test.text)
			}
		})
	}
}

// A scenario without a fault is its own control: refusing it is a finding, not a doubt.
func TestJudgeOwnControl(t *testing.T) {
	s := accepting(scenarios.Must)
	control := verdict.ControlOf(s.ID, refusal(nil))
	if v, finding, _ := verdict.Judge(s, refusal(nil), control, verdict.Default); v != verdict.Fail || finding.Kind != verdict.RefusedValid {
		t.Errorf("%s %v, want fail %s", v, finding, verdict.RefusedValid)
	}
	// One that never came has refused nothing.
	absent := verdict.Observation{}
	if v, finding, _ := verdict.Judge(s, absent, verdict.ControlOf(s.ID, absent), verdict.Default); v != verdict.Inconclusive || finding.Kind != verdict.NeverConnected {
		t.Errorf("%s %v, want inconclusive %s", v, finding, verdict.NeverConnected)
	}
}

// Whatever alert a client sends, to whatever server of the catalogue.
func TestJudgeBearsEveryAlert(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		obs := refusal(func(o *verdict.Observation) { o.Alert = "user_canceled" })
		_, _, notes := verdict.Judge(&all[i], obs, good, verdict.Default)
		for _, note := range notes {
			if note.Kind == verdict.UnexpectedAlert && all[i].Expect.Outcome == scenarios.Accept {
				t.Errorf("%s: %s", all[i].ID, note.Text)
			}
		}
	}
}
