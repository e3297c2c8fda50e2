package wire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// negotiate chooses version, cipher suite, group, signature scheme and
// application protocol, and a session to resume. What is chosen already, by an
// edit, stays.
func (hs *handshake) negotiate() error {
	if err := hs.chooseVersion(); err != nil {
		return err
	}
	if err := hs.chooseALPN(); err != nil {
		return err
	}
	if err := hs.chooseSuite(); err != nil {
		return err
	}
	if hs.version == iana.TLS13 {
		if err := hs.chooseSession13(); err != nil {
			return err
		}
		hs.chooseGroup13()
	} else {
		hs.chooseSession()
		hs.group = hs.ellipticGroup()
	}
	if key := hs.cfg.Certificate.Key; key != nil && hs.scheme == 0 {
		hs.scheme, _ = sign.Choose(hs.version, key.Public(), hs.cfg.SignatureSchemes, hs.offer.schemes)
	}
	return nil
}

// chooseVersion takes the highest version that both speak, RFC 8446 4.2.1.
func (hs *handshake) chooseVersion() error {
	if hs.version != 0 {
		return nil
	}
	highest := uint16(0)
	for _, v := range hs.cfg.Versions {
		highest = max(highest, v)
		if v > hs.version && contains(hs.offer.versions, v) {
			hs.version = v
		}
	}
	if hs.version == 0 {
		return alertf(iana.AlertProtocolVersion, "no version in common")
	}
	if contains(hs.offer.hello.CipherSuites, iana.SCSVFallback) && hs.version < highest {
		return alertf(iana.AlertInappropriateFallback, "a fallback to %s", iana.VersionName(hs.version)) // RFC 7507 3
	}
	return nil
}

// chooseALPN takes the first of the server's protocols that the client offered, RFC 7301 3.2.
func (hs *handshake) chooseALPN() error {
	if hs.alpn != "" || len(hs.cfg.ALPN) == 0 || len(hs.offer.alpn) == 0 {
		return nil
	}
	for _, p := range hs.cfg.ALPN {
		if contains(hs.offer.alpn, p) {
			hs.alpn = p
			return nil
		}
	}
	return alertf(iana.AlertNoApplicationProtocol, "no application protocol in common with %q", hs.offer.alpn)
}

// chooseSuite takes the first of the server's suites that the client offered and that can be used.
func (hs *handshake) chooseSuite() error {
	if hs.suite != nil {
		return nil
	}
	for _, id := range hs.cfg.CipherSuites {
		s := iana.SuiteByID(id)
		if s != nil && contains(hs.offer.hello.CipherSuites, id) && s.Fits(hs.version) && hs.canUse(s) {
			hs.suite = s
			return nil
		}
	}
	return alertf(iana.AlertHandshakeFailure, "no cipher suite in common")
}

// canUse reports whether the server's key, and the client's groups, serve a suite.
func (hs *handshake) canUse(s *iana.Suite) bool {
	if s.KX.Elliptic() && hs.ellipticGroup() == 0 {
		return false
	}
	if s.KX.Anonymous() || s.KX == iana.Any {
		return true
	}
	if hs.cfg.Certificate.Key == nil {
		return false
	}
	pub := hs.cfg.Certificate.Key.Public()
	if !serves(s.KX, pub) {
		return false
	}
	if hs.version == iana.TLS12 && s.KX != iana.RSA && s.KX != iana.RSAExport {
		_, ok := sign.Choose(hs.version, pub, hs.cfg.SignatureSchemes, hs.offer.schemes)
		return ok
	}
	return true
}

// serves reports whether a public key is of the kind that a key exchange asks for, RFC 5246 7.4.2, RFC 8422 5.3.
func serves(k iana.KeyExchange, pub crypto.PublicKey) bool {
	switch pub.(type) {
	case *rsa.PublicKey:
		return k != iana.ECDHEECDSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return k == iana.ECDHEECDSA
	}
	return false
}

// ellipticGroup is the group for ECDHE of TLS 1.2 and below; P-256 is as good as offered where the client lists none.
func (hs *handshake) ellipticGroup() uint16 {
	offered := hs.offer.groups
	if offered == nil {
		offered = []uint16{iana.Secp256r1}
	}
	for _, g := range hs.cfg.Groups {
		if contains(offered, g) && kx.Elliptic(g) {
			return g
		}
	}
	return 0
}

// chooseGroup13 takes the server's first group that the client sent a share of,
// else the first that it listed: then a HelloRetryRequest asks for it, RFC 8446 4.1.1.
func (hs *handshake) chooseGroup13() {
	if hs.tls13.retried {
		return // the group was chosen then
	}
	for _, g := range hs.cfg.Groups {
		if hs.offer.share(g) != nil {
			hs.group = g
			return
		}
	}
	for _, g := range hs.cfg.Groups {
		if contains(hs.offer.groups, g) {
			hs.group = g
			return
		}
	}
}
