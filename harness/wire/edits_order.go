package wire

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

var outOfOrder = []string{"unexpected_message"}

// orderEdits are faults in the order of ServerHelloDone and ChangeCipherSpec,
// and of ChangeCipherSpec itself.
var orderEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "server-hello-done-skipped", Causes: "The server does not send ServerHelloDone.",
		RFC: "RFC 5246 7.4.5", Alerts: outOfOrder, Versions: upToTLS12, NotIsolated: "the client waits for more, and the server for the client",
	}, fixed(skip(stepServerHelloDone))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-hello-done-twice", Causes: "ServerHelloDone is sent twice; the transcript takes in one.",
		RFC: "RFC 5246 7.4", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12,
	}, fixed(doubled(iana.ServerHelloDone, afterTranscript))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-skipped", Causes: "The server does not send ChangeCipherSpec and never encrypts what it sends.",
		RFC: "RFC 5246 7.1, CVE-2014-6593", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12, Needs: "a full handshake",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 || hs.resumption != nil {
			return steps, false
		}
		i := indexOf(steps, stepChangeCipherSpec)
		return append(append([]step(nil), steps[:i]...), steps[i+1:]...), true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-early", Causes: "ChangeCipherSpec comes right after ServerHello; what follows goes on in plaintext, or under keys that anybody can derive from an empty master secret.",
		Params: enum("keys", "What follows is encrypted with.", "none", "empty-master"),
		RFC:    "RFC 5246 7.1, CVE-2014-0224", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12, Needs: "a full handshake",
	}, func(p params) ops { return earlyChangeCipherSpec(p.string("keys") == "empty-master") }},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-value", Causes: "ChangeCipherSpec holds another byte than 1.",
		RFC: "RFC 8446 5, RFC 5246 7.1", Alerts: []string{"unexpected_message", "illegal_parameter", "decode_error"}, AlertNamed: true, Needs: "in TLS 1.3 a session id in the ClientHello",
	}, fixed(onRecord(nameChangeCipherSpec, func(_ *Conn, o *record.Outgoing) bool {
		o.Payload = []byte{2}
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-twice", Causes: "A second ChangeCipherSpec follows the first, under the new keys.",
		RFC: "RFC 5246 7.1", Alerts: outOfOrder, AlertNamed: true, Versions: upToTLS12,
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 {
			return steps, false
		}
		return insert(steps, true, stepChangeCipherSpec, bareChangeCipherSpec)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-encrypted", Causes: "A ChangeCipherSpec comes encrypted.",
		RFC: "RFC 8446 5", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 {
			return steps, false
		}
		return insert(steps, true, stepEncryptedExtensions, bareChangeCipherSpec)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-after-finished", Causes: "A ChangeCipherSpec in plaintext follows the handshake.", AfterRequest: true,
		RFC: "RFC 8446 5", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(atEnd(func(hs *handshake) (bool, error) {
		if hs.version != iana.TLS13 {
			return false, nil
		}
		k := hs.c.out.keys
		hs.writeKeys(nil)
		hs.sendChangeCipherSpec()
		hs.writeKeys(k)
		return true, nil
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "change-cipher-spec-flood", Causes: "Very many ChangeCipherSpecs in plaintext follow ServerHello, each of which a client must ignore.",
		Params: number("count", "How many.", 10_000, 1, severalMax),
		RFC:    "RFC 8446 5, D.4", Alerts: outOfOrder, Versions: onlyTLS13,
	}, func(p params) ops {
		return onPlan(func(_ *handshake, steps []step) ([]step, bool) {
			return insert(steps, false, stepEncryptedExtensions, step{nameChangeCipherSpec, func(hs *handshake) error {
				k := hs.c.out.keys
				hs.writeKeys(nil)
				for range p.int("count") {
					hs.c.queue(iana.RecordChangeCipherSpec, nameChangeCipherSpec, []byte{1})
				}
				hs.writeKeys(k)
				return nil
			}})
		})
	}},
}

// bareChangeCipherSpec changes no keys.
var bareChangeCipherSpec = step{nameChangeCipherSpec, func(hs *handshake) error {
	hs.sendChangeCipherSpec()
	return nil
}}

// earlyChangeCipherSpec puts ChangeCipherSpec after ServerHello. With weak keys
// the whole connection stays under them in both directions, while Finished
// still covers the real master secret: what OpenSSL did before 1.0.1h.
func earlyChangeCipherSpec(weak bool) ops {
	return onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 || hs.resumption != nil {
			return steps, false
		}
		if !weak {
			return insert(steps, true, stepServerHello, bareChangeCipherSpec)
		}
		var keys candidate
		i := indexOf(steps, stepChangeCipherSpec)
		steps = append(append([]step(nil), steps[:i]...), steps[i+1:]...)
		steps, _ = insert(steps, true, readClientKeyExchange, step{"keep the keys", func(hs *handshake) error {
			for i := range hs.legacy.candidates {
				hs.legacy.candidates[i].in = keys.in
			}
			return nil
		}})
		return insert(steps, true, stepServerHello, step{nameChangeCipherSpec, func(hs *handshake) (err error) {
			hs.sendChangeCipherSpec()
			keys, err = hs.derive(nil)
			hs.writeKeys(keys.out)
			return err
		}})
	})
}
