package checker

import (
	"bytes"
	"crypto"
	"crypto/dsa" //nolint:staticcheck // obsolete on purpose
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"github.com/tlsfault/tlsfault/pki/forge"
)

// Object identifiers as they stand in a certificate, without tag and length.
var (
	ecPublicKey = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}
	secp192r1   = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1}
	secp256r1   = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}
	rsaPSS      = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}
	rsaMD2      = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2}
	rsaMD4      = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 3}
)

// nameCurve puts the name of P-256 in place of the parameters that spell it out.
func nameCurve(algorithm *node) {
	if len(algorithm.kids) == 2 && bytes.Equal(algorithm.kids[0].content, ecPublicKey) && algorithm.kids[1].tag == tagSequence {
		algorithm.kids[1] = &node{tag: tagOID, content: secp256r1}
	}
}

// takeOddKey reads a key on P-192, and leaves one on P-256 in its place, so that
// crypto/x509 reads the rest. It returns nil for any other key.
func (r *repaired) takeOddKey() crypto.PublicKey {
	if len(r.key.kids) != 2 || len(r.key.kids[0].kids) != 2 {
		return nil
	}
	curve, point := r.key.kids[0].kids[1], r.key.kids[1]
	if !bytes.Equal(curve.content, secp192r1) || len(point.content) != 50 {
		return nil
	}
	x, y := new(big.Int).SetBytes(point.content[2:26]), new(big.Int).SetBytes(point.content[26:])
	public := &ecdsa.PublicKey{Curve: forge.P192(), X: x, Y: y} //nolint:staticcheck // ParseUncompressedPublicKey has no P-192
	base := elliptic.P256().Params()
	standIn := append([]byte{0, 4}, base.Gx.FillBytes(make([]byte, 32))...)
	standIn = append(standIn, base.Gy.FillBytes(make([]byte, 32))...)
	*curve, *point = node{tag: tagOID, content: secp256r1}, node{tag: tagBitString, content: standIn}
	return public
}

// algorithmOf returns the object identifier of the algorithm that signed cert.
func algorithmOf(cert *x509.Certificate) []byte {
	outer := elements(cert.RawTBSCertificate, 0)
	if len(outer) != 1 {
		return nil
	}
	for _, field := range outer[0].kids {
		if field.tag == tagSequence && len(field.kids) > 0 {
			return field.kids[0].content
		}
	}
	return nil
}

func isPSS(cert *x509.Certificate) bool { return bytes.Equal(algorithmOf(cert), rsaPSS) }

// hashOf returns the hash that cert is signed with, 0 where we know none.
func hashOf(cert *x509.Certificate) crypto.Hash {
	switch oid := algorithmOf(cert); {
	case bytes.Equal(oid, rsaMD2):
		return forge.MD2
	case bytes.Equal(oid, rsaMD4):
		return crypto.MD4
	case bytes.Equal(oid, rsaPSS):
		return crypto.SHA256
	}
	return signatureHashes[cert.SignatureAlgorithm]
}

// weakKey says what is weak about a key, "" if nothing is.
func weakKey(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch {
		case key.E < 3 || key.E%2 == 0:
			return "an exponent that is no use"
		case hasSmallFactor(key.N):
			return "a modulus with a small factor"
		case hasClosePrimes(key.N):
			return "a modulus of two primes close to one another"
		case isROCA(key.N):
			return "a modulus as the library of CVE-2017-15361 makes them"
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 224 {
			return "a small curve"
		}
	}
	return ""
}

// smallPrimes are those below 752, which the CA/Browser Forum Baseline Requirements 6.1.6 speak of.
var smallPrimes = func() []int64 {
	var list []int64
	for n := int64(3); n < 752; n += 2 {
		if big.NewInt(n).ProbablyPrime(0) {
			list = append(list, n)
		}
	}
	return list
}()

func hasSmallFactor(n *big.Int) bool {
	for _, p := range smallPrimes {
		if new(big.Int).Mod(n, big.NewInt(p)).Sign() == 0 {
			return true
		}
	}
	return false
}

// hasClosePrimes is Fermat's method, 100 rounds of it as the Baseline Requirements 6.1.1.3 ask for.
func hasClosePrimes(n *big.Int) bool {
	a := new(big.Int).Sqrt(n)
	for range 100 {
		a.Add(a, big.NewInt(1))
		rest := new(big.Int).Sub(new(big.Int).Mul(a, a), n)
		root := new(big.Int).Sqrt(rest)
		if root.Mul(root, root).Cmp(rest) == 0 {
			return true
		}
	}
	return false
}

// isROCA reports whether n is a power of 65537 modulo each of many small primes,
// as by chance one modulus in 2^27 is (Nemec et al., CCS 2017).
func isROCA(n *big.Int) bool {
	for _, p := range smallPrimes {
		if p > 167 {
			break
		}
		residue, power := new(big.Int).Mod(n, big.NewInt(p)).Int64(), int64(1)
		for power != residue {
			if power = power * 65537 % p; power == 1 {
				return false
			}
		}
	}
	return true
}

// verifyDSA verifies a DSA signature over a digest, FIPS 186-4 4.7.
func verifyDSA(key *dsa.PublicKey, digest, signature []byte) bool {
	var parts struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &parts); err != nil || len(rest) > 0 {
		return false
	}
	return dsa.Verify(key, digest[:min(len(digest), (key.Q.BitLen()+7)/8)], parts.R, parts.S)
}
