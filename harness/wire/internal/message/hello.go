package message

import (
	"bytes"
	"crypto/sha256"

	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// HelloRetryRandom is the random of a ServerHello that is a HelloRetryRequest, RFC 8446 4.1.3.
var HelloRetryRandom = sha256.Sum256([]byte("HelloRetryRequest"))

// ClientHello is RFC 8446 4.1.2 and RFC 5246 7.4.1.2.
type ClientHello struct {
	Version      uint16 // legacy_version
	Random       [32]byte
	SessionID    []byte
	CipherSuites []uint16
	Compressions []uint8
	// NoExtensions tells a hello that ends after the compressions from one with an empty list.
	NoExtensions bool
	Extensions   Extensions
}

// Type implements Message.
func (m *ClientHello) Type() uint8 { return iana.ClientHello }

// Marshal implements Message.
func (m *ClientHello) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16(m.Version)
		b.AddBytes(m.Random[:])
		vec8(b, m.SessionID)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, m.CipherSuites) })
		vec8(b, m.Compressions)
		if !m.NoExtensions {
			m.Extensions.marshal(b)
		}
	})
}

// Parse implements Message.
func (m *ClientHello) Parse(body []byte) error {
	*m = ClientHello{}
	s, suites := reader(body), reader(nil)
	if !s.ReadUint16(&m.Version) || !s.CopyBytes(m.Random[:]) || !readVec8(&s, &m.SessionID) ||
		!s.ReadUint16LengthPrefixed(&suites) || !readUint16s(suites, &m.CipherSuites) ||
		!readVec8(&s, &m.Compressions) {
		return ErrMalformed
	}
	if s.Empty() {
		m.NoExtensions = true
		return nil
	}
	if !m.Extensions.parse(&s) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// ServerHello is RFC 8446 4.1.3 and RFC 5246 7.4.1.3; with HelloRetryRandom it is a HelloRetryRequest.
type ServerHello struct {
	Version     uint16 // legacy_version in TLS 1.3
	Random      [32]byte
	SessionID   []byte
	CipherSuite uint16
	Compression uint8
	Extensions  Extensions // left out altogether when empty
}

// Type implements Message.
func (m *ServerHello) Type() uint8 { return iana.ServerHello }

// IsRetry reports whether m is a HelloRetryRequest.
func (m *ServerHello) IsRetry() bool { return bytes.Equal(m.Random[:], HelloRetryRandom[:]) }

// Marshal implements Message.
func (m *ServerHello) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16(m.Version)
		b.AddBytes(m.Random[:])
		vec8(b, m.SessionID)
		b.AddUint16(m.CipherSuite)
		b.AddUint8(m.Compression)
		m.Extensions.marshalOptional(b)
	})
}

// Parse implements Message.
func (m *ServerHello) Parse(body []byte) error {
	*m = ServerHello{}
	s := reader(body)
	if !s.ReadUint16(&m.Version) || !s.CopyBytes(m.Random[:]) || !readVec8(&s, &m.SessionID) ||
		!s.ReadUint16(&m.CipherSuite) || !s.ReadUint8(&m.Compression) {
		return ErrMalformed
	}
	if s.Empty() {
		return nil
	}
	if !m.Extensions.parse(&s) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// EncryptedExtensions is RFC 8446 4.3.1.
type EncryptedExtensions struct {
	Extensions Extensions
}

// Type implements Message.
func (m *EncryptedExtensions) Type() uint8 { return iana.EncryptedExtensions }

// Marshal implements Message.
func (m *EncryptedExtensions) Marshal() []byte { return build(m.Extensions.marshal) }

// Parse implements Message.
func (m *EncryptedExtensions) Parse(body []byte) error {
	s := reader(body)
	if !m.Extensions.parse(&s) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}
