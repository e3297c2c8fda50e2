package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// The pieces that the rows of the table are built from.

// Sets of versions for EditInfo.Versions.
var (
	onlyTLS13  = []uint16{iana.TLS13}
	onlyTLS12  = []uint16{iana.TLS12}
	upToTLS12  = []uint16{iana.SSL30, iana.TLS10, iana.TLS11, iana.TLS12}
	tls10to12  = []uint16{iana.TLS10, iana.TLS11, iana.TLS12}
	severalMax = 1 << 20
)

// enum is a parameter that is one of a few words, the first by default.
func enum(name, doc string, words ...string) []ParamInfo {
	return []ParamInfo{{Name: name, Type: ParamString, Enum: words, Default: words[0], Doc: doc}}
}

// number is a whole number within bounds.
func number(name, doc string, def, low, high int) []ParamInfo {
	return []ParamInfo{{Name: name, Type: ParamInt, Default: def, Min: low, Max: high, Doc: doc}}
}

// word is any of a list of names, none by default.
func word(name, doc string, known []string) []ParamInfo {
	return []ParamInfo{{Name: name, Type: ParamString, Enum: append([]string{""}, known...), Default: "", Doc: doc}}
}

// fixed is the build function of an edit without parameters whose functions keep no state.
func fixed(o ops) func(params) ops { return func(params) ops { return o } }

// on edits messages of one type at one stage; f reports whether it did.
func on[M message.Message](at stage, f func(hs *handshake, m M) bool) ops {
	return ops{message: func(hs *handshake, now stage, m message.Message) bool {
		if typed, ok := m.(M); ok && now == at {
			return f(hs, typed)
		}
		return false
	}}
}

// always makes an editing function of one that never declines.
func always[M message.Message](f func(hs *handshake, m M)) func(*handshake, M) bool {
	return func(hs *handshake, m M) bool {
		f(hs, m)
		return true
	}
}

// onServerHello edits the ServerHello of one protocol: TLS 1.3, or those below.
func onServerHello(tls13 bool, f func(hs *handshake, m *message.ServerHello) bool) ops {
	return on(afterSigning, func(hs *handshake, m *message.ServerHello) bool {
		return (hs.version == iana.TLS13) == tls13 && !m.IsRetry() && f(hs, m)
	})
}

// onRetry edits the HelloRetryRequest.
func onRetry(f func(hs *handshake, m *message.ServerHello) bool) ops {
	return on(afterSigning, func(hs *handshake, m *message.ServerHello) bool { return m.IsRetry() && f(hs, m) })
}

// onSigning edits what is signed, in TLS 1.3 or below.
func onSigning(tls13 bool, f func(hs *handshake, s *signing) bool) ops {
	return ops{signing: func(hs *handshake, s *signing) bool { return (hs.version == iana.TLS13) == tls13 && f(hs, s) }}
}

// onBody changes the body of messages of one type before the transcript takes them in.
func onBody(typ uint8, f func(hs *handshake, body []byte) []byte) ops {
	return ops{encoded: func(hs *handshake, at stage, raw []byte) ([]byte, bool) {
		if at != afterMarshal || len(raw) == 0 || raw[0] != typ {
			return raw, false
		}
		return message.Reframe(raw, f(hs, raw[message.HeaderLen:])), true
	}}
}

// trailing adds a byte to the end of messages of one type.
func trailing(typ uint8) ops {
	return onBody(typ, func(_ *handshake, body []byte) []byte { return append(bytes.Clone(body), 0) })
}

// doubled sends messages of one type twice; at says whether the transcript takes in both.
func doubled(typ uint8, at stage) ops {
	return ops{encoded: func(_ *handshake, now stage, raw []byte) ([]byte, bool) {
		if now != at || len(raw) == 0 || raw[0] != typ {
			return raw, false
		}
		return append(bytes.Clone(raw), raw...), true
	}}
}

// onPlan edits the list of steps.
func onPlan(f func(hs *handshake, steps []step) ([]step, bool)) ops { return ops{plan: f} }

func indexOf(steps []step, name string) int {
	for i, s := range steps {
		if s.name == name {
			return i
		}
	}
	return -1
}

// skip leaves steps out.
func skip(names ...string) ops {
	return onPlan(func(_ *handshake, steps []step) ([]step, bool) {
		var kept []step
		for _, s := range steps {
			if !contains(names, s.name) {
				kept = append(kept, s)
			}
		}
		return kept, len(kept) < len(steps)
	})
}

// insert puts a step after another, or before it.
func insert(steps []step, after bool, name string, s step) ([]step, bool) {
	i := indexOf(steps, name)
	if i < 0 {
		return steps, false
	}
	if after {
		i++
	}
	list := append([]step(nil), steps[:i]...)
	return append(append(list, s), steps[i:]...), true
}

// onRecord edits, in each flight, the records that hold the message called name.
func onRecord(name string, f func(c *Conn, o *record.Outgoing) bool) ops {
	return ops{records: func(c *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		acted := false
		for _, o := range list {
			if o.Name == name {
				acted = f(c, o) || acted
			}
		}
		return list, acted
	}}
}

// onceBefore puts records before the first that holds the message called name, once on a connection.
func onceBefore(name string, inserted func(c *Conn, o *record.Outgoing) []*record.Outgoing) ops {
	done := false
	return ops{records: func(c *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool) {
		for i, o := range list {
			if o.Name != name || done {
				continue
			}
			more := inserted(c, o)
			if len(more) == 0 {
				return list, false
			}
			done = true
			out := append([]*record.Outgoing(nil), list[:i]...)
			return append(append(out, more...), list[i:]...), true
		}
		return list, false
	}}
}

// atEnd runs f when the handshake is over.
func atEnd(f func(hs *handshake) (bool, error)) ops { return ops{finished: f} }
