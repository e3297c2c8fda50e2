package wire

import (
	"bytes"
	"compress/zlib"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

const noKey = "without a certificate nothing can verify the signature that follows"

// certificateEdits are faults of Certificate, CertificateStatus and CertificateRequest.
var certificateEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-empty", Causes: "The server's Certificate message holds no certificate.",
		RFC: "RFC 8446 4.4.2.4, RFC 5246 7.4.2", Alerts: []string{"decode_error", "bad_certificate", "handshake_failure", "unexpected_message"}, AlertNamed: true,
	}, fixed(onChain(func(_ *handshake, _ [][]byte) [][]byte { return nil }))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-skipped", Causes: "The server does not send Certificate.",
		RFC: "RFC 8446 4.4.2, RFC 5246 7.4.2", Alerts: []string{"unexpected_message"}, AlertNamed: true,
	}, fixed(skip(stepCertificate))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-twice", Causes: "Certificate is sent twice.",
		RFC: "RFC 8446 4, RFC 5246 7.4", Alerts: []string{"unexpected_message"}, AlertNamed: true,
	}, fixed(doubled(iana.Certificate, afterMarshal))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-trailing-bytes", Causes: "Certificate has a byte after its end.",
		RFC: "RFC 8446 6.2, RFC 5246 7.2.2", Alerts: []string{"decode_error"}, AlertNamed: true,
	}, fixed(trailing(iana.Certificate))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-garbage", Causes: "The first certificate is not DER.",
		RFC: "RFC 8446 4.4.2.4", Alerts: []string{"bad_certificate", "decode_error"}, NotIsolated: noKey,
	}, fixed(onChain(func(_ *handshake, chain [][]byte) [][]byte {
		return append([][]byte{bytes.Repeat([]byte{0x5a}, 600)}, chain[1:]...)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-context", Causes: "The server's Certificate answers a request that nobody made.",
		RFC: "RFC 8446 4.4.2", Alerts: []string{"illegal_parameter", "decode_error"}, Versions: onlyTLS13,
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.Certificate13) { m.Context = []byte{0x5a} })))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-extension-unasked", Causes: "The first certificate carries an extension that the client did not send.",
		Params: number("type", "Extension type.", unknownExtension, 0, 0xffff),
		RFC:    "RFC 8446 4.4.2, 4.2", Alerts: unsolicited, AlertNamed: true, Versions: onlyTLS13,
	}, func(p params) ops {
		typ := uint16(p.int("type"))
		return on(afterSigning, func(hs *handshake, m *message.Certificate13) bool {
			if len(m.Entries) == 0 || hs.offer.has(typ) {
				return false
			}
			m.Entries[0].Extensions.Add(typ, nil)
			return true
		})
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-type-not-of-suite", Causes: "The suite asks for a certificate of another key type than the server sends and signs with.",
		RFC: "RFC 5246 7.4.2, RFC 8422 5.3", Alerts: []string{"illegal_parameter", "unsupported_certificate", "handshake_failure"}, Versions: tls10to12, Needs: "an ECDHE suite",
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		return hs.otherKeyType()
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-not-rsa-in-rsa-exchange", Causes: "The suite has the client encrypt to an RSA key, but the certificate holds another.",
		RFC: "RFC 5246 7.4.2, CVE-2021-34558", Alerts: []string{"illegal_parameter", "unsupported_certificate", "handshake_failure"}, Versions: upToTLS12,
		NotIsolated: "there is no key to encrypt the premaster secret to", Needs: "a certificate that is not RSA",
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		if hs.version == iana.TLS13 || hs.cfg.Certificate.Key == nil || serves(iana.RSA, hs.cfg.Certificate.Key.Public()) {
			return false
		}
		hs.suite = iana.SuiteByName("TLS_RSA_WITH_AES_128_CBC_SHA")
		return true
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "raw-public-key-unasked", Causes: "The server sends a bare public key in place of a certificate and says so in server_certificate_type, which the client did not send.",
		RFC: "RFC 7250 4.2, CVE-2024-12797", Alerts: []string{"unsupported_extension", "bad_certificate", "unsupported_certificate"}, Versions: onlyTLS13,
		NotIsolated: "a client must know RFC 7250 to go on",
	}, fixed(rawPublicKey())},
	{EditInfo{
		Area: AreaHandshake, Name: "compressed-certificate-unasked", Causes: "The server compresses its certificate for a client that did not offer it.",
		RFC: "RFC 8879 4", Alerts: []string{"unexpected_message", "illegal_parameter"}, Versions: onlyTLS13, Needs: "a client that does not offer zlib",
	}, fixed(ops{negotiated: func(hs *handshake) bool {
		if hs.version != iana.TLS13 || contains(hs.offer.compressions, iana.CompressZlib) {
			return false
		}
		hs.offer.compressions = []uint16{iana.CompressZlib}
		return true
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "compressed-certificate-false-length", Causes: "The compressed certificate is longer than it says.",
		RFC: "RFC 8879 4", Alerts: []string{"bad_certificate"}, AlertNamed: true, Versions: onlyTLS13, Needs: "zlib in the client's compress_certificate",
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.CompressedCertificate) { m.Length-- })))},
	{EditInfo{
		Area: AreaHandshake, Name: "compressed-certificate-huge-length", Causes: "The compressed certificate claims a length of 16 MiB.",
		RFC: "RFC 8879 4, 5, CVE-2025-66199", Alerts: []string{"bad_certificate"}, AlertNamed: true, Versions: onlyTLS13, Needs: "zlib in the client's compress_certificate",
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.CompressedCertificate) { m.Length = 1<<24 - 1 })))},
	{EditInfo{
		Area: AreaHandshake, Name: "compressed-certificate-bomb", Causes: "The compressed certificate is followed by zeros, as many as told, before its compression ends.",
		Params: number("bytes", "How many zeros.", 100_000_000, 1, 1<<30),
		RFC:    "RFC 8879 5", Alerts: []string{"bad_certificate", "decode_error"}, Versions: onlyTLS13, Needs: "zlib in the client's compress_certificate",
		NotIsolated: "the certificate message is not what its length says either",
	}, func(p params) ops { return bomb(p.int("bytes")) }},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-status-unasked", Causes: "The server sends CertificateStatus without having promised it in ServerHello.",
		RFC: "RFC 6066 8", Alerts: []string{"unexpected_message", "unsupported_extension"}, Versions: tls10to12,
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.legacy.staple {
			return steps, false
		}
		return insert(steps, true, stepCertificate, step{stepCertificateStatus, (*handshake).sendCertificateStatus})
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-status-skipped", Causes: "The server promises CertificateStatus and does not send it.",
		RFC: "RFC 6066 8", Versions: tls10to12, Legal: true, Needs: "status_request in the ClientHello, and a staple",
	}, fixed(skip(stepCertificateStatus))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-status-twice", Causes: "CertificateStatus is sent twice.",
		RFC: "RFC 5246 7.4", Alerts: []string{"unexpected_message"}, AlertNamed: true, Versions: tls10to12, Needs: "status_request in the ClientHello, and a staple",
	}, fixed(doubled(iana.CertificateStatus, afterMarshal))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-status-malformed", Causes: "CertificateStatus is of an unknown type, or holds no response.",
		Params: enum("form", "What is wrong.", "type", "empty"),
		RFC:    "RFC 6066 8", Alerts: []string{"decode_error", "bad_certificate_status_response", "illegal_parameter"}, Versions: tls10to12, Needs: "status_request in the ClientHello, and a staple",
	}, func(p params) ops {
		return on(afterSigning, always(func(_ *handshake, m *message.CertificateStatus) {
			if p.string("form") == "type" {
				m.StatusType = 0x5a
			} else {
				m.Response = nil
			}
		}))
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-without-algorithms", Causes: "CertificateRequest does not say which signatures it takes, or, up to TLS 1.2, which certificates.",
		RFC: "RFC 8446 4.3.2, RFC 5246 7.4.4", Alerts: []string{"missing_extension", "decode_error"}, Needs: "a server that asks for a client certificate",
	}, fixed(ops{message: func(_ *handshake, at stage, m message.Message) bool {
		switch m := m.(type) {
		case *message.CertificateRequest:
			m.Types, m.Schemes = nil, nil
			return at == afterSigning
		case *message.CertificateRequest13:
			return m.Extensions.Remove(iana.ExtSignatureAlgorithms) && at == afterSigning
		}
		return false
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-unknown-algorithm", Causes: "CertificateRequest lists an unknown algorithm in signature_algorithms_cert.",
		RFC: "RFC 8446 4.2.3, CVE-2020-1967", Versions: onlyTLS13, Legal: true, Needs: "a server that asks for a client certificate",
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.CertificateRequest13) {
		m.Extensions.Set(iana.ExtSignatureAlgsCert, message.Uint16List([]uint16{0x5a5a, 0x0804, 0x0403}))
	})))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-anonymous", Causes: "A server without a certificate asks the client for one.",
		RFC: "RFC 5246 7.4.4", Alerts: []string{"handshake_failure", "unexpected_message"}, AlertNamed: true, Versions: upToTLS12, Needs: "an anonymous suite",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version == iana.TLS13 || !hs.suite.KX.Anonymous() {
			return steps, false
		}
		steps, _ = insert(steps, false, stepServerHelloDone, step{stepCertificateRequest, (*handshake).sendCertificateRequest})
		return insert(steps, true, stepServerHelloDone, step{readCertificate, (*handshake).readCertificate})
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-in-resumption", Causes: "A server that resumes by PSK asks for a client certificate.",
		RFC: "RFC 8446 4.3.2", Alerts: []string{"unexpected_message"}, Versions: onlyTLS13, Needs: "a client that resumes",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 || hs.resumption == nil {
			return steps, false
		}
		steps, _ = insert(steps, true, stepEncryptedExtensions, step{stepCertificateRequest, (*handshake).sendCertificateRequest13})
		return insert(steps, false, readFinished, step{readCertificate, (*handshake).readCertificate13})
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-request-after-handshake", Causes: "The server asks for a client certificate after the handshake, which the client did not allow.", AfterRequest: true,
		RFC: "RFC 8446 4.6.2", Alerts: []string{"unexpected_message"}, AlertNamed: true, Versions: onlyTLS13, Needs: "a client without post_handshake_auth",
	}, fixed(atEnd(func(hs *handshake) (bool, error) {
		if hs.version != iana.TLS13 || hs.offer.has(iana.ExtPostHandshakeAuth) {
			return false, nil
		}
		hs.sendOutside(stepCertificateRequest, hs.certificateRequest13([]byte{0x5a}))
		return true, nil
	}))},
}

// onChain edits the certificates of either form of the message.
func onChain(f func(hs *handshake, chain [][]byte) [][]byte) ops {
	return ops{message: func(hs *handshake, at stage, m message.Message) bool {
		if at != afterSigning {
			return false
		}
		switch m := m.(type) {
		case *message.Certificate:
			m.Chain = f(hs, m.Chain)
			return true
		case *message.Certificate13:
			chain := f(hs, m.Chain())
			m.Entries = nil
			for _, der := range chain {
				m.Entries = append(m.Entries, message.CertificateEntry{Data: der})
			}
			return true
		}
		return false
	}}
}

// otherKeyType changes the suite to the one that differs in the key type alone.
func (hs *handshake) otherKeyType() bool {
	other := map[iana.KeyExchange]iana.KeyExchange{iana.ECDHERSA: iana.ECDHEECDSA, iana.ECDHEECDSA: iana.ECDHERSA}[hs.suite.KX]
	for _, s := range iana.Suites() {
		if s.KX == other && other != iana.Any && s.Cipher == hs.suite.Cipher && s.KeyLen == hs.suite.KeyLen && s.Hash == hs.suite.Hash {
			hs.suite = iana.SuiteByID(s.ID)
			return true
		}
	}
	return false
}

// bomb appends zeros to what is compressed.
func bomb(zeros int) ops {
	return on(afterSigning, func(_ *handshake, m *message.CompressedCertificate) bool {
		in, err := zlib.NewReader(bytes.NewReader(m.Data))
		if err != nil {
			return false
		}
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		chunk := make([]byte, 1<<16)
		n, _ := in.Read(chunk) // the certificate is shorter; where it is not, the bomb is one all the same
		_, _ = w.Write(chunk[:n])
		clear(chunk)
		for left := zeros; left > 0; left -= len(chunk) {
			_, _ = w.Write(chunk[:min(left, len(chunk))])
		}
		_ = w.Close() // writing into memory does not fail
		m.Data = out.Bytes()
		return true
	})
}
