// Package record is the record layer of SSL 3.0 to TLS 1.3: framing, and
// protection by a MAC with a stream or block cipher, or by an AEAD. Records to
// be sent are data until they are sealed: an Outgoing carries the keys it is to
// be sealed with, and may say how its encryption is to differ, so that a list of
// them can be split, merged, reordered and spoilt before a byte is written.
//
// Nothing here resists timing attacks: the peer is a client under test on the
// loopback interface, and the secrets are made for one run.
package record

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of RFC 8446 5.1, 5.2 and RFC 5246 6.2.
const (
	HeaderLen     = 5
	MaxPlaintext  = 1 << 14
	MaxCiphertext = MaxPlaintext + 2048 // TLS 1.3 allows less: + 256
)

// Errors of opening and reading records.
var (
	// ErrBadMAC means that a record does not open: wrong MAC, tag or padding.
	ErrBadMAC = errors.New("record does not authenticate")
	// ErrOverflow means that a record is longer than its version allows.
	ErrOverflow = errors.New("record too long")
	// ErrMalformed means that a protected record lacks what its version puts in it.
	ErrMalformed = errors.New("malformed record")
	// ErrNotTLS means that the first bytes of a peer are no TLS record.
	ErrNotTLS = errors.New("not a TLS record")
)

// Outgoing is a record on its way out.
type Outgoing struct {
	Type    uint8
	Version uint16 // in the header, and wherever its protection covers the header
	Payload []byte
	Keys    *Keys  // nil for plaintext
	Name    string // of the message it carries, for those who look for it in a list

	OuterType uint8               // TLS 1.3: the type in the header when not application_data
	Padding   int                 // TLS 1.3: zeros after the content; CBC: whole blocks beyond what is needed
	EditInner func(*Inner)        // changes what is to be encrypted
	EditWire  func([]byte) []byte // changes the record with its header after encryption
}

// Inner is what gets encrypted, in its parts, in this order.
type Inner struct {
	Content []byte
	MAC     []byte // empty for AEADs and for encrypt-then-mac
	Tail    []byte // CBC: the padding with its length; TLS 1.3: the content type and zeros
}

// Seal returns the record as it goes on the wire.
func (o *Outgoing) Seal() ([]byte, error) {
	var wire []byte
	if o.Keys == nil {
		wire = header(o.Type, o.Version, len(o.Payload))
		wire = append(wire, o.Payload...)
	} else {
		var err error
		if wire, err = o.Keys.seal(o); err != nil {
			return nil, err
		}
	}
	if len(wire)-HeaderLen > 0xffff {
		return nil, fmt.Errorf("%w: %d bytes", ErrOverflow, len(wire))
	}
	if o.EditWire != nil {
		wire = o.EditWire(wire)
	}
	return wire, nil
}

func header(typ uint8, version uint16, n int) []byte {
	h := make([]byte, HeaderLen, HeaderLen+n)
	h[0] = typ
	binary.BigEndian.PutUint16(h[1:], version)
	binary.BigEndian.PutUint16(h[3:], uint16(n))
	return h
}

// Incoming is a record as it was read.
type Incoming struct {
	Type     uint8
	Version  uint16
	Fragment []byte // valid until the next record is read
}

// Reader cuts a stream into records.
type Reader struct {
	// AnyLength reads records of any length, for test clients.
	AnyLength bool

	in    *bufio.Reader
	buf   []byte
	begun bool
}

// NewReader reads records from r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 4096)} }

// Next reads one record. io.EOF means that the stream ended between records;
// ErrNotTLS and ErrOverflow are wrapped.
func (r *Reader) Next() (Incoming, error) {
	h, err := r.in.Peek(HeaderLen)
	if len(h) > 0 && !r.begun {
		if h[0] < 20 || h[0] > 24 {
			return Incoming{}, fmt.Errorf("%w: begins with %q", ErrNotTLS, h)
		}
		r.begun = true
	}
	if err != nil {
		if errors.Is(err, io.EOF) && len(h) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return Incoming{}, err
	}
	rec := Incoming{Type: h[0], Version: binary.BigEndian.Uint16(h[1:])}
	n := int(binary.BigEndian.Uint16(h[3:]))
	if n > MaxCiphertext && !r.AnyLength {
		return rec, fmt.Errorf("%w: %d bytes", ErrOverflow, n)
	}
	if _, err := r.in.Discard(HeaderLen); err != nil {
		return rec, err
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	rec.Fragment = r.buf[:n]
	if _, err := io.ReadFull(r.in, rec.Fragment); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return rec, err
	}
	return rec, nil
}

// Buffered reports whether bytes of a further record have been read already.
func (r *Reader) Buffered() bool { return r.in.Buffered() > 0 }
