package verdict_test

import (
	"slices"
	"testing"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func TestAlertsForFollowTheRegistry(t *testing.T) {
	for _, r := range scenarios.Reasons() {
		alerts := verdict.AlertsFor(r)
		for i, alert := range alerts {
			if _, known := evidence.AlertNumber(alert); !known {
				t.Errorf("%s: no alert is called %q", r, alert)
			}
			if slices.Contains(alerts[:i], alert) {
				t.Errorf("%s: %s twice", r, alert)
			}
			if !slices.Contains(verdict.ReasonsFor(alert), r) {
				t.Errorf("%s is allowed for %s, but not the other way round", alert, r)
			}
		}
	}
}

// The alerts that an RFC asks for in so many words, from the tables of RFC 8446
// 6.2, RFC 5246 7.2.2 and the clauses named.
func TestAlertsForNameTheAlertOfTheRFC(t *testing.T) {
	tests := []struct {
		reason scenarios.Reason
		alert  string
		clause string
	}{
		{scenarios.Expired, "certificate_expired", "RFC 8446 6.2"},
		{scenarios.NotYetValid, "certificate_expired", "RFC 8446 6.2"},
		{scenarios.UntrustedRoot, "unknown_ca", "RFC 8446 6.2"},
		{scenarios.Revoked, "certificate_revoked", "RFC 8446 6.2"},
		{scenarios.RevocationUnknown, "bad_certificate_status_response", "RFC 6066 8"},
		{scenarios.WeakSignature, "bad_certificate", "RFC 8446 4.4.2.4"},
		{scenarios.ObsoleteVersion, "protocol_version", "RFC 5246 E.1"},
		{scenarios.Downgrade, "illegal_parameter", "RFC 8446 4.1.3"},
		{scenarios.NoCommonProtocol, "no_application_protocol", "RFC 7301 3.2"},
		{scenarios.BadHandshakeSignature, "decrypt_error", "RFC 8446 4.4.3"},
		{scenarios.BadFinished, "decrypt_error", "RFC 8446 4.4.4"},
		{scenarios.UnsupportedExtension, "unsupported_extension", "RFC 8446 4.2"},
		{scenarios.UnexpectedMessage, "unexpected_message", "RFC 8446 6.2"},
		{scenarios.DecodeError, "decode_error", "RFC 8446 6"},
		{scenarios.BadRecord, "bad_record_mac", "RFC 8446 5.2"},
		{scenarios.RecordOverflow, "record_overflow", "RFC 8446 5.1"},
	}
	for _, test := range tests {
		if alerts := verdict.AlertsFor(test.reason); len(alerts) == 0 || alerts[0] != test.alert {
			t.Errorf("%s: %v, want %s first (%s)", test.reason, alerts, test.alert, test.clause)
		}
	}
}

func TestReasonsFor(t *testing.T) {
	if got := verdict.ReasonsFor("internal_error"); got != nil {
		t.Errorf("internal_error states %v", got)
	}
	if got := verdict.ReasonsFor(""); got != nil {
		t.Errorf("no alert states %v", got)
	}
	for _, r := range scenarios.Reasons()[:22] {
		for _, alert := range []string{"bad_certificate", "certificate_unknown"} {
			if !slices.Contains(verdict.ReasonsFor(alert), r) {
				t.Errorf("%s may be sent for any certificate, but not for %s", alert, r)
			}
		}
	}
}

func TestEveryReasonIsExplained(t *testing.T) {
	for _, r := range scenarios.Reasons() {
		if verdict.Meaning(r) == "" || verdict.Remedy(r) == "" {
			t.Errorf("%s has meaning %q and remedy %q", r, verdict.Meaning(r), verdict.Remedy(r))
		}
	}
	if verdict.Remedy("nonsense") != "" {
		t.Error("a reason that does not exist has a remedy")
	}
}
