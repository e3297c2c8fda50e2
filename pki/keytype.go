package pki

import (
	"crypto/elliptic"
	"fmt"
	"strconv"
	"strings"
)

// KeyType names a key algorithm and its size: one of the constants below, or
// "rsa-N" with N bits of modulus. Empty means ECDSAP256.
type KeyType string

// The key types of ordinary certificates, and P-224, which few clients take.
// Any other RSA size is written out, such as "rsa-1024".
const (
	ECDSAP224 KeyType = "ecdsa-p224"
	ECDSAP256 KeyType = "ecdsa-p256"
	ECDSAP384 KeyType = "ecdsa-p384"
	ECDSAP521 KeyType = "ecdsa-p521"
	RSA2048   KeyType = "rsa-2048"
	RSA3072   KeyType = "rsa-3072"
	RSA4096   KeyType = "rsa-4096"
	Ed25519   KeyType = "ed25519"
)

// The sizes of RSA modulus that can be asked for, in bits. The least carries a
// PKCS #1 v1.5 signature over SHA-1; beyond the most, making a key takes minutes.
const (
	minRSABits = 384
	maxRSABits = 16384
)

// goRSABits is the least modulus that crypto/rsa makes, signs and verifies with.
const goRSABits = 1024

var curves = map[KeyType]elliptic.Curve{
	ECDSAP224: elliptic.P224(),
	ECDSAP256: elliptic.P256(),
	ECDSAP384: elliptic.P384(),
	ECDSAP521: elliptic.P521(),
}

// orDefault returns t, or ECDSAP256 for the empty type.
func (t KeyType) orDefault() KeyType {
	if t == "" {
		return ECDSAP256
	}
	return t
}

// rsaBits returns the bits of modulus of an RSA key type.
func (t KeyType) rsaBits() (int, error) {
	digits, ok := strings.CutPrefix(string(t), "rsa-")
	if !ok {
		return 0, fmt.Errorf("unknown key type %q: want ecdsa-p224, ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519 or rsa-N", t)
	}
	bits, err := strconv.Atoi(digits)
	if err != nil || digits != strconv.Itoa(bits) {
		return 0, fmt.Errorf("key type %q: %q is no number of bits", t, digits)
	}
	if bits < minRSABits || bits > maxRSABits {
		return 0, fmt.Errorf("key type %q: an RSA modulus has from %d to %d bits", t, minRSABits, maxRSABits)
	}
	return bits, nil
}

// Check returns an error unless t names keys that can be made.
func (t KeyType) Check() error {
	t = t.orDefault()
	if _, ok := curves[t]; ok || t == Ed25519 {
		return nil
	}
	_, err := t.rsaBits()
	return err
}
