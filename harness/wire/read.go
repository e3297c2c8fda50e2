package wire

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// input is the reading half of a connection.
type input struct {
	sync.Mutex
	reader *record.Reader
	limits Limits

	keys    *record.Keys   // nil for plaintext
	others  []*record.Keys // tried where keys fail; the first to open a record takes their place
	traffic []byte         // TLS 1.3: the traffic secret behind keys

	hand    []byte // handshake bytes that are no whole message yet
	ccs     bool   // a ChangeCipherSpec has come and nobody has asked for it yet
	data    []byte // application data that nobody has read yet
	takes   bool   // whether application data may come now
	asked   bool   // HelloRequest was sent, and neither a ClientHello nor a warning has answered it
	tls13   bool
	skip    int // bytes of refused early data that may still be skipped
	empty   int // records without content so far
	total   int // handshake bytes so far
	err     error
	noCerts bool // SSL 3.0: the alert no_certificate has come
}

// open decrypts rec. Alerts in plaintext are let through under any keys: that
// is how clients in TLS 1.3 often say that they refuse.
func (c *Conn) open(rec record.Incoming) (typ uint8, content []byte, protected bool, err error) {
	in := &c.in
	plainAlert := rec.Type == iana.RecordAlert && len(rec.Fragment) == 2
	switch {
	case in.keys == nil,
		in.tls13 && (plainAlert || rec.Type == iana.RecordChangeCipherSpec):
		if len(rec.Fragment) > record.MaxPlaintext {
			return 0, nil, false, fmt.Errorf("%w: %d bytes", record.ErrOverflow, len(rec.Fragment))
		}
		return rec.Type, append([]byte(nil), rec.Fragment...), false, nil
	case in.tls13 && rec.Type != iana.RecordApplicationData:
		return 0, nil, false, alertf(iana.AlertUnexpectedMessage, "a record of type %d in plaintext", rec.Type)
	}
	typ, content, err = in.keys.Open(rec)
	for i := 0; err != nil && i < len(in.others); i++ {
		if t, b, other := in.others[i].Open(rec); other == nil {
			typ, content, err = t, b, nil
			in.keys, in.others[i] = in.others[i], in.keys
		}
	}
	if err != nil && plainAlert {
		return rec.Type, append([]byte(nil), rec.Fragment...), false, nil
	}
	if err == nil {
		in.skip = 0
	}
	return typ, content, true, err
}

// readMore reads one record and puts its content where it belongs. It returns
// the client's alerts as errors, io.EOF for close_notify.
func (c *Conn) readMore() error {
	in := &c.in
	rec, err := in.reader.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the end of the stream without close_notify
		}
		return err
	}
	if in.keys == nil && in.skip > 0 && rec.Type == iana.RecordApplicationData {
		in.skip -= len(rec.Fragment)
		return nil
	}
	typ, content, protected, err := c.open(rec)
	if err != nil {
		if in.skip > len(rec.Fragment) && errors.Is(err, record.ErrBadMAC) {
			in.skip -= len(rec.Fragment)
			return nil
		}
		return fmt.Errorf("read a record: %w", err)
	}
	if len(content) == 0 || typ == iana.RecordChangeCipherSpec || typ == iana.RecordHeartbeat {
		if err := c.meaningless(); err != nil {
			return err
		}
	}
	switch typ {
	case iana.RecordHandshake:
		return c.takeHandshake(content)
	case iana.RecordAlert:
		return c.takeAlert(content, protected)
	case iana.RecordChangeCipherSpec:
		return c.takeChangeCipherSpec(content, protected)
	case iana.RecordApplicationData:
		if !in.takes {
			return alertf(iana.AlertUnexpectedMessage, "application data during the handshake")
		}
		if len(content) > 0 {
			c.trace(Event{Kind: EventApplicationData, Raw: content, Protected: protected})
			in.data = append(in.data, content...)
		}
		return nil
	case iana.RecordHeartbeat:
		c.trace(Event{Kind: EventHeartbeat, Raw: content, Protected: protected})
		return nil
	}
	return alertf(iana.AlertUnexpectedMessage, "a record of type %d", typ)
}

// meaningless counts what a client could repeat for ever without getting anywhere.
func (c *Conn) meaningless() error {
	if c.in.empty++; c.in.empty > c.in.limits.EmptyRecords {
		return alertf(iana.AlertUnexpectedMessage, "more than %d records that lead nowhere", c.in.limits.EmptyRecords)
	}
	return nil
}

func (c *Conn) takeHandshake(content []byte) error {
	c.in.total += len(content)
	if c.in.total > c.in.limits.HandshakeBytes {
		return alertf(iana.AlertUnexpectedMessage, "more than %d bytes of handshake", c.in.limits.HandshakeBytes)
	}
	c.in.hand = append(c.in.hand, content...)
	return nil
}

func (c *Conn) takeAlert(content []byte, protected bool) error {
	if len(content) != 2 {
		return alertf(iana.AlertDecodeError, "an alert of %d bytes", len(content))
	}
	e := alertEvent(content, false, protected)
	c.trace(e)
	if e.Type == iana.AlertCloseNotify {
		return io.EOF
	}
	// TLS 1.3 has no warnings but user_canceled, which Java sends before close_notify, RFC 8446 6.1.
	if e.Level == iana.AlertLevelWarning && (!c.in.tls13 || e.Type == iana.AlertUserCanceled) {
		if e.Type == alertNoCertificate {
			c.in.noCerts = true
		}
		if c.in.asked { // no_renegotiation
			c.in.asked = false
			c.mayWait()
		}
		return c.meaningless()
	}
	return &AlertError{Alert: e.Type, Name: e.Name, Received: true, Plaintext: !protected}
}

// alertNoCertificate is how a client of SSL 3.0 says that it has none, RFC 6101 5.6.6.
const alertNoCertificate = 41

func (c *Conn) takeChangeCipherSpec(content []byte, protected bool) error {
	c.trace(Event{Kind: EventChangeCipherSpec, Raw: content, Protected: protected})
	if len(content) != 1 || content[0] != 1 {
		return alertf(iana.AlertUnexpectedMessage, "ChangeCipherSpec holds %x", content)
	}
	if c.in.tls13 {
		return nil // RFC 8446 D.4: for middleboxes only
	}
	if len(c.in.hand) > 0 || c.in.ccs {
		return alertf(iana.AlertUnexpectedMessage, "ChangeCipherSpec out of place")
	}
	c.in.ccs = true
	return nil
}

// nextMessage returns the next whole handshake message with its header; nil
// when more records are needed.
func (c *Conn) nextMessage() ([]byte, error) {
	hand := c.in.hand
	if len(hand) < message.HeaderLen {
		return nil, nil
	}
	n := int(hand[1])<<16 | int(hand[2])<<8 | int(hand[3])
	if n > c.in.limits.MessageBytes {
		return nil, alertf(iana.AlertDecodeError, "%s of %d bytes", iana.MessageName(hand[0]), n)
	}
	if len(hand) < message.HeaderLen+n {
		return nil, nil
	}
	raw := append([]byte(nil), hand[:message.HeaderLen+n]...)
	c.in.hand = hand[message.HeaderLen+n:]
	if len(c.in.hand) == 0 {
		c.in.hand = nil
	}
	c.trace(messageEvent(raw, false, c.in.keys != nil))
	return raw, nil
}

// readMessage reads records until there is a handshake message.
func (c *Conn) readMessage() ([]byte, error) {
	for {
		raw, err := c.nextMessage()
		if raw != nil || err != nil {
			return raw, err
		}
		if c.in.ccs {
			return nil, alertf(iana.AlertUnexpectedMessage, "ChangeCipherSpec out of place")
		}
		if err := c.readMore(); err != nil {
			return nil, err
		}
	}
}
