package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// step is one step of a handshake: it sends one message or reads one.
type step struct {
	name string
	run  func(*handshake) error
}

// Names of steps, as the RFCs name the messages. What the client sends is read
// by steps whose names begin with "read".
const (
	stepServerHello         = "ServerHello"
	stepHelloRetryRequest   = "HelloRetryRequest"
	stepEncryptedExtensions = "EncryptedExtensions"
	stepCertificate         = "Certificate"
	stepCertificateStatus   = "CertificateStatus"
	stepServerKeyExchange   = "ServerKeyExchange"
	stepCertificateRequest  = "CertificateRequest"
	stepServerHelloDone     = "ServerHelloDone"
	stepCertificateVerify   = "CertificateVerify"
	stepNewSessionTicket    = "NewSessionTicket"
	stepChangeCipherSpec    = nameChangeCipherSpec
	stepFinished            = "Finished"

	readClientHello       = "read ClientHello"
	readCertificate       = "read Certificate"
	readClientKeyExchange = "read ClientKeyExchange"
	readCertificateVerify = "read CertificateVerify"
	readChangeCipherSpec  = "read ChangeCipherSpec"
	readFinished          = "read Finished"
	readEndOfEarlyData    = "read EndOfEarlyData"
	answerClientHello     = "answer ClientHello"
)

// handshake is the state of one handshake.
type handshake struct {
	c      *Conn
	cfg    *Config
	script *script
	steps  []step // still to be run

	previous   *handshake // that this one renegotiates; nil for the first
	offer      *offer
	transcript []byte

	// What was chosen.
	version    uint16
	suite      *iana.Suite
	group      uint16
	scheme     uint16 // that the server signs by
	alpn       string
	resumption *session
	random     [32]byte // the server's

	legacy legacyState // SSL 3.0 to TLS 1.2
	tls13  tls13State

	clientChain [][]byte
}

// run goes through the steps until none is left.
func (hs *handshake) run() error {
	hs.steps = []step{
		{readClientHello, (*handshake).readClientHello},
		{answerClientHello, (*handshake).answerClientHello},
	}
	if err := hs.runSteps(); err != nil {
		return err
	}
	if err := hs.script.finished(hs); err != nil {
		return err
	}
	if err := hs.runSteps(); err != nil {
		return err
	}
	hs.c.in.takes = true
	return nil
}

func (hs *handshake) runSteps() error {
	for len(hs.steps) > 0 {
		s := hs.steps[0]
		hs.steps = hs.steps[1:]
		if err := s.run(hs); err != nil {
			var alert *AlertError
			if errors.As(err, &alert) {
				return err
			}
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return hs.c.flush()
}

// answerClientHello chooses the version and everything else, and with it the rest of the steps.
func (hs *handshake) answerClientHello() error {
	if err := hs.script.hello(hs); err != nil {
		return err
	}
	if err := hs.negotiate(); err != nil {
		return err
	}
	hs.script.negotiated(hs)
	hs.c.setState(func(s *ConnectionState) {
		s.Version, s.CipherSuite, s.ALPN, s.ServerName = hs.version, hs.suite.ID, hs.alpn, hs.offer.serverName
		s.Resumed = hs.resumption != nil
		s.EarlyData = s.EarlyData || hs.offer.earlyData
	})
	steps := legacySteps
	if hs.version == iana.TLS13 {
		steps = tls13Steps
	}
	list, err := steps(hs)
	if err != nil {
		return err
	}
	hs.steps = hs.script.plan(hs, list)
	return nil
}

// send lets the edits see m, encodes it, adds it to the transcript and queues it.
func (hs *handshake) send(name string, m message.Message) {
	hs.script.message(hs, afterSigning, m)
	raw := hs.script.encoded(hs, afterMarshal, message.Encode(m))
	hs.transcript = append(hs.transcript, raw...)
	hs.sendRaw(name, hs.script.encoded(hs, afterTranscript, raw))
}

// sendOutside sends a message that the transcript does not take in, such as HelloRequest and KeyUpdate.
func (hs *handshake) sendOutside(name string, m message.Message) {
	hs.script.message(hs, afterSigning, m)
	raw := hs.script.encoded(hs, afterMarshal, message.Encode(m))
	hs.sendRaw(name, hs.script.encoded(hs, afterTranscript, raw))
}

func (hs *handshake) sendRaw(name string, raw []byte) {
	if len(raw) == 0 {
		return
	}
	hs.c.trace(messageEvent(raw, true, hs.c.out.keys != nil))
	hs.c.queue(iana.RecordHandshake, name, raw)
}

// read sends what is pending and reads the next message; it must be of type typ.
// The transcript takes it in.
func (hs *handshake) read(typ uint8) ([]byte, error) {
	if err := hs.c.flush(); err != nil {
		return nil, err
	}
	raw, err := hs.c.readMessage()
	if err != nil {
		return nil, err
	}
	if raw[0] != typ {
		return nil, alertf(iana.AlertUnexpectedMessage, "%s where %s was due", iana.MessageName(raw[0]), iana.MessageName(typ))
	}
	hs.transcript = append(hs.transcript, raw...)
	return raw, nil
}

// readInto reads a message into m; before is the transcript without it.
func (hs *handshake) readInto(m message.Message) (before []byte, err error) {
	n := len(hs.transcript)
	raw, err := hs.read(m.Type())
	if err != nil {
		return nil, err
	}
	if err := message.Decode(raw, m); err != nil {
		return nil, alertf(iana.AlertDecodeError, "%v", err)
	}
	return hs.transcript[:n], nil
}

// sendChangeCipherSpec queues a ChangeCipherSpec; the keys change elsewhere.
func (hs *handshake) sendChangeCipherSpec() {
	hs.c.trace(Event{Kind: EventChangeCipherSpec, Sent: true, Raw: []byte{1}, Protected: hs.c.out.keys != nil})
	hs.c.queue(iana.RecordChangeCipherSpec, nameChangeCipherSpec, []byte{1})
}

// randomBytes reads from the configured source.
func (hs *handshake) randomBytes(b []byte) error {
	source := hs.cfg.Rand
	if source == nil {
		source = rand.Reader
	}
	if _, err := io.ReadFull(source, b); err != nil {
		return fmt.Errorf("read random bytes: %w", err)
	}
	return nil
}

// readClientHello reads a ClientHello.
func (hs *handshake) readClientHello() error {
	raw, err := hs.read(iana.ClientHello)
	if err != nil {
		return err
	}
	return hs.takeClientHello(raw)
}

// takeClientHello reads what a ClientHello offers.
func (hs *handshake) takeClientHello(raw []byte) error {
	o, err := parseOffer(raw, hs.cfg.Ignore)
	if err != nil {
		return err
	}
	if !hmac.Equal(o.renegotiated, hs.previous.verifyData(false)) {
		return alertf(iana.AlertHandshakeFailure, "the client's renegotiation_info does not fit")
	}
	hs.offer = o
	hs.c.setState(func(s *ConnectionState) { s.ServerName = o.serverName })
	if len(hs.c.in.hand) > 0 {
		return alertf(iana.AlertUnexpectedMessage, "more handshake bytes after the ClientHello")
	}
	return nil
}

// readKeys and writeKeys change the keys of a direction from the next record on.
func (hs *handshake) readKeys(k *record.Keys, others ...*record.Keys) {
	hs.c.in.keys, hs.c.in.others = k, others
}

func (hs *handshake) writeKeys(k *record.Keys) { hs.c.out.keys = k }

// hash is the transcript hash of TLS 1.2's PRF.
func (hs *handshake) legacySecrets() *secret.Legacy {
	return &secret.Legacy{Version: hs.version, Hash: hs.suite.PRFHash(), Client: hs.offer.hello.Random, Server: hs.random}
}
