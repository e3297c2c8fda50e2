package checker

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// Extensions of RFC 5280 4.2.1 whose value the checker reads itself.
var (
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidExtKeyUsage     = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// extensionOf returns the value of an extension, nil for none.
func extensionOf(cert *x509.Certificate, oid asn1.ObjectIdentifier) []byte {
	for _, x := range cert.Extensions {
		if x.Id.Equal(oid) {
			return x.Value
		}
	}
	return nil
}

// forgive leaves out of a certificate what is DER and yet none of RFC 5280's, as
// a client does that lacks just the check for it: extensions that stand there a
// second time, values that do not parse, and names of the wrong size. What
// algorithm signed it, the outer field says.
func (r *repaired) forgive() {
	tbs, algorithm := r.whole.kids[0], r.whole.kids[1]
	for i, field := range tbs.kids {
		switch {
		case field.tag == tagSequence && i > 0 && tbs.kids[i-1].tag == tagInteger:
			tbs.kids[i] = algorithm
		case field.tag == 0xa3 && len(field.kids) == 1:
			forgiveExtensions(field.kids[0])
		}
	}
}

func forgiveExtensions(list *node) {
	seen := make(map[string]bool)
	list.kids = slices.DeleteFunc(list.kids, func(extension *node) bool {
		if len(extension.kids) < 2 {
			return false
		}
		oid := string(extension.kids[0].content)
		if seen[oid] {
			return true
		}
		seen[oid] = true
		value := extension.kids[len(extension.kids)-1]
		return !forgiveValue(extension.kids[0].content, value)
	})
}

// The last arcs of extensions whose value is a sequence of names.
const (
	altName         = 17
	nameConstraints = 30
)

// forgiveValue leaves out what is wrong in the value of an extension, and reports whether anything is left.
func forgiveValue(oid []byte, value *node) bool {
	known, ok := knownExtension(oid)
	if !ok || known != altName && known != nameConstraints {
		return true
	}
	parts := elements(value.content, 0)
	if len(parts) != 1 || parts[0].tag != tagSequence {
		return false
	}
	sequence := parts[0]
	if known == altName {
		sequence.kids = slices.DeleteFunc(sequence.kids, func(name *node) bool { return wrongName(name, 4, 16) })
	} else {
		for _, subtrees := range sequence.kids {
			subtrees.kids = slices.DeleteFunc(subtrees.kids, func(s *node) bool { return len(s.kids) == 0 || wrongName(s.kids[0], 8, 32) })
		}
		sequence.kids = slices.DeleteFunc(sequence.kids, func(subtrees *node) bool { return len(subtrees.kids) == 0 })
	}
	value.content = sequence.encode()
	return len(sequence.kids) > 0
}

// wrongName reports whether a GeneralName is an address of another size than
// sizes, or holds octets that no IA5String does.
func wrongName(name *node, sizes ...int) bool {
	switch name.tag {
	case 0x87:
		return !slices.Contains(sizes, len(name.content))
	case 0x81, 0x82, 0x86:
		return slices.ContainsFunc(name.content, func(octet byte) bool { return octet > 0x7f })
	}
	return false
}
