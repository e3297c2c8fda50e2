package wiretest

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

type shareKey = kx.Private

// handshake runs up to the point where application data may be sent.
func (s *conn) handshake() error {
	s.shares, s.seen = map[uint16]*shareKey{}, map[uint8]bool{}
	if err := s.makeHello(); err != nil {
		return err
	}
	if err := s.sendHello(); err != nil {
		return err
	}
	sh, err := s.readServerHello()
	if err != nil {
		return err
	}
	if s.version == iana.TLS13 {
		return s.handshake13(sh)
	}
	return s.handshakeLegacy(sh)
}

func (s *conn) offers(version uint16) bool { return has(s.Versions, version) }

func has[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// makeHello fills in the ClientHello.
func (s *conn) makeHello() error {
	highest := uint16(0)
	for _, v := range s.Versions {
		highest = max(highest, v)
	}
	m := &s.hello
	m.Version, m.CipherSuites, m.Compressions = min(highest, iana.TLS12), s.CipherSuites, []uint8{0}
	_, _ = rand.Read(m.Random[:])
	if highest == iana.SSL30 {
		m.NoExtensions = true
		m.CipherSuites = append(append([]uint16(nil), m.CipherSuites...), iana.SCSVRenegotiation)
		return nil
	}
	x := &m.Extensions
	if s.ServerName != "" {
		x.Add(iana.ExtServerName, message.ServerName(s.ServerName))
	}
	x.Add(iana.ExtRenegotiationInfo, message.Vector8(nil))
	x.Add(iana.ExtSupportedGroups, message.Uint16List(s.Groups))
	x.Add(iana.ExtECPointFormats, message.Vector8([]byte{0}))
	if highest >= iana.TLS12 {
		x.Add(iana.ExtSignatureAlgorithms, message.Uint16List(s.Schemes))
	}
	add := func(when bool, typ uint16, data []byte) {
		if when {
			x.Add(typ, data)
		}
	}
	add(!s.NoEMS, iana.ExtExtendedMasterSecret, nil)
	add(!s.NoEtM, iana.ExtEncryptThenMAC, nil)
	add(len(s.ALPN) > 0, iana.ExtALPN, message.ALPN(s.ALPN))
	add(s.Status, iana.ExtStatusRequest, []byte{1, 0, 0, 0, 0})
	add(s.Compressed, iana.ExtCompressCertificate, message.Uint16List8([]uint16{iana.CompressZlib}))
	if s.Tickets && s.legacySession() {
		x.Add(iana.ExtSessionTicket, s.Session.ticket)
		m.SessionID = make([]byte, 32)
		_, _ = rand.Read(m.SessionID)
	} else {
		add(s.Tickets, iana.ExtSessionTicket, nil)
	}
	if highest < iana.TLS13 {
		return nil
	}
	m.SessionID = make([]byte, 32)
	_, _ = rand.Read(m.SessionID)
	x.Add(iana.ExtSupportedVersions, message.Uint16List8(s.Versions))
	x.Add(iana.ExtPSKKeyExchangeModes, message.Vector8([]byte{1}))
	for _, g := range s.Shares {
		k, err := kx.Generate(g, nil)
		if err != nil {
			return err
		}
		s.shares[g] = k
	}
	s.setShares(s.Shares)
	return nil
}

func (s *conn) legacySession() bool { return s.Session != nil && s.Session.version != iana.TLS13 }

func (s *conn) setShares(groups []uint16) {
	var list []message.KeyShare
	for _, g := range groups {
		list = append(list, message.KeyShare{Group: g, Key: s.shares[g].Public})
	}
	s.hello.Extensions.Set(iana.ExtKeyShare, message.KeyShares(list))
}

// sendHello sends the ClientHello, with a PSK where there is a session for one.
func (s *conn) sendHello() error {
	if s.Session != nil && s.Session.version == iana.TLS13 && s.offers(iana.TLS13) {
		s.hello.Extensions.Remove(iana.ExtPreSharedKey)
		suite := iana.SuiteByID(s.Session.suite)
		psk := &message.PreSharedKeys{
			Identities: []message.PSKIdentity{{Identity: s.Session.ticket, Age: s.Session.ageAdd}},
			Binders:    [][]byte{make([]byte, suite.PRFHash().Size())},
		}
		s.hello.Extensions.Add(iana.ExtPreSharedKey, psk.Bytes())
		raw := message.Encode(&s.hello)
		schedule := secret.NewSchedule(suite.PRFHash(), s.Session.secret)
		partial := append(append([]byte(nil), s.transcript...), raw[:len(raw)-psk.BindersLen()]...)
		psk.Binders[0] = secret.VerifyData(schedule.Hash, schedule.Derive(secret.ResumptionBinder, nil), schedule.Sum(partial))
		s.hello.Extensions.Set(iana.ExtPreSharedKey, psk.Bytes())
	}
	return s.send(&s.hello)
}

// send sends a message that the transcript takes in.
func (s *conn) send(m message.Message) error {
	raw := message.Encode(m)
	s.transcript = append(s.transcript, raw...)
	return s.write(iana.RecordHandshake, raw)
}

// decode parses a message; a byte after its end is a check of its own.
func (s *conn) decode(raw []byte, m message.Message) error {
	err := message.Decode(raw, m)
	if err == nil {
		return nil
	}
	if message.Decode(message.Reframe(raw, raw[message.HeaderLen:len(raw)-1]), m) == nil && raw[len(raw)-1] == 0 {
		return s.must(false, Trailing, iana.AlertDecodeError, "%v", err)
	}
	return fmt.Errorf("%w (%s)", err, iana.AlertName(iana.AlertDecodeError))
}

// readServerHello reads and checks a ServerHello, after a HelloRetryRequest if one comes first.
func (s *conn) readServerHello() (*message.ServerHello, error) {
	for {
		raw, err := s.expect(iana.ServerHello)
		if err != nil {
			return nil, err
		}
		var sh message.ServerHello
		if err := s.decode(raw, &sh); err != nil {
			return nil, err
		}
		if !sh.IsRetry() {
			return &sh, s.checkServerHello(&sh)
		}
		if err := s.answerRetry(&sh, len(raw)); err != nil {
			return nil, err
		}
	}
}

// checkServerHello settles version and suite and checks what both protocols have in common.
func (s *conn) checkServerHello(sh *message.ServerHello) error {
	s.version, s.random = sh.Version, sh.Random
	data, inExtension := sh.Extensions.Get(iana.ExtSupportedVersions)
	chosen, _ := message.ParseUint16(data)
	switch {
	case inExtension && chosen >= iana.TLS13:
		s.version = iana.TLS13
		if err := s.must(chosen == iana.TLS13, Version, iana.AlertIllegalParameter, "version %04x", chosen); err != nil {
			return err
		}
		if err := s.must(sh.Version == iana.TLS12, LegacyVersion, iana.AlertIllegalParameter, "legacy_version %04x", sh.Version); err != nil {
			return err
		}
	case inExtension:
		if err := s.must(false, SupportedVersions, iana.AlertIllegalParameter, "supported_versions for version %04x", chosen); err != nil {
			return err
		}
	case sh.Version >= iana.TLS13:
		if err := s.must(false, SupportedVersions, iana.AlertMissingExtension, "TLS 1.3 without supported_versions"); err != nil {
			return err
		}
	}
	if err := s.must(s.offers(s.version), Version, iana.AlertProtocolVersion, "version %04x was not offered", s.version); err != nil {
		return err
	}
	if err := s.checkDowngrade(); err != nil {
		return err
	}
	s.suite = iana.SuiteByID(sh.CipherSuite)
	if s.suite == nil {
		return &Refusal{Suite, iana.AlertName(iana.AlertIllegalParameter), "an unknown suite"}
	}
	fits := has(s.CipherSuites, sh.CipherSuite) && (s.suite.KX == iana.Any) == (s.version == iana.TLS13)
	if err := s.must(fits, Suite, iana.AlertIllegalParameter, "%s was not offered", s.suite.Name); err != nil {
		return err
	}
	if s.tls13.retrySuite != 0 {
		if err := s.must(s.tls13.retrySuite == sh.CipherSuite, RetrySuite, iana.AlertIllegalParameter, "another suite than in HelloRetryRequest"); err != nil {
			return err
		}
	}
	if err := s.must(sh.Compression == 0, Compression, iana.AlertIllegalParameter, "compression %d", sh.Compression); err != nil {
		return err
	}
	return s.checkExtensions(sh.Extensions, allowedIn(s.version))
}

// checkDowngrade is RFC 8446 4.1.3.
func (s *conn) checkDowngrade() error {
	sentinel := string(s.random[24:])
	downgraded := s.offers(iana.TLS13) && s.version < iana.TLS13 && (sentinel == "DOWNGRD\x01" || sentinel == "DOWNGRD\x00") ||
		s.offers(iana.TLS12) && s.version < iana.TLS12 && sentinel == "DOWNGRD\x00"
	return s.must(!downgraded, Downgrade, iana.AlertIllegalParameter, "the server says that this is a downgrade")
}

// allowedIn lists the extensions that may stand in ServerHello; nil for all.
func allowedIn(version uint16) []uint16 {
	if version == iana.TLS13 {
		return []uint16{iana.ExtSupportedVersions, iana.ExtKeyShare, iana.ExtPreSharedKey, iana.ExtCookie}
	}
	return nil
}

// checkExtensions checks a list of extensions against what the client sent and where they stand.
func (s *conn) checkExtensions(list message.Extensions, allowed []uint16) error {
	if typ, twice := list.Duplicate(); twice {
		if err := s.must(false, DuplicateExtension, iana.AlertIllegalParameter, "extension %d twice", typ); err != nil {
			return err
		}
	}
	for _, x := range list {
		asked := s.hello.Extensions.Has(x.Type) || x.Type == iana.ExtCookie || x.Type == iana.ExtRenegotiationInfo && has(s.hello.CipherSuites, iana.SCSVRenegotiation)
		misplaced := allowed != nil && !has(allowed, x.Type) && knownExtension(x.Type)
		if misplaced {
			if err := s.must(false, Misplaced, iana.AlertIllegalParameter, "extension %d does not belong here", x.Type); err != nil {
				return err
			}
			continue
		}
		if err := s.must(asked, Unsolicited, iana.AlertUnsupportedExtension, "extension %d was not asked for", x.Type); err != nil {
			return err
		}
	}
	return nil
}

// knownExtension are those of which the client knows where they belong.
func knownExtension(typ uint16) bool {
	return has([]uint16{iana.ExtALPN, iana.ExtSupportedVersions, iana.ExtKeyShare, iana.ExtCookie, iana.ExtSignatureAlgorithms}, typ)
}

// checkALPN is RFC 7301 3.1.
func (s *conn) checkALPN(list message.Extensions) error {
	data, ok := list.Get(iana.ExtALPN)
	if !ok {
		return nil
	}
	protocols, ok := message.ParseALPN(data)
	if err := s.must(ok && len(protocols) == 1 && has(s.ALPN, protocols[0]), ALPN, iana.AlertIllegalParameter, "ALPN answered by %q", protocols); err != nil {
		return err
	}
	if len(protocols) > 0 {
		s.result.ALPN = protocols[0]
	}
	return nil
}

// repeatable are the messages that a client without Order takes in again when they come twice.
var repeatable = []uint8{
	iana.ServerHello, iana.Certificate, iana.CertificateStatus, iana.ServerKeyExchange, iana.EncryptedExtensions, iana.CertificateVerify,
}

// expect returns the next message of one of the types wanted; the transcript takes it in.
func (s *conn) expect(want ...uint8) ([]byte, error) {
	for {
		it, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case it.ccs:
			err = s.earlyCCS()
		case it.data != nil:
			err = s.must(false, ApplicationDataSoon, iana.AlertUnexpectedMessage, "application data during the handshake")
			s.data = append(s.data, it.data...)
		case has(want, it.raw[0]):
			s.transcript = append(s.transcript, it.raw...)
			s.seen[it.raw[0]] = true
			return it.raw, nil
		default:
			err = s.must(false, Order, iana.AlertUnexpectedMessage, "%s where %s was due", iana.MessageName(it.raw[0]), iana.MessageName(want[0]))
			if s.seen[it.raw[0]] && has(repeatable, it.raw[0]) {
				s.transcript = append(s.transcript, it.raw...)
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// peek returns the type of the next message without taking it; 255 for a ChangeCipherSpec.
func (s *conn) peek() (uint8, error) {
	it, err := s.next()
	if err != nil {
		return 0, err
	}
	s.waiting = it
	switch {
	case it.ccs:
		return isCCS, nil
	case it.data != nil:
		return isData, nil
	}
	return it.raw[0], nil
}

const (
	isCCS  = 255
	isData = 254
)

var errNoShare = errors.New("the server's share cannot be computed with")
