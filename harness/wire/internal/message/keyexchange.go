package message

import (
	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// Curve types of ServerECDHParams, RFC 8422 5.4.
const (
	CurveExplicitPrime uint8 = 1
	CurveNamed         uint8 = 3
)

// ECDHParams is ServerECDHParams, RFC 8422 5.4.
type ECDHParams struct {
	CurveType uint8
	Group     uint16    // for CurveNamed
	Explicit  [6][]byte // for CurveExplicitPrime: p, a, b, base, order, cofactor
	Point     []byte
}

// DHParams is ServerDHParams, RFC 5246 7.4.3.
type DHParams struct {
	P, G, Y []byte
}

// RSAParams is ServerRSAParams of the export suites, RFC 2246 7.4.3.
type RSAParams struct {
	Modulus, Exponent []byte
}

// KeyExchangeParams is the kind of parameters that a ServerKeyExchange holds.
type KeyExchangeParams int

// The kinds of parameters.
const (
	ParamsECDH KeyExchangeParams = iota + 1
	ParamsDH
	ParamsRSA
)

// ServerKeyExchange is RFC 5246 7.4.3 and RFC 8422 5.4. The one set of
// parameters that is not nil counts.
type ServerKeyExchange struct {
	ECDH *ECDHParams
	DH   *DHParams
	RSA  *RSAParams

	Signed    bool // false in anonymous key exchange
	HasScheme bool // TLS 1.2 names the algorithm
	Scheme    uint16
	Signature []byte
}

// Type implements Message.
func (m *ServerKeyExchange) Type() uint8 { return iana.ServerKeyExchange }

// Params returns the encoded parameters: what the signature covers, after the randoms.
func (m *ServerKeyExchange) Params() []byte {
	return build(func(b *cryptobyte.Builder) {
		switch {
		case m.ECDH != nil:
			b.AddUint8(m.ECDH.CurveType)
			if m.ECDH.CurveType == CurveExplicitPrime {
				for _, v := range m.ECDH.Explicit {
					vec8(b, v)
				}
			} else {
				b.AddUint16(m.ECDH.Group)
			}
			vec8(b, m.ECDH.Point)
		case m.DH != nil:
			vec16(b, m.DH.P)
			vec16(b, m.DH.G)
			vec16(b, m.DH.Y)
		case m.RSA != nil:
			vec16(b, m.RSA.Modulus)
			vec16(b, m.RSA.Exponent)
		}
	})
}

// Marshal implements Message.
func (m *ServerKeyExchange) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddBytes(m.Params())
		if m.Signed {
			if m.HasScheme {
				b.AddUint16(m.Scheme)
			}
			vec16(b, m.Signature)
		}
	})
}

// Parse implements Message. Parameters that are not nil, Signed and HasScheme say what to expect.
func (m *ServerKeyExchange) Parse(body []byte) error {
	s := reader(body)
	ok := false
	switch {
	case m.ECDH != nil:
		ok = m.ECDH.parse(&s)
	case m.DH != nil:
		ok = readVec16(&s, &m.DH.P) && readVec16(&s, &m.DH.G) && readVec16(&s, &m.DH.Y)
	case m.RSA != nil:
		ok = readVec16(&s, &m.RSA.Modulus) && readVec16(&s, &m.RSA.Exponent)
	}
	if ok && m.Signed {
		ok = (!m.HasScheme || s.ReadUint16(&m.Scheme)) && readVec16(&s, &m.Signature)
	}
	if !ok || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

func (p *ECDHParams) parse(s *reader) bool {
	if !s.ReadUint8(&p.CurveType) {
		return false
	}
	switch p.CurveType {
	case CurveNamed:
		return s.ReadUint16(&p.Group) && readVec8(s, &p.Point)
	case CurveExplicitPrime:
		for i := range p.Explicit {
			if !readVec8(s, &p.Explicit[i]) {
				return false
			}
		}
		return readVec8(s, &p.Point)
	}
	return false
}

// ClientKeyExchange is RFC 5246 7.4.7. Its one field is kept as it stands,
// since its form depends on the key exchange; the functions below read it.
type ClientKeyExchange struct {
	Body []byte
}

// Type implements Message.
func (m *ClientKeyExchange) Type() uint8 { return iana.ClientKeyExchange }

// Marshal implements Message.
func (m *ClientKeyExchange) Marshal() []byte { return m.Body }

// Parse implements Message.
func (m *ClientKeyExchange) Parse(body []byte) error {
	m.Body = append([]byte(nil), body...)
	return nil
}

// Point reads the client's public point, RFC 8422 5.7.
func (m *ClientKeyExchange) Point() ([]byte, bool) { return ParseVector8(m.Body) }

// Public reads the client's Diffie-Hellman public value, RFC 5246 7.4.7.2.
func (m *ClientKeyExchange) Public() ([]byte, bool) { return ParseVector16(m.Body) }

// EncryptedPreMaster reads the encrypted premaster secret, RFC 5246 7.4.7.1; SSL 3.0 has no length before it.
func (m *ClientKeyExchange) EncryptedPreMaster(version uint16) ([]byte, bool) {
	if version == iana.SSL30 {
		return m.Body, true
	}
	return ParseVector16(m.Body)
}
