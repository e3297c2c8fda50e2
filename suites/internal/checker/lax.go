package checker

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
)

// parse reads a certificate. With strict it must be DER to the last bit; without,
// whatever can be made sense of is read as what was meant, as a client does that
// lacks just the check for malformed certificates. What is signed stays what was sent.
func parse(sent []byte, strict bool) (*x509.Certificate, error) {
	meant, err := repair(sent)
	if err != nil {
		return nil, err
	}
	if strict && !bytes.Equal(meant.whole.encode(), sent) {
		return nil, errors.New("the certificate is not DER")
	}
	if !strict {
		meant.forgive()
	}
	public := meant.takeOddKey()
	cert, err := x509.ParseCertificate(meant.whole.encode())
	if err != nil {
		return nil, err
	}
	if public != nil {
		cert.PublicKey = public
	}
	cert.Raw, cert.RawTBSCertificate, cert.Signature = sent, meant.tbs, meant.signature
	if strict && isPSS(cert) && cert.SignatureAlgorithm == x509.UnknownSignatureAlgorithm {
		return nil, errors.New("the parameters of RSASSA-PSS are not those of RFC 4055 and RFC 8446")
	}
	return cert, nil
}

// Meant returns in DER what was meant by a certificate that may be none, as a
// client without the check for malformed certificates reads it. It is the
// certificate itself where that is DER. The error is of one that makes no sense.
func Meant(sent []byte) ([]byte, error) {
	meant, err := repair(sent)
	if err != nil {
		return nil, err
	}
	return meant.whole.encode(), nil
}

// repaired is a certificate as it was meant.
type repaired struct {
	whole     *node
	key       *node  // the SubjectPublicKeyInfo in it
	tbs       []byte // as it was sent and signed
	signature []byte
}

var errHopeless = errors.New("nothing can be made of the certificate")

// repair writes what was sent as DER, by the structure of RFC 5280 4.1. The
// outermost length is not believed, and what no field stands for is left out.
func repair(sent []byte) (repaired, error) {
	if block, _ := pem.Decode(sent); block != nil {
		sent = block.Bytes
	}
	_, header := tagOf(sent)
	_, size, ok := lengthOf(sent[header:])
	if !ok {
		return repaired{}, errHopeless
	}
	parts := elements(sent[header+size:], 0)
	if len(parts) < 3 || len(parts[0].kids) < 6 {
		return repaired{}, errHopeless
	}
	tbs, algorithm, signature := parts[0], parts[1], parts[2]
	r := repaired{tbs: tbs.raw, signature: signature.octets(true)}
	tbs.tag = tagSequence
	r.key = repairFields(tbs)
	algorithm.canonical()
	value := &node{tag: tagBitString, content: append([]byte{0}, r.signature...)}
	r.whole = &node{tag: tagSequence, kids: []*node{tbs, algorithm, value}}
	return r, nil
}

// repairFields repairs a TBSCertificate and returns its SubjectPublicKeyInfo.
func repairFields(tbs *node) *node {
	fields := tbs.kids
	tbs.kids = nil
	if fields[0].tag == 0xa0 {
		tbs.kids, fields = fields[:1:1], fields[1:]
	}
	if len(fields) < 6 {
		return nil
	}
	serial, algorithm, issuer, validity, subject, key := fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]
	serial.tag = tagInteger
	serial.canonical()
	algorithm.canonical()
	repairName(issuer)
	repairName(subject)
	validity.kids = first(validity.kids, 2)
	for _, t := range validity.kids {
		if t.tag != tagUTCTime && t.tag != tagGeneralizedTime {
			t.tag = tagUTCTime
		}
	}
	key.kids = first(key.kids, 2)
	for i, part := range key.kids {
		if i == 1 && len(part.content) > 0 {
			part.content = append([]byte{0}, part.content[1:]...)
		} else {
			part.canonical()
			nameCurve(part)
		}
	}
	tbs.kids = append(tbs.kids, fields[:6]...)
	for _, field := range fields[6:] {
		switch field.tag {
		case 0x81, 0x82:
			tbs.kids = append(tbs.kids, field)
		case 0xa3:
			repairExtensions(field)
			tbs.kids = append(tbs.kids, field)
		}
	}
	return key
}

// repairName makes text of every attribute and drops sets of none.
func repairName(name *node) {
	name.kids = slices.DeleteFunc(name.kids, func(set *node) bool { return len(set.kids) == 0 })
	for _, set := range name.kids {
		for _, attribute := range set.kids {
			attribute.canonical()
			if len(attribute.kids) == 2 && !textTags[attribute.kids[1].tag] {
				attribute.kids[1] = &node{tag: tagPrintableString, content: []byte("x")}
			}
		}
	}
}

func repairExtensions(field *node) {
	field.kids = first(field.kids, 1)
	for _, list := range field.kids {
		for _, extension := range list.kids {
			repairExtension(extension)
		}
	}
}

func repairExtension(extension *node) {
	if len(extension.kids) < 2 {
		return
	}
	oid, rest := extension.kids[0], extension.kids[1:]
	oid.canonical()
	kept := []*node{oid}
	if rest[0].tag == tagBoolean {
		if rest[0].canonical(); rest[0].content[0] != 0 { // FALSE is the default
			kept = append(kept, rest[0])
		}
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return
	}
	value := &node{tag: tagOctetString, content: rest[0].octets(false)}
	if inner, ok := knownExtension(oid.content); ok {
		if list := elements(value.content, 0); len(list) > 0 {
			it := list[0]
			it.canonical()
			if inner == keyUsage && it.tag == tagBitString {
				it.content = namedBits(it.content)
			}
			value.content = it.encode()
		}
	}
	kept = append(kept, value)
	extension.kids = kept
}

const keyUsage = 15

// knownExtension returns the last arc of an extension of RFC 5280 4.2.1 whose value we read.
func knownExtension(oid []byte) (byte, bool) {
	if len(oid) != 3 || oid[0] != 0x55 || oid[1] != 0x1d {
		return 0, false
	}
	return oid[2], slices.Contains([]byte{14, keyUsage, 17, 19, 30, 35, 37}, oid[2])
}

// namedBits writes a list of named bits without what follows the last one, X.690 11.2.
func namedBits(content []byte) []byte {
	if len(content) < 2 {
		return content
	}
	bits := bytes.Clone(content[1:])
	if unused := content[0]; unused < 8 {
		bits[len(bits)-1] &^= 1<<unused - 1
	}
	bits = bytes.TrimRight(bits, "\x00")
	unused := byte(0)
	if len(bits) > 0 {
		for bits[len(bits)-1]>>unused&1 == 0 {
			unused++
		}
	}
	return append([]byte{unused}, bits...)
}

func first(list []*node, n int) []*node { return list[:min(n, len(list))] }
