package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Key is a private key with what certificates need of it. It is safe for
// concurrent use.
type Key struct {
	// Signer is the private key in the type that crypto/tls knows best:
	// *ecdsa.PrivateKey, ed25519.PrivateKey, *rsa.PrivateKey, or, for an RSA key
	// under 1024 bits, *SmallRSA.
	Signer crypto.Signer

	spki    []byte
	id      []byte
	request func() ([]byte, error) // nil for an odd key
}

// NewKey wraps a private key that was made elsewhere, such as one that leaked.
// RSA keys under 1024 bits are wrapped in [SmallRSA] so that they can sign.
func NewKey(signer crypto.Signer) (*Key, error) {
	if private, ok := signer.(*rsa.PrivateKey); ok && private.N.BitLen() < goRSABits {
		signer = &SmallRSA{PrivateKey: private}
	}
	spki, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("encoding a public key: %w", err)
	}
	id, err := keyID(spki)
	if err != nil {
		return nil, err
	}
	return &Key{
		Signer:  signer,
		spki:    spki,
		id:      id,
		request: sync.OnceValues(func() ([]byte, error) { return signingRequest(signer) }),
	}, nil
}

// NewOddKey wraps a key whose SubjectPublicKeyInfo crypto/x509 cannot write, or
// would write otherwise. It is none for cfssl: package forge issues with it.
func NewOddKey(signer crypto.Signer, spki []byte) (*Key, error) {
	id, err := keyID(spki)
	if err != nil {
		return nil, err
	}
	return &Key{Signer: signer, spki: spki, id: id}, nil
}

// Odd reports whether the key was made by NewOddKey.
func (k *Key) Odd() bool { return k.request == nil }

// SPKI returns the DER of the SubjectPublicKeyInfo, RFC 5280 4.1.
func (k *Key) SPKI() []byte { return k.spki }

// ID returns the key identifier of RFC 5280 4.2.1.2 (1): the SHA-1 hash of the
// public key.
func (k *Key) ID() []byte { return k.id }

func keyID(spki []byte) ([]byte, error) {
	var (
		input     = cryptobyte.String(spki)
		body, alg cryptobyte.String
		key       []byte
	)
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&alg, cbasn1.SEQUENCE) || !body.ReadASN1BitStringAsBytes(&key) {
		return nil, fmt.Errorf("reading a SubjectPublicKeyInfo of %d bytes: not DER", len(spki))
	}
	sum := sha1.Sum(key)
	return sum[:], nil
}

// KeyPEM returns key in a PEM block "PRIVATE KEY" (PKCS #8, RFC 5958).
func KeyPEM(key crypto.Signer) ([]byte, error) {
	var der []byte
	var err error
	if small, ok := key.(*SmallRSA); ok {
		der, err = small.pkcs8()
	} else {
		der, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		return nil, fmt.Errorf("encoding a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// DefaultHash returns the hash that an authority with this public key signs
// with: of the strength of an elliptic curve, SHA-256 for RSA of every size, and
// 0 for Ed25519, which has its own.
func DefaultHash(public crypto.PublicKey) crypto.Hash {
	switch public := public.(type) {
	case ed25519.PublicKey:
		return 0
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P384():
			return crypto.SHA384
		case elliptic.P521():
			return crypto.SHA512
		}
	}
	return crypto.SHA256
}

// pkcs8 encodes a key that crypto/x509 refuses to encode for its size.
func (k *SmallRSA) pkcs8() ([]byte, error) {
	p, q := k.Primes[0], k.Primes[1]
	one := big.NewInt(1)
	inner, err := asn1.Marshal(struct {
		Version                   int
		N                         *big.Int
		E                         int
		D, P, Q, Dp, Dq, QInverse *big.Int
	}{
		N: k.N, E: k.E, D: k.D, P: p, Q: q,
		Dp:       new(big.Int).Mod(k.D, new(big.Int).Sub(p, one)),
		Dq:       new(big.Int).Mod(k.D, new(big.Int).Sub(q, one)),
		QInverse: new(big.Int).ModInverse(q, p),
	})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, Parameters: asn1.NullRawValue},
		Key:       inner,
	})
}
