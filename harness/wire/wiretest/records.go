package wiretest

import (
	"crypto"
	"errors"
	"fmt"
	"net"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// conn is one connection of a Client.
type conn struct {
	*Client
	raw    net.Conn
	reader *record.Reader
	result Result

	in, out               *record.Keys
	inTraffic, outTraffic []byte
	outVersion            uint16
	hand                  []byte // handshake bytes not yet read
	data                  []byte // application data that came too early
	waiting               *item
	idle                  int // things in a row that mean nothing
	done                  bool
	messages              int // after the handshake

	hello      message.ClientHello
	shares     map[uint16]*shareKey
	transcript []byte
	seen       map[uint8]bool
	version    uint16
	suite      *iana.Suite
	random     [32]byte // the server's
	legacy     legacyState
	tls13      tls13State
	chain      [][]byte
	verified   crypto.PublicKey // of Verify
}

// item is a handshake message, a ChangeCipherSpec, or application data.
type item struct {
	raw  []byte
	ccs  bool
	data []byte
}

var errClosed = errors.New("closed by the server")

// idleLimit is how many things that mean nothing are taken in a row.
const idleLimit = 32

func (s *conn) keys(k *record.Keys, err error) (*record.Keys, error) {
	if err == nil {
		k.Lenient = record.Lenience{MAC: s.lacks(RecordMAC), Padding: s.lacks(RecordPadding), Length: s.lacks(RecordLength), Type: s.lacks(ContentType)}
	}
	return k, err
}

// write sends content in records at once.
func (s *conn) write(typ uint8, content []byte) error {
	for first := true; first || len(content) > 0; first = false {
		n := min(len(content), record.MaxPlaintext)
		o := &record.Outgoing{Type: typ, Version: s.outVersion, Payload: content[:n], Keys: s.out}
		content = content[n:]
		wire, err := o.Seal()
		if err != nil {
			return err
		}
		if _, err := s.raw.Write(wire); err != nil {
			return err
		}
	}
	return nil
}

// sendAlert tells the server why it was refused.
func (s *conn) sendAlert(err error) {
	var r *Refusal
	if errors.As(err, &r) {
		if id, ok := iana.AlertByName(r.Alert); ok && id != iana.AlertCloseNotify {
			_ = s.write(iana.RecordAlert, []byte{iana.AlertLevelFatal, id})
		}
	}
}

// next returns the next thing that means something.
func (s *conn) next() (*item, error) {
	if it := s.waiting; it != nil {
		s.waiting = nil
		return it, nil
	}
	for {
		if raw := s.message(); raw != nil {
			s.idle = 0
			return &item{raw: raw}, nil
		}
		typ, content, err := s.read()
		if err != nil {
			return nil, err
		}
		it, err := s.take(typ, content)
		if it != nil || err != nil {
			return it, err
		}
		if typ == iana.RecordHandshake && len(content) > 0 {
			continue // a part of a message
		}
		if s.idle++; s.idle > idleLimit {
			if err := s.must(false, Flood, iana.AlertUnexpectedMessage, "too much that means nothing"); err != nil {
				return nil, err
			}
		}
	}
}

// message cuts a whole handshake message off what has come.
func (s *conn) message() []byte {
	if len(s.hand) < message.HeaderLen {
		return nil
	}
	n := message.HeaderLen + int(s.hand[1])<<16 + int(s.hand[2])<<8 + int(s.hand[3])
	if len(s.hand) < n {
		return nil
	}
	raw := s.hand[:n:n]
	s.hand = s.hand[n:]
	return raw
}

// read reads and opens one record.
func (s *conn) read() (uint8, []byte, error) {
	rec, err := s.reader.Next()
	if errors.Is(err, record.ErrOverflow) {
		return 0, nil, s.must(false, RecordLength, iana.AlertRecordOverflow, "%v", err)
	}
	if err != nil {
		return 0, nil, err
	}
	if err := s.must(rec.Version>>8 == 3 && rec.Version <= iana.TLS13, RecordVersion, iana.AlertProtocolVersion, "record of version %04x", rec.Version); err != nil {
		return 0, nil, err
	}
	plain := append([]byte(nil), rec.Fragment...)
	tls13 := s.in != nil && s.in.Version == iana.TLS13
	if s.in == nil || tls13 && rec.Type == iana.RecordChangeCipherSpec {
		return rec.Type, plain, nil
	}
	if tls13 && rec.Type != iana.RecordApplicationData {
		if s.lacks(OuterType) {
			if typ, content, err := s.in.Open(rec); err == nil {
				return typ, content, nil
			}
		}
		check := OuterType
		if s.lacks(OuterType) || rec.Type == iana.RecordHandshake && len(plain) < 1<<14 && wholeMessages(plain) {
			check = RecordPlain
		}
		return rec.Type, plain, s.must(false, check, iana.AlertUnexpectedMessage, "a record of type %d outside", rec.Type)
	}
	typ, content, err := s.in.Open(rec)
	switch {
	case err == nil && tls13 && typ == iana.RecordChangeCipherSpec:
		return typ, content, s.must(false, CCSPlace, iana.AlertUnexpectedMessage, "an encrypted ChangeCipherSpec")
	case errors.Is(err, record.ErrOverflow):
		return 0, nil, s.must(false, RecordLength, iana.AlertRecordOverflow, "%v", err)
	case errors.Is(err, record.ErrMalformed):
		return 0, nil, s.must(false, ContentType, iana.AlertUnexpectedMessage, "%v", err)
	case err != nil:
		// A MAC that fails is called one of CBC padding in the same breath, RFC 5246 7.2.2.
		check := RecordPlain
		if looksSealed(rec, s.in) {
			check = RecordMAC
			if s.in.Suite.Cipher.CBC() && s.lacks(RecordMAC) {
				check = RecordPadding
			}
			return 0, nil, &Refusal{Check: check, Alert: iana.AlertName(iana.AlertBadRecordMAC), Text: err.Error()}
		}
		return rec.Type, plain, s.must(false, check, iana.AlertBadRecordMAC, "%v", err)
	}
	return typ, content, nil
}

// wholeMessages tells handshake messages in plaintext from bytes that are encrypted.
func wholeMessages(b []byte) bool {
	for len(b) >= message.HeaderLen {
		n := message.HeaderLen + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

// looksSealed guesses whether a record that does not open is no plaintext.
func looksSealed(rec record.Incoming, k *record.Keys) bool {
	if k.Version == iana.TLS13 {
		return len(rec.Fragment) == 0 || rec.Fragment[0] < ' ' || rec.Fragment[0] > '~'
	}
	if rec.Type == iana.RecordHandshake {
		return !wholeMessages(rec.Fragment)
	}
	return len(rec.Fragment) < 4 || string(rec.Fragment[:4]) != "HTTP"
}

// take puts the content of a record where it belongs; nil when it means nothing.
func (s *conn) take(typ uint8, content []byte) (*item, error) {
	if typ != iana.RecordHandshake && len(s.hand) > 0 {
		if err := s.must(false, Interleaved, iana.AlertUnexpectedMessage, "a record of type %d inside a message", typ); err != nil {
			return nil, err
		}
	}
	switch typ {
	case iana.RecordHandshake:
		s.hand = append(s.hand[:len(s.hand):len(s.hand)], content...)
		return nil, s.must(len(content) > 0, EmptyHandshake, iana.AlertUnexpectedMessage, "an empty handshake record")
	case iana.RecordAlert:
		return nil, s.takeAlert(content)
	case iana.RecordChangeCipherSpec:
		if err := s.must(len(content) == 1 && content[0] == 1, CCSValue, iana.AlertUnexpectedMessage, "ChangeCipherSpec holds %x", content); err != nil {
			return nil, err
		}
		if s.in != nil && s.in.Version == iana.TLS13 && !s.done || s.version == iana.TLS13 && !s.done || s.version == 0 {
			return nil, nil
		}
		return &item{ccs: true}, nil
	case iana.RecordApplicationData:
		if len(content) == 0 {
			return nil, nil
		}
		return &item{data: content}, nil
	case 0:
		return nil, nil // a record without a type, which Lenient let pass
	}
	return nil, s.must(false, RecordType, iana.AlertUnexpectedMessage, "a record of type %d", typ)
}

func (s *conn) takeAlert(content []byte) error {
	if err := s.must(len(content) == 2, AlertLength, iana.AlertDecodeError, "an alert of %d bytes", len(content)); err != nil {
		return err
	}
	if len(content) != 2 {
		return nil
	}
	level, kind := content[0], content[1]
	if kind == iana.AlertCloseNotify {
		return errClosed
	}
	if level == iana.AlertLevelFatal && !s.lacks(AlertFatal) {
		return &Refusal{Check: AlertFatal, Alert: iana.AlertName(0), Text: "the server sent " + iana.AlertName(kind)}
	}
	known := iana.AlertName(kind) != fmt.Sprintf("0x%04x", kind)
	return s.must(known, AlertKnown, iana.AlertUnexpectedMessage, "an unknown alert %d", kind)
}

// boundary checks that nothing of a message is left before the keys change.
func (s *conn) boundary() error {
	return s.must(len(s.hand) == 0, KeyChangeBoundary, iana.AlertUnexpectedMessage, "handshake bytes across a change of keys")
}

// updateIn takes up the next traffic keys of the server.
func (s *conn) updateIn() error {
	if err := s.boundary(); err != nil {
		return err
	}
	s.inTraffic = secret.NextTraffic(s.suite.PRFHash(), s.inTraffic)
	k, err := s.keys(record.New13(s.suite, s.inTraffic))
	s.in = k
	return err
}
