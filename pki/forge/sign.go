package forge

import (
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
)

// algorithm is a signature algorithm: its AlgorithmIdentifier and how to sign so.
type algorithm struct {
	der  []byte
	hash crypto.Hash
	pss  bool
}

// The signature algorithms of RFC 3279 2.2, RFC 4055 5, RFC 5758 3.2 and RFC 8410 3.
var (
	rsaOIDs = map[crypto.Hash]asn1.ObjectIdentifier{
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

// algorithm returns the algorithm that s is signed with.
func (s Spec) algorithm() (algorithm, error) {
	a := algorithm{hash: s.Hash, pss: s.PSS}
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
			oid, parameters = oidPSS, pssParameters(s.Hash)
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
	var options crypto.SignerOpts = a.hash
	if a.pss {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	digest := tbs
	if a.hash != 0 {
		h := a.hash.New()
		h.Write(tbs)
		digest = h.Sum(nil)
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

// pssParameters are the RSASSA-PSS-params of RFC 4055 3.1: hash, MGF1 with the
// same hash, and a salt as long as the hash.
func pssParameters(hash crypto.Hash) func(*cryptobyte.Builder) {
	addHash := func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hashOIDs[hash])
			addNull(b)
		})
	}
	explicit := func(tag uint8) cbasn1.Tag { return cbasn1.Tag(tag).ContextSpecific().Constructed() }
	return func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), addHash)
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidMGF1)
					addHash(b)
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(hash.Size())) })
		})
	}
}
