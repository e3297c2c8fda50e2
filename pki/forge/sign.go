package forge

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/md5" // linked in for crypto.MD5
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // linked in for crypto.SHA1
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	_ "golang.org/x/crypto/md4" //nolint:staticcheck // broken on purpose; linked in for crypto.MD4
)

// algorithm is a signature algorithm: its AlgorithmIdentifier and how to sign so.
type algorithm struct {
	der  []byte
	hash crypto.Hash
	pss  bool
	salt int                          // of PSS
	own  func([]byte) ([]byte, error) // how a key signs that has an algorithm of its own
}

// The signature algorithms of RFC 3279 2.2, RFC 4055 5, RFC 5758 3.2 and RFC 8410 3.
var (
	rsaOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
		MD2:           {1, 2, 840, 113549, 1, 1, 2},
		crypto.MD4:    {1, 2, 840, 113549, 1, 1, 3},
		crypto.MD5:    {1, 2, 840, 113549, 1, 1, 4},
		crypto.SHA1:   {1, 2, 840, 113549, 1, 1, 5},
		crypto.SHA256: {1, 2, 840, 113549, 1, 1, 11},
		crypto.SHA384: {1, 2, 840, 113549, 1, 1, 12},
		crypto.SHA512: {1, 2, 840, 113549, 1, 1, 13},
	}
	ecdsaOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA1:   {1, 2, 840, 10045, 4, 1},
		crypto.SHA256: {1, 2, 840, 10045, 4, 3, 2},
		crypto.SHA384: {1, 2, 840, 10045, 4, 3, 3},
		crypto.SHA512: {1, 2, 840, 10045, 4, 3, 4},
	}
	hashOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
		crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
		crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
	}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
	oidPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
)

// oldInfo stands before digests in PKCS #1 v1.5 signatures, RFC 8017 9.2 note 1,
// of hashes that crypto/rsa has nothing for: it signs them as they are given.
var oldInfo = map[crypto.Hash][]byte{
	MD2:        {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x02, 0x05, 0x00, 0x04, 0x10},
	crypto.MD4: {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x04, 0x05, 0x00, 0x04, 0x10},
}

// algorithm returns the algorithm that s is signed with.
func (s Spec) algorithm() (algorithm, error) {
	if key, ok := s.SigningKey().(certificateSigner); ok {
		der, sign, err := key.signCertificate(s.Hash)
		return algorithm{der: der, own: sign}, err
	}
	a := algorithm{hash: s.Hash, pss: s.PSS, salt: rsa.PSSSaltLengthEqualsHash}
	var oid asn1.ObjectIdentifier
	parameters := addNothing
	switch s.SigningKey().Public().(type) {
	case ed25519.PublicKey:
		if s.Hash == 0 && !s.PSS {
			oid = oidEd25519
		}
	case *ecdsa.PublicKey:
		if !s.PSS {
			oid = ecdsaOIDs[s.Hash]
		}
	case *rsa.PublicKey:
		oid, parameters = rsaOIDs[s.Hash], addNull
		if s.PSS {
			oid = oidPSS
			var err error
			if parameters, a.salt, err = s.PSSParameters.of(s.Hash); err != nil {
				return a, err
			}
		}
		if s.PSS && hashOIDs[s.Hash] == nil {
			oid = nil
		}
	}
	if oid == nil {
		return a, fmt.Errorf("no signature algorithm has a %T with %v (PSS: %t)", s.SigningKey().Public(), s.Hash, s.PSS)
	}
	var err error
	a.der, err = algorithmIdentifier(oid, parameters)
	return a, err
}

// sign returns the signature over tbs.
func (a algorithm) sign(key crypto.Signer, tbs []byte) ([]byte, error) {
	if a.own != nil {
		return a.own(tbs)
	}
	var options crypto.SignerOpts = a.hash
	if a.pss {
		options = &rsa.PSSOptions{SaltLength: a.salt, Hash: a.hash}
	}
	digest := tbs
	switch a.hash {
	case 0:
	case MD2:
		digest = SumMD2(tbs)
	default:
		h := a.hash.New()
		h.Write(tbs)
		digest = h.Sum(nil)
	}
	if info := oldInfo[a.hash]; info != nil {
		digest, options = append(bytes.Clone(info), digest...), crypto.Hash(0)
	}
	signature, err := key.Sign(rand.Reader, digest, options)
	if err != nil {
		return nil, fmt.Errorf("signing with %v: %w", a.hash, err)
	}
	return signature, nil
}

func algorithmIdentifier(oid asn1.ObjectIdentifier, parameters func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		parameters(b)
	})
	return b.Bytes()
}

func addNothing(*cryptobyte.Builder) {}

func addNull(b *cryptobyte.Builder) { b.AddASN1(cbasn1.NULL, addNothing) }
