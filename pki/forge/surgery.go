package forge

import (
	"crypto"
	"crypto/ed25519"
	"encoding/asn1"
	"fmt"
)

// Surgery names an operation on the DER of a certificate, for what no field can say.
type Surgery string

// The operations.
const (
	// CorruptSignature flips the last bit of the signature value, which still parses.
	CorruptSignature Surgery = "corrupt-signature"
	// AlgorithmMismatch signs properly, but the certificate names another
	// algorithm inside than outside, against RFC 5280 4.1.1.2.
	AlgorithmMismatch Surgery = "algorithm-mismatch"
)

// operation is what a Surgery does at each stage of the making; nil for nothing.
type operation struct {
	name   Surgery
	fields func(Spec, *tbsFields) error   // before the fields are joined and signed
	signed func(Spec, *signedParts) error // after signing
}

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
