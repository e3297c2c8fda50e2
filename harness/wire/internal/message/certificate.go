package message

import (
	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// Certificate is the Certificate message of SSL 3.0 to TLS 1.2, RFC 5246 7.4.2.
type Certificate struct {
	Chain [][]byte // DER, leaf first
}

// Type implements Message.
func (m *Certificate) Type() uint8 { return iana.Certificate }

// Marshal implements Message.
func (m *Certificate) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, der := range m.Chain {
				vec24(b, der)
			}
		})
	})
}

// Parse implements Message.
func (m *Certificate) Parse(body []byte) error {
	s, list := reader(body), reader(nil)
	if !s.ReadUint24LengthPrefixed(&list) || !s.Empty() {
		return ErrMalformed
	}
	m.Chain = nil
	for !list.Empty() {
		var der []byte
		if !readVec24(&list, &der) {
			return ErrMalformed
		}
		m.Chain = append(m.Chain, der)
	}
	return nil
}

// CertificateEntry is one certificate of TLS 1.3 with its extensions.
type CertificateEntry struct {
	Data       []byte
	Extensions Extensions
}

// Certificate13 is the Certificate message of TLS 1.3, RFC 8446 4.4.2.
type Certificate13 struct {
	Context []byte // certificate_request_context
	Entries []CertificateEntry
}

// Type implements Message.
func (m *Certificate13) Type() uint8 { return iana.Certificate }

// Chain returns the certificates alone.
func (m *Certificate13) Chain() [][]byte {
	var chain [][]byte
	for _, e := range m.Entries {
		chain = append(chain, e.Data)
	}
	return chain
}

// Marshal implements Message.
func (m *Certificate13) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		vec8(b, m.Context)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, e := range m.Entries {
				vec24(b, e.Data)
				e.Extensions.marshal(b)
			}
		})
	})
}

// Parse implements Message.
func (m *Certificate13) Parse(body []byte) error {
	*m = Certificate13{}
	s, list := reader(body), reader(nil)
	if !readVec8(&s, &m.Context) || !s.ReadUint24LengthPrefixed(&list) || !s.Empty() {
		return ErrMalformed
	}
	for !list.Empty() {
		var e CertificateEntry
		if !readVec24(&list, &e.Data) || !e.Extensions.parse(&list) {
			return ErrMalformed
		}
		m.Entries = append(m.Entries, e)
	}
	return nil
}

// CompressedCertificate is RFC 8879 4.
type CompressedCertificate struct {
	Algorithm uint16
	Length    uint32 // of the body of the Certificate message, 24 bits
	Data      []byte
}

// Type implements Message.
func (m *CompressedCertificate) Type() uint8 { return iana.CompressedCertificate }

// Marshal implements Message.
func (m *CompressedCertificate) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16(m.Algorithm)
		b.AddUint24(m.Length)
		vec24(b, m.Data)
	})
}

// Parse implements Message.
func (m *CompressedCertificate) Parse(body []byte) error {
	s := reader(body)
	if !s.ReadUint16(&m.Algorithm) || !s.ReadUint24(&m.Length) || !readVec24(&s, &m.Data) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// CertificateStatus is RFC 6066 8.
type CertificateStatus struct {
	StatusType uint8
	Response   []byte
}

// Type implements Message.
func (m *CertificateStatus) Type() uint8 { return iana.CertificateStatus }

// Marshal implements Message.
func (m *CertificateStatus) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint8(m.StatusType)
		vec24(b, m.Response)
	})
}

// Parse implements Message.
func (m *CertificateStatus) Parse(body []byte) error {
	s := reader(body)
	if !s.ReadUint8(&m.StatusType) || !readVec24(&s, &m.Response) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// CertificateRequest is the CertificateRequest of SSL 3.0 to TLS 1.2, RFC 5246 7.4.4.
type CertificateRequest struct {
	HasSchemes  bool // TLS 1.2 lists signature algorithms
	Types       []byte
	Schemes     []uint16
	Authorities [][]byte // DER names
}

// Type implements Message.
func (m *CertificateRequest) Type() uint8 { return iana.CertificateRequest }

// Marshal implements Message.
func (m *CertificateRequest) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		vec8(b, m.Types)
		if m.HasSchemes {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, m.Schemes) })
		}
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, name := range m.Authorities {
				vec16(b, name)
			}
		})
	})
}

// Parse implements Message. HasSchemes says what to expect.
func (m *CertificateRequest) Parse(body []byte) error {
	*m = CertificateRequest{HasSchemes: m.HasSchemes}
	s, list := reader(body), reader(nil)
	if !readVec8(&s, &m.Types) {
		return ErrMalformed
	}
	if m.HasSchemes && (!s.ReadUint16LengthPrefixed(&list) || !readUint16s(list, &m.Schemes)) {
		return ErrMalformed
	}
	if !s.ReadUint16LengthPrefixed(&list) || !s.Empty() {
		return ErrMalformed
	}
	for !list.Empty() {
		var name []byte
		if !readVec16(&list, &name) {
			return ErrMalformed
		}
		m.Authorities = append(m.Authorities, name)
	}
	return nil
}

// CertificateRequest13 is the CertificateRequest of TLS 1.3, RFC 8446 4.3.2.
type CertificateRequest13 struct {
	Context    []byte
	Extensions Extensions
}

// Type implements Message.
func (m *CertificateRequest13) Type() uint8 { return iana.CertificateRequest }

// Marshal implements Message.
func (m *CertificateRequest13) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		vec8(b, m.Context)
		m.Extensions.marshal(b)
	})
}

// Parse implements Message.
func (m *CertificateRequest13) Parse(body []byte) error {
	s := reader(body)
	if !readVec8(&s, &m.Context) || !m.Extensions.parse(&s) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// Authorities returns the data of certificate_authorities, RFC 8446 4.2.4.
func Authorities(names [][]byte) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, name := range names {
				vec16(b, name)
			}
		})
	})
}

// CertificateVerify is RFC 8446 4.4.3 and RFC 5246 7.4.8.
type CertificateVerify struct {
	HasScheme bool // TLS 1.2 and 1.3 name the algorithm
	Scheme    uint16
	Signature []byte
}

// Type implements Message.
func (m *CertificateVerify) Type() uint8 { return iana.CertificateVerify }

// Marshal implements Message.
func (m *CertificateVerify) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		if m.HasScheme {
			b.AddUint16(m.Scheme)
		}
		vec16(b, m.Signature)
	})
}

// Parse implements Message. HasScheme says what to expect.
func (m *CertificateVerify) Parse(body []byte) error {
	*m = CertificateVerify{HasScheme: m.HasScheme}
	s := reader(body)
	if m.HasScheme && !s.ReadUint16(&m.Scheme) || !readVec16(&s, &m.Signature) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}
