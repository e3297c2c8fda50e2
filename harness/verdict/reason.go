package verdict

import (
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// readReason fills in why the client refused. The alert it sent comes first,
// narrowed by its words; then its words alone; then what it did not offer.
func readReason(obs *Observation, conns []evidence.Connection, at client.Attempt, expect scenarios.Expect, dict *Dictionary) {
	if alert := clientAlert(conns); alert != nil {
		obs.Alert, obs.PlaintextAlert = alert.Name, alert.Plaintext
	}
	obs.Source = FromNone
	said := words(at)
	obs.Message = firstLine(said)
	if obs.Succeeded && !obs.Leaked && obs.Alert == "" {
		return // it claims success: what it printed is the page, not an excuse
	}
	if obs.Page && expect.Reason.IsPagePolicy() {
		return // the server is not refused: its page does not get all that it asks for
	}
	var spoken []scenarios.Reason
	if dict != nil {
		if line, reasons := dict.read(said); line != "" {
			obs.Message, spoken = line, reasons
		}
	}
	obs.Reasons, obs.Source = combine(obs.Alert, spoken, unmetOffer(conns))
	if expect.Reason == scenarios.ClientCertificateRequired && len(obs.Reasons) > 0 && onlyEndings(obs.Reasons) {
		// The server hangs up on a client without a certificate, in TLS 1.3 with an
		// alert under encryption; a client that only says so has seen what happened.
		obs.Reasons, obs.Source = []scenarios.Reason{expect.Reason}, FromOffer
	}
	switch {
	case len(obs.Reasons) == 0:
	case slices.Contains(obs.Reasons, expect.Reason):
		obs.Reason = expect.Reason
	case expect.Or != "" && slices.Contains(obs.Reasons, expect.Or):
		obs.Reason = expect.Or
	default:
		obs.Reason = obs.Reasons[0]
	}
}

// combine weighs the three sources of a reason. An alert names a class and the
// client's words narrow it. Words that contradict the alert are more precise
// (clients differ in the alert they pick), unless they only tell how the
// connection ended, which the alert explains. Between what the server insisted on
// and what the client never offered, the wire is believed before the words.
func combine(alert string, spoken, unmet []scenarios.Reason) ([]scenarios.Reason, Source) {
	if meant := ReasonsFor(alert); len(meant) > 0 {
		switch both := intersect(spoken, meant); {
		case len(both) > 0:
			return both, FromAlert
		case onlyEndings(spoken):
			return meant, FromAlert
		}
		return spoken, FromMessage
	}
	if alert == "" && len(unmet) > 0 {
		if both := intersect(spoken, unmet); len(both) > 0 {
			return both, FromMessage
		}
		return unmet, FromOffer
	}
	if len(spoken) > 0 {
		return spoken, FromMessage
	}
	return nil, FromNone
}

// intersect returns the members of a that are in b, in the order of a.
func intersect(a, b []scenarios.Reason) []scenarios.Reason {
	var both []scenarios.Reason
	for _, r := range a {
		if slices.Contains(b, r) {
			both = append(both, r)
		}
	}
	return both
}

// onlyEndings reports whether reasons tell no more than how a connection ended.
func onlyEndings(reasons []scenarios.Reason) bool {
	for _, r := range reasons {
		switch r {
		case scenarios.ConnectionClosed, scenarios.Stalled, scenarios.Truncated, scenarios.Cleartext:
		default:
			return false
		}
	}
	return true
}

// clientAlert returns the first alert of the client that refuses something.
func clientAlert(conns []evidence.Connection) *evidence.Alert {
	for _, c := range conns {
		if c.ClientAlert == nil {
			continue
		}
		switch c.ClientAlert.Name {
		case "close_notify", "user_canceled", "no_renegotiation":
			// An ending, not a refusal: RFC 8446 6.1, RFC 5246 7.2.2.
		default:
			return c.ClientAlert
		}
	}
	return nil
}

func serverAlert(conns []evidence.Connection) string {
	for _, c := range conns {
		if c.ServerAlert != nil {
			return c.ServerAlert.Name
		}
	}
	return ""
}

// unmetOffer returns what the client may lack when the server itself ended the
// handshake because the client offered nothing of what it insists on.
func unmetOffer(conns []evidence.Connection) []scenarios.Reason {
	if anySentRequest(conns) {
		return nil
	}
	for _, c := range conns {
		switch {
		case c.ServerAlert == nil:
		case c.Progress >= evidence.ClientReplied:
			// The hello was fine; what the client answers the server's flight with is its certificate.
			if c.ClientCertificates == 0 && slices.Contains(allowances[scenarios.ClientCertificateRequired].alerts, c.ServerAlert.Name) {
				return []scenarios.Reason{scenarios.ClientCertificateRequired}
			}
		default:
			return unmetHello(c.ServerAlert.Name)
		}
	}
	return nil
}

// unmetHello returns what a ClientHello may lack that a server answers with alert.
func unmetHello(alert string) []scenarios.Reason {
	switch alert {
	case protocolVersion:
		return []scenarios.Reason{scenarios.ObsoleteVersion}
	case handshakeFailure, insufficientSecurity:
		return []scenarios.Reason{scenarios.WeakCipher, scenarios.WeakKeyExchange, scenarios.WeakDH, scenarios.ObsoleteVersion}
	case "no_application_protocol":
		return []scenarios.Reason{scenarios.NoCommonProtocol}
	}
	return nil
}

// messageLimit bounds Observation.Message, in bytes.
const messageLimit = 300

// words is what the client said, its exit status included. The error of a client
// that was ended by the harness is the harness's.
func words(at client.Attempt) string {
	said := string(at.Output)
	if at.Err != nil && !at.TimedOut {
		said += "\n" + at.Err.Error()
	}
	return said
}

// firstLine returns the first line of said that is not blank, fit to print.
func firstLine(said string) string {
	for line := range strings.Lines(said) {
		if line = printable(line); line != "" {
			return line
		}
	}
	return ""
}

// printable makes one line of text fit to print: no control characters, valid
// UTF-8, trimmed, and at most messageLimit bytes.
func printable(line string) string {
	if len(line) > messageLimit {
		line = line[:messageLimit]
	}
	line = strings.ToValidUTF8(line, "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, line))
}
