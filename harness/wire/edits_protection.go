package wire

import (
	"slices"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

const cannotRead = "nothing that fails to authenticate can be read"

// target is the parameter that says which encrypted record a fault strikes.
func target() []ParamInfo {
	return enum("at", "Which record.", "finished", "application")
}

func targetName(p params) string {
	if p.string("at") == "application" {
		return nameApplicationData
	}
	return stepFinished
}

var badMAC = []string{"bad_record_mac", "decrypt_error"}

// withoutEncryptThenMAC has the server take no notice of encrypt-then-mac, which
// leaves no MAC inside, RFC 7366 3.
func withoutEncryptThenMAC(o ops) ops {
	o.config = func(cfg *Config) bool {
		cfg.Ignore = append(slices.Clone(cfg.Ignore), iana.ExtEncryptThenMAC)
		return false
	}
	return o
}

// protectionEdits are faults of the protection of records, RFC 8446 5.2 and RFC 5246 6.2.3.
var protectionEdits = []row{
	{EditInfo{
		Area: AreaRecord, Name: "bad-mac", Causes: "A bit of a record's MAC is flipped before encryption; the server does without encrypt-then-mac.",
		Params: target(), RFC: "RFC 5246 6.2.3.1, 7.2.2", Alerts: badMAC, AlertNamed: true, Versions: upToTLS12, Needs: "a CBC, RC4 or NULL suite",
	}, func(p params) ops {
		return withoutEncryptThenMAC(once(targetName(p), func(o *record.Outgoing) bool {
			o.EditInner = func(in *record.Inner) {
				if len(in.MAC) > 0 {
					in.MAC[0] ^= 1
				}
			}
			return o.Keys != nil && !o.Keys.Suite.Cipher.AEAD()
		}))
	}},
	{EditInfo{
		Area: AreaRecord, Name: "bad-padding", Causes: "The padding of a CBC record is wrong: in its content, in claiming more than there is, or in claiming a byte less.",
		Params: append(enum("way", "What is wrong. Only a wrong content can be survived by leaving out the check.", "content", "too-long", "short"), target()...),
		RFC:    "RFC 5246 6.2.3.2, CVE-2014-8730", Alerts: badMAC, AlertNamed: true, Versions: tls10to12, Needs: "a CBC suite",
	}, func(p params) ops {
		return once(targetName(p), func(o *record.Outgoing) bool {
			if o.Keys == nil || !o.Keys.Suite.Cipher.CBC() {
				return false
			}
			o.Padding = 1
			o.EditInner = func(in *record.Inner) { spoilPadding(in.Tail, p.string("way")) }
			return true
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "corrupted-tag", Causes: "A bit of a record's authentication tag is flipped.",
		Params: target(), RFC: "RFC 8446 5.2, RFC 5246 6.2.3.3", Alerts: badMAC, AlertNamed: true, Needs: "an AEAD suite", NotIsolated: cannotRead,
	}, func(p params) ops {
		return once(targetName(p), func(o *record.Outgoing) bool {
			o.EditWire = func(wire []byte) []byte {
				wire[len(wire)-1] ^= 1
				return wire
			}
			return o.Keys != nil && o.Keys.Suite.Cipher.AEAD()
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "plaintext-after-keys", Causes: "A record comes in plaintext although the keys have changed.",
		Params: target(), RFC: "RFC 8446 5, RFC 5246 7.1", Alerts: []string{"unexpected_message", "bad_record_mac"},
	}, func(p params) ops {
		return once(targetName(p), func(o *record.Outgoing) bool {
			encrypted := o.Keys != nil
			o.Keys = nil
			return encrypted
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "padded", Causes: "Records of TLS 1.3 are padded, as they may be.",
		Params: number("bytes", "How much padding.", 1000, 1, 15_000), RFC: "RFC 8446 5.4", Versions: onlyTLS13, Legal: true,
	}, func(p params) ops {
		return ops{records: func(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
			acted := false
			for _, o := range list {
				if o.Keys != nil && o.Keys.Version == iana.TLS13 {
					o.Padding = min(p.int("bytes"), record.MaxPlaintext-len(o.Payload))
					acted = true
				}
			}
			return list, acted
		}}
	}},
	{EditInfo{
		Area: AreaRecord, Name: "no-content-type", Causes: "An encrypted record holds nothing but zeros, and so no content type.",
		RFC: "RFC 8446 5.4", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, func(params) ops {
		return onceBefore(stepFinished, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			if o.Keys == nil || o.Keys.Version != iana.TLS13 {
				return nil
			}
			list := repeat(1, o, iana.RecordHandshake, nil)
			list[0].EditInner = func(in *record.Inner) { in.Tail = make([]byte, 32) }
			return list
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "outer-type", Causes: "An encrypted record of TLS 1.3 is labelled as a handshake record outside.",
		RFC: "RFC 8446 5.2", Alerts: []string{"unexpected_message", "bad_record_mac"}, Versions: onlyTLS13,
	}, func(params) ops {
		return once(stepFinished, func(o *record.Outgoing) bool {
			o.OuterType = iana.RecordHandshake
			return o.Keys != nil && o.Keys.Version == iana.TLS13
		})
	}},
}

// spoilPadding changes padding of at least a block, its length in the last byte.
func spoilPadding(tail []byte, way string) {
	switch last := len(tail) - 1; way {
	case "too-long":
		tail[last] = 255
	case "short":
		for i := range tail {
			tail[i]--
		}
	default:
		tail[0] ^= 0x5a
	}
}
