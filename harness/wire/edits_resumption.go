package wire

import (
	"bytes"
	"math"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

const (
	needsResumption = "a client that resumes a session"
	needsTickets    = "a client that takes tickets"
)

// resumptionEdits are faults of session tickets and of resumption.
var resumptionEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "psk-unasked", Causes: "ServerHello chooses a PSK of a client that offered none; the handshake goes on with a certificate.",
		RFC: "RFC 8446 4.2, 4.2.11", Alerts: []string{"unsupported_extension", "illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onServerHello(true, func(hs *handshake, m *message.ServerHello) bool {
		if hs.offer.has(iana.ExtPreSharedKey) {
			return false
		}
		m.Extensions.Add(iana.ExtPreSharedKey, message.Uint16(0))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "psk-index-out-of-range", Causes: "ServerHello chooses a PSK beyond those that the client offered; the server computes with the first.",
		RFC: "RFC 8446 4.2.11", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13, Needs: needsResumption,
	}, fixed(onServerHello(true, func(hs *handshake, m *message.ServerHello) bool {
		if hs.resumption == nil {
			return false
		}
		m.Extensions.Set(iana.ExtPreSharedKey, message.Uint16(uint16(len(hs.offer.psk.Identities))))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "psk-other-hash", Causes: "The server resumes by a PSK under a cipher suite with another hash.",
		RFC: "RFC 8446 4.2.11", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13, Needs: needsResumption,
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		return hs.version == iana.TLS13 && hs.resumption != nil && hs.otherSuite(func(s *iana.Suite) bool { return s.PRFHash() != hs.suite.PRFHash() })
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "resumption-other-suite", Causes: "The server resumes a session under another cipher suite.",
		RFC: "RFC 5246 7.4.1.3", Alerts: []string{"illegal_parameter", "handshake_failure"}, Versions: tls10to12, Needs: needsResumption,
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		return hs.version != iana.TLS13 && hs.resumption != nil && hs.otherSuite(func(*iana.Suite) bool { return true })
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "resumption-extended-master-secret-dropped", Causes: "The server resumes a session with extended master secret without saying so again.",
		RFC: "RFC 7627 5.3", Alerts: []string{"handshake_failure", "illegal_parameter"}, AlertNamed: true, Versions: tls10to12, Needs: needsResumption,
	}, fixed(onServerHello(false, func(hs *handshake, m *message.ServerHello) bool {
		return hs.resumption != nil && m.Extensions.Remove(iana.ExtExtendedMasterSecret)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-empty", Causes: "A NewSessionTicket of TLS 1.3 holds an empty ticket.", AfterRequest: true,
		RFC: "RFC 8446 4.6.1", Alerts: []string{"decode_error"}, AlertNamed: true, Versions: onlyTLS13, Needs: needsTickets,
	}, fixed(onTickets(func(m *message.NewSessionTicket13) { m.Ticket = nil }))},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-lifetime", Causes: "The ticket claims to be good for longer than the seven days that are allowed.", AfterRequest: true,
		Params: number("seconds", "Lifetime.", math.MaxUint32, 0, math.MaxUint32),
		RFC:    "RFC 8446 4.6.1", Alerts: []string{"illegal_parameter"}, Versions: onlyTLS13, Legal: true, Needs: needsTickets,
	}, func(p params) ops {
		return onTickets(func(m *message.NewSessionTicket13) { m.Lifetime = uint32(p.int("seconds")) })
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-unknown-extension", Causes: "The ticket carries an unknown extension, which a client must ignore.", AfterRequest: true,
		RFC: "RFC 8446 4.6.1", Versions: onlyTLS13, Legal: true, Needs: needsTickets,
	}, fixed(onTickets(func(m *message.NewSessionTicket13) { m.Extensions.Add(unknownExtension, []byte{0x5a}) }))},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-flood", Causes: "Very many tickets follow the handshake.", AfterRequest: true,
		Params: number("count", "How many.", 10_000, 1, severalMax),
		RFC:    "RFC 8446 4.6.1", Alerts: outOfOrder, Versions: onlyTLS13, Needs: needsTickets,
	}, func(p params) ops {
		o := onTickets(func(*message.NewSessionTicket13) {})
		o.finished = func(hs *handshake) (bool, error) {
			if hs.version != iana.TLS13 {
				return false, nil
			}
			for i := range p.int("count") {
				m, err := hs.newSessionTicket13([]byte{1, byte(i >> 16), byte(i >> 8), byte(i)})
				if err != nil {
					return false, err
				}
				hs.c.queue(iana.RecordHandshake, stepNewSessionTicket, message.Encode(m))
			}
			return true, nil
		}
		return o
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-promised-missing", Causes: "ServerHello promises a ticket, and none comes.",
		RFC: "RFC 5077 3.2", Alerts: outOfOrder, Versions: tls10to12, Needs: needsTickets,
	}, fixed(onServerHello(false, func(hs *handshake, m *message.ServerHello) bool {
		if hs.offer.ticket == nil || hs.legacy.ticket || hs.resumption != nil {
			return false
		}
		m.Extensions.Add(iana.ExtSessionTicket, nil)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "ticket-unpromised", Causes: "A ticket comes that ServerHello did not promise.",
		RFC: "RFC 5077 3.3", Alerts: outOfOrder, Versions: tls10to12, Needs: "a full handshake",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 || hs.legacy.ticket || hs.resumption != nil {
			return steps, false
		}
		return insert(steps, false, stepChangeCipherSpec, step{stepNewSessionTicket, func(hs *handshake) error {
			hs.send(stepNewSessionTicket, &message.NewSessionTicket{Lifetime: 300, Ticket: bytes.Repeat([]byte{0x5a}, 64)})
			return nil
		}})
	}))},
}

// otherSuite changes to another suite of the client's offer that the version allows.
func (hs *handshake) otherSuite(fits func(*iana.Suite) bool) bool {
	for _, id := range hs.cfg.CipherSuites {
		s := iana.SuiteByID(id)
		if s != nil && id != hs.suite.ID && contains(hs.offer.hello.CipherSuites, id) && s.Fits(hs.version) && hs.canUse(s) && fits(s) {
			hs.suite = s
			return true
		}
	}
	return false
}

// onTickets edits tickets of a server that sends some in any case.
func onTickets(f func(m *message.NewSessionTicket13)) ops {
	o := on(afterSigning, always(func(_ *handshake, m *message.NewSessionTicket13) { f(m) }))
	o.config = func(cfg *Config) bool {
		if cfg.TicketKey == nil {
			cfg.TicketKey = &[32]byte{} // nothing is resumed by tickets of a broken server
		}
		return false
	}
	return o
}
