package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The object identifiers of RFC 6962 3.3: of the extension that holds SCTs in a
// certificate, and of the one in an OCSP response.
const (
	OIDEmbeddedSCTs = "1.3.6.1.4.1.11129.2.4.2"
	OIDStapledSCTs  = "1.3.6.1.4.1.11129.2.4.5"
)

// Log is a certificate transparency log as far as clients know one, RFC 6962: a
// key that promises. It keeps no tree.
type Log struct {
	// Key is an ECDSA key on P-256, RFC 6962 2.1.4.
	Key *Key
}

// ID is the hash of the log's key, RFC 6962 3.2.
func (l Log) ID() [sha256.Size]byte { return sha256.Sum256(l.Key.SPKI()) }

// LogEntry is what a log promises to take in.
type LogEntry struct {
	certificate   []byte            // DER of an issued certificate, or
	issuerKeyHash [sha256.Size]byte // of the issuer's SubjectPublicKeyInfo
	tbs           []byte            // of a certificate without its SCTs
}

// CertificateEntry is the entry of an issued certificate: what SCTs in the
// handshake or in an OCSP response are about.
func CertificateEntry(c *Certificate) LogEntry { return LogEntry{certificate: c.DER} }

// PrecertificateEntry is the entry of a certificate before SCTs are put into it.
func PrecertificateEntry(c, issuer *Certificate) (LogEntry, error) {
	spki, err := x509.MarshalPKIXPublicKey(issuer.Key.Public())
	if err != nil {
		return LogEntry{}, fmt.Errorf("encoding the issuer's key: %w", err)
	}
	whole, tbs := cryptobyte.String(c.DER), cryptobyte.String{}
	if !whole.ReadASN1(&whole, cbasn1.SEQUENCE) || !whole.ReadASN1Element(&tbs, cbasn1.SEQUENCE) {
		return LogEntry{}, errors.New("reading a certificate for a log: not DER")
	}
	return LogEntry{issuerKeyHash: sha256.Sum256(spki), tbs: tbs}, nil
}

// SCT returns the log's promise for an entry, a SignedCertificateTimestamp of
// RFC 6962 3.2, dated at.
func (l Log) SCT(entry LogEntry, at time.Time) ([]byte, error) {
	milliseconds := uint64(at.UnixMilli())
	var b cryptobyte.Builder
	b.AddUint8(0) // version v1
	b.AddUint8(0) // certificate_timestamp
	b.AddUint64(milliseconds)
	if entry.certificate != nil {
		b.AddUint16(0) // x509_entry
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(entry.certificate) })
	} else {
		b.AddUint16(1) // precert_entry
		b.AddBytes(entry.issuerKeyHash[:])
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(entry.tbs) })
	}
	b.AddUint16(0) // no extensions
	signed, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a log entry: %w", err)
	}
	digest := sha256.Sum256(signed)
	signature, err := l.Key.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing an SCT: %w", err)
	}
	id := l.ID()
	var sct cryptobyte.Builder
	sct.AddUint8(0)
	sct.AddBytes(id[:])
	sct.AddUint64(milliseconds)
	sct.AddUint16(0)
	sct.AddUint8(4) // sha256
	sct.AddUint8(3) // ecdsa
	sct.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(signature) })
	return sct.Bytes()
}

// SCTList returns the DER of the extension value that holds SCTs in a
// certificate or an OCSP response: a SignedCertificateTimestampList in an OCTET STRING, RFC 6962 3.3.
func SCTList(scts [][]byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, sct := range scts {
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(sct) })
			}
		})
	})
	value, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a list of SCTs: %w", err)
	}
	return value, nil
}
