package pki

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Kind is the place of a certificate in its path.
type Kind int

// The places in a path. Leaf is the default.
const (
	Leaf Kind = iota
	Intermediate
	Root
)

// Request says what a certificate holds. Key is always needed. Every other
// field has an ordinary value when it is left zero, as its comment tells.
type Request struct {
	Kind Kind
	// Key is the subject's key.
	Key *Key
	// Issuer signs. Nil: the certificate signs itself, as every root does.
	Issuer *Certificate
	// Subject is the distinguished name; empty but not nil is the empty one.
	// Nil: a leaf has its first DNS name as common name, or none where it has no
	// DNS name, and an authority is named after its key.
	Subject Subject
	// Names are the subjectAltName entries. Complete sorts them by type. Empty: no such extension.
	Names []Name
	// NotBefore and NotAfter are the validity, to the second. Zero: a leaf from
	// one day ago to 30 days ahead, an authority from two days ago to a year ahead.
	NotBefore, NotAfter time.Time
	// Serial is the serial number. Nil: 126 random bits.
	Serial *big.Int
	// Hash is what the issuer signs with. Zero: the issuer's DefaultHash.
	Hash crypto.Hash

	BasicConstraints BasicConstraints
	// KeyUsage are RFC 5280 names of bits; empty but not nil leaves the extension
	// out. Nil: digitalSignature, for RSA leaves keyEncipherment too, and
	// keyCertSign and cRLSign for an authority.
	KeyUsage []string
	// ExtKeyUsage are RFC 5280 names of purposes or dotted object identifiers;
	// empty but not nil leaves the extension out. Nil: serverAuth for a leaf.
	ExtKeyUsage []string
	// NameConstraints is nil for none.
	NameConstraints *NameConstraints
	// Extensions stand behind the ordinary ones.
	Extensions []Extension
}

// The ordinary validity.
const (
	day           = 24 * time.Hour
	leafAge       = 1 * day
	leafLife      = 30 * day // beyond now; within the 47 days that browsers go down to by 2029
	authorityAge  = 2 * day
	authorityLife = 365 * day
)

// Complete returns r with the ordinary value in every field that was left zero.
// It returns an error when the request has no key.
func (r Request) Complete() (Request, error) {
	if r.Key == nil {
		return r, errors.New("a certificate needs a key")
	}
	if r.Issuer != nil && r.Issuer.Key == nil {
		return r, errors.New("the issuer has no key to sign with")
	}
	r.Names = inOrder(r.Names)
	if r.Subject == nil {
		r.Subject = r.ordinarySubject()
	}
	age, life := leafAge, leafLife
	if r.Kind != Leaf {
		age, life = authorityAge, authorityLife
	}
	if r.NotBefore.IsZero() {
		r.NotBefore = time.Now().Add(-age)
	}
	if r.NotAfter.IsZero() {
		r.NotAfter = time.Now().Add(life)
	}
	r.NotBefore, r.NotAfter = r.NotBefore.UTC().Truncate(time.Second), r.NotAfter.UTC().Truncate(time.Second)
	if r.Serial == nil {
		serial, err := randomSerial()
		if err != nil {
			return r, err
		}
		r.Serial = serial
	}
	if r.Hash == 0 {
		r.Hash = DefaultHash(r.SigningKey().Public())
	}
	if r.KeyUsage == nil {
		r.KeyUsage = r.ordinaryKeyUsage()
	}
	if r.ExtKeyUsage == nil && r.Kind == Leaf {
		r.ExtKeyUsage = []string{"serverAuth"}
	}
	return r, nil
}

// SigningKey returns the key that signs: the issuer's, or the subject's own.
func (r Request) SigningKey() crypto.Signer {
	if r.Issuer == nil {
		return r.Key.Signer
	}
	return r.Issuer.Key
}

// IssuerDER returns the issuer field: the issuer's subject, or r's own.
func (r Request) IssuerDER() ([]byte, error) {
	if r.Issuer == nil {
		return r.Subject.DER()
	}
	return r.Issuer.Subject, nil
}

// authorityKeyID returns the issuer's key identifier, or nil where the
// certificate is self-signed, which needs none (RFC 5280 4.2.1.1). One that is
// self-issued by another key, as after a change of keys, needs it.
func (r Request) authorityKeyID() []byte {
	if r.Issuer == nil {
		return nil
	}
	if r.selfIssued() && bytes.Equal(r.Key.ID(), r.Issuer.KeyID) {
		return nil
	}
	return r.Issuer.KeyID
}

// selfIssued reports whether subject and issuer have one name (RFC 5280 3.2), though not whether they have one key.
func (r Request) selfIssued() bool {
	if r.Issuer == nil {
		return true
	}
	subject, err := r.Subject.DER()
	return err == nil && bytes.Equal(subject, r.Issuer.Subject)
}

// maxCommonName is ub-common-name of RFC 5280 appendix A.1, in characters.
const maxCommonName = 64

func (r Request) ordinarySubject() Subject {
	short := hex.EncodeToString(r.Key.ID()[:4])
	switch r.Kind {
	case Root:
		return Subject{{Type: "C", Value: "XX"}, {Type: "O", Value: "tlsfault"}, {Type: "CN", Value: "tlsfault root " + short}}
	case Intermediate:
		return Subject{{Type: "C", Value: "XX"}, {Type: "O", Value: "tlsfault"}, {Type: "CN", Value: "tlsfault intermediate " + short}}
	}
	for _, name := range r.Names {
		if name.Type == TypeDNS && name.Value != "" && len(name.Value) <= maxCommonName && hostCharacters(name.Value) {
			return CommonName(name.Value)
		}
	}
	// No common name: where there is no DNS name, GnuTLS 3.7 holds it against the
	// DNS name constraints of the issuers whatever it is.
	return Subject{{Type: "O", Value: "tlsfault"}}
}

func hostCharacters(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-.*") == ""
}

func (r Request) ordinaryKeyUsage() []string {
	if r.Kind != Leaf {
		return []string{"keyCertSign", "cRLSign"}
	}
	if _, ok := r.Key.Signer.Public().(*rsa.PublicKey); ok {
		return []string{"digitalSignature", "keyEncipherment"}
	}
	return []string{"digitalSignature"}
}

// randomSerial returns a positive number of 126 random bits and 16 octets, RFC 5280 4.1.2.2.
func randomSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("drawing a serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}
