package wire

import (
	"crypto/x509"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

// rawPublicKeyType is the certificate type of RFC 7250 3.
const rawPublicKeyType = 2

// rawPublicKey sends SubjectPublicKeyInfo where the certificate belongs.
func rawPublicKey() ops {
	o := onChain(func(hs *handshake, chain [][]byte) [][]byte {
		if hs.cfg.Certificate.Key == nil {
			return chain
		}
		spki, err := x509.MarshalPKIXPublicKey(hs.cfg.Certificate.Key.Public())
		if err != nil {
			return chain
		}
		return [][]byte{spki}
	})
	chain := o.message
	o.message = func(hs *handshake, at stage, m message.Message) bool {
		if hs.version != iana.TLS13 || hs.offer.has(iana.ExtServerCertificateType) {
			return false
		}
		if ee, ok := m.(*message.EncryptedExtensions); ok && at == afterSigning {
			ee.Extensions.Add(iana.ExtServerCertificateType, []byte{rawPublicKeyType})
			return false // the certificate counts
		}
		return chain(hs, at, m)
	}
	return o
}
