package wire

import (
	"crypto/x509"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// Client certificate types, RFC 5246 7.4.4 and RFC 8422 5.5.
const (
	certTypeRSASign   = 1
	certTypeECDSASign = 64
)

// sendCertificateRequest is RFC 5246 7.4.4.
func (hs *handshake) sendCertificateRequest() error {
	hs.send(stepCertificateRequest, &message.CertificateRequest{
		HasSchemes:  hs.version == iana.TLS12,
		Types:       []byte{certTypeECDSASign, certTypeRSASign},
		Schemes:     soundSchemes,
		Authorities: hs.cfg.ClientCAs,
	})
	return nil
}

// readCertificate reads the client's chain; SSL 3.0 has an alert for none.
func (hs *handshake) readCertificate() error {
	if err := hs.c.flush(); err != nil {
		return err
	}
	if hs.version == iana.SSL30 {
		for len(hs.c.in.hand) == 0 {
			if err := hs.c.readMore(); err != nil {
				return err
			}
		}
		if hs.c.in.hand[0] == iana.ClientKeyExchange && hs.c.in.noCerts {
			return hs.takeClientChain(nil)
		}
	}
	var m message.Certificate
	if _, err := hs.readInto(&m); err != nil {
		return err
	}
	return hs.takeClientChain(m.Chain)
}

// takeClientChain applies the configured policy but for what hangs on possession of the key.
func (hs *handshake) takeClientChain(chain [][]byte) error {
	hs.clientChain = chain
	hs.c.setState(func(s *ConnectionState) { s.ClientCertificates = chain })
	if len(chain) == 0 && hs.cfg.ClientAuth == RequireClientCert {
		alert := iana.AlertHandshakeFailure
		if hs.version == iana.TLS13 {
			alert = iana.AlertCertificateRequired
		}
		return alertf(alert, "the client sent no certificate")
	}
	return nil
}

// readCertificateVerify is RFC 5246 7.4.8, RFC 6101 5.6.8 and RFC 8446 4.4.3.
func (hs *handshake) readCertificateVerify() error {
	if len(hs.clientChain) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(hs.clientChain[0])
	if err != nil {
		return alertf(iana.AlertBadCertificate, "the client's certificate: %v", err)
	}
	m := &message.CertificateVerify{HasScheme: hs.version >= iana.TLS12}
	before, err := hs.readInto(m)
	if err != nil {
		return err
	}
	switch {
	case hs.version == iana.SSL30:
		both, sha := hs.legacySecrets().CertificateVerify(hs.legacy.master, before)
		err = sign.VerifyLegacyDigest(leaf.PublicKey, both, sha, m.Signature)
	case hs.version < iana.TLS12:
		err = sign.VerifyLegacy(leaf.PublicKey, before, m.Signature)
	case hs.version == iana.TLS12:
		err = sign.Verify(leaf.PublicKey, m.Scheme, before, m.Signature)
	default:
		err = sign.Verify(leaf.PublicKey, m.Scheme, signedContent(contextClient, hs.tls13.schedule.Sum(before)), m.Signature)
	}
	if err != nil {
		return alertf(iana.AlertDecryptError, "the client's CertificateVerify: %v", err)
	}
	if hs.cfg.VerifyClient != nil {
		if err := hs.cfg.VerifyClient(hs.clientChain); err != nil {
			return alertf(iana.AlertBadCertificate, "the client's certificate: %v", err)
		}
	}
	return nil
}
