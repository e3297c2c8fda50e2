package pki

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// NameType tells the alternatives of a GeneralName apart, RFC 5280 4.2.1.6.
type NameType string

// The types of name. TypeRaw stands for any GeneralName at all, its Value being
// the DER in hexadecimal.
const (
	TypeDNS          NameType = "dns"
	TypeEmail        NameType = "email"
	TypeIP           NameType = "ip"
	TypeURI          NameType = "uri"
	TypeDirectory    NameType = "dirname" // Value as ParseSubject reads it
	TypeRegisteredID NameType = "rid"     // Value is a dotted object identifier
	TypeRaw          NameType = "raw"
)

// nameTypes is in the order in which names stand in a certificate: that of
// cfssl for the four that it knows.
var nameTypes = []NameType{TypeDNS, TypeEmail, TypeIP, TypeURI, TypeDirectory, TypeRegisteredID, TypeRaw}

// Name is one GeneralName: a name in subjectAltName, or the base of a subtree
// in nameConstraints. The value of a DNS name, e-mail address or URI goes into
// the certificate byte for byte, whatever it holds.
type Name struct {
	Type  NameType
	Value string
}

// ParseName reads a name as scenarios write it: a type, a colon and the value,
// or a bare DNS name. "dns:127.0.0.1" is a DNS name, and so is "127.0.0.1".
func ParseName(text string) (Name, error) {
	prefix, value, ok := strings.Cut(text, ":")
	if !ok {
		return Name{Type: TypeDNS, Value: text}, nil
	}
	name := Name{Type: NameType(prefix), Value: value}
	if !slices.Contains(nameTypes, name.Type) {
		return Name{}, fmt.Errorf("name %q: unknown type %q, want dns, email, ip, uri, dirname, rid or raw", text, prefix)
	}
	return name, nil
}

// ParseNames reads a list of names by [ParseName].
func ParseNames(texts []string) ([]Name, error) {
	names := make([]Name, 0, len(texts))
	for _, text := range texts {
		name, err := ParseName(text)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// HostName returns the name by which a client verifies host: an IP address
// where host is one, else a DNS name.
func HostName(host string) Name {
	if _, err := netip.ParseAddr(host); err == nil {
		return Name{Type: TypeIP, Value: host}
	}
	return Name{Type: TypeDNS, Value: host}
}

// String returns the name in the form that ParseName reads.
func (n Name) String() string { return string(n.Type) + ":" + n.Value }

// The context-specific tags of GeneralName.
var generalNameTags = map[NameType]cbasn1.Tag{
	TypeEmail:        cbasn1.Tag(1).ContextSpecific(),
	TypeDNS:          cbasn1.Tag(2).ContextSpecific(),
	TypeDirectory:    cbasn1.Tag(4).ContextSpecific().Constructed(),
	TypeURI:          cbasn1.Tag(6).ContextSpecific(),
	TypeIP:           cbasn1.Tag(7).ContextSpecific(),
	TypeRegisteredID: cbasn1.Tag(8).ContextSpecific(),
}

// add appends the GeneralName to b. In nameConstraints an IP address is a
// prefix.
func (n Name) add(b *cryptobyte.Builder, constraint bool) {
	value, err := n.value(constraint)
	if err != nil {
		b.SetError(fmt.Errorf("name %q: %w", n, err))
		return
	}
	if n.Type == TypeRaw {
		b.AddBytes(value)
		return
	}
	b.AddASN1(generalNameTags[n.Type], func(b *cryptobyte.Builder) { b.AddBytes(value) })
}

func (n Name) value(constraint bool) ([]byte, error) {
	switch n.Type {
	case TypeDNS, TypeEmail, TypeURI:
		return []byte(n.Value), nil
	case TypeIP:
		if constraint {
			return prefixBytes(n.Value)
		}
		address, err := netip.ParseAddr(n.Value)
		if err != nil {
			return nil, err
		}
		if address.Zone() != "" {
			return nil, errors.New("an address in a certificate has no zone")
		}
		return address.Unmap().AsSlice(), nil
	case TypeDirectory:
		subject, err := ParseSubject(n.Value)
		if err != nil {
			return nil, err
		}
		return subject.DER()
	case TypeRegisteredID:
		return oidBytes(n.Value)
	case TypeRaw:
		return hex.DecodeString(n.Value)
	}
	return nil, fmt.Errorf("unknown type %q", n.Type)
}

// prefixBytes encodes an IP prefix as address and mask, RFC 5280 4.2.1.10.
func prefixBytes(text string) ([]byte, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, err
	}
	address := prefix.Masked().Addr().AsSlice()
	mask := make([]byte, len(address))
	for bit := range prefix.Bits() {
		mask[bit/8] |= 0x80 >> (bit % 8)
	}
	return append(address, mask...), nil
}

// SubjectAltName returns the DER of the value of a subjectAltName extension.
func SubjectAltName(names []Name) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, name := range names {
			name.add(b, false)
		}
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding subjectAltName: %w", err)
	}
	return der, nil
}

// inOrder returns names sorted by type and otherwise as they came.
func inOrder(names []Name) []Name {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b Name) int {
		return slices.Index(nameTypes, a.Type) - slices.Index(nameTypes, b.Type)
	})
	return sorted
}
