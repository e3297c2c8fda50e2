package pki

import (
	"crypto"
	"encoding/pem"
	"fmt"
	"os"
)

// Certificate is an issued certificate with its private key. It is not changed
// once issued, and safe for concurrent use.
type Certificate struct {
	// DER is the certificate.
	DER []byte
	// Key is the private key: what crypto/tls takes as tls.Certificate.PrivateKey.
	Key crypto.Signer
	// Subject is the DER of the subject: the issuer of what this one issues.
	Subject []byte
	// KeyID is the key identifier that what this one issues refers to; nil for none.
	KeyID []byte
}

// PEM returns the certificates in PEM, in the given order.
func PEM(certificates ...*Certificate) []byte {
	var text []byte
	for _, c := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})...)
	}
	return text
}

// Chain returns the DER of the certificates in the given order: what crypto/tls
// takes as tls.Certificate.Certificate.
func Chain(certificates ...*Certificate) [][]byte {
	chain := make([][]byte, 0, len(certificates))
	for _, c := range certificates {
		chain = append(chain, c.DER)
	}
	return chain
}

// WriteKeyFile writes the private key in PEM (PKCS #8) to a new file that only its owner
// can read. It returns an error when the file exists.
func WriteKeyFile(path string, key crypto.Signer) error {
	text, err := KeyPEM(key)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing a private key: %w", err)
	}
	_, err = file.Write(text)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("writing a private key: %w", err)
	}
	return nil
}
