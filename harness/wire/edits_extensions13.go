package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// encryptedExtensionsEdits are faults of EncryptedExtensions, RFC 8446 4.3.1.
// What the client did not ask for in it: extension-unasked.
var encryptedExtensionsEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-forbidden", Causes: "EncryptedExtensions carries an extension that belongs into another message.",
		Params: enum("extension", "The extension.", "supported_versions", "key_share", "cookie", "signature_algorithms"),
		RFC:    "RFC 8446 4.2", Alerts: []string{"illegal_parameter", "unsupported_extension"}, AlertNamed: true, Versions: onlyTLS13,
	}, func(p params) ops { return forbiddenExtension(p.string("extension")) }},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-early-data-unasked", Causes: "EncryptedExtensions takes early data that the client did not announce.",
		RFC: "RFC 8446 4.2.10, 4.2", Alerts: []string{"unsupported_extension", "illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(on(afterSigning, func(hs *handshake, m *message.EncryptedExtensions) bool {
		if hs.offer.has(iana.ExtEarlyData) {
			return false
		}
		m.Extensions.Add(iana.ExtEarlyData, nil)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-twice-extension", Causes: "EncryptedExtensions carries the same extension twice.",
		RFC: "RFC 8446 4.2", Alerts: []string{"illegal_parameter", "decode_error"}, Versions: onlyTLS13, Needs: "a server that answers ALPN",
	}, fixed(on(afterSigning, func(_ *handshake, m *message.EncryptedExtensions) bool {
		if len(m.Extensions) == 0 {
			return false
		}
		m.Extensions = append(m.Extensions, m.Extensions[0])
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-skipped", Causes: "The server does not send EncryptedExtensions.",
		RFC: "RFC 8446 4.3.1", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(skip(stepEncryptedExtensions))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-twice", Causes: "EncryptedExtensions is sent twice.",
		RFC: "RFC 8446 4", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(doubled(iana.EncryptedExtensions, afterMarshal))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-plaintext", Causes: "EncryptedExtensions comes unencrypted, in a record of its own.",
		RFC: "RFC 8446 4.3.1, 5", Alerts: []string{"unexpected_message", "bad_record_mac"}, Versions: onlyTLS13,
	}, fixed(onRecord(stepEncryptedExtensions, func(_ *Conn, o *record.Outgoing) bool {
		o.Keys = nil
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-packed", Causes: "EncryptedExtensions comes unencrypted, in the record of ServerHello.",
		RFC: "RFC 8446 5.1, CVE-2025-61730", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(packIntoServerHello(func(ee []byte) int { return len(ee) }))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypted-extensions-across-key-change", Causes: "The first bytes of EncryptedExtensions come unencrypted in the record of ServerHello, the rest encrypted.",
		RFC: "RFC 8446 5.1", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(packIntoServerHello(func([]byte) int { return 2 }))},
}

func forbiddenExtension(name string) ops {
	return on(afterSigning, always(func(hs *handshake, m *message.EncryptedExtensions) {
		switch name {
		case "key_share":
			m.Extensions.Add(iana.ExtKeyShare, message.KeyShare{Group: hs.group, Key: make([]byte, 32)}.Bytes())
		case "cookie":
			m.Extensions.Add(iana.ExtCookie, message.Vector16([]byte("tlsfault")))
		case "signature_algorithms":
			m.Extensions.Add(iana.ExtSignatureAlgorithms, message.Uint16List(soundSchemes))
		default:
			supportedVersions13(&m.Extensions)
		}
	}))
}

// packIntoServerHello moves the first bytes of EncryptedExtensions, as many as
// count says, into the record of ServerHello.
func packIntoServerHello(count func(ee []byte) int) ops {
	return ops{records: func(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		var hello *record.Outgoing
		for i, o := range list {
			if o.Name == stepServerHello {
				hello = o
			}
			if o.Name != stepEncryptedExtensions || hello == nil {
				continue
			}
			n := count(o.Payload)
			hello.Payload = append(bytes.Clone(hello.Payload), o.Payload[:n]...)
			o.Payload = o.Payload[n:]
			return without(list, func(o *record.Outgoing) bool {
				// The ChangeCipherSpec, which nobody needs, would come between.
				return o == list[i] && len(o.Payload) == 0 || o.Type == iana.RecordChangeCipherSpec
			}), true
		}
		return list, false
	}}
}

// without leaves records out of a list.
func without(list []*record.Outgoing, out func(o *record.Outgoing) bool) []*record.Outgoing {
	var kept []*record.Outgoing
	for _, o := range list {
		if !out(o) {
			kept = append(kept, o)
		}
	}
	return kept
}
