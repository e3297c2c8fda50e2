package wire

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// afterEdits are faults of KeyUpdate, RFC 8446 4.6.3.
var afterEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "key-update-flood", Causes: "Very many KeyUpdates follow the handshake, each in its record.", AfterRequest: true,
		Params: append(number("count", "How many.", 10_000, 1, severalMax), enum("request", "Whether the client is asked to answer each.", "no", "yes")...),
		RFC:    "RFC 8446 4.6.3", Alerts: outOfOrder, Versions: onlyTLS13,
	}, func(p params) ops {
		return keyUpdates(func(c *Conn) {
			for range p.int("count") {
				m := &message.KeyUpdate{}
				if p.string("request") == "yes" {
					m.Request = message.UpdateRequested
				}
				c.updateKeys(m)
			}
		})
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "key-update-invalid", Causes: "A KeyUpdate asks for something that is not defined.", AfterRequest: true,
		Params: number("value", "request_update.", 2, 2, 255),
		RFC:    "RFC 8446 4.6.3", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, func(p params) ops {
		return keyUpdates(func(c *Conn) { c.updateKeys(&message.KeyUpdate{Request: uint8(p.int("value"))}) })
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "key-update-before-finished", Causes: "A KeyUpdate comes before Finished; the keys do not change.",
		RFC: "RFC 8446 4.6.3", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 {
			return steps, false
		}
		return insert(steps, false, stepFinished, step{nameKeyUpdate, func(hs *handshake) error {
			hs.sendOutside(nameKeyUpdate, &message.KeyUpdate{})
			return nil
		}})
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "key-update-not-at-record-end", Causes: "Another message follows a KeyUpdate in its record, under the old keys.", AfterRequest: true,
		RFC: "RFC 8446 5.1", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(keyUpdates(func(c *Conn) {
		c.updateKeys(&message.KeyUpdate{})
		last := c.out.pending[len(c.out.pending)-1]
		last.Payload = append(last.Payload, message.Encode(strayTicket())...)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "key-updates-packed", Causes: "Several KeyUpdates come in one record; the keys change as often.", AfterRequest: true,
		Params: number("count", "How many.", 2, 2, 1000),
		RFC:    "RFC 8446 5.1, CVE-2026-32283", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, func(p params) ops {
		return keyUpdates(func(c *Conn) {
			var first *record.Outgoing
			for range p.int("count") {
				c.updateKeys(&message.KeyUpdate{})
				last := len(c.out.pending) - 1
				if first == nil {
					first = c.out.pending[last]
					continue
				}
				first.Payload = append(first.Payload, c.out.pending[last].Payload...)
				c.out.pending = c.out.pending[:last]
			}
		})
	}},
}

// keyUpdates does something with keys once a handshake of TLS 1.3 is over.
func keyUpdates(f func(c *Conn)) ops {
	return atEnd(func(hs *handshake) (bool, error) {
		if hs.version != iana.TLS13 {
			return false, nil
		}
		f(hs.c)
		return true, nil
	})
}
