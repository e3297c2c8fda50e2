package verdict_test

import (
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// A sender of which nobody can ask is judged by the wire, as far as that goes.
func TestUnclaimedAttemptIsJudgedByTheWire(t *testing.T) {
	sent := evidence.Connection{
		Start: time.Unix(1, 0), ClientHello: &evidence.ClientHello{}, Progress: evidence.HandshakeDone, HandshakeComplete: true,
		AppData: 100, BytesIn: 500, Ending: evidence.EndFIN,
	}
	answered := sent
	answered.Answered = true
	refused := evidence.Connection{
		Start: time.Unix(1, 0), ClientHello: &evidence.ClientHello{}, Progress: evidence.ServerFlightSent, BytesIn: 500,
		ClientAlert: &evidence.Alert{Name: "certificate_expired"}, Ending: evidence.EndAlert,
	}
	for _, c := range []struct {
		what   string
		reason scenarios.Reason
		conn   evidence.Connection
		want   verdict.Verdict
		kind   verdict.FindingKind
	}{
		{"refuses", scenarios.Expired, refused, verdict.Pass, ""},
		{"accepts", scenarios.Expired, answered, verdict.Fail, verdict.AcceptedBroken},
		{"may have taken half an answer for one", scenarios.Truncated, sent, verdict.Inconclusive, verdict.NoClaim},
		{"may have taken no answer for one", scenarios.ConnectionClosed, sent, verdict.Inconclusive, verdict.NoClaim},
		{"left a silent server", scenarios.Stalled, sent, verdict.Pass, ""},
	} {
		s := rejecting(c.reason, scenarios.Must)
		obs := verdict.Observe(evidence.Evidence{Connections: []evidence.Connection{c.conn}}, client.Attempt{Unclaimed: true}, s.Expect, nil)
		got, finding, _ := verdict.Judge(s, obs, good, verdict.Default)
		kind := verdict.FindingKind("")
		if finding != nil {
			kind = finding.Kind
		}
		if got != c.want || kind != c.kind {
			t.Errorf("a sender that %s: %s, %v; want %s, %s", c.what, got, finding, c.want, c.kind)
		}
	}
	obs := verdict.Observe(evidence.Evidence{Connections: []evidence.Connection{answered}}, client.Attempt{Unclaimed: true}, scenarios.Expect{Outcome: scenarios.Accept}, nil)
	if control := verdict.ControlOf("control/x", obs); !control.Accepted {
		t.Errorf("a control that was answered: %v", control.Finding)
	}
}
