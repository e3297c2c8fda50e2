package wire

import (
	"crypto/hmac"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// legacyState is what a handshake of SSL 3.0 to TLS 1.2 knows besides.
type legacyState struct {
	extendedMaster, encryptThenMAC bool
	ticket, staple                 bool // promised in ServerHello

	exchange   exchange
	candidates []candidate // what the client may have computed; one in an honest handshake
	master     []byte
	out        *record.Keys

	clientVerify, serverVerify []byte
}

// candidate is a master secret with the keys that follow from it.
type candidate struct {
	master  []byte
	in, out *record.Keys
}

// legacySteps lists the steps of SSL 3.0 to TLS 1.2: RFC 5246 7.3, and for a
// resumed session RFC 5077 3.1.
func legacySteps(hs *handshake) ([]step, error) {
	hs.c.out.version = hs.version
	hs.legacy.negotiate(hs)
	if err := hs.chooseRandom(); err != nil {
		return nil, err
	}
	if hs.resumption != nil {
		return []step{
			{stepServerHello, (*handshake).sendServerHello},
			{stepChangeCipherSpec, (*handshake).resumeAndChangeCipherSpec},
			{stepFinished, (*handshake).sendFinished},
			{readChangeCipherSpec, (*handshake).readChangeCipherSpec},
			{readFinished, (*handshake).readFinished},
		}, nil
	}
	steps := []step{{stepServerHello, (*handshake).sendServerHello}}
	add := func(when bool, name string, run func(*handshake) error) {
		if when {
			steps = append(steps, step{name, run})
		}
	}
	anonymous := hs.suite.KX.Anonymous()
	asks := hs.cfg.ClientAuth != NoClientCert && !anonymous
	add(!anonymous, stepCertificate, (*handshake).sendCertificate)
	add(hs.legacy.staple, stepCertificateStatus, (*handshake).sendCertificateStatus)
	add(hs.needsServerKeyExchange(), stepServerKeyExchange, (*handshake).sendServerKeyExchange)
	add(asks, stepCertificateRequest, (*handshake).sendCertificateRequest)
	add(true, stepServerHelloDone, (*handshake).sendServerHelloDone)
	add(asks, readCertificate, (*handshake).readCertificate)
	add(true, readClientKeyExchange, (*handshake).readClientKeyExchange)
	add(asks, readCertificateVerify, (*handshake).readCertificateVerify)
	add(true, readChangeCipherSpec, (*handshake).readChangeCipherSpec)
	add(true, readFinished, (*handshake).readFinished)
	add(hs.legacy.ticket, stepNewSessionTicket, (*handshake).sendNewSessionTicket)
	add(true, stepChangeCipherSpec, (*handshake).changeCipherSpec)
	add(true, stepFinished, (*handshake).sendFinished)
	return steps, nil
}

// negotiate chooses the extensions that change what follows.
func (l *legacyState) negotiate(hs *handshake) {
	o := hs.offer
	tls := hs.version >= iana.TLS10
	l.extendedMaster = tls && o.extendedMaster
	l.encryptThenMAC = tls && o.encryptThenMAC && hs.suite.Cipher.CBC()
	l.ticket = tls && o.ticket != nil && hs.cfg.TicketKey != nil && hs.resumption == nil
	l.staple = tls && o.statusRequest && hs.cfg.Certificate.OCSPStaple != nil && hs.resumption == nil && !hs.suite.KX.Anonymous()
}

// Sentinels at the end of the random of a server that speaks more than it chose, RFC 8446 4.1.3.
const (
	downgradeTLS12 = "DOWNGRD\x01"
	downgradeTLS11 = "DOWNGRD\x00"
)

// chooseRandom draws the server's random and marks a downgrade where TLS 1.3, or 1.2, was possible for the server.
func (hs *handshake) chooseRandom() error {
	if err := hs.randomBytes(hs.random[:]); err != nil {
		return err
	}
	for _, v := range hs.cfg.Versions {
		switch {
		case v == iana.TLS13 && hs.version == iana.TLS12:
			copy(hs.random[24:], downgradeTLS12)
		case v >= iana.TLS12 && hs.version < iana.TLS12:
			copy(hs.random[24:], downgradeTLS11)
		}
	}
	return nil
}

// sendServerHello is RFC 5246 7.4.1.3.
func (hs *handshake) sendServerHello() error {
	m := &message.ServerHello{Version: hs.version, Random: hs.random, CipherSuite: hs.suite.ID}
	if hs.resumption != nil {
		m.SessionID = hs.offer.hello.SessionID // RFC 5077 3.4
	}
	o, x := hs.offer, &m.Extensions
	if hs.version >= iana.TLS10 && o.secureRenegotiation {
		x.Add(iana.ExtRenegotiationInfo, message.Vector8(hs.previous.verifyData(true))) // RFC 5746 3.6, 3.7
	}
	if hs.legacy.extendedMaster {
		x.Add(iana.ExtExtendedMasterSecret, nil)
	}
	if hs.legacy.encryptThenMAC {
		x.Add(iana.ExtEncryptThenMAC, nil)
	}
	if hs.suite.KX.Elliptic() && o.pointFormats {
		x.Add(iana.ExtECPointFormats, message.Vector8([]byte{0})) // RFC 8422 5.1.2
	}
	if hs.legacy.ticket {
		x.Add(iana.ExtSessionTicket, nil)
	}
	if hs.legacy.staple {
		x.Add(iana.ExtStatusRequest, nil)
	}
	if scts := hs.cfg.Certificate.SCTs; o.sct && scts != nil && hs.resumption == nil {
		x.Add(iana.ExtSCT, message.SCTList(scts))
	}
	if hs.alpn != "" {
		x.Add(iana.ExtALPN, message.ALPN([]string{hs.alpn}))
	}
	hs.send(stepServerHello, m)
	return nil
}

// sendCertificate is RFC 5246 7.4.2.
func (hs *handshake) sendCertificate() error {
	hs.send(stepCertificate, &message.Certificate{Chain: hs.cfg.Certificate.Chain})
	return nil
}

// sendCertificateStatus is RFC 6066 8.
func (hs *handshake) sendCertificateStatus() error {
	hs.send(stepCertificateStatus, &message.CertificateStatus{StatusType: 1, Response: hs.cfg.Certificate.OCSPStaple})
	return nil
}

// sendServerHelloDone is RFC 5246 7.4.5.
func (hs *handshake) sendServerHelloDone() error {
	hs.send(stepServerHelloDone, &message.Empty{MsgType: iana.ServerHelloDone})
	return nil
}

// readChangeCipherSpec reads the client's ChangeCipherSpec; its next record is
// encrypted, by one of the candidates.
func (hs *handshake) readChangeCipherSpec() error {
	if err := hs.c.flush(); err != nil {
		return err
	}
	in := &hs.c.in
	for !in.ccs {
		if len(in.hand) > 0 {
			return alertf(iana.AlertUnexpectedMessage, "%s before ChangeCipherSpec", iana.MessageName(in.hand[0]))
		}
		if err := hs.c.readMore(); err != nil {
			return err
		}
	}
	in.ccs = false
	var others []*record.Keys
	for _, c := range hs.legacy.candidates[1:] {
		others = append(others, c.in)
	}
	hs.readKeys(hs.legacy.candidates[0].in, others...)
	return nil
}

// readFinished is RFC 5246 7.4.9. The keys that opened it tell what the client computed.
func (hs *handshake) readFinished() error {
	var m message.Finished
	before, err := hs.readInto(&m)
	if err != nil {
		return err
	}
	for _, c := range hs.legacy.candidates {
		if hs.c.in.keys == c.in {
			hs.legacy.master, hs.legacy.out = c.master, c.out
		}
	}
	hs.c.in.others = nil
	want := hs.legacySecrets().Finished(hs.legacy.master, before, false)
	if !hmac.Equal(want, m.VerifyData) {
		return alertf(iana.AlertDecryptError, "the client's Finished does not verify")
	}
	hs.legacy.clientVerify = m.VerifyData
	return nil
}

// changeCipherSpec is RFC 5246 7.1: what the server sends from here on is encrypted.
func (hs *handshake) changeCipherSpec() error {
	hs.sendChangeCipherSpec()
	hs.writeKeys(hs.legacy.out)
	return nil
}

// resumeAndChangeCipherSpec is changeCipherSpec with the master secret of a session.
func (hs *handshake) resumeAndChangeCipherSpec() error {
	c, err := hs.derive(hs.resumption.secret)
	if err != nil {
		return err
	}
	hs.legacy.candidates = []candidate{c}
	hs.legacy.master, hs.legacy.out = c.master, c.out
	return hs.changeCipherSpec()
}

// sendFinished is RFC 5246 7.4.9.
func (hs *handshake) sendFinished() error {
	verify := hs.legacySecrets().Finished(hs.legacy.master, hs.transcript, true)
	hs.legacy.serverVerify = verify
	hs.send(stepFinished, &message.Finished{VerifyData: verify})
	return nil
}

// derive makes the keys of a master secret.
func (hs *handshake) derive(master []byte) (candidate, error) {
	b := hs.legacySecrets().Block(master, record.Sizes(hs.version, hs.suite))
	in, err := record.NewLegacy(hs.version, hs.suite, b.ClientMAC, b.ClientKey, b.ClientIV, hs.legacy.encryptThenMAC)
	if err != nil {
		return candidate{}, err
	}
	out, err := record.NewLegacy(hs.version, hs.suite, b.ServerMAC, b.ServerKey, b.ServerIV, hs.legacy.encryptThenMAC)
	return candidate{master, in, out}, err
}
