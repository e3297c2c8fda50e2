package forge

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // obsolete on purpose
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/tlsfault/tlsfault/pki"
)

// certificateSigner is a key with a signature algorithm of its own: it returns
// the AlgorithmIdentifier, and what signs by it.
type certificateSigner interface {
	crypto.Signer
	signCertificate(hash crypto.Hash) (algorithm []byte, sign func(tbs []byte) ([]byte, error), err error)
}

// P192 is the curve of FIPS 186-4 D.1.2.1, which package crypto/elliptic has not got.
func P192() elliptic.Curve { return p192 }

var p192 = &elliptic.CurveParams{
	P: number("fffffffffffffffffffffffffffffffeffffffffffffffff"), N: number("ffffffffffffffffffffffff99def836146bc9b1b4d22831"),
	B: number("64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1"), Gx: number("188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012"),
	Gy: number("07192b95ffc8da78631011ed6b24cdd573f977a11e794811"), BitSize: 192, Name: "P-192",
}

func number(digits string) *big.Int {
	n, _ := new(big.Int).SetString(digits, 16)
	return n
}

// p192Key is a key that crypto/x509 has no name for.
type p192Key struct{ *ecdsa.PrivateKey }

func newP192() (*pki.Key, error) {
	d, err := rand.Int(rand.Reader, new(big.Int).Sub(p192.N, big.NewInt(1)))
	if err != nil {
		return nil, err
	}
	d.Add(d, big.NewInt(1))
	x, y := p192.ScalarBaseMult(d.Bytes()) //nolint:staticcheck // crypto/ecdh has no P-192
	//nolint:staticcheck // ParseRawPrivateKey has no P-192
	private := &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: p192, X: x, Y: y}, D: d}
	spki, err := ecKey(oidP192, joined([]byte{4}, x.FillBytes(make([]byte, 24)), y.FillBytes(make([]byte, 24))))
	if err != nil {
		return nil, err
	}
	return pki.NewOddKey(p192Key{private}, spki)
}

func (k p192Key) signCertificate(crypto.Hash) ([]byte, func([]byte) ([]byte, error), error) {
	der, err := algorithmIdentifier(ecdsaOIDs[crypto.SHA256], addNothing)
	return der, func(tbs []byte) ([]byte, error) {
		digest := sha256.Sum256(tbs)
		return k.Sign(rand.Reader, digest[:], crypto.SHA256)
	}, err
}

// pssOnly is an RSA key that says it signs by RSASSA-PSS alone, RFC 4055 1.2.
type pssOnly struct{ *rsa.PrivateKey }

func pssKey(ordinary Ordinary) (*pki.Key, error) {
	key, err := ordinary(pki.RSA2048)
	if err != nil {
		return nil, err
	}
	private, ok := key.Signer.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key of type %T is not RSA", key.Signer)
	}
	public, err := asn1.Marshal(struct {
		N *big.Int
		E int
	}{private.N, private.E})
	if err != nil {
		return nil, err
	}
	spki, err := publicKeyInfo(oidPSS, nil, public)
	if err != nil {
		return nil, err
	}
	return pki.NewOddKey(pssOnly{private}, spki)
}

func (k pssOnly) signCertificate(crypto.Hash) ([]byte, func([]byte) ([]byte, error), error) {
	der, err := algorithmIdentifier(oidPSS, pssParameters(crypto.SHA256, sha256.Size, 1))
	return der, func(tbs []byte) ([]byte, error) {
		digest := sha256.Sum256(tbs)
		return rsa.SignPSS(rand.Reader, k.PrivateKey, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}, err
}

// dsaKey signs by DSA with SHA-256, RFC 5758 3.1.
type dsaKey struct{ private *dsa.PrivateKey }

func embeddedDSA(name string) func(Ordinary) (*pki.Key, error) {
	return func(Ordinary) (*pki.Key, error) {
		der, err := embedded(name)
		if err != nil {
			return nil, err
		}
		var k struct {
			Version       int
			P, Q, G, Y, X *big.Int
		}
		if _, err := asn1.Unmarshal(der, &k); err != nil {
			return nil, err
		}
		parameters := dsa.Parameters{P: k.P, Q: k.Q, G: k.G}
		private := &dsa.PrivateKey{PublicKey: dsa.PublicKey{Parameters: parameters, Y: k.Y}, X: k.X}
		encoded, err := asn1.Marshal(struct{ P, Q, G *big.Int }{k.P, k.Q, k.G})
		if err != nil {
			return nil, err
		}
		public, err := asn1.Marshal(k.Y)
		if err != nil {
			return nil, err
		}
		spki, err := publicKeyInfo(oidDSA, encoded, public)
		if err != nil {
			return nil, err
		}
		return pki.NewOddKey(dsaKey{private}, spki)
	}
}

// Public implements crypto.Signer.
func (k dsaKey) Public() crypto.PublicKey { return &k.private.PublicKey }

// Sign implements crypto.Signer; the digest is cut to the order, FIPS 186-4 4.6.
func (k dsaKey) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	digest = digest[:min(len(digest), (k.private.Q.BitLen()+7)/8)]
	r, s, err := dsa.Sign(random, k.private, digest)
	if err != nil {
		return nil, fmt.Errorf("signing with DSA: %w", err)
	}
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}

func (k dsaKey) signCertificate(crypto.Hash) ([]byte, func([]byte) ([]byte, error), error) {
	der, err := algorithmIdentifier(oidDSASHA256, addNothing)
	return der, func(tbs []byte) ([]byte, error) {
		digest := sha256.Sum256(tbs)
		return k.Sign(rand.Reader, digest[:], crypto.SHA256)
	}, err
}

// pure is a key that signs messages and not digests, with one algorithm: that of the key.
type pure struct {
	crypto.Signer
	oid asn1.ObjectIdentifier
}

func pureKey(private crypto.Signer, oid asn1.ObjectIdentifier, public []byte) (*pki.Key, error) {
	spki, err := publicKeyInfo(oid, nil, public)
	if err != nil {
		return nil, err
	}
	return pki.NewOddKey(pure{private, oid}, spki)
}

var errDigest = errors.New("the key signs messages, not digests")

// Sign implements crypto.Signer.
func (k pure) Sign(random io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != 0 {
		return nil, errDigest
	}
	return k.Signer.Sign(random, message, opts)
}

func (k pure) signCertificate(crypto.Hash) ([]byte, func([]byte) ([]byte, error), error) {
	der, err := algorithmIdentifier(k.oid, addNothing)
	return der, func(tbs []byte) ([]byte, error) { return k.Sign(rand.Reader, tbs, crypto.Hash(0)) }, err
}
