package pki

import (
	"crypto/x509"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The string types of X.520 that cryptobyte has no name for.
const (
	TeletexString cbasn1.Tag = 20
	BMPString     cbasn1.Tag = 30
)

// Subject is a distinguished name: its attributes in order, each alone in its
// RelativeDistinguishedName (RFC 5280 4.1.2.4).
type Subject []Attribute

// Attribute is one attribute of a Subject. The bytes of Value go into the
// certificate as they are.
type Attribute struct {
	Type  string // one of C, O, OU, L, ST, CN, serialNumber, DC, emailAddress, or a dotted object identifier
	Value string
	// String is the tag of the string type. Zero is PrintableString where that
	// can hold Value and UTF8String elsewhere, but IA5String for DC and emailAddress.
	String cbasn1.Tag
}

// attributeTypes are the short names of RFC 4514 section 3 and what OpenSSL adds.
var attributeTypes = map[string]string{
	"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "L": "2.5.4.7", "ST": "2.5.4.8", "CN": "2.5.4.3",
	"serialNumber": "2.5.4.5", "DC": "0.9.2342.19200300.100.1.25", "emailAddress": "1.2.840.113549.1.9.1",
}

// CommonName returns the subject that consists of a common name alone.
func CommonName(name string) Subject { return Subject{{Type: "CN", Value: name}} }

// ParseSubject reads a subject in the form "C=XX,O=tlsfault,CN=localhost". A
// backslash takes its special meaning from the character after it. The empty
// text is the empty subject.
func ParseSubject(text string) (Subject, error) {
	subject := Subject{}
	var part strings.Builder
	finish := func() error {
		name, value, ok := strings.Cut(part.String(), "=")
		if !ok {
			return fmt.Errorf("subject %q: %q is not TYPE=VALUE", text, part.String())
		}
		subject = append(subject, Attribute{Type: strings.TrimSpace(name), Value: value})
		part.Reset()
		return nil
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			part.WriteByte(text[i])
		case text[i] == ',':
			if err := finish(); err != nil {
				return nil, err
			}
		default:
			part.WriteByte(text[i])
		}
	}
	if text == "" {
		return subject, nil
	}
	if err := finish(); err != nil {
		return nil, err
	}
	return subject, nil
}

// DER returns the encoding of the subject as a Name of RFC 5280 4.1.2.4.
func (s Subject) DER() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, attribute := range s {
			attribute.add(b)
		}
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding a subject: %w", err)
	}
	return der, nil
}

func (a Attribute) add(b *cryptobyte.Builder) {
	dotted, ok := attributeTypes[a.Type]
	if !ok {
		dotted = a.Type
	}
	oid, err := oidBytes(dotted)
	if err != nil {
		b.SetError(fmt.Errorf("attribute %q: %w", a.Type, err))
		return
	}
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oid) })
			b.AddASN1(a.stringType(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.Value)) })
		})
	})
}

func (a Attribute) stringType() cbasn1.Tag {
	switch {
	case a.String != 0:
		return a.String
	case a.Type == "DC" || a.Type == "emailAddress":
		return cbasn1.IA5String
	case printable(a.Value):
		return cbasn1.PrintableString
	}
	return cbasn1.UTF8String
}

// printable reports whether s keeps to the characters of PrintableString (X.680 41.4).
func printable(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(" '()+,-./:=?", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// oidBytes returns the contents octets of a dotted object identifier.
func oidBytes(dotted string) ([]byte, error) {
	oid, err := x509.ParseOID(dotted)
	if err != nil {
		return nil, fmt.Errorf("%q is no object identifier", dotted)
	}
	return oid.MarshalBinary()
}
