package forge

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"

	"github.com/cloudflare/circl/sign/ed448"
	"github.com/cloudflare/circl/sign/mldsa/mldsa65"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/pki"
)

// Ordinary gets the ordinary key of a type that an odd key is made from.
type Ordinary func(pki.KeyType) (*pki.Key, error)

// oddKeys makes each key that package pki does not: of unusual algorithms,
// broken, written in unusual ways, or too large to make in every run.
var oddKeys = map[pki.KeyType]func(Ordinary) (*pki.Key, error){
	// An exponent of 1 leaves the message as it is: anybody signs. The even one has no inverse: nobody does.
	"rsa-exponent-1":       withExponent(1),
	"rsa-exponent-2":       withExponent(2),
	"rsa-exponent-33-bits": withExponent(1<<32 + 15),
	"rsa-exponent-3":       embeddedRSA("rsa-exponent-3"),
	"rsa-small-factor":     embeddedRSA("rsa-small-factor"),
	"rsa-shared-prime":     embeddedRSA("rsa-shared-prime"),
	"rsa-close-primes":     embeddedRSA("rsa-close-primes"), // CVE-2022-26320
	"rsa-roca":             embeddedRSA("rsa-roca"),         // CVE-2017-15361
	"rsa-8192":             largeRSA("rsa-8192"),
	"rsa-16384":            largeRSA("rsa-16384"),
	"rsa-pss":              pssKey,

	"ecdsa-p192":       func(Ordinary) (*pki.Key, error) { return newP192() },
	"ecdsa-explicit":   respelled(explicitParameters),
	"ecdsa-compressed": respelled(compressedPoint),
	"ecdsa-off-curve":  respelled(offCurve),
	"ecdsa-infinity":   respelled(infinity),

	"dsa-1024": embeddedDSA("dsa-1024"),
	"dsa-2048": embeddedDSA("dsa-2048"),

	"ed448": func(Ordinary) (*pki.Key, error) {
		_, private, err := ed448.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		return pureKey(private, oidEd448, private.Public().(ed448.PublicKey))
	},
	"ml-dsa-65": func(Ordinary) (*pki.Key, error) {
		public, private, err := mldsa65.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		return pureKey(private, oidMLDSA65, public.Bytes())
	},
}

// IsOddKey reports whether OddKey makes keys of the type.
func IsOddKey(keyType pki.KeyType) bool { return oddKeys[keyType] != nil }

// OddKey makes a key of a type that package pki does not make, where it can out
// of an ordinary one. Its Signer signs as well as such a key can: under one that
// is not what it says (off the curve, with an even exponent) nothing verifies.
func OddKey(keyType pki.KeyType, ordinary Ordinary) (*pki.Key, error) {
	make := oddKeys[keyType]
	if make == nil {
		return nil, fmt.Errorf("unknown odd key %q", keyType)
	}
	key, err := make(ordinary)
	if err != nil {
		return nil, fmt.Errorf("making the odd key %q: %w", keyType, err)
	}
	return key, nil
}

// withExponent gives an ordinary modulus another public exponent, and the
// private one that belongs to it if there is any.
func withExponent(e int) func(Ordinary) (*pki.Key, error) {
	return func(ordinary Ordinary) (*pki.Key, error) {
		key, err := ordinary(pki.RSA2048)
		if err != nil {
			return nil, err
		}
		private, ok := key.Signer.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("a key of type %T is not RSA", key.Signer)
		}
		one := big.NewInt(1)
		phi := big.NewInt(1)
		for _, p := range private.Primes {
			phi.Mul(phi, new(big.Int).Sub(p, one))
		}
		d := new(big.Int).ModInverse(big.NewInt(int64(e)), phi)
		if d == nil {
			d = private.D
		}
		return textbook(&rsa.PrivateKey{PublicKey: rsa.PublicKey{N: private.N, E: e}, D: d, Primes: private.Primes})
	}
}

// textbook is an RSA key that crypto/rsa would refuse for one reason or another.
func textbook(private *rsa.PrivateKey) (*pki.Key, error) {
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, err
	}
	return pki.NewOddKey(&pki.SmallRSA{PrivateKey: private}, spki)
}

// embedded returns the DER of a key that the repository holds.
func embedded(name string) ([]byte, error) {
	text, err := fixtures.OddKey(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("the key %s is not PEM", name)
	}
	return block.Bytes, nil
}

func embeddedRSA(name string) func(Ordinary) (*pki.Key, error) {
	return func(Ordinary) (*pki.Key, error) {
		der, err := embedded(name)
		if err != nil {
			return nil, err
		}
		// crypto/x509 validates what it reads; this key may not stand that.
		var k struct {
			Version       int
			N             *big.Int
			E             int
			D, P, Q       *big.Int
			Dp, Dq, QInvs *big.Int
		}
		if _, err := asn1.Unmarshal(der, &k); err != nil {
			return nil, err
		}
		return textbook(&rsa.PrivateKey{PublicKey: rsa.PublicKey{N: k.N, E: k.E}, D: k.D, Primes: []*big.Int{k.P, k.Q}})
	}
}

// largeRSA is a sound key that takes long to make.
func largeRSA(name string) func(Ordinary) (*pki.Key, error) {
	return func(Ordinary) (*pki.Key, error) {
		der, err := embedded(name)
		if err != nil {
			return nil, err
		}
		private, err := x509.ParsePKCS1PrivateKey(der)
		if err != nil {
			return nil, err
		}
		spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
		if err != nil {
			return nil, err
		}
		// It asks for no request signed by itself, which would take its time.
		return pki.NewOddKey(private, spki)
	}
}

// respelled writes an ordinary key on P-256 in another way.
func respelled(spki func(*ecdsa.PublicKey) ([]byte, error)) func(Ordinary) (*pki.Key, error) {
	return func(ordinary Ordinary) (*pki.Key, error) {
		key, err := ordinary(pki.ECDSAP256)
		if err != nil {
			return nil, err
		}
		public, ok := key.Signer.Public().(*ecdsa.PublicKey)
		if !ok {
			return nil, fmt.Errorf("a key of type %T is not ECDSA", key.Signer)
		}
		der, err := spki(public)
		if err != nil {
			return nil, err
		}
		return pki.NewOddKey(key.Signer, der)
	}
}
