package verdict_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

var (
	success = client.Attempt{}
	failure = client.Attempt{Err: errors.New("it did not work")}
	hung    = client.Attempt{Err: errors.New("client: still running when it was ended"), TimedOut: true}
	crash   = client.Attempt{Err: errors.New("client: signal: aborted"), Signal: "aborted"}
)

func said(text string) client.Attempt {
	return client.Attempt{Err: errors.New("client: exit status 1"), Output: []byte(text)}
}

// The moment at which the n-th connection of a case opened.
func at(n int) time.Time { return time.Date(2030, 1, 1, 0, 0, n, 0, time.UTC) }

type connection = evidence.Connection

func conns(list ...connection) evidence.Evidence {
	for i := range list {
		list[i].Start = at(i)
		list[i].BytesIn = max(list[i].BytesIn, 1)
		if list[i].Progress == evidence.NothingSeen {
			list[i].Progress = evidence.ServerFlightSent
		}
		if list[i].ClientHello == nil {
			list[i].ClientHello = hello("TLS 1.3", "TLS 1.2")
		}
	}
	return evidence.Evidence{Connections: list}
}

func hello(versions ...string) *evidence.ClientHello {
	return &evidence.ClientHello{LegacyVersion: "TLS 1.2", Versions: versions, ALPN: []string{"http/1.1"}}
}

func alert(name string) *evidence.Alert { return &evidence.Alert{Level: 2, Name: name} }

var (
	refused   = connection{ClientAlert: alert("bad_certificate")}
	shaken    = connection{HandshakeComplete: true, Progress: evidence.HandshakeDone}
	requested = connection{HandshakeComplete: true, Progress: evidence.HandshakeDone, AppData: 18}
)

func expecting(r scenarios.Reason) scenarios.Expect {
	return scenarios.Expect{Outcome: scenarios.Reject, Reason: r}
}

func TestObserveAcceptance(t *testing.T) {
	redirected := conns(requested)
	redirected.CleartextHits = []evidence.Fetch{{At: at(1)}}
	plain := conns(connection{Progress: evidence.ClientHelloSeen})
	plain.CleartextHits = []evidence.Fetch{{At: at(1)}}
	tests := []struct {
		name     string
		ev       evidence.Evidence
		at       client.Attempt
		reason   scenarios.Reason
		accepted bool
		leaked   bool
	}{
		{"a request is acceptance", conns(requested), success, scenarios.Expired, true, false},
		{"a request of any connection is acceptance", conns(refused, requested, refused), success, scenarios.Expired, true, false},
		{"a request and a failure is a leak", conns(requested), failure, scenarios.Expired, true, true},
		{"a request of a client that was ended is acceptance", conns(requested), hung, scenarios.Expired, true, false},
		{"a request of a client that crashed is acceptance", conns(requested), crash, scenarios.Expired, true, false},
		{"a handshake is no acceptance", conns(shaken), failure, scenarios.Expired, false, false},
		{"a claim of success is no acceptance", conns(refused), success, scenarios.Expired, false, false},
		{"a claim of success after a handshake is no acceptance", conns(shaken), success, scenarios.Expired, false, false},
		{"a claim of success without a connection is none either", evidence.Evidence{}, success, "", false, false},
		{"data before the handshake is complete is a leak only", conns(connection{AppData: 1}), failure, scenarios.BadFinished, false, true},
		{"a valid server is accepted by a request", conns(requested), success, "", true, false},
		{"a valid server may be refused after the request", conns(requested), failure, "", true, true},

		{"truncation is accepted by a claim of success", conns(requested), success, scenarios.Truncated, true, false},
		{"truncation is refused after the request", conns(requested), failure, scenarios.Truncated, false, false},
		{"a claim of success without a handshake accepts nothing", conns(refused), success, scenarios.Truncated, false, false},
		{"a missing client certificate shows after the client's Finished", conns(connection{Progress: evidence.ClientReplied}), success, scenarios.ClientCertificateRequired, true, false},
		{"a bomb is accepted by a claim of success", conns(requested), success, scenarios.ResourceExhaustion, true, false},
		{"a bomb is refused by failing", conns(requested), failure, scenarios.ResourceExhaustion, false, false},

		{"a redirect is accepted by following it", redirected, failure, scenarios.InsecureRedirect, true, false},
		{"a redirect that is not followed is not accepted", conns(requested), success, scenarios.InsecureRedirect, false, false},

		{"cleartext is accepted by a claim of success", conns(connection{Progress: evidence.ClientHelloSeen}), success, scenarios.Cleartext, true, false},
		{"cleartext is accepted by a request in the clear", plain, failure, scenarios.Cleartext, true, false},
		{"cleartext is refused by failing", conns(connection{Progress: evidence.ClientHelloSeen}), failure, scenarios.Cleartext, false, false},

		{"a closed connection is accepted by a claim of success", conns(connection{Progress: evidence.ClientHelloSeen}), success, scenarios.ConnectionClosed, true, false},
		{"a connection closed after the request is refused by failing", conns(requested), failure, scenarios.ConnectionClosed, false, false},
		{"a stalled server is refused by failing", conns(requested), failure, scenarios.Stalled, false, false},
		{"a stalled server is not accepted by hanging", conns(requested), hung, scenarios.Stalled, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obs := verdict.Observe(test.ev, test.at, expecting(test.reason), nil)
			if obs.Accepted != test.accepted || obs.Leaked != test.leaked {
				t.Errorf("accepted %v, leaked %v; want %v, %v", obs.Accepted, obs.Leaked, test.accepted, test.leaked)
			}
		})
	}
}

func TestObserveFacts(t *testing.T) {
	code := 7
	attempt := client.Attempt{Err: errors.New("x"), Exit: &code, OutputCut: true, TimedOut: true, Signal: "killed"}
	obs := verdict.Observe(conns(connection{}), attempt, expecting(scenarios.Expired), nil)
	if !obs.Connected || obs.Succeeded || *obs.Exit != 7 || !obs.Flooded || !obs.Hung || !obs.Crashed || obs.Signal != "killed" {
		t.Errorf("%+v", obs)
	}
	missing := client.Attempt{NotStarted: true, Err: errors.New(`starting "crul": not found`)}
	obs = verdict.Observe(evidence.Evidence{}, missing, expecting(scenarios.Expired), nil)
	if obs.Connected || !obs.NotStarted || obs.HarnessError != `starting "crul": not found` {
		t.Errorf("%+v", obs)
	}
	silent := evidence.Evidence{Connections: []connection{{Start: at(0)}}}
	if verdict.Observe(silent, failure, expecting(scenarios.Expired), nil).Connected {
		t.Error("a connection without a byte counts as connected")
	}
}

func TestObserveFallback(t *testing.T) {
	tls12, tls10 := hello("TLS 1.2"), hello("TLS 1.0", "SSL 3.0")
	legacy := &evidence.ClientHello{LegacyVersion: "SSL 3.0"}
	grease := hello("GREASE", "TLS 1.3", "0x7F1C")
	scsv := hello("TLS 1.3", "TLS 1.2")
	scsv.CipherSuites = []string{"TLS_AES_128_GCM_SHA256", "TLS_FALLBACK_SCSV"}
	with := func(c connection, h *evidence.ClientHello) connection { c.ClientHello = h; return c }
	tests := []struct {
		name string
		ev   evidence.Evidence
		want string
	}{
		{"one connection", conns(with(refused, tls10)), ""},
		{"the same again", conns(refused, refused), ""},
		{"a lower maximum", conns(refused, with(refused, tls12)), "from TLS 1.3 to TLS 1.2"},
		{"a lower maximum in two steps", conns(refused, with(refused, tls12), with(requested, tls10)), "from TLS 1.3 to TLS 1.2"},
		{"a lower legacy version", conns(with(refused, tls12), with(refused, legacy)), "from TLS 1.2 to SSL 3.0"},
		{"a lower one after success", conns(requested, with(requested, tls12)), ""},
		{"a higher one", conns(with(refused, tls12), refused), ""},
		{"unknown versions aside", conns(with(refused, grease), with(refused, tls12)), "from TLS 1.3 to TLS 1.2"},
		{"the signal of RFC 7507", conns(refused, with(refused, scsv)), "with TLS_FALLBACK_SCSV"},
		{"the signal on the first connection", conns(with(refused, scsv)), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			slices.Reverse(test.ev.Connections) // the order is that of Start
			obs := verdict.Observe(test.ev, failure, expecting(scenarios.ObsoleteVersion), nil)
			if obs.Fallback != test.want || obs.FellBackVersion != (test.want != "") {
				t.Errorf("%q, %v; want %q", obs.Fallback, obs.FellBackVersion, test.want)
			}
		})
	}
}

func TestObserveCleartextFallback(t *testing.T) {
	hit := func(ev evidence.Evidence, n int) evidence.Evidence {
		ev.CleartextHits = []evidence.Fetch{{At: at(n)}}
		return ev
	}
	noTLS := evidence.Evidence{Connections: []connection{{Start: at(0), BytesIn: 18, Progress: evidence.BytesSeen}}}
	tests := []struct {
		name   string
		ev     evidence.Evidence
		reason scenarios.Reason
		want   bool
	}{
		{"after a refused connection", hit(conns(refused), 1), scenarios.Expired, true},
		{"before it", hit(conns(connection{}, refused), -1), scenarios.Expired, false},
		{"after a request over TLS", hit(conns(requested), 1), scenarios.Expired, false},
		{"without a ClientHello", hit(noTLS, 1), scenarios.Expired, false},
		{"as the redirect says", hit(conns(refused), 1), scenarios.InsecureRedirect, false},
		{"no request in the clear", conns(refused), scenarios.Expired, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := verdict.Observe(test.ev, failure, expecting(test.reason), nil).FellBackCleartext; got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestObserveUndelivered(t *testing.T) {
	reached := func(p evidence.Progress, serverAlert string) evidence.Evidence {
		c := connection{Progress: p}
		if serverAlert != "" {
			c.ServerAlert = alert(serverAlert)
		}
		return conns(c)
	}
	noALPN := hello("TLS 1.3")
	noALPN.ALPN = nil
	bytesOnly := evidence.Evidence{Connections: []connection{{BytesIn: 1, Progress: evidence.BytesSeen}}}
	tests := []struct {
		name   string
		ev     evidence.Evidence
		reason scenarios.Reason
		want   string
	}{
		{"certificate out", reached(evidence.ServerFlightSent, ""), scenarios.Expired, ""},
		{"certificate not out", reached(evidence.ServerHelloSent, ""), scenarios.Expired, "the handshake ended before the fault could show: the server's first flight was not out"},
		{"alerted at the certificate", conns(connection{Progress: evidence.ServerHelloSent, ClientAlert: alert("bad_certificate")}), scenarios.Expired, ""},
		{"server could not go on", reached(evidence.ClientHelloSeen, "handshake_failure"), scenarios.WeakKey, "the server itself ended the handshake with handshake_failure before its fault could show"},
		{"server insists on a version", reached(evidence.ClientHelloSeen, "protocol_version"), scenarios.ObsoleteVersion, ""},
		{"no TLS at all", bytesOnly, scenarios.ObsoleteVersion, "the handshake ended before the fault could show: the client sent no ClientHello"},
		{"handshake fault after ServerHello", reached(evidence.ServerHelloSent, ""), scenarios.IllegalParameter, ""},
		{"handshake fault before ServerHello", reached(evidence.ClientHelloSeen, ""), scenarios.IllegalParameter, "the handshake ended before the fault could show: the server had not answered the ClientHello"},
		{"body never asked for", reached(evidence.ServerFlightSent, ""), scenarios.Truncated, "the handshake ended before the fault could show: the client did not answer the server's flight"},
		{"a close meets every client", reached(evidence.ClientHelloSeen, ""), scenarios.ConnectionClosed, ""},
		{"nothing to agree about", conns(connection{ClientHello: noALPN}), scenarios.NoCommonProtocol, "the client offers no application protocols, so that there is nothing to disagree about"},
		{"protocols offered", conns(connection{}), scenarios.NoCommonProtocol, ""},
		{"one of two connections", conns(connection{Progress: evidence.ClientHelloSeen}, refused), scenarios.Expired, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := verdict.Observe(test.ev, failure, expecting(test.reason), nil).Undelivered; got != test.want {
				t.Errorf("%q\nwant %q", got, test.want)
			}
		})
	}
}

const testDictionary = `stack	pattern	reasons	source	sample
any	has expired	expired	test	has expired
any	unknown issuer	untrusted-root|missing-intermediate	test	unknown issuer
any	(?:unknown issuer: )?bad signature	bad-signature|untrusted-root	test	bad signature
any	reset by peer	connection-closed	test	reset by peer
any	no version	obsolete-version	test	no version
any	verify failed		test	verify failed
`

func TestObserveReason(t *testing.T) {
	dict, err := verdict.LoadDictionary([]byte(testDictionary))
	if err != nil {
		t.Fatal(err)
	}
	sent := func(name string) evidence.Evidence { return conns(connection{ClientAlert: alert(name)}) }
	insists := func(name string) evidence.Evidence {
		return conns(connection{Progress: evidence.ClientHelloSeen, ServerAlert: alert(name)})
	}
	tests := []struct {
		name    string
		ev      evidence.Evidence
		at      client.Attempt
		expect  scenarios.Reason
		reason  scenarios.Reason
		reasons string // the first three
		source  verdict.Source
		message string
	}{
		{"the alert alone", sent("certificate_revoked"), failure, scenarios.Revoked, scenarios.Revoked, "compromised-key revoked revocation-unknown", verdict.FromAlert, "it did not work"},
		{"the alert, narrowed by words", sent("bad_certificate"), said("error: has expired\n"), scenarios.Expired, scenarios.Expired, "expired", verdict.FromAlert, "error: has expired"},
		{"words that contradict the alert are more precise", sent("record_overflow"), said("has expired"), scenarios.Expired, scenarios.Expired, "expired", verdict.FromMessage, "has expired"},
		{"how the connection ended does not explain an alert", sent("certificate_expired"), said("reset by peer"), scenarios.Expired, scenarios.Expired, "expired not-yet-valid", verdict.FromAlert, "reset by peer"},
		{"an alert that states nothing", sent("internal_error"), said("unknown issuer"), scenarios.Expired, scenarios.UntrustedRoot, "untrusted-root missing-intermediate", verdict.FromMessage, "unknown issuer"},
		{"an ending is no refusal", sent("user_canceled"), said("has expired"), scenarios.Expired, scenarios.Expired, "expired", verdict.FromMessage, "has expired"},
		{"the expected one of several", conns(connection{}), said("unknown issuer"), scenarios.MissingIntermediate, scenarios.MissingIntermediate, "untrusted-root missing-intermediate", verdict.FromMessage, "unknown issuer"},
		{"several lines narrow each other", conns(connection{}), said("log\nunknown issuer\nbad signature\n"), scenarios.MissingIntermediate, scenarios.UntrustedRoot, "untrusted-root", verdict.FromMessage, "unknown issuer"},
		{"a reason is better than an ending", conns(connection{}), said("reset by peer\nhas expired"), scenarios.Expired, scenarios.Expired, "expired", verdict.FromMessage, "has expired"},
		{"an ending is better than nothing", conns(connection{}), said("verify failed\nreset by peer"), scenarios.ConnectionClosed, scenarios.ConnectionClosed, "connection-closed", verdict.FromMessage, "reset by peer"},
		{"generic words", conns(connection{}), said("hello\nverify failed"), scenarios.Expired, "", "", verdict.FromNone, "verify failed"},
		{"strange words", conns(connection{}), said("\n\n  one\ntwo"), scenarios.Expired, "", "", verdict.FromNone, "one"},
		{"no words", conns(connection{}), client.Attempt{}, scenarios.Expired, "", "", verdict.FromNone, ""},
		{"an offer that was not made", insists("protocol_version"), said("verify failed"), scenarios.ObsoleteVersion, scenarios.ObsoleteVersion, "obsolete-version", verdict.FromOffer, "verify failed"},
		{"an offer against words", insists("no_application_protocol"), said("reset by peer"), scenarios.NoCommonProtocol, scenarios.NoCommonProtocol, "no-common-protocol", verdict.FromOffer, "reset by peer"},
		{"an offer narrowed by words", insists("handshake_failure"), said("no version"), scenarios.WeakCipher, scenarios.ObsoleteVersion, "obsolete-version", verdict.FromMessage, "no version"},
		{"an offer of several", insists("handshake_failure"), client.Attempt{Err: errors.New("no")}, scenarios.WeakKeyExchange, scenarios.WeakKeyExchange, "weak-cipher weak-key-exchange weak-dh", verdict.FromOffer, "no"},
		{"a client certificate", conns(connection{Progress: evidence.ClientReplied, ServerAlert: alert("certificate_required")}), failure, scenarios.ClientCertificateRequired, scenarios.ClientCertificateRequired, "client-certificate-required", verdict.FromOffer, "it did not work"},
		{"a client certificate in TLS 1.2", conns(connection{Progress: evidence.ClientReplied, ServerAlert: alert("handshake_failure")}), said("reset by peer"), scenarios.ClientCertificateRequired, scenarios.ClientCertificateRequired, "client-certificate-required", verdict.FromOffer, "reset by peer"},
		{"a client certificate in TLS 1.3", conns(connection{Progress: evidence.ClientReplied}), said("reset by peer"), scenarios.ClientCertificateRequired, scenarios.ClientCertificateRequired, "client-certificate-required", verdict.FromOffer, "reset by peer"},
		{"a message cut short, as OpenSSL alerts it", sent("decode_error"), said("reset by peer"), scenarios.ConnectionClosed, scenarios.ConnectionClosed, "connection-closed", verdict.FromAlert, "reset by peer"},
		{"a client certificate that was presented", conns(connection{Progress: evidence.ClientReplied, ServerAlert: alert("bad_certificate"), ClientCertificates: 1}), failure, scenarios.Expired, "", "", verdict.FromNone, "it did not work"},
		{"the best reading of a line is the only one", conns(connection{}), said("unknown issuer: bad signature"), scenarios.BadSignature, scenarios.BadSignature, "bad-signature untrusted-root", verdict.FromMessage, "unknown issuer: bad signature"},
		{"the harness's words are not the client's", conns(connection{}), client.Attempt{Err: errors.New("reset by peer"), TimedOut: true}, scenarios.Stalled, "", "", verdict.FromNone, ""},
		{"a page is no excuse", conns(requested), client.Attempt{Output: []byte("this certificate has expired")}, scenarios.Expired, "", "", verdict.FromNone, "this certificate has expired"},
		{"control characters", conns(connection{}), said("\x1b[31mhas expired\x00\xff\r\n"), scenarios.Expired, scenarios.Expired, "expired", verdict.FromMessage, "[31mhas expired"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obs := verdict.Observe(test.ev, test.at, expecting(test.expect), dict)
			var reasons []string
			for _, r := range obs.Reasons[:min(3, len(obs.Reasons))] {
				reasons = append(reasons, string(r))
			}
			if obs.Reason != test.reason || strings.Join(reasons, " ") != test.reasons || obs.Source != test.source {
				t.Errorf("%q of %q from %s\nwant %q of %q from %s", obs.Reason, reasons, obs.Source, test.reason, test.reasons, test.source)
			}
			if obs.Message != test.message {
				t.Errorf("message %q, want %q", obs.Message, test.message)
			}
		})
	}
}

func TestObserveKeepsAlertAsSeen(t *testing.T) {
	ev := conns(connection{}, connection{ClientAlert: &evidence.Alert{Level: 2, Description: 48, Name: "unknown_ca", Plaintext: true}})
	obs := verdict.Observe(ev, failure, expecting(scenarios.UntrustedRoot), nil)
	if obs.Alert != "unknown_ca" || !obs.PlaintextAlert || obs.Reason != scenarios.UntrustedRoot {
		t.Errorf("%+v", obs)
	}
}
