package forge

import (
	"crypto"
	"crypto/ed25519"
	"encoding/asn1"
	"fmt"
)

// Surgery names an operation on the DER of a certificate, for what no field can say.
type Surgery string

// The operations that other code names; the table in surgeries.go has the rest.
const (
	// CorruptSignature flips the last bit of the signature value, which still parses.
	CorruptSignature Surgery = "corrupt-signature"
	// AlgorithmMismatch signs properly, but the certificate names another
	// algorithm inside than outside, against RFC 5280 4.1.1.2.
	AlgorithmMismatch Surgery = "algorithm-mismatch"
)

// operation is what a Surgery does at each stage of the making; nil for nothing.
// What is done before the signing is signed: nothing else is wrong then.
type operation struct {
	name    Surgery
	subject func([]byte) ([]byte, error)     // the subject, and what those that it issues name as issuer
	fields  func(Spec, *tbsFields) error     // before the fields are joined and signed
	tbs     func([]byte) ([]byte, error)     // the TBSCertificate, before it is signed
	signed  func(Spec, *signedParts) error   // after signing
	whole   func(der []byte) ([]byte, error) // the certificate
}

// Surgeries returns the names of all operations.
func Surgeries() []Surgery {
	names := make([]Surgery, len(operations))
	for i, o := range operations {
		names[i] = o.name
	}
	return names
}

func (o operation) onFields(s Spec, f *tbsFields) error {
	if o.fields == nil {
		return nil
	}
	return o.fields(s, f)
}

func (o operation) onSigned(s Spec, p *signedParts) error {
	if o.signed == nil {
		return nil
	}
	return o.signed(s, p)
}

func (o operation) onBytes(change func([]byte) ([]byte, error), der *[]byte) (err error) {
	if change != nil {
		*der, err = change(*der)
	}
	return err
}

func lookUp(names []Surgery) ([]operation, error) {
	var found []operation
	for _, name := range names {
		known := len(found)
		for _, o := range operations {
			if o.name == name {
				found = append(found, o)
			}
		}
		if len(found) == known {
			return nil, fmt.Errorf("unknown surgery %q", string(name))
		}
	}
	return found, nil
}

// otherAlgorithm returns the AlgorithmIdentifier of the same kind of key with
// another hash, or Ed448 for Ed25519.
func otherAlgorithm(s Spec) ([]byte, error) {
	if _, ok := s.SigningKey().Public().(ed25519.PublicKey); ok {
		return algorithmIdentifier(asn1.ObjectIdentifier{1, 3, 101, 113}, addNothing)
	}
	if s.Hash == crypto.SHA256 {
		s.Hash = crypto.SHA384
	} else {
		s.Hash = crypto.SHA256
	}
	other, err := s.algorithm()
	return other.der, err
}
