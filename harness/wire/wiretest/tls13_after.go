package wiretest

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// afterHandshake takes handshake messages that come with the application data.
func (s *conn) afterHandshake(raw []byte) error {
	switch {
	case s.version == iana.TLS13 && raw[0] == iana.KeyUpdate:
		return s.takeKeyUpdate(raw)
	case s.version == iana.TLS13 && raw[0] == iana.NewSessionTicket:
		return s.takeTicket13(raw)
	case s.version == iana.TLS13 && raw[0] == iana.CertificateRequest:
		return s.must(false, CertificateRequest, iana.AlertUnexpectedMessage, "a CertificateRequest after the handshake")
	case s.version != iana.TLS13 && raw[0] == iana.HelloRequest:
		return nil // RFC 5246 7.4.1.1: may be ignored
	}
	return s.must(false, Order, iana.AlertUnexpectedMessage, "%s after the handshake", iana.MessageName(raw[0]))
}

func (s *conn) takeKeyUpdate(raw []byte) error {
	var m message.KeyUpdate
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	if err := s.must(m.Request <= message.UpdateRequested, KeyUpdateValue, iana.AlertIllegalParameter, "KeyUpdate asks for %d", m.Request); err != nil {
		return err
	}
	if err := s.meaningless(); err != nil {
		return err
	}
	if err := s.updateIn(); err != nil {
		return err
	}
	if m.Request != message.UpdateRequested {
		return nil
	}
	if err := s.write(iana.RecordHandshake, message.Encode(&message.KeyUpdate{})); err != nil {
		return err
	}
	s.outTraffic = secret.NextTraffic(s.suite.PRFHash(), s.outTraffic)
	var err error
	s.out, err = record.New13(s.suite, s.outTraffic)
	return err
}

// meaningless counts messages after the handshake that bring no data.
func (s *conn) meaningless() error {
	s.messages++
	return s.must(s.messages <= idleLimit, Flood, iana.AlertUnexpectedMessage, "too many messages after the handshake")
}

func (s *conn) takeTicket13(raw []byte) error {
	var m message.NewSessionTicket13
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	if err := s.must(len(m.Ticket) > 0, TicketEmpty, iana.AlertDecodeError, "an empty ticket"); err != nil {
		return err
	}
	if err := s.meaningless(); err != nil {
		return err
	}
	s.result.Session = &Session{
		version: iana.TLS13, suite: s.suite.ID, ticket: m.Ticket, ageAdd: m.AgeAdd,
		secret: secret.ResumptionPSK(s.suite.PRFHash(), s.tls13.resumption, m.Nonce),
	}
	return nil
}
