package wire

import (
	"bytes"
	"cmp"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

// unknownExtension is a type that nobody has registered.
const unknownExtension = 0xff5a

var unsolicited = []string{"unsupported_extension", "illegal_parameter", "decode_error"}

// serverHelloEdits are faults of ServerHello and of the extensions in it; where
// TLS 1.3 puts an extension into EncryptedExtensions, there.
var serverHelloEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "extension-unasked", Causes: "ServerHello, or EncryptedExtensions in TLS 1.3, carries an empty extension that the client did not send.",
		Params: number("type", "Extension type.", unknownExtension, 0, 0xffff),
		RFC:    "RFC 8446 4.2, RFC 5246 7.4.1.4", Alerts: unsolicited, AlertNamed: true, Versions: append(onlyTLS13, tls10to12...),
	}, func(p params) ops { return unaskedExtension(uint16(p.int("type"))) }},
	{EditInfo{
		Area: AreaHandshake, Name: "extension-twice", Causes: "ServerHello carries its first extension twice.",
		RFC: "RFC 8446 4.2, RFC 5246 7.4.1.4", Alerts: []string{"illegal_parameter", "decode_error", "unsupported_extension"}, Needs: "an extension in ServerHello", Versions: append(onlyTLS13, tls10to12...),
	}, fixed(on(afterSigning, func(_ *handshake, m *message.ServerHello) bool {
		if len(m.Extensions) == 0 || m.IsRetry() {
			return false
		}
		m.Extensions = append(m.Extensions, m.Extensions[0])
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "extension-misplaced", Causes: "A ServerHello of TLS 1.3 carries the application protocol, which belongs into EncryptedExtensions.",
		RFC: "RFC 8446 4.2", Alerts: []string{"illegal_parameter", "unsupported_extension"}, AlertNamed: true, Versions: onlyTLS13, Needs: "ALPN in the ClientHello",
	}, fixed(onServerHello(true, func(hs *handshake, m *message.ServerHello) bool {
		if len(hs.offer.alpn) == 0 {
			return false
		}
		m.Extensions.Add(iana.ExtALPN, message.ALPN(hs.offer.alpn[:1]))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-hello-trailing-bytes", Causes: "ServerHello has a byte after its end.",
		RFC: "RFC 8446 6.2, RFC 5246 7.4.1.4", Alerts: []string{"decode_error"}, AlertNamed: true,
	}, fixed(trailing(iana.ServerHello))},
	{EditInfo{
		Area: AreaHandshake, Name: "server-hello-twice", Causes: "ServerHello is sent twice.",
		RFC: "RFC 8446 4, RFC 5246 7.4", Alerts: []string{"unexpected_message"}, AlertNamed: true,
	}, fixed(serverHelloTwice())},
	{EditInfo{
		Area: AreaHandshake, Name: "compression", Causes: "ServerHello chooses DEFLATE compression, which nobody offers; the server does not compress.",
		RFC: "RFC 8446 4.1.3, RFC 3749, CVE-2012-4929 (CRIME)", Alerts: []string{"illegal_parameter", "decode_error", "handshake_failure"},
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.ServerHello) { m.Compression = 1 })))},
	{EditInfo{
		Area: AreaHandshake, Name: "session-id-too-long", Causes: "The session id of ServerHello is longer than 32 bytes.",
		Params: number("bytes", "Length of the session id.", 33, 33, 255),
		RFC:    "RFC 5246 7.4.1.2, CVE-2014-3466", Alerts: []string{"decode_error", "illegal_parameter"}, Versions: upToTLS12,
	}, func(p params) ops {
		return onServerHello(false, func(_ *handshake, m *message.ServerHello) bool {
			m.SessionID = bytes.Repeat([]byte{0x5a}, p.int("bytes"))
			return true
		})
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "session-id-not-echoed", Causes: "A ServerHello of TLS 1.3 carries another session id than the ClientHello.",
		RFC: "RFC 8446 4.1.3", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onServerHello(true, func(_ *handshake, m *message.ServerHello) bool {
		m.SessionID = bytes.Repeat([]byte{0x5a}, 32)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "renegotiation-info-wrong", Causes: "The renegotiation_info of a first handshake is not empty.",
		RFC: "RFC 5746 3.4", Alerts: []string{"handshake_failure"}, AlertNamed: true, Versions: upToTLS12,
	}, fixed(onServerHello(false, func(_ *handshake, m *message.ServerHello) bool {
		if !m.Extensions.Has(iana.ExtRenegotiationInfo) {
			return false
		}
		m.Extensions.Set(iana.ExtRenegotiationInfo, message.Vector8(bytes.Repeat([]byte{0x5a}, 12)))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "renegotiation-info-missing", Causes: "The server does not know secure renegotiation.",
		RFC: "RFC 5746 3.4, 4.1, CVE-2009-3555", Alerts: []string{"handshake_failure"}, Versions: upToTLS12,
	}, fixed(onServerHello(false, func(_ *handshake, m *message.ServerHello) bool {
		return m.Extensions.Remove(iana.ExtRenegotiationInfo)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "alpn-not-offered", Causes: "The server chooses an application protocol that the client did not offer.",
		Params: []ParamInfo{{Name: "protocol", Type: ParamString, Default: "tlsfault/none", Doc: "Application protocol."}},
		RFC:    "RFC 7301 3.1", Alerts: []string{"illegal_parameter", "no_application_protocol", "unsupported_extension"}, Needs: "ALPN in the ClientHello", Versions: append(onlyTLS13, tls10to12...),
	}, func(p params) ops { return answerALPN(message.ALPN([]string{p.string("protocol")})) }},
	{EditInfo{
		Area: AreaHandshake, Name: "alpn-two", Causes: "The server chooses two application protocols at once.",
		RFC: "RFC 7301 3.1", Alerts: []string{"illegal_parameter", "decode_error"}, Needs: "ALPN in the ClientHello", Versions: append(onlyTLS13, tls10to12...),
	}, fixed(onExtensions(func(hs *handshake, x *message.Extensions) bool {
		if len(hs.offer.alpn) == 0 {
			return false
		}
		chosen := cmp.Or(hs.alpn, hs.offer.alpn[0]) // what the server goes on to speak, where it has a choice
		x.Set(iana.ExtALPN, message.ALPN([]string{chosen, chosen}))
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "alpn-empty", Causes: "The server answers ALPN with an empty list.",
		RFC: "RFC 7301 3.1", Alerts: []string{"decode_error", "illegal_parameter"}, Needs: "ALPN in the ClientHello", Versions: append(onlyTLS13, tls10to12...),
	}, fixed(answerALPN([]byte{0, 0}))},
	{EditInfo{
		Area: AreaHandshake, Name: "encrypt-then-mac-with-aead", Causes: "The server acknowledges encrypt-then-mac beside an AEAD suite.",
		RFC: "RFC 7366 3", Alerts: []string{"illegal_parameter", "unsupported_extension"}, Versions: onlyTLS12, Needs: "an AEAD suite",
	}, fixed(onServerHello(false, func(hs *handshake, m *message.ServerHello) bool {
		if !hs.suite.Cipher.AEAD() || !hs.offer.has(iana.ExtEncryptThenMAC) {
			return false
		}
		m.Extensions.Set(iana.ExtEncryptThenMAC, nil)
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "message-unexpected", Causes: "A message that cannot come there comes just before the last message of the server's handshake, or after the handshake.",
		Params: append(enum("message", "The message.", "hello_request", "client_hello", "end_of_early_data", "server_hello_done", "message_hash", "unknown"),
			enum("when", "When it comes.", "before-finished", "after-handshake")...),
		RFC: "RFC 8446 4, 4.6, RFC 5246 7.4", Alerts: []string{"unexpected_message"}, AlertNamed: true,
	}, func(p params) ops { return unexpected(p.string("message"), p.string("when")) }},
}

// serverHelloTwice doubles ServerHello, but not a HelloRetryRequest.
func serverHelloTwice() ops {
	o := doubled(iana.ServerHello, afterMarshal)
	twice := o.encoded
	o.encoded = func(hs *handshake, at stage, raw []byte) ([]byte, bool) {
		if bytes.Contains(raw[:min(len(raw), 64)], message.HelloRetryRandom[:]) {
			return raw, false
		}
		return twice(hs, at, raw)
	}
	return o
}

// onExtensions edits the extensions that answer the client's: of ServerHello, or of EncryptedExtensions in TLS 1.3.
func onExtensions(f func(hs *handshake, x *message.Extensions) bool) ops {
	return ops{message: func(hs *handshake, at stage, m message.Message) bool {
		if at != afterSigning {
			return false
		}
		switch m := m.(type) {
		case *message.ServerHello:
			return hs.version != iana.TLS13 && f(hs, &m.Extensions)
		case *message.EncryptedExtensions:
			return f(hs, &m.Extensions)
		}
		return false
	}}
}

func unaskedExtension(typ uint16) ops {
	return onExtensions(func(hs *handshake, x *message.Extensions) bool {
		if hs.offer.has(typ) || hs.version == iana.SSL30 {
			return false
		}
		x.Add(typ, nil)
		return true
	})
}

func answerALPN(data []byte) ops {
	return onExtensions(func(hs *handshake, x *message.Extensions) bool {
		if len(hs.offer.alpn) == 0 {
			return false
		}
		x.Set(iana.ExtALPN, data)
		return true
	})
}

// strays are messages for which there is no place, as small as can be.
func stray(hs *handshake, name string) message.Message {
	switch name {
	case "client_hello":
		return &hs.offer.hello
	case "end_of_early_data":
		return &message.Empty{MsgType: iana.EndOfEarlyData}
	case "server_hello_done":
		return &message.Empty{MsgType: iana.ServerHelloDone}
	case "message_hash":
		return &message.Raw{MsgType: iana.MessageHash, Body: make([]byte, 32)}
	case "unknown":
		return &message.Raw{MsgType: 0x5a, Body: []byte{1, 2, 3}}
	}
	return &message.Empty{MsgType: iana.HelloRequest}
}

// unexpected sends a stray message, which no transcript takes in.
func unexpected(name, when string) ops {
	send := func(hs *handshake) error { //nolint:unparam // a step
		hs.sendOutside("stray message", stray(hs, name))
		return nil
	}
	if when == "after-handshake" {
		return atEnd(func(hs *handshake) (bool, error) { return true, send(hs) })
	}
	return onPlan(func(_ *handshake, steps []step) ([]step, bool) {
		return insert(steps, false, stepFinished, step{"stray message", send})
	})
}

// onExtensionsOfHeartbeat answers a client that offers heartbeats, RFC 6520 2.
func onExtensionsOfHeartbeat() ops {
	return onExtensions(func(hs *handshake, x *message.Extensions) bool {
		if hs.offer.has(iana.ExtHeartbeat) {
			x.Add(iana.ExtHeartbeat, []byte{1})
		}
		return false
	})
}
