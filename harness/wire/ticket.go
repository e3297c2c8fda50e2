package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// ticketLifetime is how long tickets are good for: the most that RFC 8446 4.6.1 allows.
const ticketLifetime = 7 * 24 * time.Hour

// session is what a ticket holds.
type session struct {
	version, suite uint16
	secret         []byte // the master secret, or the PSK of TLS 1.3
	extended       bool   // with an extended master secret
	alpn           string
	created        time.Time
	early          uint32 // early data allowed

	index int // of the identity that named it, TLS 1.3
}

func (s *session) marshal() []byte {
	var b cryptobyte.Builder
	b.AddUint16(s.version)
	b.AddUint16(s.suite)
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.secret) })
	b.AddUint8(map[bool]uint8{true: 1}[s.extended])
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(s.alpn)) })
	b.AddUint64(uint64(s.created.Unix()))
	b.AddUint32(s.early)
	return b.BytesOrPanic()
}

func parseSession(data []byte) (*session, bool) {
	in, s := cryptobyte.String(data), &session{}
	var secret, alpn cryptobyte.String
	var extended uint8
	var created uint64
	ok := in.ReadUint16(&s.version) && in.ReadUint16(&s.suite) && in.ReadUint8LengthPrefixed(&secret) &&
		in.ReadUint8(&extended) && in.ReadUint8LengthPrefixed(&alpn) && in.ReadUint64(&created) && in.ReadUint32(&s.early) && in.Empty()
	s.secret, s.alpn = append([]byte(nil), secret...), string(alpn)
	s.extended, s.created = extended == 1, time.Unix(int64(created), 0)
	return s, ok
}

func ticketAEAD(key *[32]byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

func (hs *handshake) sealTicket(s *session) ([]byte, error) {
	a, err := ticketAEAD(hs.cfg.TicketKey)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, s.marshal(), nil), nil
}

// openTicket returns the session of a ticket; nil when it is not one of ours or too old.
func (hs *handshake) openTicket(ticket []byte) *session {
	if hs.cfg.TicketKey == nil || len(ticket) == 0 {
		return nil
	}
	a, err := ticketAEAD(hs.cfg.TicketKey)
	if err != nil {
		return nil
	}
	data, err := a.Open(nil, nil, ticket, nil)
	if err != nil {
		return nil
	}
	s, ok := parseSession(data)
	if !ok || time.Since(s.created) > ticketLifetime {
		return nil
	}
	return s
}

// chooseSession resumes the session of a ticket of RFC 5077 where version,
// suite and extended master secret are the same, RFC 7627 5.3.
func (hs *handshake) chooseSession() {
	s := hs.openTicket(hs.offer.ticket)
	if s == nil || s.version != hs.version || s.extended != hs.offer.extendedMaster || hs.cfg.ClientAuth != NoClientCert {
		return
	}
	if suite := iana.SuiteByID(s.suite); suite != nil && contains(hs.offer.hello.CipherSuites, s.suite) && contains(hs.cfg.CipherSuites, s.suite) {
		hs.suite, hs.resumption = suite, s
	}
}

// PSK key exchange modes, RFC 8446 4.2.9.
const (
	pskOnly uint8 = 0
	pskDHE  uint8 = 1
)

var errBinder = errors.New("PSK binder does not verify")

// chooseSession13 resumes by the first PSK whose hash is that of the suite, RFC 8446 4.2.11.
func (hs *handshake) chooseSession13() error {
	hs.resumption = nil
	o := hs.offer
	if o.psk == nil || hs.cfg.ClientAuth != NoClientCert || !contains(o.pskModes, pskDHE) && !contains(o.pskModes, pskOnly) {
		return nil
	}
	for i, id := range o.psk.Identities {
		s := hs.openTicket(id.Identity)
		if s == nil || s.version != iana.TLS13 {
			continue
		}
		suite := iana.SuiteByID(s.suite)
		if suite == nil || suite.PRFHash() != hs.suite.PRFHash() {
			continue
		}
		if !hs.binderVerifies(s, i) {
			return alertf(iana.AlertDecryptError, "%v", errBinder)
		}
		s.index = i
		hs.resumption = s
		return nil
	}
	return nil
}

// binderVerifies checks the binder over the ClientHello up to the binders, RFC 8446 4.2.11.2.
func (hs *handshake) binderVerifies(s *session, i int) bool {
	schedule := secret.NewSchedule(hs.suite.PRFHash(), s.secret)
	partial := hs.transcript[:len(hs.transcript)-hs.offer.psk.BindersLen()]
	key := schedule.Derive(secret.ResumptionBinder, nil)
	want := secret.VerifyData(schedule.Hash, key, schedule.Sum(partial))
	return hmac.Equal(want, hs.offer.psk.Binders[i])
}

// sendNewSessionTicket is RFC 5077 3.3.
func (hs *handshake) sendNewSessionTicket() error {
	ticket, err := hs.sealTicket(&session{
		version: hs.version, suite: hs.suite.ID, secret: hs.legacy.master, extended: hs.legacy.extendedMaster,
		alpn: hs.alpn, created: time.Now(),
	})
	if err != nil {
		return err
	}
	hs.send(stepNewSessionTicket, &message.NewSessionTicket{Lifetime: uint32(ticketLifetime / time.Second), Ticket: ticket})
	return nil
}
