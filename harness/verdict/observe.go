package verdict

import (
	"sort"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Observe turns what the server side saw and what the client said into what the
// client did. Of the expectation it only takes the reason: it decides at which
// point a client shows that it accepted, and which of several reasons that its
// words allow is named first. A nil dict reads no reason from the client's words.
func Observe(ev evidence.Evidence, at client.Attempt, expect scenarios.Expect, dict *Dictionary) Observation {
	conns := inOrder(ev.Connections)
	obs := Observation{
		Connected:  connected(conns) || len(ev.CleartextHits) > 0,
		Succeeded:  at.Succeeded(),
		Exit:       at.Exit,
		Hung:       at.TimedOut,
		Crashed:    at.Crashed(),
		Starved:    at.Starved,
		Signal:     at.Signal,
		CPU:        at.CPU,
		Flooded:    at.OutputCut,
		NotStarted: at.NotStarted,
		Screenshot: at.Screenshot,
		Elsewhere:  at.Refused,
	}
	obs.Stayed = !obs.Connected && answered(ev.Front)
	if at.Unclaimed {
		obs.Unclaimed, obs.Succeeded = true, answered(conns)
	}
	if at.NotStarted && at.Err != nil {
		obs.HarnessError = at.Err.Error()
	}
	late := meetsLate(conns)
	obs.Accepted = accepted(conns, ev.CleartextHits, obs.Succeeded, expect.Reason, late)
	obs.Leaked = leaked(conns, at, expect.Reason, late)
	if ev.Page != nil {
		obs.Page, obs.Leaked = true, false // the page was asked for with good right
		obs.Accepted = pageAccepted(ev, expect, obs.Succeeded)
	}
	obs.Status = statusAsked(conns, ev)
	obs.Undelivered = undelivered(conns, expect.Reason)
	obs.Fallback = versionFallback(conns)
	obs.FellBackVersion = obs.Fallback != ""
	obs.FellBackCleartext = expect.Reason != scenarios.InsecureRedirect && cleartextFallback(conns, ev.CleartextHits)
	readReason(&obs, conns, at, expect, dict)
	obs.Leaked = obs.Leaked && !(obs.Starved && gaveUp(obs)) // it did not refuse: its time was up
	return obs
}

// statusAsked counts how the client asked for the status of certificates.
func statusAsked(conns []evidence.Connection, ev evidence.Evidence) StatusAsked {
	asked := StatusAsked{OCSP: len(ev.OCSPRequests), CRL: len(ev.CRLFetches)}
	for _, c := range conns {
		if c.ClientHello != nil && c.ClientHello.OCSPStapling {
			asked.Staple = true
		}
	}
	return asked
}

// inOrder returns the connections in the order in which they were opened.
func inOrder(conns []evidence.Connection) []evidence.Connection {
	conns = append([]evidence.Connection(nil), conns...)
	sort.SliceStable(conns, func(i, j int) bool { return conns[i].Start.Before(conns[j].Start) })
	return conns
}

func connected(conns []evidence.Connection) bool {
	for _, c := range conns {
		if c.BytesIn > 0 || c.Progress > evidence.NothingSeen {
			return true
		}
	}
	return false
}

// sentRequest is what acceptance is for most faults: nothing is left for the
// client to check, and it has trusted the server with its request.
func sentRequest(c evidence.Connection) bool { return c.HandshakeComplete && c.AppData > 0 }

func anySentRequest(conns []evidence.Connection) bool {
	for _, c := range conns {
		if sentRequest(c) {
			return true
		}
	}
	return false
}

// shownByClaim reports whether a request on the wire is no sign of acceptance.
// Some faults show only after it, and where the server falls silent, hangs up or
// answers in plain text, what counts is whether the client takes that for success.
func shownByClaim(r scenarios.Reason) bool {
	switch r {
	case scenarios.ConnectionClosed, scenarios.Stalled, scenarios.Cleartext:
		return true
	}
	return r.ShowsAfterRequest()
}

// meetsLate reports whether the fault of the handshake or record layer comes
// only after the request, so that the request is no sign of acceptance.
func meetsLate(conns []evidence.Connection) bool {
	for _, c := range conns {
		if c.FaultAfterRequest {
			return true
		}
	}
	return false
}

// accepted decides whether the client went on with the server.
func accepted(conns []evidence.Connection, hits []evidence.Fetch, succeeded bool, r scenarios.Reason, late bool) bool {
	switch {
	case r == scenarios.InsecureRedirect:
		// A client that stays on the redirect's page without following it has done nothing wrong.
		return len(hits) > 0 && anySentRequest(conns)
	case r == scenarios.Cleartext:
		return succeeded && connected(conns) || cleartextFallback(conns, hits)
	case r == scenarios.ConnectionClosed || r == scenarios.Stalled:
		return succeeded && connected(conns)
	case r.ShowsAfterRequest() || late:
		return succeeded && anyHandshake(conns)
	}
	return anySentRequest(conns)
}

// answered reports whether the client got a whole answer.
func answered(conns []evidence.Connection) bool {
	for _, c := range conns {
		if c.Answered {
			return true
		}
	}
	return false
}

// anyHandshake reports whether the client was done with a handshake as far as
// it could know: a server may still refuse the certificate that it lacks.
func anyHandshake(conns []evidence.Connection) bool {
	for _, c := range conns {
		if c.HandshakeComplete || c.Progress >= evidence.ClientReplied {
			return true
		}
	}
	return false
}

// leaked reports whether the client sent its request and refused only then. A
// client that was ended, by us or by a signal, reported nothing.
func leaked(conns []evidence.Connection, at client.Attempt, r scenarios.Reason, late bool) bool {
	if late || at.Err == nil || at.TimedOut || at.NotStarted || at.Crashed() || shownByClaim(r) {
		return false
	}
	for _, c := range conns {
		if c.AppData > 0 {
			return true
		}
	}
	return false
}

// undelivered says why the fault for which a server must be refused with reason
// r cannot have met the client; empty when it did.
func undelivered(conns []evidence.Connection, r scenarios.Reason) string {
	if !connected(conns) {
		return ""
	}
	if r == scenarios.NoCommonProtocol && !offersALPN(conns) {
		return "the client offers no application protocols, so that there is nothing to disagree about"
	}
	if awaited, needs := awaitedFault(conns); awaited != "" {
		if needs != "" {
			needs = ", which needs " + needs
		}
		return "the server did not come as far as " + awaited + needs
	}
	needed := neededProgress(r)
	reached := evidence.NothingSeen
	for _, c := range conns {
		if c.Fault != "" || c.HandshakeComplete || c.Progress >= needed || c.ClientAlert != nil && c.Progress >= evidence.ServerHelloSent {
			return ""
		}
		reached = max(reached, c.Progress)
	}
	if alert := serverAlert(conns); alert != "" {
		return "the server itself ended the handshake with " + alert + " before its fault could show"
	}
	return "the handshake ended before the fault could show: " + progressWords[reached]
}

// awaitedFault returns the fault of the handshake or record layer that came to
// act in no connection, and what it needs.
func awaitedFault(conns []evidence.Connection) (name, needs string) {
	for _, c := range conns {
		if c.Fault != "" {
			return "", ""
		}
		if c.Awaited != "" {
			name, needs = c.Awaited, c.Needs
		}
	}
	return name, needs
}

func offersALPN(conns []evidence.Connection) bool {
	for _, c := range conns {
		if c.ClientHello != nil && len(c.ClientHello.ALPN) > 0 {
			return true
		}
	}
	return false
}

var progressWords = map[evidence.Progress]string{
	evidence.NothingSeen:      "the client sent nothing",
	evidence.BytesSeen:        "the client sent no ClientHello",
	evidence.ClientHelloSeen:  "the server had not answered the ClientHello",
	evidence.ServerHelloSent:  "the server's first flight was not out",
	evidence.ServerFlightSent: "the client did not answer the server's flight",
	evidence.ClientReplied:    "the client's Finished did not come",
	evidence.HandshakeDone:    "the client sent no request",
}

// neededProgress is how far a handshake must have come for a fault to have met
// the client: its certificate must be out, its version be insisted on.
func neededProgress(r scenarios.Reason) evidence.Progress {
	switch r {
	case "", scenarios.ConnectionClosed, scenarios.Stalled, scenarios.Cleartext, scenarios.ResourceExhaustion:
		return evidence.BytesSeen
	case scenarios.ObsoleteVersion, scenarios.WeakCipher, scenarios.WeakKeyExchange, scenarios.WeakDH,
		scenarios.NoCommonProtocol, scenarios.Downgrade:
		return evidence.ClientHelloSeen
	case scenarios.Truncated, scenarios.InsecureRedirect, scenarios.MixedContent, scenarios.StrictTransport, scenarios.CookieExposed:
		return evidence.HandshakeDone
	}
	if isCertificateReason(r) || r == scenarios.ClientCertificateRequired {
		return evidence.ServerFlightSent
	}
	return evidence.ServerHelloSent
}

// isCertificateReason reports whether r is about the server's certificates.
func isCertificateReason(r scenarios.Reason) bool {
	for _, reason := range scenarios.Reasons() {
		if reason == r {
			return true
		}
		if reason == scenarios.PinMismatch { // the last of them in the order of the documentation
			break
		}
	}
	return false
}
