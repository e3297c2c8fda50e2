package pki

import (
	"encoding/asn1"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The object identifiers of the extensions of RFC 5280 4.2.1 that a request
// makes by itself, in the order in which they stand in a certificate.
const (
	OIDKeyUsage               = "2.5.29.15"
	OIDExtKeyUsage            = "2.5.29.37"
	OIDBasicConstraints       = "2.5.29.19"
	OIDSubjectKeyIdentifier   = "2.5.29.14"
	OIDAuthorityKeyIdentifier = "2.5.29.35"
	OIDSubjectAltName         = "2.5.29.17"
	OIDNameConstraints        = "2.5.29.30"
)

// Extension is one extension, byte for byte.
type Extension struct {
	OID      string // dotted object identifier
	Critical bool
	Value    []byte // DER; the contents of extnValue
}

// Add appends the extension to b as it stands in a certificate, RFC 5280 4.1.
func (e Extension) Add(b *cryptobyte.Builder) {
	oid, err := oidBytes(e.OID)
	if err != nil {
		b.SetError(fmt.Errorf("encoding an extension: %w", err))
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oid) })
		if e.Critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1OctetString(e.Value)
	})
}

// SmallOID returns the object identifier as encoding/asn1 has it, or an error
// when an arc has more than 31 bits.
func (e Extension) SmallOID() (asn1.ObjectIdentifier, error) {
	var oid asn1.ObjectIdentifier
	for arc := range strings.SplitSeq(e.OID, ".") {
		number, err := strconv.ParseUint(arc, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("object identifier %q: %w", e.OID, err)
		}
		oid = append(oid, int(number))
	}
	return oid, nil
}

// BasicConstraints is the extension of RFC 5280 4.2.1.9. The zero value is the
// ordinary one of the certificate's kind.
type BasicConstraints struct {
	Absent  bool
	CA      *bool // nil: true for roots and intermediates
	PathLen *int  // nil: no pathLenConstraint
}

func (c BasicConstraints) der(kind Kind) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if c.isCA(kind) {
			b.AddASN1Boolean(true)
		}
		if c.PathLen != nil {
			b.AddASN1Int64(int64(*c.PathLen))
		}
	})
	return b.Bytes()
}

func (c BasicConstraints) isCA(kind Kind) bool {
	if c.CA != nil {
		return *c.CA
	}
	return kind != Leaf
}

// ExtensionList returns every extension of the certificate that r asks for, in
// order. The request must be complete (see [Request.Complete]).
func (r Request) ExtensionList() ([]Extension, error) {
	var list []Extension
	var failed error
	add := func(oid string, critical bool, value []byte, err error) {
		if err != nil && failed == nil {
			failed = fmt.Errorf("encoding the extension %s: %w", oid, err)
		}
		list = append(list, Extension{OID: oid, Critical: critical, Value: value})
	}
	if len(r.KeyUsage) > 0 {
		value, err := keyUsageDER(r.KeyUsage)
		add(OIDKeyUsage, true, value, err)
	}
	if len(r.ExtKeyUsage) > 0 {
		value, err := extKeyUsageDER(r.ExtKeyUsage)
		add(OIDExtKeyUsage, false, value, err)
	}
	if !r.BasicConstraints.Absent {
		value, err := r.BasicConstraints.der(r.Kind)
		add(OIDBasicConstraints, true, value, err)
	}
	value, err := octetString(r.Key.ID())
	add(OIDSubjectKeyIdentifier, false, value, err)
	if id := r.authorityKeyID(); len(id) > 0 {
		value, err := AuthorityKeyIdentifier(id)
		add(OIDAuthorityKeyIdentifier, false, value, err)
	}
	if len(r.Names) > 0 {
		value, err := SubjectAltName(r.Names)
		add(OIDSubjectAltName, len(r.Subject) == 0, value, err)
	}
	if r.NameConstraints != nil {
		value, err := r.NameConstraints.DER()
		add(OIDNameConstraints, !r.NameConstraints.NonCritical, value, err)
	}
	return append(list, r.Extensions...), failed
}

// AuthorityKeyIdentifier returns the value of an authorityKeyIdentifier
// extension that holds a key identifier alone, RFC 5280 4.2.1.1.
func AuthorityKeyIdentifier(id []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
	})
	return b.Bytes()
}

func octetString(value []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1OctetString(value)
	return b.Bytes()
}
