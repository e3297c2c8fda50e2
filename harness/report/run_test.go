package report

import (
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// hostile is what a client might print to take over the terminal, the
// annotations or the XML of whoever reads a report.
const hostile = "\x1b[2J\x1b]0;owned\x07 ]]> <b> & ::error::no 100%\r\n\u202egnp.exe \x00\xff\u009b31m\U000e0041"

var start = time.Date(2031, time.May, 4, 10, 30, 0, 0, time.UTC)

func exit(code int) *int { return &code }

func expired(id, title string, level scenarios.Level) *scenarios.Scenario {
	return &scenarios.Scenario{
		ID: id, Title: title, Family: "validity",
		Expect: scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.Expired, Level: level},
		Remedy: "Renew the certificate.", Refs: []string{"RFC 5280 6.1.3(a)(2)"},
		Source: scenarios.Position{File: "scenarios/catalogue/validity.yaml", Line: 12, Column: 5},
	}
}

func connection(alert *evidence.Alert, data int64) evidence.Evidence {
	c := evidence.Connection{
		Remote: "127.0.0.1:40000", Start: start, Duration: 3 * time.Millisecond,
		ClientHello: &evidence.ClientHello{
			LegacyVersion: "TLS 1.2", Versions: []string{"TLS 1.3", "TLS 1.2"},
			CipherSuites: []string{"TLS_AES_128_GCM_SHA256"}, ServerName: "localhost", JA4: "t13d0101h2_aaaa_bbbb",
		},
		Version: "TLS 1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", Progress: evidence.ServerFlightSent,
		ClientAlert: alert, AppData: data, BytesIn: 400, BytesOut: 1900, Ending: evidence.EndFIN,
	}
	if data > 0 {
		c.Progress, c.HandshakeComplete, c.FirstBytes, c.Answered = evidence.HandshakeDone, true, []byte("GET / HTTP/1.1"), true
	}
	return evidence.Evidence{Connections: []evidence.Connection{c}}
}

// everyVerdict is a run in which each verdict occurs, and words of a hostile client.
func everyVerdict() verdict.Run { return everyVerdictSaying(hostile) }

func everyVerdictSaying(words string) verdict.Run {
	control := verdict.Control{ID: "control/p256-tls12-tls13", Accepted: true}
	refused := verdict.Control{ID: "control/rsa-tls10", Finding: &verdict.Finding{Kind: verdict.RefusedValid, Text: "refused a valid server"}}
	alert := &evidence.Alert{Level: 2, Description: 45, Name: "certificate_expired", Plaintext: true}
	names := &scenarios.Scenario{
		ID: "names/wildcard", Title: "A wildcard for one label", Family: "names",
		Expect: scenarios.Expect{Outcome: scenarios.Accept, Level: scenarios.Must, Basis: scenarios.ClientMustCheck},
	}
	obsolete := func(id string) *scenarios.Scenario {
		return &scenarios.Scenario{
			ID: id, Title: "Only TLS 1.0", Family: "protocol",
			Expect: scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.ObsoleteVersion, Level: scenarios.Should},
		}
	}
	return verdict.Run{
		Client:  verdict.ClientInfo{Name: "curl", Version: "7.88.1", TLS: "OpenSSL 3.0.17"},
		Profile: verdict.Default, Started: start, Duration: 4200 * time.Millisecond, Selected: 8,
		Results: []verdict.Result{
			{
				Scenario: expired("validity/leaf-expired", "The leaf expired yesterday", scenarios.Must), Verdict: verdict.Pass, Control: control,
				Observation: verdict.Observation{Connected: true, Reason: scenarios.Expired, Source: verdict.FromAlert, Alert: "certificate_expired", PlaintextAlert: true, Exit: exit(60)},
				Evidence:    connection(alert, 0), Duration: 31 * time.Millisecond,
			},
			{
				Scenario: expired("validity/root-expired", "The root expired yesterday", scenarios.Must), Verdict: verdict.Fail, Control: control,
				Finding:     &verdict.Finding{Kind: verdict.AcceptedBroken, Text: "accepted a broken server: " + words},
				Observation: verdict.Observation{Connected: true, Accepted: true, Succeeded: true, Message: words + "\nsecond line", Exit: exit(0), CPU: 30 * time.Millisecond},
				Notes:       []verdict.Finding{{Kind: verdict.FloodedOutput, Text: "it printed more than was kept"}},
				Evidence:    connection(nil, 78), Duration: 45 * time.Millisecond,
			},
			{
				Scenario: expired("validity/leaf-1963", "The leaf expired in 1963", scenarios.Should), Verdict: verdict.Warn, Control: control,
				Finding:     &verdict.Finding{Kind: verdict.AcceptedBroken, Text: "accepted a broken server"},
				Observation: verdict.Observation{Connected: true, Accepted: true, Succeeded: true},
				Evidence:    connection(nil, 78), Duration: 28 * time.Millisecond,
			},
			{
				Scenario: names, Verdict: verdict.Known, Control: control,
				Finding:  &verdict.Finding{Kind: verdict.RefusedValid, Text: "refused a valid server; known: no wildcards in this client"},
				Evidence: connection(alert, 0), Duration: 12 * time.Millisecond,
			},
			{
				Scenario: obsolete("protocol/tls10-rsa"), Verdict: verdict.Inconclusive, Control: refused,
				Finding:  &verdict.Finding{Kind: verdict.ControlRefused, Text: "the control was refused"},
				Evidence: evidence.Evidence{Connections: []evidence.Connection{}}, Duration: 9 * time.Millisecond,
			},
			{
				Scenario: obsolete("protocol/tls10-rc4"), Verdict: verdict.Inconclusive, Control: refused,
				Finding:  &verdict.Finding{Kind: verdict.ControlRefused, Text: "the control was refused"},
				Evidence: evidence.Evidence{Connections: []evidence.Connection{}}, Duration: 9 * time.Millisecond,
			},
			{
				Scenario: obsolete("protocol/tls11"), Verdict: verdict.Error, Control: control,
				Finding:  &verdict.Finding{Kind: verdict.HarnessFailed, Text: "serving protocol/tls11: no free port"},
				Evidence: evidence.Evidence{Connections: []evidence.Connection{}},
			},
		},
	}
}

// interrupted is everyVerdict, ended before its last scenario.
func interrupted() verdict.Run {
	run := everyVerdict()
	run.Interrupted = true
	return run
}
