package forge

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"math/big"
)

// Object identifiers of public keys, RFC 5480 2.1.1, RFC 8410 3, RFC 9881 2.
var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidP256        = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidP192        = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 1}
	oidPrimeField  = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
	oidDSA         = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
	oidDSASHA256   = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 2}
	oidEd448       = asn1.ObjectIdentifier{1, 3, 101, 113}
	oidMLDSA65     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 18}
)

// publicKeyInfo is the SubjectPublicKeyInfo of RFC 5280 4.1, for parameters that are absent where nil.
func publicKeyInfo(oid asn1.ObjectIdentifier, parameters, key []byte) ([]byte, error) {
	name, err := asn1.Marshal(oid)
	return element(tagSequence, element(tagSequence, name, parameters), element(tagBitString, []byte{0}, key)), err
}

// ecKey is a SubjectPublicKeyInfo of a named curve.
func ecKey(curve asn1.ObjectIdentifier, point []byte) ([]byte, error) {
	parameters, err := asn1.Marshal(curve)
	if err != nil {
		return nil, err
	}
	return publicKeyInfo(oidECPublicKey, parameters, point)
}

// explicitParameters writes P-256 out, as X9.62 allows and RFC 5480 2.1.1 forbids.
func explicitParameters(public *ecdsa.PublicKey) ([]byte, error) {
	type field struct {
		Type  asn1.ObjectIdentifier
		Prime *big.Int
	}
	type equation struct{ A, B []byte }
	type parameters struct {
		Version  int
		Field    field
		Curve    equation
		Base     []byte
		Order    *big.Int
		Cofactor int
	}
	c := public.Curve.Params()
	size := (c.BitSize + 7) / 8
	octets := func(n *big.Int) []byte { return n.FillBytes(make([]byte, size)) }
	a := new(big.Int).Sub(c.P, big.NewInt(3))
	der, err := asn1.Marshal(parameters{
		1, field{oidPrimeField, c.P}, equation{octets(a), octets(c.B)},
		joined([]byte{4}, octets(c.Gx), octets(c.Gy)), c.N, 1,
	})
	if err != nil {
		return nil, err
	}
	point, err := public.Bytes()
	if err != nil {
		return nil, err
	}
	return publicKeyInfo(oidECPublicKey, der, point)
}

// compressedPoint is the form of SEC 1 2.3.3 that RFC 5480 2.2 leaves to the implementation.
func compressedPoint(public *ecdsa.PublicKey) ([]byte, error) {
	point, err := public.Bytes()
	if err != nil {
		return nil, err
	}
	return ecKey(oidP256, joined([]byte{2 | point[len(point)-1]&1}, point[1:1+len(point)/2]))
}

// offCurve changes the last bit of y.
func offCurve(public *ecdsa.PublicKey) ([]byte, error) {
	point, err := public.Bytes()
	if err != nil {
		return nil, err
	}
	point[len(point)-1] ^= 1
	return ecKey(oidP256, point)
}

// infinity is the point at infinity, SEC 1 2.3.3, which is nobody's key.
func infinity(*ecdsa.PublicKey) ([]byte, error) { return ecKey(oidP256, []byte{0}) }
