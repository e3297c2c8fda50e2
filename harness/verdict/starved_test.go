package verdict_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// On a machine that is too busy a time-out says nothing; all else counts as ever.
func TestTimeOutOnABusyMachineIsNotJudged(t *testing.T) {
	shaken := evidence.Connection{
		Start: time.Unix(1, 0), ClientHello: &evidence.ClientHello{}, Progress: evidence.ServerFlightSent, BytesIn: 500, Ending: evidence.EndFIN,
	}
	sent, refused := shaken, shaken
	sent.Progress, sent.HandshakeComplete, sent.AppData = evidence.HandshakeDone, true, 100
	refused.ClientAlert = &evidence.Alert{Name: "certificate_expired"}
	gaveUp := client.Attempt{Err: errors.New("net/http: TLS handshake timeout")}
	ended := client.Attempt{Err: errors.New("still running"), TimedOut: true}
	must := rejecting(scenarios.Expired, scenarios.Must)
	for _, c := range []struct {
		what       string
		s          *scenarios.Scenario
		conn       evidence.Connection
		attempt    client.Attempt
		want, calm verdict.Verdict
		kind       verdict.FindingKind
	}{
		{"gives up on a valid server", accepting(scenarios.Must), shaken, gaveUp, verdict.Inconclusive, verdict.Fail, verdict.MachineBusy},
		{"gives up on its answer", accepting(scenarios.Must), sent, gaveUp, verdict.Inconclusive, verdict.Fail, verdict.MachineBusy},
		{"gives up on a broken server", must, shaken, gaveUp, verdict.Inconclusive, verdict.Warn, verdict.MachineBusy},
		{"is ended at a broken server", must, shaken, ended, verdict.Inconclusive, verdict.Fail, verdict.MachineBusy},
		{"is ended at a silent server", rejecting(scenarios.Stalled, scenarios.Must), shaken, ended, verdict.Inconclusive, verdict.Fail, verdict.MachineBusy},
		{"gives up on a silent server", rejecting(scenarios.Stalled, scenarios.Must), shaken, gaveUp, verdict.Pass, verdict.Pass, ""},
		{"trusted a broken server, and then gave up", must, sent, gaveUp, verdict.Fail, verdict.Fail, verdict.AcceptedBroken},
		{"trusted a broken server, and was ended", must, sent, ended, verdict.Fail, verdict.Fail, verdict.AcceptedBroken},
		{"sent its alert", must, refused, gaveUp, verdict.Pass, verdict.Pass, ""},
	} {
		for _, starved := range []bool{true, false} {
			c.attempt.Starved = starved
			obs := verdict.Observe(evidence.Evidence{Connections: []evidence.Connection{c.conn}}, c.attempt, c.s.Expect, verdict.Builtin())
			got, finding, _ := verdict.Judge(c.s, obs, good, verdict.Default)
			want := c.calm
			if starved {
				want = c.want
			}
			if got != want || starved && (finding == nil) != (c.kind == "") || starved && finding != nil && finding.Kind != c.kind {
				t.Errorf("a client that %s, on a busy machine %t: %s, %v; want %s", c.what, starved, got, finding, want)
			}
		}
	}
}

func TestControlOnABusyMachineSaysSo(t *testing.T) {
	obs := verdict.Observation{Connected: true, Accepted: true, Hung: true, Starved: true}
	control := verdict.ControlOf("control/x", obs)
	if control.Accepted || control.Finding.Kind != verdict.MachineBusy {
		t.Errorf("%+v", control)
	}
	got, finding, _ := verdict.Judge(rejecting(scenarios.Expired, scenarios.Must), refusal(nil), control, verdict.Default)
	if got != verdict.Inconclusive || finding.Kind != verdict.MachineBusy {
		t.Errorf("%s, %v", got, finding)
	}
}
