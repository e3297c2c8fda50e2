package kx

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"fmt"
	"io"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// Private is an ephemeral key of a named group.
type Private struct {
	Group  uint16
	Public []byte // as key_share or ServerKeyExchange holds it

	std   *ecdh.PrivateKey
	kem   *mlkem.DecapsulationKey768
	dh    *DHKey
	curve *Curve
	d     *big.Int
}

// std maps the groups that crypto/ecdh computes.
func std(group uint16) ecdh.Curve {
	switch group {
	case iana.Secp256r1:
		return ecdh.P256()
	case iana.Secp384r1:
		return ecdh.P384()
	case iana.Secp521r1:
		return ecdh.P521()
	case iana.X25519:
		return ecdh.X25519()
	}
	return nil
}

// Elliptic reports whether a group can be used in ECDHE of TLS 1.2.
func Elliptic(group uint16) bool { return std(group) != nil || curveOf(group) != nil }

// Generate makes a key; random is nil for the system's.
func Generate(group uint16, random io.Reader) (*Private, error) {
	k := &Private{Group: group}
	var err error
	switch c, f := std(group), curveOf(group); {
	case c != nil:
		if k.std, err = generateStd(c, random); err == nil {
			k.Public = k.std.PublicKey().Bytes()
		}
	case f != nil:
		k.curve = f
		if k.d, err = f.scalar(random); err == nil {
			k.Public = f.Encode(f.Multiply(k.d, f.Base))
		}
	case group == iana.X25519MLKEM768:
		if k.kem, err = mlkem.GenerateKey768(); err != nil {
			break
		}
		if k.std, err = generateStd(ecdh.X25519(), random); err == nil {
			k.Public = append(k.kem.EncapsulationKey().Bytes(), k.std.PublicKey().Bytes()...)
		}
	default:
		g, ok := FFDHE(group)
		if !ok {
			return nil, fmt.Errorf("group %s cannot be computed", iana.GroupName(group))
		}
		if k.dh, err = g.Generate(random); err == nil {
			k.Public = g.Padded(k.dh.Y)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make a key of %s: %w", iana.GroupName(group), err)
	}
	return k, nil
}

// generateStd derives the key from random by itself, since crypto/ecdh no longer asks a caller's reader.
func generateStd(c ecdh.Curve, random io.Reader) (*ecdh.PrivateKey, error) {
	if random == nil {
		return c.GenerateKey(source(nil))
	}
	size := map[ecdh.Curve]int{ecdh.P256(): 32, ecdh.P384(): 48, ecdh.P521(): 66, ecdh.X25519(): 32}[c]
	for {
		b := make([]byte, size)
		if _, err := io.ReadFull(random, b); err != nil {
			return nil, err
		}
		if size == 66 {
			b[0] &= 1
		}
		if k, err := c.NewPrivateKey(b); err == nil {
			return k, nil
		}
	}
}

// Shared returns the secret that a peer's public value leads to, RFC 8446 7.4.
// For X25519MLKEM768 the peer is a server. Errors wrap ErrPeer.
func (k *Private) Shared(peer []byte) ([]byte, error) {
	switch {
	case k.kem != nil:
		if len(peer) != mlkem.CiphertextSize768+32 {
			return nil, fmt.Errorf("%w: %d bytes", ErrPeer, len(peer))
		}
		first, err := k.kem.Decapsulate(peer[:mlkem.CiphertextSize768])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPeer, err)
		}
		second, err := sharedStd(k.std, peer[mlkem.CiphertextSize768:])
		return append(first, second...), err
	case k.std != nil:
		return sharedStd(k.std, peer)
	case k.curve != nil:
		p, ok := k.curve.Decode(peer)
		if !ok || !k.curve.Contains(p) {
			return nil, fmt.Errorf("%w: no point of %s", ErrPeer, iana.GroupName(k.Group))
		}
		return k.curve.X(k.curve.Multiply(k.d, p)), nil
	}
	y := new(big.Int).SetBytes(peer)
	if len(peer) != len(k.Public) || y.BitLen() < 2 {
		return nil, fmt.Errorf("%w: %d bytes", ErrPeer, len(peer))
	}
	return k.dh.Padded(new(big.Int).Exp(y, k.dh.X, k.dh.P)), nil
}

func sharedStd(k *ecdh.PrivateKey, peer []byte) ([]byte, error) {
	p, err := k.Curve().NewPublicKey(peer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	z, err := k.ECDH(p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	return z, nil
}

// Scalar returns the private number of a key on a Weierstrass curve, for
// arithmetic beyond what Shared allows; nil for other groups.
func (k *Private) Scalar() *big.Int {
	switch {
	case k.curve != nil:
		return k.d
	case k.std != nil && k.kem == nil && k.Group != iana.X25519:
		return new(big.Int).SetBytes(k.std.Bytes())
	}
	return nil
}

// Respond answers the public value of a client with the server's and returns
// the secret, RFC 8446 4.2.8 and draft-ietf-tls-ecdhe-mlkem for the hybrid.
func Respond(group uint16, client []byte, random io.Reader) (public, shared []byte, err error) {
	if group != iana.X25519MLKEM768 {
		k, err := Generate(group, random)
		if err != nil {
			return nil, nil, err
		}
		shared, err := k.Shared(client)
		return k.Public, shared, err
	}
	if len(client) != mlkem.EncapsulationKeySize768+32 {
		return nil, nil, fmt.Errorf("%w: %d bytes", ErrPeer, len(client))
	}
	ek, err := mlkem.NewEncapsulationKey768(client[:mlkem.EncapsulationKeySize768])
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPeer, err)
	}
	first, ciphertext := ek.Encapsulate()
	k, err := generateStd(ecdh.X25519(), random)
	if err != nil {
		return nil, nil, err
	}
	second, err := sharedStd(k, client[mlkem.EncapsulationKeySize768:])
	return append(ciphertext, k.PublicKey().Bytes()...), append(first, second...), err
}
