package wire

import (
	"errors"
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

// versionWords are the versions as authors write them.
var versionWords = map[string]uint16{"ssl3": iana.SSL30, "1.0": iana.TLS10, "1.1": iana.TLS11, "1.2": iana.TLS12, "1.3": iana.TLS13}

func versionParam(name, doc, def string) []ParamInfo {
	return []ParamInfo{{Name: name, Type: ParamString, Enum: []string{"ssl3", "1.0", "1.1", "1.2", "1.3"}, Default: def, Doc: doc}}
}

// protocolEdits are faults in the choice of version and cipher suite.
var protocolEdits = []row{
	{EditInfo{
		Area: AreaProtocol, Name: "version", Causes: "The server speaks this version alone, whether the client offered it or not.",
		Params: versionParam("version", "Protocol version.", "1.0"), RFC: "RFC 5246 E.1, RFC 8446 4.1.3, RFC 8996",
		Alerts: []string{"protocol_version", "illegal_parameter", "handshake_failure"}, AlertNamed: true, Needs: "a suite of that version in the client's offer",
	}, func(p params) ops {
		return forceVersion(versionWords[p.string("version")], nil)
	}},
	{EditInfo{
		Area: AreaProtocol, Name: "version-in-legacy-field", Causes: "The server chooses TLS 1.3 in legacy_version and leaves supported_versions out.",
		RFC: "RFC 8446 4.1.3, 4.2.1", Alerts: []string{"protocol_version", "illegal_parameter", "missing_extension", "decode_error"}, Versions: onlyTLS13,
	}, fixed(onServerHello(true, func(_ *handshake, m *message.ServerHello) bool {
		m.Version = iana.TLS13
		return m.Extensions.Remove(iana.ExtSupportedVersions)
	}))},
	{EditInfo{
		Area: AreaProtocol, Name: "legacy-version", Causes: "The legacy_version of a TLS 1.3 ServerHello is not 0x0303.",
		Params: number("value", "legacy_version.", 0x0301, 0, 0xffff),
		RFC:    "RFC 8446 4.1.3", Alerts: []string{"illegal_parameter", "protocol_version", "decode_error"}, Versions: onlyTLS13,
	}, func(p params) ops {
		return onServerHello(true, func(_ *handshake, m *message.ServerHello) bool {
			m.Version = uint16(p.int("value"))
			return true
		})
	}},
	{EditInfo{
		Area: AreaProtocol, Name: "version-unknown", Causes: "The supported_versions of the ServerHello names a version that nobody offered.",
		Params: number("value", "Version number.", 0x7a7a, 0, 0xffff),
		RFC:    "RFC 8446 4.2.1, RFC 8701", Alerts: []string{"illegal_parameter", "protocol_version"}, AlertNamed: true, Versions: onlyTLS13,
	}, func(p params) ops {
		return onServerHello(true, func(_ *handshake, m *message.ServerHello) bool {
			m.Extensions.Set(iana.ExtSupportedVersions, message.Uint16(uint16(p.int("value"))))
			return true
		})
	}},
	{EditInfo{
		Area: AreaProtocol, Name: "supported-versions-below-tls13", Causes: "A ServerHello of TLS 1.2 or below carries supported_versions.",
		RFC: "RFC 8446 4.2.1", Alerts: []string{"illegal_parameter", "unsupported_extension"}, AlertNamed: true, Versions: tls10to12, Needs: "supported_versions in the ClientHello",
	}, fixed(onServerHello(false, func(hs *handshake, m *message.ServerHello) bool {
		if !hs.offer.has(iana.ExtSupportedVersions) {
			return false
		}
		m.Extensions.Add(iana.ExtSupportedVersions, message.Uint16(hs.version))
		return true
	}))},
	{EditInfo{
		Area: AreaProtocol, Name: "downgrade-sentinel", Causes: "The server, which has TLS 1.3, chooses a lower version and says in its random that this is a downgrade.",
		Params: []ParamInfo{{Name: "to", Type: ParamString, Enum: []string{"1.0", "1.1", "1.2"}, Default: "1.2", Doc: "The version chosen."}},
		RFC:    "RFC 8446 4.1.3", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: tls10to12, Needs: "a higher version in the client's offer",
	}, func(p params) ops {
		to := versionWords[p.string("to")]
		return forceVersion(to, func(hs *handshake) bool { return contains(hs.offer.versions, iana.TLS13) })
	}},
	{EditInfo{
		Area: AreaProtocol, Name: "drop-above", Causes: "The server drops connections of clients that offer more than this version, to see whether they come back with less.",
		Params: append(versionParam("version", "Highest version served.", "1.0"), enum("how", "How the connection ends.", "close", "alert")...),
		RFC:    "RFC 7507 1, CVE-2014-3566 (POODLE)", Alerts: []string{}, NotIsolated: "the connection ends before ServerHello",
	}, func(p params) ops { return dropAbove(versionWords[p.string("version")], p.string("how")) }},
	{EditInfo{
		Area: AreaProtocol, Name: "inappropriate-fallback", Causes: "The server refuses every ClientHello as an inappropriate fallback.",
		RFC: "RFC 7507 3", Alerts: []string{}, NotIsolated: "the server ends the handshake",
	}, fixed(ops{hello: func(*handshake) (bool, error) {
		return true, alertf(iana.AlertInappropriateFallback, "refused by the edit inappropriate-fallback")
	}})},
	{EditInfo{
		Area: AreaProtocol, Name: "suite", Causes: "The server chooses this cipher suite, whether the client offered it or not.",
		Params: word("suite", "IANA name of the cipher suite; one that the client did not offer when left out.", suiteNames()),
		RFC:    "RFC 8446 4.1.3, RFC 5246 7.4.1.3", Alerts: []string{"illegal_parameter", "handshake_failure"}, AlertNamed: true,
		Needs: "a certificate that serves the suite",
	}, func(p params) ops { return chooseSuite(p.string("suite")) }},
	{EditInfo{
		Area: AreaProtocol, Name: "suite-of-tls12-in-tls13", Causes: "A ServerHello of TLS 1.3 names the suite of TLS 1.2 with the same cipher and hash.",
		RFC: "RFC 8446 4.1.3, B.4", Alerts: []string{"illegal_parameter", "handshake_failure"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onServerHello(true, func(_ *handshake, m *message.ServerHello) bool {
		return counterpart(m, iana.ECDHERSA)
	}))},
	{EditInfo{
		Area: AreaProtocol, Name: "suite-of-tls13-in-tls12", Causes: "A ServerHello of TLS 1.2 names the suite of TLS 1.3 with the same cipher and hash.",
		RFC: "RFC 8446 B.4", Alerts: []string{"illegal_parameter", "handshake_failure"}, Versions: onlyTLS12,
		NotIsolated: "such a suite does not say which key exchange to go on with", Needs: "an AEAD suite",
	}, fixed(onServerHello(false, func(_ *handshake, m *message.ServerHello) bool {
		return counterpart(m, iana.Any)
	}))},
}

func suiteNames() []string {
	var names []string
	for _, s := range iana.Suites() {
		names = append(names, s.Name)
	}
	return names
}

// forceVersion makes the server choose a version, where when says so. With when
// the server still has TLS 1.3 and marks the downgrade.
func forceVersion(v uint16, when func(hs *handshake) bool) ops {
	forced := false
	o := on(afterSigning, func(_ *handshake, _ *message.ServerHello) bool { return forced })
	o.config = func(cfg *Config) bool {
		cfg.Versions = []uint16{v}
		if when != nil {
			cfg.Versions = append(cfg.Versions, iana.TLS13)
		}
		return false
	}
	o.hello = func(hs *handshake) (bool, error) {
		if when == nil || when(hs) {
			hs.version, forced = v, true
		}
		return false, nil
	}
	return o
}

// errDropped ends a connection without a word.
var errDropped = errors.New("dropped: the client offered too high a version")

func dropAbove(v uint16, how string) ops {
	return ops{
		config: func(cfg *Config) bool {
			if !contains(cfg.Versions, v) {
				cfg.Versions = append(append([]uint16(nil), cfg.Versions...), v)
			}
			return false
		},
		hello: func(hs *handshake) (bool, error) {
			for _, offered := range hs.offer.versions {
				if offered > v && offered <= iana.TLS13 {
					if how == "alert" {
						return true, alertf(iana.AlertHandshakeFailure, "%v", errDropped)
					}
					return true, errors.Join(errDropped, hs.c.conn.Close())
				}
			}
			return false, nil
		},
	}
}

// chooseSuite makes the server choose a suite by name, or one that the client did not offer.
func chooseSuite(name string) ops {
	forced := false
	o := on(afterSigning, func(_ *handshake, m *message.ServerHello) bool { return forced && !m.IsRetry() })
	o.hello = func(hs *handshake) (bool, error) {
		if err := hs.chooseVersion(); err != nil {
			return false, err
		}
		s := iana.SuiteByName(name)
		if name == "" {
			s = hs.suiteNotOffered()
		}
		if s == nil || (s.KX == iana.Any) != (hs.version == iana.TLS13) {
			return false, nil
		}
		if key := hs.cfg.Certificate.Key; !s.KX.Anonymous() && s.KX != iana.Any && (key == nil || !serves(s.KX, key.Public())) {
			return false, fmt.Errorf("the certificate does not serve %s", s.Name)
		}
		hs.suite, forced = s, true
		return false, nil
	}
	return o
}

// suiteNotOffered is the first sound suite, then the first of all, that the client did not offer and that can be used.
func (hs *handshake) suiteNotOffered() *iana.Suite {
	candidates := append([]uint16(nil), soundSuites...)
	for _, s := range iana.Suites() {
		candidates = append(candidates, s.ID)
	}
	for _, id := range candidates {
		s := iana.SuiteByID(id)
		if !contains(hs.offer.hello.CipherSuites, id) && s.Fits(hs.version) && hs.canUse(s) {
			return s
		}
	}
	return nil
}

// counterpart puts the suite of another key exchange with the same cipher and hash into m.
func counterpart(m *message.ServerHello, k iana.KeyExchange) bool {
	own := iana.SuiteByID(m.CipherSuite)
	for _, s := range iana.Suites() {
		if own != nil && s.KX == k && s.Cipher == own.Cipher && s.KeyLen == own.KeyLen && s.PRFHash() == own.PRFHash() && s.Cipher.AEAD() {
			m.CipherSuite = s.ID
			return true
		}
	}
	return false
}
