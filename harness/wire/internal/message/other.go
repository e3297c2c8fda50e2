package message

import (
	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// Finished is RFC 8446 4.4.4, RFC 5246 7.4.9 and RFC 6101 5.6.9.
type Finished struct {
	VerifyData []byte
}

// Type implements Message.
func (m *Finished) Type() uint8 { return iana.Finished }

// Marshal implements Message.
func (m *Finished) Marshal() []byte { return m.VerifyData }

// Parse implements Message.
func (m *Finished) Parse(body []byte) error {
	m.VerifyData = append([]byte(nil), body...)
	return nil
}

// Empty is a message without a body: HelloRequest, ServerHelloDone, EndOfEarlyData.
type Empty struct {
	MsgType uint8
}

// Type implements Message.
func (m *Empty) Type() uint8 { return m.MsgType }

// Marshal implements Message.
func (m *Empty) Marshal() []byte { return nil }

// Parse implements Message.
func (m *Empty) Parse(body []byte) error {
	if len(body) != 0 {
		return ErrMalformed
	}
	return nil
}

// NewSessionTicket is the ticket of TLS 1.2 and below, RFC 5077 3.3.
type NewSessionTicket struct {
	Lifetime uint32 // seconds
	Ticket   []byte
}

// Type implements Message.
func (m *NewSessionTicket) Type() uint8 { return iana.NewSessionTicket }

// Marshal implements Message.
func (m *NewSessionTicket) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint32(m.Lifetime)
		vec16(b, m.Ticket)
	})
}

// Parse implements Message.
func (m *NewSessionTicket) Parse(body []byte) error {
	s := reader(body)
	if !s.ReadUint32(&m.Lifetime) || !readVec16(&s, &m.Ticket) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// NewSessionTicket13 is the ticket of TLS 1.3, RFC 8446 4.6.1.
type NewSessionTicket13 struct {
	Lifetime   uint32 // seconds
	AgeAdd     uint32
	Nonce      []byte
	Ticket     []byte
	Extensions Extensions
}

// Type implements Message.
func (m *NewSessionTicket13) Type() uint8 { return iana.NewSessionTicket }

// Marshal implements Message.
func (m *NewSessionTicket13) Marshal() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint32(m.Lifetime)
		b.AddUint32(m.AgeAdd)
		vec8(b, m.Nonce)
		vec16(b, m.Ticket)
		m.Extensions.marshal(b)
	})
}

// Parse implements Message.
func (m *NewSessionTicket13) Parse(body []byte) error {
	s := reader(body)
	if !s.ReadUint32(&m.Lifetime) || !s.ReadUint32(&m.AgeAdd) || !readVec8(&s, &m.Nonce) ||
		!readVec16(&s, &m.Ticket) || !m.Extensions.parse(&s) || !s.Empty() {
		return ErrMalformed
	}
	return nil
}

// Values of KeyUpdateRequest, RFC 8446 4.6.3.
const (
	UpdateNotRequested uint8 = 0
	UpdateRequested    uint8 = 1
)

// KeyUpdate is RFC 8446 4.6.3.
type KeyUpdate struct {
	Request uint8
}

// Type implements Message.
func (m *KeyUpdate) Type() uint8 { return iana.KeyUpdate }

// Marshal implements Message.
func (m *KeyUpdate) Marshal() []byte { return []byte{m.Request} }

// Parse implements Message.
func (m *KeyUpdate) Parse(body []byte) error {
	if len(body) != 1 {
		return ErrMalformed
	}
	m.Request = body[0]
	return nil
}
