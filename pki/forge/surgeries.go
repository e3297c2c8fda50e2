package forge

import (
	"encoding/asn1"
	"encoding/pem"
	"fmt"

	"github.com/tlsfault/tlsfault/pki"
)

// operations lists every Surgery once.
var operations = []operation{
	{name: CorruptSignature, signed: func(_ Spec, p *signedParts) error {
		p.signature[len(p.signature)-1] ^= 1
		return nil
	}},
	{name: AlgorithmMismatch, fields: func(s Spec, f *tbsFields) (err error) {
		f.algorithm, err = otherAlgorithm(s)
		return err
	}},

	// The certificate as a whole, around what is signed.
	{name: "indefinite-length", whole: indefinite},
	{name: "non-minimal-length", whole: nonMinimal},
	{name: "length-too-long", whole: off(+1)},
	{name: "length-too-short", whole: off(-1)},
	{name: "length-huge", whole: huge},
	{name: "long-tag", whole: longTag},
	{name: "wrong-tag", whole: retagged(tagSet)},
	{name: "primitive", whole: retagged(tagSequence &^ constructed)},
	{name: "trailing-bytes", whole: after(0xde, 0xad)},
	{name: "trailing-element", whole: within(tagNull, 0)},
	{name: "truncated", whole: func(der []byte) ([]byte, error) { return der[:len(der)*3/4], nil }},
	{name: "empty", whole: func([]byte) ([]byte, error) { return []byte{}, nil }},
	{name: "garbage", whole: func(der []byte) ([]byte, error) {
		garbage := make([]byte, len(der))
		for i := range garbage {
			garbage[i] = byte(i*167 + 13)
		}
		return garbage, nil
	}},
	{name: "pem", whole: func(der []byte) ([]byte, error) {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
	}},

	// The signature value, a BIT STRING of whole octets (RFC 5280 4.1.1.3).
	{name: "signature-unused-bits", signed: onSignature(func(der []byte) ([]byte, error) { return bitString(der, 8) })},
	{name: "signature-constructed", signed: onSignature(segmented)},
	{name: "signature-octet-string", signed: onSignature(func(der []byte) ([]byte, error) {
		_, content, err := split(der)
		return element(tagOctetString, content[1:]), err
	})},

	// The TBSCertificate, signed as it is.
	{name: "tbs-indefinite-length", tbs: indefinite},
	{name: "tbs-non-minimal-length", tbs: nonMinimal},
	{name: "tbs-wrong-tag", tbs: retagged(tagSet)},
	{name: "tbs-trailing-element", tbs: within(tagNull, 0)},

	// Its fields.
	{name: "serial-non-minimal", fields: onField(serialField, func(der []byte) ([]byte, error) {
		_, content, err := split(der)
		return element(tagInteger, []byte{0}, content), err
	})},
	{name: "serial-empty", fields: onField(serialField, func([]byte) ([]byte, error) { return element(tagInteger), nil })},
	{name: "serial-octet-string", fields: onField(serialField, retagged(tagOctetString))},
	{name: "validity-trailing-element", fields: onField(validityField, within(tagNull, 0))},
	{name: "validity-text", fields: onField(validityField, func(der []byte) ([]byte, error) {
		times, err := children(der)
		for _, t := range times {
			t[0] = tagPrintableString
		}
		return element(tagSequence, times...), err
	})},
	{name: "key-trailing-element", fields: onField(spkiField, within(tagNull, 0))},
	{name: "key-unused-bits", fields: onField(spkiField, func(der []byte) ([]byte, error) {
		parts, err := children(der)
		if err != nil {
			return nil, err
		}
		key, err := bitString(parts[1], 8)
		return element(tagSequence, parts[0], key), err
	})},
	{name: "key-endless-curve", fields: onField(spkiField, endlessCurve)},
	{name: "unique-identifiers", fields: func(_ Spec, f *tbsFields) error {
		// issuerUniqueID and subjectUniqueID stand before the extensions, RFC 5280 4.1.2.8.
		f.extensions = joined(element(0x81, []byte{0, 1}), element(0x82, []byte{0, 2}), f.extensions)
		return nil
	}},

	// The subject, with one more common name before it.
	{name: "subject-nul", subject: named(tagPrintableString, "nul\x00.test")},
	{name: "subject-bad-character", subject: named(tagPrintableString, "user@*.test")},
	{name: "subject-invalid-utf8", subject: named(tagUTF8String, "\xff\xfe\xc0\x80")},
	{name: "subject-odd-bmp", subject: named(tagBMPString, "\x00a\x00")},
	{name: "subject-no-text", subject: named(tagInteger, "\x01")},
	{name: "subject-nested", subject: func(der []byte) ([]byte, error) { return prefixed(der, nested(deep)) }},
	{name: "subject-empty-set", subject: func(der []byte) ([]byte, error) {
		_, content, err := split(der)
		return element(tagSequence, element(tagSet), content), err
	}},

	// The extensions.
	{name: "boolean-neither", fields: onExtension(pki.OIDBasicConstraints, criticality(1, 1, 0x01))},
	{name: "boolean-long", fields: onExtension(pki.OIDBasicConstraints, criticality(1, 2, 0xff, 0xff))},
	{name: "boolean-default", fields: onExtension(pki.OIDSubjectKeyIdentifier, criticality(1, 1, 0x00))},
	{name: "extension-trailing-element", fields: onExtension(pki.OIDSubjectKeyIdentifier, within(tagNull, 0))},
	{name: "extension-value-constructed", fields: onValue(pki.OIDSubjectKeyIdentifier, segmented)},
	{name: "extension-value-trailing", fields: onValue(pki.OIDKeyUsage, within(0xde, 0xad))},
	{name: "extension-value-indefinite", fields: onInner(pki.OIDBasicConstraints, indefinite)},
	{name: "key-usage-unused-bits", fields: onInner(pki.OIDKeyUsage, func(der []byte) ([]byte, error) {
		// The bits that are said to be unused are set, X.690 11.2.1.
		_, content, err := split(der)
		last := len(content) - 1
		return element(tagBitString, content[:last], []byte{content[last] | 1<<content[0] - 1}), err
	})},
	{name: "key-usage-trailing-zeros", fields: onInner(pki.OIDKeyUsage, func(der []byte) ([]byte, error) {
		// A list of named bits ends with its last one, X.690 11.2.2.
		_, content, err := split(der)
		return element(tagBitString, []byte{0}, content[1:]), err
	})},
	{name: "key-usage-9-unused-bits", fields: onInner(pki.OIDKeyUsage, func(der []byte) ([]byte, error) { return bitString(der, 9) })},
	{name: "oid-padded", fields: moreExtension(0x2b, 6, 1, 4, 1, 0x80, 0x81, 0xfd, 0x59, 1)},
	{name: "oid-unfinished", fields: moreExtension(0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 0x81)},
	{name: "oid-empty", fields: moreExtension()},
	{name: "extension-nested", fields: func(_ Spec, f *tbsFields) error {
		return f.addExtension([]byte{0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1}, nested(deep))
	}},
}

// deep is how many levels a nested element has: enough for a careless recursion
// to run out of a small stack, in 40 kB.
const deep = 10_000

// bitString returns a BIT STRING with another count of unused bits.
func bitString(der []byte, unused byte) ([]byte, error) {
	_, content, err := split(der)
	if err != nil {
		return nil, err
	}
	return element(tagBitString, []byte{unused}, content[1:]), nil
}

func onSignature(change func([]byte) ([]byte, error)) func(Spec, *signedParts) error {
	return func(_ Spec, p *signedParts) (err error) {
		p.value, err = change(element(tagBitString, []byte{0}, p.signature))
		return err
	}
}

func serialField(f *tbsFields) *[]byte   { return &f.serial }
func validityField(f *tbsFields) *[]byte { return &f.validity }
func spkiField(f *tbsFields) *[]byte     { return &f.spki }

func onField(field func(*tbsFields) *[]byte, change func([]byte) ([]byte, error)) func(Spec, *tbsFields) error {
	return func(_ Spec, f *tbsFields) (err error) {
		at := field(f)
		*at, err = change(*at)
		return err
	}
}

// named puts a common name of a string type before the others.
func named(tag byte, value string) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) { return prefixed(der, element(tag, []byte(value))) }
}

// prefixed puts a common name of any value first in a distinguished name.
func prefixed(name, value []byte) ([]byte, error) {
	_, content, err := split(name)
	commonName := element(0x06, []byte{0x55, 4, 3}) // 2.5.4.3
	return element(tagSequence, element(tagSet, element(tagSequence, commonName, value)), content), err
}

// list returns the extensions, each the DER of its SEQUENCE.
func (f *tbsFields) list() ([][]byte, error) {
	explicit, err := children(f.extensions)
	if err != nil || len(explicit) != 1 {
		return nil, fmt.Errorf("there are no extensions: %w", err)
	}
	return children(explicit[0])
}

func (f *tbsFields) setList(list [][]byte) {
	f.extensions = element(0xa3, element(tagSequence, list...))
}

func (f *tbsFields) addExtension(oid, value []byte) error {
	list, err := f.list()
	f.setList(append(list, element(tagSequence, element(0x06, oid), element(tagOctetString, value))))
	return err
}

func moreExtension(oid ...byte) func(Spec, *tbsFields) error {
	return func(_ Spec, f *tbsFields) error { return f.addExtension(oid, []byte{tagNull, 0}) }
}

// onExtension changes the extension of an object identifier.
func onExtension(oid string, change func([]byte) ([]byte, error)) func(Spec, *tbsFields) error {
	return func(_ Spec, f *tbsFields) error {
		list, err := f.list()
		if err != nil {
			return err
		}
		want, err := asn1.Marshal(dotted(oid))
		if err != nil {
			return err
		}
		for i, extension := range list {
			parts, err := children(extension)
			if err != nil {
				return err
			}
			if string(parts[0]) != string(want) {
				continue
			}
			if list[i], err = change(extension); err != nil {
				return err
			}
			f.setList(list)
			return nil
		}
		return fmt.Errorf("there is no extension %s", oid)
	}
}

// criticality writes the criticality of an extension in so many octets.
func criticality(octets ...byte) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) {
		parts, err := children(der)
		return element(tagSequence, parts[0], octets, parts[len(parts)-1]), err
	}
}

// onValue changes the extnValue of an extension, an OCTET STRING.
func onValue(oid string, change func([]byte) ([]byte, error)) func(Spec, *tbsFields) error {
	return onExtension(oid, func(der []byte) ([]byte, error) {
		parts, err := children(der)
		if err != nil {
			return nil, err
		}
		last := len(parts) - 1
		if parts[last], err = change(parts[last]); err != nil {
			return nil, err
		}
		return element(tagSequence, parts...), nil
	})
}

// onInner changes what is within the extnValue of an extension.
func onInner(oid string, change func([]byte) ([]byte, error)) func(Spec, *tbsFields) error {
	return onValue(oid, func(der []byte) ([]byte, error) {
		_, content, err := split(der)
		if err != nil {
			return nil, err
		}
		content, err = change(content)
		return element(tagOctetString, content), err
	})
}

// dotted is a small object identifier of ours.
func dotted(oid string) asn1.ObjectIdentifier {
	small, err := pki.Extension{OID: oid}.SmallOID()
	if err != nil {
		panic(err) // of a constant
	}
	return small
}
