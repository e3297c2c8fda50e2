package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// framingEdits change how messages and data are cut into records, RFC 8446 5.1 and RFC 5246 6.2.1.
var framingEdits = []row{
	{EditInfo{
		Area: AreaRecord, Name: "one-byte", Causes: "Every record holds a single byte.",
		Params: enum("of", "Which records are cut up.", "handshake", "application", "all"),
		RFC:    "RFC 8446 5.1, RFC 5246 6.2.1", Legal: true,
	}, func(p params) ops { return fragments(1, p.string("of")) }},
	{EditInfo{
		Area: AreaRecord, Name: "fragmented", Causes: "Every record holds few bytes.",
		Params: append(number("size", "The most bytes of a record.", 100, 1, record.MaxPlaintext), enum("of", "Which records are cut up.", "handshake", "application", "all")...),
		RFC:    "RFC 8446 5.1, RFC 5246 6.2.1", Legal: true,
	}, func(p params) ops { return fragments(p.int("size"), p.string("of")) }},
	{EditInfo{
		Area: AreaRecord, Name: "coalesced", Causes: "Handshake messages under the same keys share a record.",
		RFC: "RFC 8446 5.1, RFC 5246 6.2.1", Legal: true,
	}, fixed(ops{records: coalesce})},
	{EditInfo{
		Area: AreaRecord, Name: "too-long", Causes: "A record of application data holds more than the 16,384 bytes that are allowed: of padding in TLS 1.3, of data below.", AfterRequest: true,
		Params: number("by", "How many bytes too many.", 1, 1, 1024),
		RFC:    "RFC 8446 5.1, 5.4, RFC 5246 6.2.1", Alerts: []string{"record_overflow"}, AlertNamed: true, Needs: "up to TLS 1.2, an answer of more than 16 KiB written at once",
	}, func(p params) ops { return tooLong(p.int("by")) }},
	{EditInfo{
		Area: AreaRecord, Name: "ciphertext-too-long", Causes: "An encrypted record is longer than its cipher can make it.", AfterRequest: true,
		RFC: "RFC 8446 5.2, RFC 5246 6.2.3", Alerts: []string{"record_overflow", "bad_record_mac"}, AlertNamed: true, NotIsolated: "what is added does not authenticate",
	}, func(params) ops {
		return once(nameApplicationData, func(o *record.Outgoing) bool {
			o.EditWire = func(wire []byte) []byte {
				n := record.MaxCiphertext + 1 + record.HeaderLen - len(wire)
				wire = append(wire, make([]byte, max(n, 0))...)
				wire[3], wire[4] = byte((len(wire)-record.HeaderLen)>>8), byte(len(wire)-record.HeaderLen)
				return wire
			}
			return o.Keys != nil
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "empty-flood", Causes: "Very many empty records of application data come before the answer.", AfterRequest: true,
		Params: number("count", "How many.", 10_000, 1, severalMax),
		RFC:    "RFC 8446 5.1, RFC 5246 6.2.1", Alerts: []string{"unexpected_message"},
	}, func(p params) ops {
		return onceBefore(nameApplicationData, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			return repeat(p.int("count"), o, iana.RecordApplicationData, nil)
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "empty-handshake", Causes: "An empty handshake record comes before Finished.",
		RFC: "RFC 8446 5.1, RFC 5246 6.2.1", Alerts: outOfOrder, AlertNamed: true,
	}, func(params) ops {
		return onceBefore(stepFinished, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			return repeat(1, o, iana.RecordHandshake, nil)
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "version", Causes: "The record that holds ServerHello, or Finished, names another version.",
		Params: append(number("value", "Version number.", 0x0505, 0, 0xffff), enum("of", "Which record.", "ServerHello", "Finished")...),
		RFC:    "RFC 8446 5.1, RFC 5246 6.2.1", Alerts: []string{"protocol_version", "illegal_parameter", "decode_error"},
	}, func(p params) ops {
		return onRecord(p.string("of"), func(_ *Conn, o *record.Outgoing) bool {
			o.Version = uint16(p.int("value"))
			return true
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "unknown-type", Causes: "A record of an unknown type comes before Finished, under its keys.",
		Params: number("type", "Content type.", 99, 25, 255),
		RFC:    "RFC 8446 5, RFC 5246 6", Alerts: outOfOrder, AlertNamed: true,
	}, func(p params) ops {
		return onceBefore(stepFinished, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			return repeat(1, o, uint8(p.int("type")), []byte{0x5a})
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "interleaved", Causes: "A warning comes between the two halves of Finished.",
		RFC: "RFC 8446 5.1, RFC 5246 6.2.1", Alerts: outOfOrder, AlertNamed: true,
	}, func(params) ops { return interleaved() }},
	{EditInfo{
		Area: AreaRecord, Name: "application-data-before-finished", Causes: "Application data come just before Finished, under its keys.",
		RFC: "RFC 8446 2, RFC 5246 7.4.9, CVE-2013-1740", Alerts: outOfOrder, AlertNamed: true,
	}, func(params) ops {
		return onceBefore(stepFinished, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			return repeat(1, o, iana.RecordApplicationData, []byte("\r\n"))
		})
	}},
}

// repeat makes n records under the keys of o.
func repeat(n int, o *record.Outgoing, typ uint8, content []byte) []*record.Outgoing {
	list := make([]*record.Outgoing, n)
	for i := range list {
		list[i] = &record.Outgoing{Type: typ, Version: o.Version, Keys: o.Keys, Name: "inserted", Payload: content}
	}
	return list
}

// once edits the first record that holds the message called name.
func once(name string, f func(o *record.Outgoing) bool) ops {
	done := false
	return onRecord(name, func(_ *Conn, o *record.Outgoing) bool {
		if done {
			return false
		}
		done = f(o)
		return done
	})
}

// fragments cuts records up; a ChangeCipherSpec and an alert stay whole.
func fragments(size int, of string) ops {
	return ops{records: func(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		var out []*record.Outgoing
		for _, o := range list {
			handshake, application := o.Type == iana.RecordHandshake && of != "application", o.Type == iana.RecordApplicationData && of != "handshake"
			if !handshake && !application || len(o.Payload) <= size {
				out = append(out, o)
				continue
			}
			for rest := o.Payload; len(rest) > 0; {
				n := min(size, len(rest))
				piece := *o
				piece.Payload = rest[:n]
				rest = rest[n:]
				out = append(out, &piece)
			}
		}
		return out, len(out) > len(list)
	}}
}

// coalesce joins handshake records that follow each other under the same keys.
func coalesce(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
	var out []*record.Outgoing
	for _, o := range list {
		if len(out) > 0 {
			last := out[len(out)-1]
			if last.Type == iana.RecordHandshake && o.Type == last.Type && o.Keys == last.Keys && len(last.Payload)+len(o.Payload) <= record.MaxPlaintext {
				last.Payload = append(bytes.Clone(last.Payload), o.Payload...)
				continue
			}
		}
		out = append(out, o)
	}
	return out, len(out) < len(list)
}

// tooLong pads in TLS 1.3 and joins data below.
func tooLong(by int) ops {
	done := false
	return ops{records: func(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		for i, o := range list {
			if done || o.Name != nameApplicationData || o.Keys == nil {
				continue
			}
			if o.Keys.Version == iana.TLS13 {
				o.Padding = record.MaxPlaintext - len(o.Payload) + by
				done = true
				return list, true
			}
			if len(o.Payload) == record.MaxPlaintext && i+1 < len(list) && list[i+1].Name == o.Name && len(list[i+1].Payload) > by {
				next := list[i+1]
				o.Payload = append(bytes.Clone(o.Payload), next.Payload[:by]...)
				next.Payload = next.Payload[by:]
				done = true
				return list, true
			}
		}
		return list, false
	}}
}

// interleaved puts a warning between the halves of Finished.
func interleaved() ops {
	return ops{records: func(_ *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		for i, o := range list {
			if o.Name != stepFinished {
				continue
			}
			first, second := *o, *o
			half := len(o.Payload) / 2
			first.Payload, second.Payload = o.Payload[:half], o.Payload[half:]
			warning := repeat(1, o, iana.RecordAlert, []byte{iana.AlertLevelWarning, iana.AlertUserCanceled})[0]
			out := append(append([]*record.Outgoing(nil), list[:i]...), &first, warning, &second)
			return append(out, list[i+1:]...), true
		}
		return list, false
	}}
}
