package wire

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

// retryEdits are faults of HelloRetryRequest, RFC 8446 4.1.4. Each makes the
// server send one, with a cookie, where it otherwise would not.
var retryEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-twice", Causes: "A second HelloRetryRequest answers the second ClientHello.",
		RFC: "RFC 8446 4.1.4", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, func(params) ops {
		twice := false
		o := withRetry(func(_ *handshake, _ *message.ServerHello) bool { return twice })
		o.plan = func(_ *handshake, steps []step) ([]step, bool) {
			if twice || steps[0].name != stepHelloRetryRequest {
				return steps, false
			}
			twice = true
			again := []step{steps[0], {readClientHello, (*handshake).readClientHello}}
			list := append([]step(nil), steps[:len(steps)-1]...)
			return append(append(list, again...), steps[len(steps)-1]), false
		}
		return o
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-group-shared", Causes: "The HelloRetryRequest asks for a group that the client has already sent a share of.",
		RFC: "RFC 8446 4.2.8", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(withRetry(func(hs *handshake, m *message.ServerHello) bool {
		if len(hs.offer.shares) == 0 {
			return false
		}
		hs.group = hs.offer.shares[0].Group
		m.Extensions.Remove(iana.ExtCookie)
		m.Extensions.Set(iana.ExtKeyShare, message.Uint16(hs.group))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-group-not-offered", Causes: "The HelloRetryRequest asks for a group that the client did not offer.",
		RFC: "RFC 8446 4.2.8", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(withRetry(func(hs *handshake, m *message.ServerHello) bool {
		if !hs.groupNotOffered(iana.Secp521r1, iana.Secp384r1, iana.Secp256r1, iana.X25519, iana.FFDHE2048, iana.FFDHE3072, iana.FFDHE4096, iana.Secp256k1) {
			return false
		}
		m.Extensions.Remove(iana.ExtCookie)
		m.Extensions.Set(iana.ExtKeyShare, message.Uint16(hs.group))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-changes-nothing", Causes: "The HelloRetryRequest asks for no change of the ClientHello.",
		RFC: "RFC 8446 4.1.4", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(withRetry(func(hs *handshake, m *message.ServerHello) bool {
		if len(hs.offer.shares) == 0 {
			return false
		}
		if hs.offer.share(hs.group) == nil {
			hs.group = hs.offer.shares[0].Group
		}
		m.Extensions.Remove(iana.ExtCookie)
		m.Extensions.Remove(iana.ExtKeyShare)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-then-other-suite", Causes: "ServerHello chooses another cipher suite than the HelloRetryRequest before it.",
		RFC: "RFC 8446 4.1.4", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13, Needs: "two suites with the same hash in the client's offer",
	}, fixed(withRetry(func(hs *handshake, m *message.ServerHello) bool {
		for _, id := range hs.offer.hello.CipherSuites {
			if s := iana.SuiteByID(id); s != nil && id != hs.suite.ID && s.Fits(iana.TLS13) && s.PRFHash() == hs.suite.PRFHash() {
				m.CipherSuite = id
				return true
			}
		}
		return false
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-then-other-group", Causes: "ServerHello labels the key share by another group than the HelloRetryRequest asked for.",
		RFC: "RFC 8446 4.2.8", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13, Needs: "a client that offers a group without a share of it",
	}, func(params) ops {
		o := withRetry(func(hs *handshake, m *message.ServerHello) bool {
			for _, g := range hs.offer.groups {
				if hs.offer.share(g) == nil && contains(soundGroups, g) {
					hs.group = g
					m.Extensions.Set(iana.ExtKeyShare, message.Uint16(g))
				}
			}
			return false
		})
		o.share = func(hs *handshake, s *share) bool {
			for _, g := range nistGroups {
				if hs.tls13.retried && g != s.group {
					s.group = g
					return true
				}
			}
			return false
		}
		return o
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-unknown-extension", Causes: "The HelloRetryRequest carries an extension that the client did not send.",
		RFC: "RFC 8446 4.1.4, 4.2", Alerts: []string{"unsupported_extension"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(withRetry(func(_ *handshake, m *message.ServerHello) bool {
		m.Extensions.Add(unknownExtension, nil)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-extension-twice", Causes: "The HelloRetryRequest carries its cookie twice.",
		RFC: "RFC 8446 4.2", Alerts: []string{"illegal_parameter", "decode_error"}, Versions: onlyTLS13,
	}, fixed(withRetry(func(_ *handshake, m *message.ServerHello) bool {
		data, ok := m.Extensions.Get(iana.ExtCookie)
		m.Extensions.Add(iana.ExtCookie, data)
		return ok
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-cookie-empty", Causes: "The cookie of the HelloRetryRequest has no bytes.",
		RFC: "RFC 8446 4.2.2", Alerts: []string{"decode_error", "illegal_parameter"}, Versions: onlyTLS13,
	}, fixed(withRetry(func(_ *handshake, m *message.ServerHello) bool {
		m.Extensions.Set(iana.ExtCookie, message.Vector16(nil))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "hello-retry-request-session-id-not-echoed", Causes: "The HelloRetryRequest carries another session id than the ClientHello.",
		RFC: "RFC 8446 4.1.4, 4.1.3", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(withRetry(func(_ *handshake, m *message.ServerHello) bool {
		m.SessionID = make([]byte, 32)
		return true
	}))},
}

// withRetry edits a HelloRetryRequest that is sent in any case.
func withRetry(f func(hs *handshake, m *message.ServerHello) bool) ops {
	o := onRetry(f)
	o.config = func(cfg *Config) bool {
		if cfg.Cookie == nil {
			cfg.Cookie = []byte("tlsfault")
		}
		return false
	}
	return o
}
