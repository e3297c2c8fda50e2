package wiretest

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// tls13State is what a handshake of TLS 1.3 knows besides.
type tls13State struct {
	retries                          int
	retrySuite                       uint16
	schedule                         *secret.Schedule
	clientHandshake, serverHandshake []byte
	asked                            *message.CertificateRequest13
	resumption                       []byte // resumption_master_secret
}

// answerRetry checks a HelloRetryRequest, RFC 8446 4.1.4, and sends the second ClientHello.
func (s *conn) answerRetry(hrr *message.ServerHello, rawLen int) error {
	t := &s.tls13
	t.retries++
	if err := s.must(t.retries == 1, RetryTwice, iana.AlertUnexpectedMessage, "a second HelloRetryRequest"); err != nil {
		return err
	}
	if err := s.checkExtensions(hrr.Extensions, allowedIn(iana.TLS13)); err != nil {
		return err
	}
	if err := s.must(bytes.Equal(hrr.SessionID, s.hello.SessionID), SessionIDEcho, iana.AlertIllegalParameter, "another session id"); err != nil {
		return err
	}
	s.suite = iana.SuiteByID(hrr.CipherSuite)
	if s.suite == nil || s.suite.KX != iana.Any {
		return &Refusal{Suite, iana.AlertName(iana.AlertIllegalParameter), "an unknown suite"}
	}
	t.retrySuite = hrr.CipherSuite
	if t.retries == 1 {
		h := s.suite.PRFHash().New()
		h.Write(s.transcript[:len(s.transcript)-rawLen])
		s.transcript = append(message.Encode(&message.Raw{MsgType: iana.MessageHash, Body: h.Sum(nil)}), s.transcript[len(s.transcript)-rawLen:]...)
	}
	cookie, hasCookie := hrr.Extensions.Get(iana.ExtCookie)
	data, hasGroup := hrr.Extensions.Get(iana.ExtKeyShare)
	if err := s.must(hasCookie || hasGroup, RetryPointless, iana.AlertIllegalParameter, "a HelloRetryRequest that changes nothing"); err != nil {
		return err
	}
	if hasCookie {
		v, ok := message.ParseVector16(cookie)
		if err := s.must(ok && len(v) > 0, Cookie, iana.AlertDecodeError, "a cookie of %d bytes", len(v)); err != nil {
			return err
		}
		s.hello.Extensions.Set(iana.ExtCookie, cookie)
	}
	if hasGroup {
		if err := s.retryGroup(data); err != nil {
			return err
		}
	}
	return s.sendHello()
}

func (s *conn) retryGroup(data []byte) error {
	g, _ := message.ParseUint16(data)
	_, shared := s.shares[g]
	if err := s.must(has(s.Groups, g) && (!shared || s.tls13.retries > 1), RetryGroup, iana.AlertIllegalParameter, "a HelloRetryRequest for group %s", iana.GroupName(g)); err != nil {
		return err
	}
	if !shared {
		k, err := kx.Generate(g, nil)
		if err != nil {
			return err
		}
		s.shares = map[uint16]*shareKey{g: k}
	}
	s.setShares([]uint16{g})
	return nil
}

// handshake13 goes on after ServerHello, RFC 8446 2.
func (s *conn) handshake13(sh *message.ServerHello) error {
	s.outVersion = iana.TLS12
	if err := s.agree(sh); err != nil {
		return err
	}
	if err := s.readEncryptedExtensions(); err != nil {
		return err
	}
	if err := s.readAuthentication(); err != nil {
		return err
	}
	if _, err := s.peekPast(iana.CertificateVerify); err != nil {
		return err
	}
	t := &s.tls13
	want := secret.VerifyData(t.schedule.Hash, t.serverHandshake, t.schedule.Sum(s.transcript))
	raw, err := s.expect(iana.Finished)
	if err != nil {
		return err
	}
	if err := s.compareFinished(want, raw[message.HeaderLen:]); err != nil {
		return err
	}
	return s.finish13()
}

// agree computes the handshake secrets from ServerHello.
func (s *conn) agree(sh *message.ServerHello) error {
	if err := s.must(bytes.Equal(sh.SessionID, s.hello.SessionID), SessionIDEcho, iana.AlertIllegalParameter, "another session id"); err != nil {
		return err
	}
	var psk, shared []byte
	if data, ok := sh.Extensions.Get(iana.ExtPreSharedKey); ok && s.Session != nil {
		index, _ := message.ParseUint16(data)
		fits := index == 0 && iana.SuiteByID(s.Session.suite).PRFHash() == s.suite.PRFHash()
		if err := s.must(fits, Resumption, iana.AlertIllegalParameter, "PSK %d with %s", index, s.suite.Name); err != nil {
			return err
		}
		psk, s.result.Resumed = s.Session.secret, true
	}
	data, ok := sh.Extensions.Get(iana.ExtKeyShare)
	if err := s.must(ok || psk != nil, ShareMissing, iana.AlertMissingExtension, "neither key share nor PSK"); err != nil {
		return err
	}
	if ok {
		var err error
		if shared, err = s.sharedWith(data); err != nil {
			return err
		}
	}
	t := &s.tls13
	t.schedule = secret.NewSchedule(s.suite.PRFHash(), psk)
	t.schedule.Advance(shared)
	t.clientHandshake = t.schedule.Derive(secret.ClientHandshake, s.transcript)
	t.serverHandshake = t.schedule.Derive(secret.ServerHandshake, s.transcript)
	if err := s.repeatedHello(); err != nil {
		return err
	}
	if err := s.boundary(); err != nil {
		return err
	}
	var err error
	if s.in, err = s.keys(record.New13(s.suite, t.serverHandshake)); err != nil {
		return err
	}
	s.out, err = record.New13(s.suite, t.clientHandshake)
	return err
}

// repeatedHello takes in a second ServerHello in the record of the first.
func (s *conn) repeatedHello() error {
	if len(s.hand) < message.HeaderLen || s.hand[0] != iana.ServerHello {
		return nil
	}
	if err := s.must(false, Order, iana.AlertUnexpectedMessage, "a second ServerHello"); err != nil {
		return err
	}
	t := &s.tls13
	s.transcript = append(s.transcript, s.message()...)
	t.clientHandshake = t.schedule.Derive(secret.ClientHandshake, s.transcript)
	t.serverHandshake = t.schedule.Derive(secret.ServerHandshake, s.transcript)
	return nil
}

func (s *conn) sharedWith(data []byte) ([]byte, error) {
	k, ok := message.ParseKeyShare(data)
	if !ok {
		return nil, errNoShare
	}
	own := s.shares[k.Group]
	if err := s.must(own != nil, Group, iana.AlertIllegalParameter, "a share of group %s", iana.GroupName(k.Group)); err != nil {
		return nil, err
	}
	for _, other := range s.shares { // without the check, whichever there is
		if own == nil {
			own = other
		}
	}
	s.result.Group = own.Group
	return s.shared(own, k.Key)
}

// readEncryptedExtensions is RFC 8446 4.3.1.
func (s *conn) readEncryptedExtensions() error {
	typ, err := s.peek()
	if err != nil {
		return err
	}
	if typ == iana.Certificate || typ == iana.CompressedCertificate || typ == iana.CertificateRequest || typ == iana.Finished {
		if err := s.must(false, EncryptedExtensions, iana.AlertUnexpectedMessage, "no EncryptedExtensions"); err != nil {
			return err
		}
		return nil
	}
	raw, err := s.expect(iana.EncryptedExtensions)
	if err != nil {
		return err
	}
	var m message.EncryptedExtensions
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	if err := s.checkExtensions(m.Extensions, []uint16{iana.ExtALPN}); err != nil {
		return err
	}
	return s.checkALPN(m.Extensions)
}

// finish13 takes up the keys of application data and sends the client's last flight.
func (s *conn) finish13() error {
	t := &s.tls13
	if err := s.boundary(); err != nil {
		return err
	}
	t.schedule.Advance(nil)
	clientSecret := t.schedule.Derive(secret.ClientApplication, s.transcript)
	s.inTraffic = t.schedule.Derive(secret.ServerApplication, s.transcript)
	var err error
	if s.in, err = s.keys(record.New13(s.suite, s.inTraffic)); err != nil {
		return err
	}
	if t.asked != nil {
		if err := s.authenticate13(); err != nil {
			return err
		}
	}
	verify := secret.VerifyData(t.schedule.Hash, t.clientHandshake, t.schedule.Sum(s.transcript))
	if err := s.send(&message.Finished{VerifyData: verify}); err != nil {
		return err
	}
	t.resumption = t.schedule.Derive(secret.ResumptionMaster, s.transcript)
	s.outTraffic = clientSecret
	s.out, err = record.New13(s.suite, clientSecret)
	return err
}

func (s *conn) authenticate13() error {
	m := &message.Certificate13{Context: s.tls13.asked.Context}
	for _, der := range s.Chain {
		m.Entries = append(m.Entries, message.CertificateEntry{Data: der})
	}
	if err := s.send(m); err != nil || len(s.Chain) == 0 {
		return err
	}
	scheme, ok := sign.Choose(iana.TLS13, s.Key.Public(), s.Schemes, s.Schemes)
	if !ok {
		return errors.New("the client's key suits no scheme")
	}
	content := append([]byte(strings.Repeat(" ", 64)+"TLS 1.3, client CertificateVerify\x00"), s.tls13.schedule.Sum(s.transcript)...)
	signature, err := sign.Sign(true, s.Key, scheme, content)
	if err != nil {
		return err
	}
	return s.send(&message.CertificateVerify{HasScheme: true, Scheme: scheme, Signature: signature})
}
