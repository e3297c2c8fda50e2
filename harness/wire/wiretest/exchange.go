package wiretest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

func serves(k iana.KeyExchange, pub crypto.PublicKey) bool {
	switch pub.(type) {
	case *rsa.PublicKey:
		return k != iana.ECDHEECDSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return k == iana.ECDHEECDSA || k == iana.Any
	}
	return false
}

// serverKey is the key of the server's certificate; nil without one.
func (s *conn) serverKey() crypto.PublicKey {
	if len(s.chain) == 0 || s.Verify != nil {
		return s.verified
	}
	leaf, err := x509.ParseCertificate(s.chain[0])
	if err != nil {
		return nil
	}
	return leaf.PublicKey
}

// readKeyExchange reads ServerKeyExchange where there must be one.
func (s *conn) readKeyExchange() error {
	typ, err := s.peek()
	if err != nil {
		return err
	}
	k := s.suite.KX
	due := k != iana.RSA
	if rsaKey, ok := s.serverKey().(*rsa.PublicKey); ok && k == iana.RSAExport && rsaKey.N.BitLen() <= 512 {
		due = false
	}
	if typ != iana.ServerKeyExchange && typ != isCCS {
		ahead := typ == iana.ServerHelloDone || typ == iana.CertificateRequest
		if !due || !ahead {
			if due {
				return s.readAndCheckExchange()
			}
			return nil
		}
		return s.must(false, KeyExchangeMissing, iana.AlertUnexpectedMessage, "no ServerKeyExchange")
	}
	if typ == iana.ServerKeyExchange {
		if err := s.must(due, KeyExchangeUnasked, iana.AlertUnexpectedMessage, "ServerKeyExchange with %s", s.suite.Name); err != nil {
			return err
		}
	}
	return s.readAndCheckExchange()
}

func (s *conn) readAndCheckExchange() error {
	raw, err := s.expect(iana.ServerKeyExchange)
	if err != nil {
		return err
	}
	k := s.suite.KX
	m := &message.ServerKeyExchange{Signed: !k.Anonymous(), HasScheme: s.version == iana.TLS12}
	switch {
	case k.FiniteField():
		m.DH = &message.DHParams{}
	case k.Elliptic() || k == iana.Any:
		m.ECDH = &message.ECDHParams{}
	default:
		m.RSA = &message.RSAParams{}
	}
	if err := s.decode(raw, m); err != nil {
		unsigned := *m
		unsigned.Signed = false
		if m.Signed && message.Decode(raw, &unsigned) == nil {
			if err := s.must(false, Signature, iana.AlertDecodeError, "ServerKeyExchange without a signature"); err != nil {
				return err
			}
			s.legacy.ske = &unsigned
			return nil
		}
		return err
	}
	s.legacy.ske = m
	if !m.Signed || s.serverKey() == nil {
		return nil
	}
	content := append(append(append([]byte(nil), s.hello.Random[:]...), s.random[:]...), m.Params()...)
	if !m.HasScheme {
		return s.verdict(sign.VerifyLegacy(s.serverKey(), content, m.Signature), m.Signature)
	}
	if err := s.must(has(s.Schemes, m.Scheme), Scheme, iana.AlertIllegalParameter, "scheme %04x was not offered", m.Scheme); err != nil {
		return err
	}
	return s.verdict(sign.Verify(s.serverKey(), m.Scheme, content, m.Signature), m.Signature)
}

// verdict is the check of a signature; a client without ZeroSignature takes r = s = 0.
func (s *conn) verdict(err error, signature []byte) error {
	if err == nil {
		return nil
	}
	if bytes.Equal(signature, []byte{0x30, 6, 2, 1, 0, 2, 1, 0}) {
		return s.must(false, ZeroSignature, iana.AlertDecryptError, "a signature of two zeros")
	}
	return s.must(false, Signature, iana.AlertDecryptError, "%v", err)
}

// exchangeKeys checks the server's parameters and computes premaster secret and ClientKeyExchange.
func (s *conn) exchangeKeys() error {
	l := &s.legacy
	switch {
	case l.ske == nil:
		return s.staticExchange()
	case l.ske.DH != nil:
		return s.exchangeDH(l.ske.DH)
	case l.ske.ECDH != nil:
		return s.exchangeECDH(l.ske.ECDH)
	}
	p := l.ske.RSA
	return s.encrypt(&rsa.PublicKey{N: new(big.Int).SetBytes(p.Modulus), E: int(new(big.Int).SetBytes(p.Exponent).Int64())})
}

// staticExchange uses the key of the certificate: to encrypt to, or for ECDH.
func (s *conn) staticExchange() error {
	switch k := s.serverKey().(type) {
	case *rsa.PublicKey:
		return s.encrypt(k)
	case *ecdsa.PublicKey:
		peer, err := k.ECDH()
		if err != nil {
			return err
		}
		own, err := peer.Curve().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		s.legacy.exchange = message.Vector8(own.PublicKey().Bytes())
		s.legacy.premaster, err = own.ECDH(peer)
		return err
	}
	return errNoShare
}

func (s *conn) encrypt(k *rsa.PublicKey) error {
	pm := make([]byte, secretLen)
	_, _ = rand.Read(pm)
	pm[0], pm[1] = byte(s.hello.Version>>8), byte(s.hello.Version)
	sealed, err := kx.EncryptPreMaster(k, pm)
	if err != nil {
		return err
	}
	s.legacy.premaster, s.legacy.exchange = pm, sealed
	if s.version > iana.SSL30 {
		s.legacy.exchange = message.Vector16(sealed)
	}
	return nil
}

const secretLen = 48

// Bounds of a modulus in bits.
const (
	dhLeast = 2048
	dhMost  = 10_000
)

func (s *conn) exchangeDH(m *message.DHParams) error {
	g := kx.DHGroup{P: new(big.Int).SetBytes(m.P), G: new(big.Int).SetBytes(m.G)}
	s.result.Modulus, s.result.Generator = m.P, m.G
	y := new(big.Int).SetBytes(m.Y)
	bits := g.P.BitLen()
	if err := s.must(bits >= dhLeast, DHSize, iana.AlertInsufficientSecurity, "a modulus of %d bits", bits); err != nil {
		return err
	}
	if err := s.must(bits <= dhMost, DHHuge, iana.AlertInsufficientSecurity, "a modulus of %d bits", bits); err != nil {
		return err
	}
	if bits <= dhMost { // to look at larger ones takes minutes
		if err := s.must(s.lacks(DHPrime) || g.P.ProbablyPrime(1), DHPrime, iana.AlertInsufficientSecurity, "the modulus is not prime"); err != nil {
			return err
		}
	}
	last := new(big.Int).Sub(g.P, big.NewInt(1))
	proper := func(v *big.Int) bool { return v.Cmp(big.NewInt(1)) > 0 && v.Cmp(last) < 0 }
	if err := s.must(proper(g.G) && proper(y), DHPublic, iana.AlertIllegalParameter, "a degenerate generator or public value"); err != nil {
		return err
	}
	if err := s.must(!proper(g.G) || !smallOrder(g), DHSubgroup, iana.AlertInsufficientSecurity, "a generator of small order"); err != nil {
		return err
	}
	own, err := g.Generate(nil)
	if err != nil {
		return err
	}
	s.legacy.premaster = own.Shared(m.Y)
	s.legacy.exchange = message.Vector16(own.Y.Bytes())
	return nil
}

func smallOrder(g kx.DHGroup) bool {
	power := new(big.Int).Set(g.G)
	for range 100 {
		if power.Cmp(big.NewInt(1)) == 0 {
			return true
		}
		power.Mul(power, g.G).Mod(power, g.P)
	}
	return power.Exp(g.G, big.NewInt(kx.SmallOrder), g.P).Cmp(big.NewInt(1)) == 0
}

func (s *conn) exchangeECDH(m *message.ECDHParams) error {
	group := m.Group
	if m.CurveType == message.CurveExplicitPrime {
		if err := s.must(false, ExplicitCurve, iana.AlertIllegalParameter, "an explicit curve"); err != nil {
			return err
		}
		for _, g := range []uint16{iana.Secp256r1, iana.Secp384r1, iana.Secp521r1} {
			if bytes.Equal(kx.Weierstrass(g).B.Bytes(), m.Explicit[2]) {
				group = g
			}
		}
	} else if err := s.must(has(s.Groups, group), Group, iana.AlertIllegalParameter, "group %s was not offered", iana.GroupName(group)); err != nil {
		return err
	}
	own, err := kx.Generate(group, nil)
	if err != nil {
		return err
	}
	s.result.Group = group
	s.legacy.exchange = message.Vector8(own.Public)
	s.legacy.premaster, err = s.shared(own, m.Point)
	return err
}

// shared computes a secret, with the checks of the server's public value.
func (s *conn) shared(own *kx.Private, peer []byte) ([]byte, error) {
	c := kx.Weierstrass(own.Group)
	if c == nil {
		return s.sharedOther(own, peer)
	}
	p, ok := c.Decode(peer)
	if !ok {
		padded := append(bytes.Clone(peer), 0)
		if len(peer) > 1+2*c.Size() {
			padded = peer[:1+2*c.Size()]
		}
		if err := s.must(false, ShareLength, iana.AlertIllegalParameter, "a point of %d bytes", len(peer)); err != nil {
			return nil, err
		}
		if p, ok = c.Decode(padded); !ok {
			return nil, errNoShare
		}
		peer = padded
	}
	if err := s.must(peer[0] != 2 && peer[0] != 3, PointFormat, iana.AlertIllegalParameter, "a compressed point"); err != nil {
		return nil, err
	}
	if err := s.must(c.Contains(p), Point, iana.AlertIllegalParameter, "no point of the curve"); err != nil {
		return nil, err
	}
	if c.Contains(p) {
		return own.Shared(c.Encode(p))
	}
	return c.X(c.Multiply(own.Scalar(), p)), nil
}

// sharedOther computes with x25519, its hybrid, and finite fields.
func (s *conn) sharedOther(own *kx.Private, peer []byte) ([]byte, error) {
	if g, ok := kx.FFDHE(own.Group); ok {
		y := new(big.Int).SetBytes(peer)
		proper := y.Cmp(big.NewInt(1)) > 0 && y.Cmp(new(big.Int).Sub(g.P, big.NewInt(1))) < 0
		if err := s.must(proper, DHPublic, iana.AlertIllegalParameter, "a degenerate public value"); err != nil {
			return nil, err
		}
		if !proper {
			z := new(big.Int).Mod(y, g.P)
			if z.Cmp(big.NewInt(1)) > 0 {
				z.SetInt64(1) // p-1: every second client
			}
			return g.Padded(z), nil
		}
	}
	want := len(own.Public)
	if own.Group == iana.X25519MLKEM768 {
		want = 1088 + 32
	}
	if len(peer) != want {
		if err := s.must(false, ShareLength, iana.AlertIllegalParameter, "a share of %d bytes", len(peer)); err != nil {
			return nil, err
		}
		peer = append(bytes.Clone(peer), 0)[:want]
	}
	z, err := own.Shared(peer)
	if err != nil && bytes.Equal(peer, make([]byte, 32)) && own.Group == iana.X25519 {
		return make([]byte, 32), s.must(false, ZeroSecret, iana.AlertIllegalParameter, "a secret of zeros")
	}
	return z, err
}

// sendVerifyLegacy proves possession of the client's key, RFC 5246 7.4.8.
func (s *conn) sendVerifyLegacy() error {
	m := &message.CertificateVerify{HasScheme: s.version == iana.TLS12}
	var err error
	switch {
	case s.version == iana.SSL30:
		both, sha := s.secrets().CertificateVerify(s.legacy.master, s.transcript)
		m.Signature, err = sign.LegacyDigest(s.Key, both, sha)
	case m.HasScheme:
		m.Scheme, _ = sign.Choose(s.version, s.Key.Public(), s.Schemes, s.Schemes)
		m.Signature, err = sign.Sign(true, s.Key, m.Scheme, s.transcript)
	default:
		m.Signature, err = sign.Legacy(s.Key, s.transcript)
	}
	if err != nil {
		return err
	}
	return s.send(m)
}
