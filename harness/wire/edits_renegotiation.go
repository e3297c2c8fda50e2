package wire

import (
	"bytes"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

const needsRenegotiation = "a client that renegotiates"

// renegotiationEdits have the server ask for a second handshake after the first, RFC 5746 3.7.
var renegotiationEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "renegotiation", Causes: "The server asks for another handshake once the first is over.", AfterRequest: true,
		RFC: "RFC 5246 7.4.1.1, RFC 5746 3.5", Versions: tls10to12, Legal: true,
	}, fixed(withRenegotiation(func(_ *handshake) bool { return true }))},
	{EditInfo{
		Area: AreaHandshake, Name: "renegotiation-verify-data-wrong", Causes: "In a second handshake renegotiation_info does not hold the verify_data of the first.", AfterRequest: true,
		RFC: "RFC 5746 3.5, CVE-2009-3555", Alerts: []string{"handshake_failure"}, AlertNamed: true, Versions: tls10to12, Needs: needsRenegotiation,
	}, func(params) ops {
		o := withRenegotiation(func(_ *handshake) bool { return false })
		o.message = func(hs *handshake, at stage, m message.Message) bool {
			sh, ok := m.(*message.ServerHello)
			if !ok || at != afterSigning || hs.previous == nil {
				return false
			}
			sh.Extensions.Set(iana.ExtRenegotiationInfo, message.Vector8(bytes.Repeat([]byte{0x5a}, len(hs.previous.verifyData(true)))))
			return true
		}
		return o
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "renegotiation-other-certificate", Causes: "In a second handshake the server shows another certificate than in the first.", AfterRequest: true,
		RFC: "RFC 7457 2.11, CVE-2014-1295", Alerts: []string{"bad_certificate", "handshake_failure"}, Versions: tls10to12,
		Needs: needsRenegotiation + ", and a second certificate of the same key type",
	}, func(params) ops {
		o := withRenegotiation(func(_ *handshake) bool { return false })
		o.negotiated = func(hs *handshake) bool {
			other := hs.cfg.OtherCertificate
			if hs.previous == nil || other == nil {
				return false
			}
			changed := *hs.cfg
			changed.Certificate = *other
			hs.cfg = &changed
			return true
		}
		return o
	}},
}

// withRenegotiation sends HelloRequest after a first handshake and takes the ClientHello that answers it.
func withRenegotiation(asked func(hs *handshake) bool) ops {
	return ops{
		config: func(cfg *Config) bool {
			cfg.Renegotiation = true
			return false
		},
		finished: func(hs *handshake) (bool, error) {
			if hs.version == iana.TLS13 {
				return false, nil
			}
			hs.sendOutside("HelloRequest", &message.Empty{MsgType: iana.HelloRequest})
			hs.c.awaitAnswer()
			return asked(hs), nil
		},
	}
}
