package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// verifyEdits are faults of CertificateVerify, RFC 8446 4.4.3.
var verifyEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-corrupted", Causes: "A bit of the signature is flipped.",
		RFC: "RFC 8446 4.4.3", Alerts: []string{"decrypt_error"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(on(afterSigning, func(_ *handshake, m *message.CertificateVerify) bool {
		m.Signature[len(m.Signature)-1] ^= 1
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-empty", Causes: "The signature has no bytes.",
		RFC: "RFC 8446 4.4.3", Alerts: []string{"decrypt_error", "decode_error"}, Versions: onlyTLS13,
	}, fixed(on(afterSigning, always(func(_ *handshake, m *message.CertificateVerify) { m.Signature = nil })))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-skipped", Causes: "The server does not prove that it has the key of its certificate.",
		RFC: "RFC 8446 4.4.3", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13, Needs: "a full handshake",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 {
			return steps, false
		}
		return skip(stepCertificateVerify).plan(hs, steps)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "authentication-skipped", Causes: "The server sends neither Certificate nor CertificateVerify, as if it resumed a session.",
		RFC: "RFC 8446 4.4, CVE-2020-24613", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13, Needs: "a full handshake",
	}, fixed(onPlan(func(hs *handshake, steps []step) ([]step, bool) {
		if hs.version != iana.TLS13 {
			return steps, false
		}
		return skip(stepCertificate, stepCertificateVerify).plan(hs, steps)
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-twice", Causes: "CertificateVerify is sent twice.",
		RFC: "RFC 8446 4", Alerts: outOfOrder, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(doubled(iana.CertificateVerify, afterMarshal))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-context", Causes: "The signature is made for the client's side: its context string is that of a client.",
		RFC: "RFC 8446 4.4.3", Alerts: []string{"decrypt_error"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onSigning(true, func(_ *handshake, s *signing) bool {
		s.context = contextClient
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-transcript", Causes: "The signature covers another transcript than this one.",
		RFC: "RFC 8446 4.4.3", Alerts: []string{"decrypt_error"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(onSigning(true, func(_ *handshake, s *signing) bool {
		s.hash = bytes.Clone(s.hash)
		s.hash[0] ^= 1
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-scheme", Causes: "The signature is by an algorithm that the client did not offer or that TLS 1.3 forbids, or by the one told.",
		Params: word("scheme", "IANA name of the signature scheme.", sign.Names()),
		RFC:    "RFC 8446 4.4.3, 4.2.3", Alerts: []string{"illegal_parameter", "handshake_failure", "decrypt_error"}, AlertNamed: true, Versions: onlyTLS13,
		Needs: "a key that can sign by the scheme",
	}, func(p params) ops {
		return onSigning(true, func(hs *handshake, s *signing) bool { return hs.otherScheme(s, p.string("scheme")) })
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-scheme-forbidden", Causes: "The signature is by RSA PKCS #1 v1.5 or ECDSA with SHA-1, which TLS 1.3 keeps for certificates although clients offer it.",
		RFC: "RFC 8446 4.4.3, 4.2.3", Alerts: []string{"illegal_parameter", "handshake_failure", "decrypt_error"}, AlertNamed: true, Versions: onlyTLS13, Needs: "an RSA or ECDSA certificate",
	}, fixed(onSigning(true, func(_ *handshake, s *signing) bool {
		switch s.key.Public().(type) {
		case *rsa.PublicKey:
			s.scheme = sign.RSAPKCS1SHA256
		case *ecdsa.PublicKey:
			s.scheme = sign.ECDSASHA1
		default:
			return false
		}
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "certificate-verify-scheme-not-of-key", Causes: "The scheme is one for another curve, or for RSASSA-PSS keys, than the certificate's key.",
		RFC: "RFC 8446 4.2.3", Alerts: []string{"illegal_parameter", "decrypt_error"}, Versions: onlyTLS13, Needs: "an RSA or ECDSA certificate",
	}, fixed(onSigning(true, func(_ *handshake, s *signing) bool {
		switch k := s.key.Public().(type) {
		case *rsa.PublicKey:
			s.scheme = sign.PSSPSSSHA256
		case *ecdsa.PublicKey:
			s.scheme = sign.ECDSAP384SHA384
			if k.Curve.Params().BitSize == 384 {
				s.scheme = sign.ECDSAP256SHA256
			}
		default:
			return false
		}
		return true
	}))},
	{EditInfo{
		Area: AreaHandshake, Name: "other-key", Causes: "ServerKeyExchange or CertificateVerify is signed by another key, of the same type, than the certificate's.",
		RFC: "RFC 8446 4.4.3, RFC 5246 7.4.3, CVE-2021-3336", Alerts: []string{"decrypt_error"}, AlertNamed: true, Needs: "a key exchange with a signature",
	}, fixed(ops{signing: func(_ *handshake, s *signing) bool {
		other := likeKey(s.key)
		if other == nil {
			return false
		}
		s.key = other
		return true
	}})},
}

// likeKey makes a key of the same type and size; nil for types that it does not know.
func likeKey(key crypto.Signer) crypto.Signer {
	if key == nil {
		return nil
	}
	switch pub := key.Public().(type) {
	case *rsa.PublicKey:
		if k, err := rsa.GenerateKey(rand.Reader, max(pub.N.BitLen(), 1024)); err == nil {
			return k
		}
	case *ecdsa.PublicKey:
		if k, err := ecdsa.GenerateKey(pub.Curve, rand.Reader); err == nil {
			return k
		}
	case ed25519.PublicKey:
		if _, k, err := ed25519.GenerateKey(rand.Reader); err == nil {
			return k
		}
	}
	return nil
}
