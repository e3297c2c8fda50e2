package wire

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// exchange is the key exchange of TLS 1.2 and below.
type exchange struct {
	dh  *kx.DHKey
	ec  *kx.Private
	rsa *rsa.PrivateKey // the temporary key of an export suite
	// premasters returns what the client may have computed, likeliest first; an
	// edit may put another function here.
	premasters func(hs *handshake, m *message.ClientKeyExchange) ([][]byte, error)
}

// exportRSABits is the size of temporary RSA keys, RFC 2246 D.1.
const exportRSABits = 512

// needsServerKeyExchange is RFC 5246 7.4.3, and RFC 2246 7.4.3 for export suites.
func (hs *handshake) needsServerKeyExchange() bool {
	switch hs.suite.KX {
	case iana.RSA:
		return false
	case iana.RSAExport:
		k, ok := hs.cfg.Certificate.Key.(*rsa.PrivateKey)
		return !ok || k.N.BitLen() > exportRSABits
	}
	return true
}

// signing is one signature about to be made.
type signing struct {
	key     crypto.Signer
	scheme  uint16 // TLS 1.2 and 1.3
	content []byte
	context string // TLS 1.3: the context string, RFC 8446 4.4.3
	hash    []byte // TLS 1.3: the transcript hash
}

// sendServerKeyExchange is RFC 5246 7.4.3 and RFC 8422 5.4.
func (hs *handshake) sendServerKeyExchange() error {
	x := &hs.legacy.exchange
	m := &message.ServerKeyExchange{Signed: !hs.suite.KX.Anonymous(), HasScheme: hs.version == iana.TLS12}
	var err error
	switch {
	case hs.suite.KX.FiniteField():
		g := kx.DHGroup{P: hs.cfg.DH.P, G: hs.cfg.DH.G}
		if hs.suite.KX.Export() && g.P.BitLen() > 512 {
			g, _ = kx.Sized(512) // RFC 2246 D.1
		}
		if x.dh, err = g.Generate(hs.cfg.Rand); err == nil {
			m.DH = &message.DHParams{P: g.P.Bytes(), G: dhBytes(g.G), Y: dhBytes(x.dh.Y)}
		}
	case hs.suite.KX.Elliptic():
		if x.ec, err = kx.Generate(hs.group, hs.cfg.Rand); err == nil {
			m.ECDH = &message.ECDHParams{CurveType: message.CurveNamed, Group: hs.group, Point: x.ec.Public}
		}
	default:
		if x.rsa, err = kx.GenerateRSA(exportRSABits); err == nil {
			m.RSA = &message.RSAParams{Modulus: x.rsa.N.Bytes(), Exponent: big.NewInt(int64(x.rsa.E)).Bytes()}
		}
	}
	if err != nil {
		return err
	}
	if m.ECDH != nil {
		hs.c.setState(func(s *ConnectionState) { s.Group = hs.group })
	}
	hs.script.message(hs, beforeSigning, m)
	if m.Signed {
		if err := hs.signServerKeyExchange(m); err != nil {
			return err
		}
	}
	hs.send(stepServerKeyExchange, m)
	return nil
}

// dhBytes writes a number as DHE parameters hold it: without leading zeros, but never empty.
func dhBytes(n *big.Int) []byte {
	if n.Sign() == 0 {
		return []byte{0}
	}
	return n.Bytes()
}

// signServerKeyExchange signs both randoms and the parameters, RFC 5246 7.4.3.
func (hs *handshake) signServerKeyExchange(m *message.ServerKeyExchange) error {
	s := &signing{key: hs.cfg.Certificate.Key, scheme: hs.scheme}
	s.content = append(append(append(s.content, hs.offer.hello.Random[:]...), hs.random[:]...), m.Params()...)
	hs.script.signing(hs, s)
	if s.key == nil {
		return errors.New("no key to sign with")
	}
	var err error
	if m.HasScheme {
		m.Scheme = s.scheme
		hs.setScheme(s.scheme)
		m.Signature, err = sign.Sign(hs.cfg.Rand == nil, s.key, s.scheme, s.content)
	} else {
		m.Signature, err = sign.Legacy(s.key, s.content)
	}
	return err
}

func (hs *handshake) setScheme(scheme uint16) {
	hs.c.setState(func(s *ConnectionState) { s.Scheme = scheme })
}

// readClientKeyExchange is RFC 5246 7.4.7; with it the master secret is known.
func (hs *handshake) readClientKeyExchange() error {
	var m message.ClientKeyExchange
	if _, err := hs.readInto(&m); err != nil {
		return err
	}
	premasters := hs.legacy.exchange.premasters
	if premasters == nil {
		premasters = (*handshake).premaster
	}
	candidates, err := premasters(hs, &m)
	if err != nil {
		return err
	}
	secrets := hs.legacySecrets()
	for _, pm := range candidates {
		master := secrets.Master(pm)
		if hs.legacy.extendedMaster {
			master = secrets.ExtendedMaster(pm, hs.transcript)
		}
		c, err := hs.derive(master)
		if err != nil {
			return err
		}
		hs.legacy.candidates = append(hs.legacy.candidates, c)
	}
	hs.legacy.master = hs.legacy.candidates[0].master
	hs.legacy.out = hs.legacy.candidates[0].out
	return nil
}

// premaster computes the one premaster secret of an honest handshake.
func (hs *handshake) premaster(m *message.ClientKeyExchange) ([][]byte, error) {
	x := &hs.legacy.exchange
	switch {
	case x.dh != nil:
		y, ok := m.Public()
		if !ok {
			return nil, alertf(iana.AlertDecodeError, "ClientKeyExchange does not parse")
		}
		return [][]byte{x.dh.Shared(y)}, nil
	case x.ec != nil:
		point, ok := m.Point()
		if !ok {
			return nil, alertf(iana.AlertDecodeError, "ClientKeyExchange does not parse")
		}
		z, err := x.ec.Shared(point)
		if err != nil {
			return nil, alertf(iana.AlertIllegalParameter, "the client's point: %v", err)
		}
		return [][]byte{z}, nil
	}
	pm, err := hs.decryptPreMaster(m)
	return [][]byte{pm}, err
}

// decryptPreMaster is RFC 5246 7.4.7.1. Nothing is hidden from an attacker: there is none.
func (hs *handshake) decryptPreMaster(m *message.ClientKeyExchange) ([]byte, error) {
	sealed, ok := m.EncryptedPreMaster(hs.version)
	if !ok {
		return nil, alertf(iana.AlertDecodeError, "ClientKeyExchange does not parse")
	}
	key := hs.legacy.exchange.rsa
	if key == nil {
		key, _ = hs.cfg.Certificate.Key.(*rsa.PrivateKey)
	}
	var pm []byte
	var err error
	if key != nil {
		pm, err = kx.DecryptPreMaster(key, sealed)
	} else if d, ok := hs.cfg.Certificate.Key.(crypto.Decrypter); ok {
		pm, err = d.Decrypt(rand.Reader, sealed, &rsa.PKCS1v15DecryptOptions{}) //nolint:staticcheck // RSA key exchange is PKCS #1 v1.5, RFC 5246 7.4.7.1
	} else {
		return nil, fmt.Errorf("a key of type %T cannot decrypt", hs.cfg.Certificate.Key)
	}
	version := hs.offer.hello.Version
	if err != nil || len(pm) != 48 || pm[0] != byte(version>>8) || pm[1] != byte(version) {
		return nil, alertf(iana.AlertDecryptError, "the premaster secret does not decrypt to one: %v", err)
	}
	return pm, nil
}
