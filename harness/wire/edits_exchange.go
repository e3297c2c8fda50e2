package wire

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

const (
	needsSigned = "a key exchange with a signature: ECDHE or DHE"
	needsECDHE  = "an ECDHE suite"
	needsNIST   = "an ECDHE suite and a NIST curve in the client's offer"
)

var badPoint = []string{"illegal_parameter", "decode_error", "handshake_failure"}

// keyExchangeEdits are faults of ServerKeyExchange, RFC 5246 7.4.3 and RFC 8422 5.4.
var keyExchangeEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-signature-corrupted", Causes: "A bit of the signature over the server's parameters is flipped.",
		RFC: "RFC 5246 7.4.3, CVE-2014-1266 (goto fail)", Alerts: []string{"decrypt_error"}, AlertNamed: true, Versions: upToTLS12, Needs: needsSigned,
	}, fixed(onSigned(func(_ *handshake, m *message.ServerKeyExchange) { m.Signature[len(m.Signature)-1] ^= 1 }))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-signature-missing", Causes: "The signature over the server's parameters is empty, or left out with its length.",
		Params: enum("form", "What is left.", "empty", "nothing"),
		RFC:    "RFC 5246 7.4.3, CVE-2018-9988", Alerts: []string{"decode_error", "decrypt_error"}, Versions: upToTLS12, Needs: needsSigned,
	}, func(p params) ops {
		return onSigned(func(_ *handshake, m *message.ServerKeyExchange) {
			m.Signature = nil
			m.Signed = p.string("form") == "empty"
		})
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-other-randoms", Causes: "The signature covers the parameters with the randoms of another connection.",
		RFC: "RFC 5246 7.4.3", Alerts: []string{"decrypt_error"}, AlertNamed: true, Versions: upToTLS12, Needs: needsSigned,
	}, fixed(onSigning(false, func(_ *handshake, s *signing) bool {
		for i := range s.content[:64] {
			s.content[i] ^= 0x5a
		}
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-scheme", Causes: "The parameters are signed by an algorithm that the client did not offer, or by the one told.",
		Params: word("scheme", "IANA name of the signature scheme.", sign.Names()),
		RFC:    "RFC 5246 7.4.3", Alerts: []string{"illegal_parameter", "handshake_failure", "decrypt_error"}, Versions: onlyTLS12, Needs: needsSigned,
	}, func(p params) ops {
		return onSigning(false, func(hs *handshake, s *signing) bool {
			return hs.version == iana.TLS12 && hs.otherScheme(s, p.string("scheme"))
		})
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-group-not-offered", Causes: "The server's ephemeral key is on a curve that the client did not offer.",
		RFC: "RFC 8422 5.4", Alerts: []string{"illegal_parameter", "handshake_failure"}, Versions: tls10to12, Needs: needsECDHE,
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		return hs.version != iana.TLS13 && hs.suite.KX.Elliptic() && hs.groupNotOffered(iana.Secp521r1, iana.Secp384r1, iana.Secp256r1, iana.X25519, iana.Secp256k1)
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-point", Causes: "The server's ephemeral point is not one that may be sent: off the curve, compressed, or at infinity.",
		Params: enum("form", "What the point is.", "off-curve", "compressed", "infinity"),
		RFC:    "RFC 8422 5.4, 5.11", Alerts: badPoint, Versions: tls10to12, Needs: needsNIST,
	}, func(p params) ops { return badCurvePoint(p.string("form")) }},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-x25519-zero", Causes: "The server's x25519 value is all zeros, and so is the secret.",
		RFC: "RFC 8422 5.11, RFC 7748 6.1", Alerts: badPoint, Versions: tls10to12, Needs: "an ECDHE suite and x25519 in the client's offer",
	}, fixed(zeroX25519())},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-explicit-curve", Causes: "The server spells out the parameters of P-256 instead of naming it.",
		RFC: "RFC 8422 5.4", Alerts: []string{"illegal_parameter", "handshake_failure", "decode_error"}, Versions: tls10to12, Needs: needsNIST,
	}, fixed(explicitCurve())},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-trailing-bytes", Causes: "ServerKeyExchange has a byte after its end.",
		RFC: "RFC 5246 7.2.2", Alerts: []string{"decode_error"}, AlertNamed: true, Versions: upToTLS12, Needs: needsSigned,
	}, fixed(trailing(iana.ServerKeyExchange))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-skipped", Causes: "The server does not send ServerKeyExchange, and computes with the key of its certificate, as clients did that went on.",
		RFC: "RFC 5246 7.4.3, CVE-2014-3572, CVE-2015-2721", Alerts: []string{"unexpected_message"}, AlertNamed: true, Versions: upToTLS12, Needs: "a key exchange with ServerKeyExchange, and an RSA or ECDSA certificate",
	}, fixed(staticExchange())},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-twice", Causes: "ServerKeyExchange is sent twice.",
		RFC: "RFC 5246 7.4", Alerts: []string{"unexpected_message"}, AlertNamed: true, Versions: upToTLS12, Needs: needsSigned,
	}, fixed(doubled(iana.ServerKeyExchange, afterMarshal))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-key-exchange-export-rsa", Causes: "In plain RSA key exchange the server sends a temporary RSA key of 512 bits, as if the suite were an export suite.",
		RFC: "RFC 5246 7.4.3, CVE-2015-0204 (FREAK)", Alerts: []string{"unexpected_message"}, AlertNamed: true, Versions: upToTLS12, Needs: "a suite with RSA key exchange",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.suite.KX != iana.RSA {
			return steps, false
		}
		return insert(steps, false, stepServerHelloDone, step{stepServerKeyExchange, (*handshake).sendServerKeyExchange})
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "signature-zero", Causes: "The ECDSA signature of ServerKeyExchange or CertificateVerify is made of two zeros.",
		RFC: "RFC 8446 4.4.3, FIPS 186-5 6.4.2, CVE-2022-21449", Alerts: []string{"decrypt_error"}, AlertNamed: true, Needs: "an ECDSA certificate, and a key exchange with a signature",
	}, fixed(ops{message: func(hs *handshake, at stage, m message.Message) bool {
		if _, ok := publicKey(hs).(*ecdsa.PublicKey); !ok || at != afterSigning {
			return false
		}
		zeros := []byte{0x30, 6, 2, 1, 0, 2, 1, 0} // SEQUENCE { INTEGER 0, INTEGER 0 }
		switch m := m.(type) {
		case *message.ServerKeyExchange:
			m.Signature = zeros
			return m.Signed
		case *message.CertificateVerify:
			m.Signature = zeros
			return true
		}
		return false
	}})},
}

func publicKey(hs *handshake) any {
	if hs.cfg.Certificate.Key == nil {
		return nil
	}
	return hs.cfg.Certificate.Key.Public()
}

// onSigned edits a ServerKeyExchange that has been signed.
func onSigned(f func(hs *handshake, m *message.ServerKeyExchange)) ops {
	return on(afterSigning, func(hs *handshake, m *message.ServerKeyExchange) bool {
		if !m.Signed {
			return false
		}
		f(hs, m)
		return true
	})
}

// otherScheme signs by the scheme of a name, or by one that the client did not
// offer and that the key can make, weak ones first.
func (hs *handshake) otherScheme(s *signing, name string) bool {
	if s.key == nil {
		return false
	}
	if name != "" {
		s.scheme = sign.ByName(name).ID
		return true
	}
	weak := []uint16{sign.RSAPKCS1MD5, sign.RSAPKCS1SHA1, sign.ECDSASHA1, sign.RSAPKCS1SHA256, sign.PSSPSSSHA256}
	for _, id := range append(weak, sign.Default()...) {
		scheme := sign.ByID(id)
		fits := scheme.Suits(iana.TLS12, s.key.Public())
		if scheme.Kind == sign.PSSPSS {
			_, fits = s.key.Public().(*rsa.PublicKey)
		}
		if fits && !contains(hs.offer.schemes, id) {
			s.scheme = id
			return true
		}
	}
	return false
}

// groupNotOffered takes the first group of a list that the client did not offer.
func (hs *handshake) groupNotOffered(groups ...uint16) bool {
	for _, g := range groups {
		if !contains(hs.offer.groups, g) {
			hs.group = g
			return true
		}
	}
	return false
}

// nistGroups are the groups with points in Weierstrass form, likeliest first.
var nistGroups = []uint16{iana.Secp256r1, iana.Secp384r1, iana.Secp521r1}

// useGroup takes the first group of a list that the client did offer.
func (hs *handshake) useGroup(groups ...uint16) bool { //nolint:unparam // whether it found one is for the reader
	for _, g := range groups {
		if contains(hs.offer.groups, g) {
			hs.group = g
			return true
		}
	}
	return false
}

// badCurvePoint replaces the point and what follows from it.
func badCurvePoint(form string) ops {
	o := on(beforeSigning, func(hs *handshake, m *message.ServerKeyExchange) bool {
		if m.ECDH == nil {
			return false
		}
		c := kx.Weierstrass(m.ECDH.Group)
		if c == nil {
			return false
		}
		nothing := c.X(nil)
		switch form {
		case "compressed":
			p, _ := c.Decode(m.ECDH.Point)
			m.ECDH.Point = c.Compress(p)
		case "infinity":
			m.ECDH.Point = c.Encode(nil)
			hs.legacy.exchange.premasters = known(nothing)
		default:
			p := c.OrderThree()
			m.ECDH.Point = c.Encode(p)
			hs.legacy.exchange.premasters = known(c.X(p), nothing)
		}
		return true
	})
	o.negotiated = func(hs *handshake) bool {
		if hs.version != iana.TLS13 {
			hs.useGroup(nistGroups...)
		}
		return false
	}
	return o
}

// known is for secrets that do not depend on what the client sends.
func known(secrets ...[]byte) func(*handshake, *message.ClientKeyExchange) ([][]byte, error) {
	return func(*handshake, *message.ClientKeyExchange) ([][]byte, error) { return secrets, nil }
}

func zeroX25519() ops {
	o := on(beforeSigning, func(hs *handshake, m *message.ServerKeyExchange) bool {
		if m.ECDH == nil || m.ECDH.Group != iana.X25519 {
			return false
		}
		m.ECDH.Point = make([]byte, 32)
		hs.legacy.exchange.premasters = known(make([]byte, 32))
		return true
	})
	o.negotiated = func(hs *handshake) bool {
		if hs.version != iana.TLS13 {
			hs.useGroup(iana.X25519)
		}
		return false
	}
	return o
}

func explicitCurve() ops {
	o := on(beforeSigning, func(_ *handshake, m *message.ServerKeyExchange) bool {
		if m.ECDH == nil {
			return false
		}
		c := kx.Weierstrass(m.ECDH.Group)
		if c == nil {
			return false
		}
		m.ECDH.CurveType = message.CurveExplicitPrime
		m.ECDH.Explicit = [6][]byte{c.P.Bytes(), c.A.Bytes(), c.B.Bytes(), c.Encode(c.Base), c.N.Bytes(), big.NewInt(1).Bytes()}
		return true
	})
	o.negotiated = func(hs *handshake) bool {
		if hs.version != iana.TLS13 {
			hs.useGroup(nistGroups...)
		}
		return false
	}
	return o
}

// staticExchange leaves ServerKeyExchange out: a client that goes on takes the
// key of the certificate, for ECDH if it is an ECDSA key, to encrypt to if it is RSA.
func staticExchange() ops {
	o := skip(stepServerKeyExchange)
	plan := o.plan
	o.plan = func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 {
			hs.legacy.exchange.premasters = staticPremaster
		}
		return plan(hs, steps)
	}
	return o
}

func staticPremaster(hs *handshake, m *message.ClientKeyExchange) ([][]byte, error) {
	k, ok := hs.cfg.Certificate.Key.(*ecdsa.PrivateKey)
	if !ok {
		pm, err := hs.decryptPreMaster(m)
		return [][]byte{pm}, err
	}
	own, err := k.ECDH()
	if err != nil {
		return nil, err
	}
	point, ok := m.Point()
	if !ok {
		return nil, errors.New("the client's key exchange does not parse")
	}
	peer, err := own.Curve().NewPublicKey(point)
	if err != nil {
		return nil, alertf(iana.AlertIllegalParameter, "the client's point: %v", err)
	}
	z, err := own.ECDH(peer)
	return [][]byte{z}, err
}
