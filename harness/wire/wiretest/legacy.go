package wiretest

import (
	"crypto"
	"crypto/hmac"
	"crypto/x509"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// legacyState is what a handshake of SSL 3.0 to TLS 1.2 knows besides.
type legacyState struct {
	extended, encryptThenMAC, ticket, staple bool

	ske       *message.ServerKeyExchange
	premaster []byte
	exchange  []byte // the body of ClientKeyExchange
	asked     bool   // CertificateRequest came
	master    []byte
	in, out   *record.Keys
	weak      bool // in EarlyCCSKeys: both directions have their keys for good
}

// handshakeLegacy goes on after ServerHello, RFC 5246 7.3.
func (s *conn) handshakeLegacy(sh *message.ServerHello) error {
	s.outVersion = s.version
	if err := s.checkLegacyHello(sh); err != nil {
		return err
	}
	if s.legacySession() && len(sh.SessionID) > 0 && string(sh.SessionID) == string(s.hello.SessionID) {
		return s.resumeLegacy()
	}
	over, err := s.readFlight()
	if over || err != nil {
		return err
	}
	if err := s.sendFlight(); err != nil {
		return err
	}
	return s.readLastFlight()
}

func (s *conn) secrets() *secret.Legacy {
	return &secret.Legacy{Version: s.version, Hash: s.suite.PRFHash(), Client: s.hello.Random, Server: s.random}
}

// checkLegacyHello reads the extensions of ServerHello that change what follows.
func (s *conn) checkLegacyHello(sh *message.ServerHello) error {
	x, l := sh.Extensions, &s.legacy
	l.extended, l.ticket = x.Has(iana.ExtExtendedMasterSecret), x.Has(iana.ExtSessionTicket)
	l.staple = x.Has(iana.ExtStatusRequest)
	if err := s.must(len(sh.SessionID) <= 32, SessionIDLength, iana.AlertDecodeError, "a session id of %d bytes", len(sh.SessionID)); err != nil {
		return err
	}
	etm := x.Has(iana.ExtEncryptThenMAC)
	if err := s.must(!etm || s.suite.Cipher.CBC(), EncryptThenMAC, iana.AlertIllegalParameter, "encrypt-then-mac with %s", s.suite.Name); err != nil {
		return err
	}
	l.encryptThenMAC = etm && s.suite.Cipher.CBC()
	if s.version > iana.SSL30 {
		info, _ := x.Get(iana.ExtRenegotiationInfo)
		v, ok := message.ParseVector8(info)
		if err := s.must(ok && len(v) == 0, RenegotiationInfo, iana.AlertHandshakeFailure, "renegotiation_info is %x", info); err != nil {
			return err
		}
	}
	return s.checkALPN(x)
}

// readFlight reads from Certificate to ServerHelloDone; over when the server ended the handshake by Finished.
func (s *conn) readFlight() (over bool, err error) {
	if !s.suite.KX.Anonymous() {
		if err := s.readCertificate(); err != nil {
			return false, err
		}
	}
	if err := s.readStatus(); err != nil {
		return false, err
	}
	if typ, err := s.peek(); err == nil && typ == iana.Finished {
		if err := s.must(false, SkippedHandshake, iana.AlertUnexpectedMessage, "Finished before any key exchange"); err != nil {
			return false, err
		}
		return true, s.readFinished(nil) // nothing has been agreed on: the master secret is empty
	}
	if err := s.readKeyExchange(); err != nil {
		return false, err
	}
	typ, err := s.peek()
	if err != nil {
		return false, err
	}
	if typ == iana.CertificateRequest {
		if err := s.readCertificateRequest(); err != nil {
			return false, err
		}
	}
	_, err = s.expect(iana.ServerHelloDone)
	return false, err
}

func (s *conn) readCertificate() error {
	typ, err := s.peek()
	if err != nil {
		return err
	}
	if has([]uint8{iana.CertificateStatus, iana.ServerKeyExchange, iana.CertificateRequest, iana.ServerHelloDone, iana.Finished}, typ) {
		if err := s.must(false, Certificate, iana.AlertUnexpectedMessage, "%s where certificate was due", iana.MessageName(typ)); err != nil {
			return err
		}
		return nil
	}
	raw, err := s.expect(iana.Certificate)
	if err != nil {
		return err
	}
	var m message.Certificate
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	return s.verifyChain(m.Chain)
}

// verifyChain checks the server's chain and keeps it.
func (s *conn) verifyChain(chain [][]byte) error {
	s.chain = chain
	if err := s.must(len(chain) > 0, Certificate, iana.AlertDecodeError, "no certificate"); err != nil || len(chain) == 0 {
		return err
	}
	if s.Verify != nil {
		key, err := s.Verify(chain)
		if err != nil {
			return err
		}
		s.verified = key
		return s.checkType(key)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	if s.Roots != nil {
		others := x509.NewCertPool()
		for _, der := range chain[1:] {
			if c, err := x509.ParseCertificate(der); err == nil {
				others.AddCert(c)
			}
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: s.Roots, DNSName: s.ServerName, Intermediates: others}); err != nil {
			return err
		}
	}
	return s.checkType(leaf.PublicKey)
}

// checkType checks that the server's key is of the kind that its suite asks for.
func (s *conn) checkType(key crypto.PublicKey) error {
	if s.version == iana.TLS13 {
		return nil
	}
	return s.must(serves(s.suite.KX, key), CertificateType, iana.AlertIllegalParameter, "a key of type %T for %s", key, s.suite.Name)
}

// readStatus is RFC 6066 8; the server may leave CertificateStatus out.
func (s *conn) readStatus() error {
	typ, err := s.peek()
	if err != nil || typ != iana.CertificateStatus {
		return err
	}
	if err := s.must(s.legacy.staple && s.Status, CertificateStatus, iana.AlertUnexpectedMessage, "an unasked CertificateStatus"); err != nil {
		return err
	}
	raw, err := s.expect(iana.CertificateStatus)
	if err != nil {
		return err
	}
	var m message.CertificateStatus
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	return s.must(m.StatusType == 1 && len(m.Response) > 0, CertificateStatus, iana.AlertDecodeError, "status of type %d with %d bytes", m.StatusType, len(m.Response))
}

func (s *conn) readCertificateRequest() error {
	if err := s.must(!s.suite.KX.Anonymous(), CertificateRequest, iana.AlertHandshakeFailure, "a CertificateRequest of an anonymous server"); err != nil {
		return err
	}
	raw, err := s.expect(iana.CertificateRequest)
	if err != nil {
		return err
	}
	m := &message.CertificateRequest{HasSchemes: s.version == iana.TLS12}
	if err := s.decode(raw, m); err != nil {
		return err
	}
	s.legacy.asked = true
	return s.must(len(m.Types) > 0 && (!m.HasSchemes || len(m.Schemes) > 0), RequestAlgorithms, iana.AlertDecodeError, "a CertificateRequest that takes nothing")
}

// sendFlight sends from Certificate to Finished.
func (s *conn) sendFlight() error {
	l := &s.legacy
	if l.asked && (s.version > iana.SSL30 || len(s.Chain) > 0) {
		if err := s.send(&message.Certificate{Chain: s.Chain}); err != nil {
			return err
		}
	} else if l.asked {
		if err := s.write(iana.RecordAlert, []byte{iana.AlertLevelWarning, 41}); err != nil { // RFC 6101 5.6.6
			return err
		}
	}
	if err := s.exchangeKeys(); err != nil {
		return err
	}
	if err := s.send(&message.ClientKeyExchange{Body: l.exchange}); err != nil {
		return err
	}
	secrets := s.secrets()
	l.master = secrets.Master(l.premaster)
	if l.extended {
		l.master = secrets.ExtendedMaster(l.premaster, s.transcript)
	}
	if l.asked && len(s.Chain) > 0 {
		if err := s.sendVerifyLegacy(); err != nil {
			return err
		}
	}
	if !l.weak {
		if err := s.deriveLegacy(l.master); err != nil {
			return err
		}
	}
	return s.sendFinishedLegacy()
}

func (s *conn) sendFinishedLegacy() error {
	if err := s.write(iana.RecordChangeCipherSpec, []byte{1}); err != nil {
		return err
	}
	s.out = s.legacy.out
	return s.send(&message.Finished{VerifyData: s.secrets().Finished(s.legacy.master, s.transcript, false)})
}

func (s *conn) deriveLegacy(master []byte) (err error) {
	b := s.secrets().Block(master, record.Sizes(s.version, s.suite))
	l := &s.legacy
	if l.in, err = s.keys(record.NewLegacy(s.version, s.suite, b.ServerMAC, b.ServerKey, b.ServerIV, l.encryptThenMAC)); err != nil {
		return err
	}
	l.out, err = record.NewLegacy(s.version, s.suite, b.ClientMAC, b.ClientKey, b.ClientIV, l.encryptThenMAC)
	return err
}

// earlyCCS is a ChangeCipherSpec where none is due.
func (s *conn) earlyCCS() error {
	if s.lacks(EarlyCCSKeys) && !s.legacy.weak && s.version != iana.TLS13 && s.in == nil && s.legacy.in == nil {
		s.legacy.weak = true
		if err := s.deriveLegacy(nil); err != nil {
			return err
		}
		s.in = s.legacy.in
		return nil
	}
	if s.in != nil || s.version == iana.TLS13 {
		return s.must(false, CCSPlace, iana.AlertUnexpectedMessage, "another ChangeCipherSpec")
	}
	return s.must(false, EarlyCCS, iana.AlertUnexpectedMessage, "an early ChangeCipherSpec")
}

// readLastFlight reads NewSessionTicket, ChangeCipherSpec and Finished.
func (s *conn) readLastFlight() error {
	typ, err := s.peek()
	if err != nil {
		return err
	}
	if typ == iana.ServerHelloDone { // one too many
		if err := s.must(false, Order, iana.AlertUnexpectedMessage, "a second ServerHelloDone"); err != nil {
			return err
		}
		s.waiting = nil
		if typ, err = s.peek(); err != nil {
			return err
		}
	}
	if err := s.must((typ == iana.NewSessionTicket) == s.legacy.ticket, TicketPromise, iana.AlertUnexpectedMessage, "a ticket promised: %t", s.legacy.ticket); err != nil {
		return err
	}
	if typ == iana.NewSessionTicket {
		if err := s.readTicket(); err != nil {
			return err
		}
	}
	return s.readEnd()
}

func (s *conn) readTicket() error {
	raw, err := s.expect(iana.NewSessionTicket)
	if err != nil {
		return err
	}
	var m message.NewSessionTicket
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	s.result.Session = &Session{version: s.version, suite: s.suite.ID, secret: s.legacy.master, ticket: m.Ticket, extended: s.legacy.extended}
	return nil
}

// readEnd reads ChangeCipherSpec and Finished.
func (s *conn) readEnd() error {
	if !s.legacy.weak {
		it, err := s.next()
		for err == nil && it.data != nil {
			err = s.must(false, ApplicationDataSoon, iana.AlertUnexpectedMessage, "application data during the handshake")
			if err == nil {
				it, err = s.next()
			}
		}
		for err == nil && !it.ccs && it.raw[0] != iana.Finished {
			err = s.must(false, Order, iana.AlertUnexpectedMessage, "%s where ChangeCipherSpec was due", iana.MessageName(it.raw[0]))
			if err == nil {
				it, err = s.next()
			}
		}
		if err != nil {
			return err
		}
		if it.ccs {
			if err := s.boundary(); err != nil {
				return err
			}
			s.in = s.legacy.in
		} else {
			s.waiting = it
			if err := s.must(false, CCSBeforeFinished, iana.AlertUnexpectedMessage, "%s where ChangeCipherSpec was due", iana.MessageName(it.raw[0])); err != nil {
				return err
			}
		}
	}
	if err := s.readFinished(s.legacy.master); err != nil {
		return err
	}
	return s.boundary()
}

func (s *conn) readFinished(master []byte) error {
	before := s.transcript
	raw, err := s.expect(iana.Finished)
	if err != nil {
		return err
	}
	return s.compareFinished(s.secrets().Finished(master, before, true), raw[message.HeaderLen:])
}

// compareFinished checks verify_data; without FinishedLength, as far as it goes.
func (s *conn) compareFinished(want, got []byte) error {
	if err := s.must(len(got) == len(want), FinishedLength, iana.AlertDecodeError, "verify_data of %d bytes", len(got)); err != nil {
		return err
	}
	n := min(len(got), len(want))
	return s.must(hmac.Equal(got[:n], want[:n]), Finished, iana.AlertDecryptError, "verify_data does not verify")
}

// resumeLegacy goes on with the session of a ticket, RFC 5077 3.1.
func (s *conn) resumeLegacy() error {
	old := s.Session
	s.result.Resumed = true
	same := old.suite == s.suite.ID && old.extended == s.legacy.extended && old.version == s.version
	if err := s.must(same, Resumption, iana.AlertHandshakeFailure, "a session resumed under other terms"); err != nil {
		return err
	}
	s.legacy.master = old.secret
	if err := s.deriveLegacy(old.secret); err != nil {
		return err
	}
	if err := s.readEnd(); err != nil {
		return err
	}
	return s.sendFinishedLegacy()
}
