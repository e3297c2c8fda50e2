package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

var alertWhere = enum("before", "The message before which it comes.", stepFinished, stepServerHello)

// alertEdits are faults of alerts, of heartbeats and of the end of a connection.
var alertEdits = []row{
	{EditInfo{
		Area: AreaRecord, Name: "alert-unknown", Causes: "A warning of a kind that nobody has defined comes in the middle of the handshake.",
		Params: append(number("description", "Alert description.", 255, 0, 255), alertWhere...),
		RFC:    "RFC 8446 6, RFC 5246 7.2", Alerts: []string{"unexpected_message", "decode_error", "illegal_parameter"},
	}, func(p params) ops {
		return insertAlert(p.string("before"), []byte{iana.AlertLevelWarning, uint8(p.int("description"))})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "alert-fatal-ignored", Causes: "The server sends a fatal handshake_failure and goes on as if it had not.",
		Params: alertWhere, RFC: "RFC 8446 6.2, RFC 5246 7.2.2", Alerts: []string{},
	}, func(p params) ops {
		return insertAlert(p.string("before"), []byte{iana.AlertLevelFatal, iana.AlertHandshakeFailure})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "alert-three-bytes", Causes: "A warning has a byte too many.",
		RFC: "RFC 8446 6, RFC 5246 7.2", Alerts: []string{"decode_error", "unexpected_message"},
	}, func(params) ops {
		return insertAlert(stepFinished, []byte{iana.AlertLevelWarning, iana.AlertUserCanceled, 0})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "alert-empty", Causes: "An alert record has no content.",
		RFC: "RFC 8446 5.1, RFC 5246 6.2.1", Alerts: []string{"unexpected_message", "decode_error"}, AlertNamed: true,
	}, func(params) ops { return insertAlert(stepFinished, []byte{}) }},
	{EditInfo{
		Area: AreaRecord, Name: "alert-fragmented", Causes: "A warning comes in two records of a byte each.",
		RFC: "RFC 8446 5.1", Alerts: []string{"decode_error", "unexpected_message"},
	}, func(params) ops {
		return insertAlert(stepFinished, []byte{iana.AlertLevelWarning}, []byte{iana.AlertUserCanceled})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "warning-flood", Causes: "Very many warnings come before Finished.",
		Params: number("count", "How many.", 10_000, 1, severalMax),
		RFC:    "RFC 5246 7.2, CVE-2016-8610", Alerts: []string{"unexpected_message"},
	}, func(p params) ops {
		return onceBefore(stepFinished, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
			return repeat(p.int("count"), o, iana.RecordAlert, []byte{iana.AlertLevelWarning, iana.AlertUserCanceled})
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "warning-unrecognized-name", Causes: "The server warns that it does not know the name, and goes on.",
		RFC: "RFC 6066 3", Versions: tls10to12, Legal: true,
	}, func(params) ops {
		return onceBefore(stepServerHello, func(c *Conn, o *record.Outgoing) []*record.Outgoing {
			if c.in.tls13 {
				return nil
			}
			return repeat(1, o, iana.RecordAlert, []byte{iana.AlertLevelWarning, iana.AlertUnrecognizedName})
		})
	}},
	{EditInfo{
		Area: AreaRecord, Name: "no-close-notify", Causes: "The connection ends without close_notify.", AfterRequest: true,
		RFC: "RFC 8446 6.1, RFC 5246 7.2.1", Alerts: []string{},
	}, fixed(ops{close: func(*Conn) bool { return true }})},
	{EditInfo{
		Area: AreaRecord, Name: "heartbeat-over-read", Causes: "A heartbeat request follows the handshake, which claims to be longer than it is.", AfterRequest: true,
		Params: number("length", "The length it claims.", 0x4000, 1, 0xffff),
		RFC:    "RFC 6520 4, CVE-2014-0160 (Heartbleed)", Alerts: outOfOrder,
	}, func(p params) ops { return heartbleed(p.int("length")) }},
}

// insertAlert puts alert records before a message, under its keys.
func insertAlert(before string, bodies ...[]byte) ops {
	return onceBefore(before, func(_ *Conn, o *record.Outgoing) []*record.Outgoing {
		var list []*record.Outgoing
		for _, b := range bodies {
			list = append(list, repeat(1, o, iana.RecordAlert, b)...)
		}
		return list
	})
}

const heartbeatRequest = 1

// heartbleed negotiates heartbeats where the client offers them.
func heartbleed(length int) ops {
	o := onExtensionsOfHeartbeat()
	o.finished = func(hs *handshake) (bool, error) {
		body := append([]byte{heartbeatRequest, byte(length >> 8), byte(length)}, bytes.Repeat([]byte{0x5a}, 16)...)
		hs.c.queue(iana.RecordHeartbeat, "heartbeat", body)
		return true, nil
	}
	return o
}
