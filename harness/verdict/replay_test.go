package verdict_test

import (
	"testing"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func TestJudgeReplay(t *testing.T) {
	said := func(alert string, reason scenarios.Reason) verdict.Observation {
		return verdict.Observation{Connected: true, Alert: alert, Reason: reason, Reasons: []scenarios.Reason{reason}}
	}
	signature := said("decrypt_error", scenarios.BadHandshakeSignature)
	// A client that judges the chain first and has accepted the one in question.
	good := verdict.Replay{
		Control: acceptance(nil), Signature: signature, Chain: signature,
		Untrusted: said("unknown_ca", scenarios.UntrustedRoot),
		Expired:   said("certificate_expired", scenarios.Expired),
		OtherName: said("bad_certificate", scenarios.NameMismatch),
	}
	for _, test := range []struct {
		name    string
		edit    func(*verdict.Replay)
		want    verdict.Answer
		unknown int
	}{
		{"accepts the chain", func(*verdict.Replay) {}, verdict.ChainAccepted, 0},
		{"judges the name later", func(r *verdict.Replay) { r.OtherName = signature }, verdict.ChainAccepted, 1},
		{"refuses the chain", func(r *verdict.Replay) { r.Chain = r.Expired }, verdict.ChainRefused, 0},
		{"refuses the chain by its alert alone", func(r *verdict.Replay) { r.Chain = verdict.Observation{Connected: true, Alert: "certificate_unknown"} }, verdict.ChainRefused, 0},
		{"checks no signature", func(r *verdict.Replay) { r.Signature = acceptance(nil) }, verdict.SignatureAccepted, 0},
		{"accepts everything of the chain", func(r *verdict.Replay) { r.Chain = acceptance(nil) }, verdict.SignatureAccepted, 0},
		{"refuses the control", func(r *verdict.Replay) { r.Control = signature }, verdict.Unanswered, 0},
		{"says the same of everything", func(r *verdict.Replay) { r.Untrusted, r.Expired, r.OtherName = signature, signature, signature }, verdict.Unanswered, 3},
		{"never connects", func(r *verdict.Replay) { r.Chain = verdict.Observation{} }, verdict.Unanswered, 0},
		{"crashes", func(r *verdict.Replay) { r.Chain.Crashed = true }, verdict.Unanswered, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := good
			test.edit(&r)
			if got := verdict.JudgeReplay(r); got.Answer != test.want || len(got.Unknown) != test.unknown || got.Text == "" {
				t.Errorf("got %+v, want %s with %d unknown", got, test.want, test.unknown)
			}
		})
	}
}
