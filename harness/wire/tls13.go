package wire

import (
	"crypto/hmac"
	"errors"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// tls13State is what a handshake of TLS 1.3 knows besides.
type tls13State struct {
	schedule *secret.Schedule
	retried  bool // a HelloRetryRequest has been sent
	sentCCS  bool
	early    bool // early data are taken

	// Traffic secrets, RFC 8446 7.1.
	clientEarly, clientHandshake, serverHandshake []byte
	clientApplication, serverApplication          []byte
	resumptionMaster                              []byte
}

// share is the server's key share and the secret that it leads to.
type share struct {
	group  uint16
	public []byte
	secret []byte // nil without (EC)DHE
	absent bool   // no key_share is sent: key exchange by PSK alone
}

// tls13Steps lists the steps of TLS 1.3, RFC 8446 2 and 4.
func tls13Steps(hs *handshake) ([]step, error) {
	hs.c.out.version = iana.TLS12 // RFC 8446 5.1
	hs.c.in.tls13 = true
	needsShare := hs.resumption == nil || contains(hs.offer.pskModes, pskDHE)
	missing := needsShare && hs.offer.share(hs.group) == nil
	if !hs.tls13.retried && (missing || hs.cfg.Cookie != nil) {
		if hs.group == 0 {
			return nil, alertf(iana.AlertHandshakeFailure, "no group in common")
		}
		return []step{
			{stepHelloRetryRequest, (*handshake).sendHelloRetryRequest},
			{stepChangeCipherSpec, (*handshake).changeCipherSpec13},
			{readClientHello, (*handshake).readClientHello},
			{answerClientHello, (*handshake).answerClientHello},
		}, nil
	}
	if missing {
		return nil, alertf(iana.AlertIllegalParameter, "no key share of %s", iana.GroupName(hs.group))
	}
	if err := hs.randomBytes(hs.random[:]); err != nil {
		return nil, err
	}
	hs.chooseEarlyData()
	full := hs.resumption == nil
	asks := full && hs.cfg.ClientAuth != NoClientCert
	var steps []step
	add := func(when bool, name string, run func(*handshake) error) {
		if when {
			steps = append(steps, step{name, run})
		}
	}
	add(true, stepServerHello, (*handshake).sendServerHello13)
	add(!hs.tls13.sentCCS, stepChangeCipherSpec, (*handshake).changeCipherSpec13)
	add(true, stepEncryptedExtensions, (*handshake).sendEncryptedExtensions)
	add(asks, stepCertificateRequest, (*handshake).sendCertificateRequest13)
	add(full, stepCertificate, (*handshake).sendCertificate13)
	add(full, stepCertificateVerify, (*handshake).sendCertificateVerify)
	add(true, stepFinished, (*handshake).sendFinished13)
	add(hs.tls13.early, readEndOfEarlyData, (*handshake).readEndOfEarlyData)
	add(asks, readCertificate, (*handshake).readCertificate13)
	add(asks, readCertificateVerify, (*handshake).readCertificateVerify)
	add(true, readFinished, (*handshake).readFinished13)
	add(hs.cfg.TicketKey != nil && len(hs.offer.pskModes) > 0, stepNewSessionTicket, (*handshake).sendNewSessionTicket13)
	return steps, nil
}

// supportedVersions13 is the supported_versions of a ServerHello, RFC 8446 4.2.1.
func supportedVersions13(x *message.Extensions) {
	x.Add(iana.ExtSupportedVersions, message.Uint16(iana.TLS13))
}

// sendHelloRetryRequest is RFC 8446 4.1.4. The first ClientHello goes into the transcript as its hash, 4.4.1.
func (hs *handshake) sendHelloRetryRequest() error {
	if !hs.tls13.retried {
		h := hs.suite.PRFHash().New()
		h.Write(hs.transcript)
		hs.transcript = message.Encode(&message.Raw{MsgType: iana.MessageHash, Body: h.Sum(nil)})
	}
	m := &message.ServerHello{
		Version: iana.TLS12, Random: message.HelloRetryRandom, SessionID: hs.offer.hello.SessionID, CipherSuite: hs.suite.ID,
	}
	supportedVersions13(&m.Extensions)
	if hs.offer.share(hs.group) == nil {
		m.Extensions.Add(iana.ExtKeyShare, message.Uint16(hs.group))
	}
	if hs.cfg.Cookie != nil {
		m.Extensions.Add(iana.ExtCookie, message.Vector16(hs.cfg.Cookie))
	}
	hs.tls13.retried = true
	hs.c.setState(func(s *ConnectionState) { s.HelloRetried = true })
	if hs.offer.earlyData {
		hs.c.in.skip = hs.cfg.Limits.SkippedBytes
	}
	hs.send(stepHelloRetryRequest, m)
	return nil
}

// changeCipherSpec13 is for middleboxes, RFC 8446 D.4; clients that do not ask for it by a session id get none.
func (hs *handshake) changeCipherSpec13() error {
	hs.tls13.sentCCS = true
	if len(hs.offer.hello.SessionID) == 0 {
		return nil
	}
	k := hs.c.out.keys
	hs.writeKeys(nil)
	hs.sendChangeCipherSpec()
	hs.writeKeys(k)
	return nil
}

// chooseShare answers the client's key share, RFC 8446 4.2.8.
func (hs *handshake) chooseShare() (*share, error) {
	s := &share{group: hs.group}
	if hs.resumption != nil && !contains(hs.offer.pskModes, pskDHE) {
		s.absent = true
	} else {
		var err error
		s.public, s.secret, err = kx.Respond(hs.group, hs.offer.share(hs.group), hs.cfg.Rand)
		if errors.Is(err, kx.ErrPeer) {
			return nil, alertf(iana.AlertIllegalParameter, "the client's key share: %v", err)
		}
		if err != nil {
			return nil, err
		}
	}
	hs.script.share(hs, s)
	return s, nil
}

// sendServerHello13 is RFC 8446 4.1.3; after it both directions are encrypted.
func (hs *handshake) sendServerHello13() error {
	s, err := hs.chooseShare()
	if err != nil {
		return err
	}
	m := &message.ServerHello{Version: iana.TLS12, Random: hs.random, SessionID: hs.offer.hello.SessionID, CipherSuite: hs.suite.ID}
	supportedVersions13(&m.Extensions)
	if !s.absent {
		m.Extensions.Add(iana.ExtKeyShare, message.KeyShare{Group: s.group, Key: s.public}.Bytes())
	}
	var psk []byte
	if hs.resumption != nil {
		psk = hs.resumption.secret
		m.Extensions.Add(iana.ExtPreSharedKey, message.Uint16(uint16(hs.resumption.index)))
	}
	schedule := secret.NewSchedule(hs.suite.PRFHash(), psk)
	hs.tls13.schedule = schedule
	if hs.tls13.early {
		hs.tls13.clientEarly = schedule.Derive(secret.ClientEarly, hs.transcript)
	}
	hs.send(stepServerHello, m)

	schedule.Advance(s.secret)
	hs.tls13.clientHandshake = schedule.Derive(secret.ClientHandshake, hs.transcript)
	hs.tls13.serverHandshake = schedule.Derive(secret.ServerHandshake, hs.transcript)
	if !s.absent {
		hs.c.setState(func(state *ConnectionState) { state.Group = s.group })
	}
	return hs.changeTraffic13()
}

// changeTraffic13 takes up the handshake traffic keys, or those of early data for reading.
func (hs *handshake) changeTraffic13() error {
	out, err := record.New13(hs.suite, hs.tls13.serverHandshake)
	if err != nil {
		return err
	}
	hs.writeKeys(out)
	if hs.tls13.early {
		in, err := record.New13(hs.suite, hs.tls13.clientEarly)
		if err != nil {
			return err
		}
		hs.readKeys(in)
		hs.c.in.takes = true
		return nil
	}
	if hs.offer.earlyData && !hs.tls13.retried {
		hs.c.in.skip = hs.cfg.Limits.SkippedBytes
	}
	in, err := record.New13(hs.suite, hs.tls13.clientHandshake)
	hs.readKeys(in)
	return err
}

// sendFinished13 is RFC 8446 4.4.4; after it the server may send application data.
func (hs *handshake) sendFinished13() error {
	schedule := hs.tls13.schedule
	verify := secret.VerifyData(schedule.Hash, hs.tls13.serverHandshake, schedule.Sum(hs.transcript))
	hs.send(stepFinished, &message.Finished{VerifyData: verify})

	schedule.Advance(nil)
	hs.tls13.clientApplication = schedule.Derive(secret.ClientApplication, hs.transcript)
	hs.tls13.serverApplication = schedule.Derive(secret.ServerApplication, hs.transcript)
	hs.c.out.traffic = hs.tls13.serverApplication
	out, err := record.New13(hs.suite, hs.tls13.serverApplication)
	hs.writeKeys(out)
	return err
}

// readFinished13 is RFC 8446 4.4.4; after it the client may send application data.
func (hs *handshake) readFinished13() error {
	in, err := record.New13(hs.suite, hs.tls13.clientApplication)
	if err != nil {
		return err
	}
	handshakeKeys := hs.c.in.keys
	hs.c.in.others = []*record.Keys{in} // a client may refuse in its last epoch
	var m message.Finished
	before, err := hs.readInto(&m)
	if err != nil {
		return err
	}
	schedule := hs.tls13.schedule
	if !hmac.Equal(secret.VerifyData(schedule.Hash, hs.tls13.clientHandshake, schedule.Sum(before)), m.VerifyData) {
		return alertf(iana.AlertDecryptError, "the client's Finished does not verify")
	}
	if len(hs.c.in.hand) > 0 {
		return alertf(iana.AlertUnexpectedMessage, "handshake bytes after Finished in its record")
	}
	hs.tls13.resumptionMaster = schedule.Derive(secret.ResumptionMaster, hs.transcript)
	hs.c.in.traffic = hs.tls13.clientApplication
	hs.readKeys(in, handshakeKeys)
	return nil
}
