package replay

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/pki"
)

// The RSA keys that sign in place of the leaf's have its size within these
// bounds: clients refuse smaller ones, and larger ones take long to make.
const (
	leastRSA   = 2048
	largestRSA = 4096
)

// typeOf returns the type of key that can sign in place of a leaf's.
func typeOf(key crypto.PublicKey) (pki.KeyType, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return pki.KeyType(fmt.Sprintf("rsa-%d", min(max(key.N.BitLen(), leastRSA), largestRSA))), nil
	case *ecdsa.PublicKey:
		t := pki.KeyType(fmt.Sprintf("ecdsa-p%d", key.Params().BitSize))
		return t, t.Check()
	case ed25519.PublicKey:
		return pki.Ed25519, nil
	}
	return "", fmt.Errorf("a leaf with a key of type %T can sign no handshake", key)
}

// ours says what is wrong with a chain of our own: nothing when zero.
type ours struct{ untrusted, expired, misnamed bool }

// otherName is what a certificate is for that is not for the right name.
const otherName = "tlsfault-other-name.test"

const day = 24 * time.Hour

// meetOurs lets the client meet a chain of our own, signed for by its key or by another.
func (s *stage) meetOurs(ctx context.Context, what ours, signed bool) (verdict.Observation, error) {
	trusted, err := s.root("root")
	if err != nil {
		return verdict.Observation{}, err
	}
	issuer := trusted
	if what.untrusted {
		if issuer, err = s.root("stranger"); err != nil {
			return verdict.Observation{}, err
		}
	}
	key, err := s.keys.Get(s.keyType, "leaf")
	if err != nil {
		return verdict.Observation{}, err
	}
	request := pki.Request{
		Key: key, Issuer: issuer, Names: []pki.Name{pki.HostName(s.cfg.Name)},
		NotBefore: s.cfg.At.Add(-10 * day), NotAfter: s.cfg.At.Add(20 * day),
	}
	if what.misnamed {
		request.Names = []pki.Name{pki.HostName(otherName)}
	}
	if what.expired {
		request.NotAfter = s.cfg.At.Add(-day)
	}
	leaf, err := pki.Issue(request)
	if err != nil {
		return verdict.Observation{}, err
	}
	slot := "nobody"
	if signed {
		slot = "leaf"
	}
	return s.meet(ctx, pki.Chain(leaf), pki.PEM(trusted), slot)
}

// root makes an authority that is valid when the client believes it to be.
func (s *stage) root(slot string) (*pki.Certificate, error) {
	key, err := s.keys.Get(pki.ECDSAP256, slot)
	if err != nil {
		return nil, err
	}
	return pki.Issue(pki.Request{
		Kind: pki.Root, Key: key, Subject: pki.CommonName("tlsfault replay " + slot),
		NotBefore: s.cfg.At.Add(-30 * day), NotAfter: s.cfg.At.Add(300 * day),
	})
}
