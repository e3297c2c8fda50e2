package wire

import (
	"encoding/binary"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// chooseEarlyData takes early data where RFC 8446 4.2.10 allows it.
func (hs *handshake) chooseEarlyData() {
	s := hs.resumption
	hs.tls13.early = hs.offer.earlyData && !hs.tls13.retried && hs.cfg.EarlyData > 0 &&
		s != nil && s.index == 0 && s.suite == hs.suite.ID && s.alpn == hs.alpn && s.early > 0
	if hs.tls13.early {
		hs.c.setState(func(s *ConnectionState) { s.EarlyDataAccepted = true })
	}
}

// readEndOfEarlyData reads early data until RFC 8446 4.5; Read returns them first.
func (hs *handshake) readEndOfEarlyData() error {
	if err := hs.c.flush(); err != nil {
		return err
	}
	for len(hs.c.in.hand) == 0 {
		if err := hs.c.readMore(); err != nil {
			return err
		}
		if len(hs.c.in.data) > int(hs.cfg.EarlyData) {
			return alertf(iana.AlertUnexpectedMessage, "more than %d bytes of early data", hs.cfg.EarlyData)
		}
	}
	if _, err := hs.readInto(&message.Empty{MsgType: iana.EndOfEarlyData}); err != nil {
		return err
	}
	hs.c.in.takes = false
	in, err := record.New13(hs.suite, hs.tls13.clientHandshake)
	hs.readKeys(in)
	return err
}

// newSessionTicket13 makes a ticket, RFC 8446 4.6.1.
func (hs *handshake) newSessionTicket13(nonce []byte) (*message.NewSessionTicket13, error) {
	s := &session{
		version: hs.version, suite: hs.suite.ID, alpn: hs.alpn, created: time.Now(), early: hs.cfg.EarlyData,
		secret: secret.ResumptionPSK(hs.suite.PRFHash(), hs.tls13.resumptionMaster, nonce),
	}
	ticket, err := hs.sealTicket(s)
	if err != nil {
		return nil, err
	}
	var add [4]byte
	if err := hs.randomBytes(add[:]); err != nil {
		return nil, err
	}
	m := &message.NewSessionTicket13{
		Lifetime: uint32(ticketLifetime / time.Second), AgeAdd: binary.BigEndian.Uint32(add[:]), Nonce: nonce, Ticket: ticket,
	}
	if hs.cfg.EarlyData > 0 {
		m.Extensions.Add(iana.ExtEarlyData, binary.BigEndian.AppendUint32(nil, hs.cfg.EarlyData))
	}
	return m, nil
}

// sendNewSessionTicket13 is RFC 8446 4.6.1.
func (hs *handshake) sendNewSessionTicket13() error {
	m, err := hs.newSessionTicket13([]byte{0})
	if err != nil {
		return err
	}
	hs.sendOutside(stepNewSessionTicket, m)
	return nil
}

// afterHandshake handles what the client sends besides application data once the handshake is over.
func (c *Conn) afterHandshake() error {
	for {
		if c.in.ccs {
			return alertf(iana.AlertUnexpectedMessage, "ChangeCipherSpec after the handshake")
		}
		raw, err := c.nextMessage()
		if raw == nil || err != nil {
			return err
		}
		switch {
		case c.in.tls13 && raw[0] == iana.KeyUpdate:
			if err := c.takeKeyUpdate(raw); err != nil {
				return err
			}
		case !c.in.tls13 && raw[0] == iana.ClientHello && c.cfg.Renegotiation:
			if err := c.renegotiate(raw); err != nil {
				return err
			}
		case !c.in.tls13 && raw[0] == iana.ClientHello:
			// The client asks for renegotiation, which the server declines, RFC 5746 4.5 and RFC 5246 7.2.2.
			if err := c.warn(iana.AlertNoRenegotiation); err != nil {
				return err
			}
		default:
			return alertf(iana.AlertUnexpectedMessage, "%s after the handshake", iana.MessageName(raw[0]))
		}
	}
}

func (c *Conn) warn(alert uint8) error {
	c.out.Lock()
	defer c.out.Unlock()
	return c.sendAlert(iana.AlertLevelWarning, alert)
}

// takeKeyUpdate is RFC 8446 4.6.3.
func (c *Conn) takeKeyUpdate(raw []byte) error {
	var m message.KeyUpdate
	if err := message.Decode(raw, &m); err != nil {
		return alertf(iana.AlertDecodeError, "%v", err)
	}
	if m.Request > message.UpdateRequested {
		return alertf(iana.AlertIllegalParameter, "KeyUpdate asks for %d", m.Request)
	}
	if len(c.in.hand) > 0 {
		return alertf(iana.AlertUnexpectedMessage, "handshake bytes after KeyUpdate in its record")
	}
	suite := c.in.keys.Suite
	c.in.traffic = secret.NextTraffic(suite.PRFHash(), c.in.traffic)
	keys, err := record.New13(suite, c.in.traffic)
	if err != nil {
		return err
	}
	c.in.keys, c.in.others = keys, nil
	if m.Request == message.UpdateRequested {
		c.out.Lock()
		defer c.out.Unlock()
		if c.out.err != nil {
			return nil // nothing is written any more
		}
		c.updateKeys(&message.KeyUpdate{})
		return c.flush()
	}
	return nil
}

// updateKeys queues a KeyUpdate and changes the keys for what follows it.
func (c *Conn) updateKeys(m *message.KeyUpdate) {
	raw := message.Encode(m)
	c.trace(messageEvent(raw, true, true))
	c.queue(iana.RecordHandshake, nameKeyUpdate, raw)
	suite := c.out.keys.Suite
	c.out.traffic = secret.NextTraffic(suite.PRFHash(), c.out.traffic)
	if keys, err := record.New13(suite, c.out.traffic); err == nil { // the same suite has made keys before
		c.out.keys = keys
	}
}

const nameKeyUpdate = "KeyUpdate"
