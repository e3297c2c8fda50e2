package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// finishedEdits are faults of Finished.
var finishedEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "finished-wrong", Causes: "A bit of the server's verify_data is flipped.",
		RFC: "RFC 8446 4.4.4, RFC 5246 7.4.9", Alerts: []string{"decrypt_error"}, AlertNamed: true,
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.Finished) {
		m.VerifyData = bytes.Clone(m.VerifyData)
		m.VerifyData[0] ^= 1
	})))},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-length", Causes: "The server's verify_data is a byte too short, a byte too long, or empty.",
		Params: enum("form", "What its length is.", "short", "long", "empty"),
		RFC:    "RFC 8446 4.4.4, RFC 5246 7.4.9", Alerts: []string{"decode_error", "decrypt_error"},
	}, func(p params) ops {
		return on(afterSigning, always(func(_ *handshake, m *message.Finished) {
			switch p.string("form") {
			case "short":
				m.VerifyData = m.VerifyData[:len(m.VerifyData)-1]
			case "long":
				m.VerifyData = append(bytes.Clone(m.VerifyData), 0)
			default:
				m.VerifyData = nil
			}
		}))
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-skipped", Causes: "The server does not send Finished.",
		RFC: "RFC 8446 4.4.4, RFC 5246 7.4.9", Alerts: outOfOrder, NotIsolated: "the client waits for it, and the server for the client",
	}, fixed(ops{encoded: func(_ *handshake, at stage, raw []byte) ([]byte, bool) {
		if at != afterMarshal || len(raw) == 0 || raw[0] != iana.Finished {
			return raw, false
		}
		return nil, true
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-twice", Causes: "The server's Finished comes a second time, after the handshake.", AfterRequest: true,
		RFC: "RFC 8446 4, RFC 5246 7.4", Alerts: outOfOrder, AlertNamed: true,
	}, func(params) ops {
		var sent []byte
		o := atEnd(func(hs *handshake) (bool, error) {
			hs.sendRaw(stepFinished, sent)
			return sent != nil, nil
		})
		o.encoded = func(_ *handshake, at stage, raw []byte) ([]byte, bool) {
			if at == afterTranscript && len(raw) > 0 && raw[0] == iana.Finished {
				sent = raw
			}
			return raw, false
		}
		return o
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-before-change-cipher-spec", Causes: "Finished comes in plaintext, and ChangeCipherSpec after it.",
		RFC: "RFC 5246 7.1, 7.4.9", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12, Needs: "a full handshake",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 || hs.resumption != nil {
			return steps, false
		}
		steps = append([]step(nil), steps...)
		i, j := indexOf(steps, stepChangeCipherSpec), indexOf(steps, stepFinished)
		steps[i], steps[j] = steps[j], steps[i]
		return steps, true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-early", Causes: "Finished follows Certificate at once, as if all were done; nothing is ever encrypted.",
		RFC: "RFC 5246 7.3, CVE-2014-6593 (SKIP-TLS)", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12, Needs: "a full handshake with a certificate",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		i := indexOf(steps, stepCertificate)
		if hs.version == iana.TLS13 || i < 0 {
			return steps, false
		}
		// The master secret is still empty, for the client as for the server.
		return append(append([]step(nil), steps[:i+1]...), step{stepFinished, (*handshake).sendFinished}), true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-with-trailing-data", Causes: "A ticket follows Finished in the same record, before the keys change.",
		RFC: "RFC 8446 5.1", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onRecord(stepFinished, func(_ *Conn, o *record.Outgoing) bool {
		if o.Keys == nil || o.Keys.Version != iana.TLS13 {
			return false
		}
		o.Payload = append(bytes.Clone(o.Payload), message.Encode(strayTicket())...)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "finished-across-key-change", Causes: "The second half of Finished comes under the keys of application data.",
		RFC: "RFC 8446 5.1", Alerts: []string{"bad_record_mac", "unexpected_message"}, Versions: onlyTLS13,
		NotIsolated: "the keys of application data follow from the whole of Finished",
	}, fixed(ops{records: func(c *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		for i, o := range list {
			if o.Name != stepFinished || o.Keys == nil || o.Keys.Version != iana.TLS13 || o.Keys == c.out.keys {
				continue
			}
			half := len(o.Payload) / 2
			rest := c.newRecord(o.Type, o.Name, o.Payload[half:])
			o.Payload = o.Payload[:half]
			out := append(append([]*record.Outgoing(nil), list[:i+1]...), rest)
			return append(out, list[i+1:]...), true
		}
		return list, false
	}})},
}

// strayTicket is a ticket that says nothing to any server.
func strayTicket() *message.NewSessionTicket13 {
	return &message.NewSessionTicket13{Lifetime: 300, Nonce: []byte{0x5a}, Ticket: make([]byte, 64)}
}
