// Package message holds the handshake messages of SSL 3.0 to TLS 1.3 as plain
// structs with a Marshal and a Parse each. It knows how messages look, not when
// they may come or what they may say: a struct can hold, and Marshal writes,
// what no standard allows. Lists that RFCs leave open, extensions above all,
// are kept as they are ordered on the wire, so that Parse and Marshal together
// give back every byte.
package message

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// HeaderLen is the length of the header of a handshake message, RFC 8446 4.
const HeaderLen = 4

// ErrMalformed is returned by every Parse for bytes that are not the message.
var ErrMalformed = errors.New("malformed")

// Message is a handshake message.
type Message interface {
	// Type is the handshake type.
	Type() uint8
	// Marshal returns the body, without the header.
	Marshal() []byte
	// Parse reads the body; all of it must be used. The error wraps ErrMalformed.
	Parse(body []byte) error
}

// Encode returns m with its header.
func Encode(m Message) []byte {
	body := m.Marshal()
	out := make([]byte, 0, HeaderLen+len(body))
	out = append(out, m.Type(), byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	return append(out, body...)
}

// Reframe returns raw, a message with header, with body in place of its own.
func Reframe(raw, body []byte) []byte {
	return Encode(&Raw{MsgType: raw[0], Body: body})
}

// Decode parses raw, a message with its header, into m.
func Decode(raw []byte, m Message) error {
	if len(raw) < HeaderLen || raw[0] != m.Type() {
		return fmt.Errorf("%s: %w", iana.MessageName(m.Type()), ErrMalformed)
	}
	if err := m.Parse(raw[HeaderLen:]); err != nil {
		return fmt.Errorf("%s: %w", iana.MessageName(m.Type()), err)
	}
	return nil
}

// Raw is a message of any type, body unread.
type Raw struct {
	MsgType uint8
	Body    []byte
}

// Type implements Message.
func (m *Raw) Type() uint8 { return m.MsgType }

// Marshal implements Message.
func (m *Raw) Marshal() []byte { return m.Body }

// Parse implements Message.
func (m *Raw) Parse(body []byte) error {
	m.Body = append([]byte(nil), body...)
	return nil
}

// builder and reader are cryptobyte's, with the few words that TLS needs on top.
type reader = cryptobyte.String

func build(f func(b *cryptobyte.Builder)) []byte {
	b := cryptobyte.NewBuilder(nil)
	f(b)
	return b.BytesOrPanic()
}

func vec8(b *cryptobyte.Builder, v []byte) {
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(v) })
}

func vec16(b *cryptobyte.Builder, v []byte) {
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(v) })
}

func vec24(b *cryptobyte.Builder, v []byte) {
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(v) })
}

func readVec8(s *reader, out *[]byte) bool {
	var v reader
	if !s.ReadUint8LengthPrefixed(&v) {
		return false
	}
	*out = append([]byte(nil), v...)
	return true
}

func readVec16(s *reader, out *[]byte) bool {
	var v reader
	if !s.ReadUint16LengthPrefixed(&v) {
		return false
	}
	*out = append([]byte(nil), v...)
	return true
}

func readVec24(s *reader, out *[]byte) bool {
	var v reader
	if !s.ReadUint24LengthPrefixed(&v) {
		return false
	}
	*out = append([]byte(nil), v...)
	return true
}

func readUint16s(s reader, out *[]uint16) bool {
	if len(s)%2 != 0 {
		return false
	}
	*out = make([]uint16, 0, len(s)/2)
	for !s.Empty() {
		var v uint16
		if !s.ReadUint16(&v) {
			return false
		}
		*out = append(*out, v)
	}
	return true
}

func addUint16s(b *cryptobyte.Builder, v []uint16) {
	for _, x := range v {
		b.AddUint16(x)
	}
}
