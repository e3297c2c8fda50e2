// Package kx agrees on secrets: Diffie-Hellman over prime fields with any
// parameters at all, elliptic curve Diffie-Hellman, the hybrid of X25519 and
// ML-KEM-768, and RSA with keys that crypto/rsa calls too weak. What the
// standard library can compute it computes; the rest is textbook arithmetic on
// math/big, which is slow, leaks timing, and stops at nothing.
package kx

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// ErrPeer is wrapped by errors about a public value of the peer.
var ErrPeer = errors.New("unusable public value")

// DHGroup is a modulus and a generator; nothing is asked of either but P > 1.
type DHGroup struct {
	P, G *big.Int
}

// DHKey is a private exponent with its public value.
type DHKey struct {
	DHGroup
	X, Y *big.Int
}

// exponentBits is the length of private exponents: enough for the strongest
// group here, and short enough for moduli of tens of thousands of bits.
const exponentBits = 256

// Generate makes a key; random is nil for the system's.
func (g DHGroup) Generate(random io.Reader) (*DHKey, error) {
	k := &DHKey{DHGroup: g}
	b := make([]byte, min(exponentBits, g.P.BitLen())/8)
	for range generateTries {
		if _, err := io.ReadFull(source(random), b); err != nil {
			return nil, fmt.Errorf("make a Diffie-Hellman key: %w", err)
		}
		b[len(b)-1] |= 2 // neither 0 nor 1
		k.X = new(big.Int).SetBytes(b)
		if k.Y = new(big.Int).Exp(g.G, k.X, g.P); k.Y.Cmp(big.NewInt(1)) > 0 {
			break
		}
	}
	return k, nil
}

// generateTries is how often Generate draws a key until its public value is
// neither 0 nor 1: a generator of small order hits those, 0 and 1 nothing else.
const generateTries = 8

// Shared returns Z without leading zeros, as TLS 1.2 and below use it, RFC 5246 8.1.2.
func (k *DHKey) Shared(peer []byte) []byte {
	return new(big.Int).Exp(new(big.Int).SetBytes(peer), k.X, k.P).Bytes()
}

// Padded returns v as long as the modulus, as TLS 1.3 uses it, RFC 8446 7.4.1.
func (g DHGroup) Padded(v *big.Int) []byte {
	return v.FillBytes(make([]byte, (g.P.BitLen()+7)/8))
}

func source(random io.Reader) io.Reader {
	if random == nil {
		return rand.Reader
	}
	return random
}

func fromHex(h string) *big.Int {
	n, ok := new(big.Int).SetString(h, 16)
	if !ok {
		panic("kx: not a hexadecimal constant")
	}
	return n
}

// sized are the groups that Sized chooses from, by bits.
var sized = map[int]string{
	480: weak480, 512: weak512, 768: modp768, 1024: modp1024, 1536: modp1536,
	2048: modp2048, 3072: ffdhe3072, 4096: ffdhe4096,
}

// Sizes lists the bits for which Sized has a group.
func Sizes() []int {
	var bits []int
	for b := range sized {
		bits = append(bits, b)
	}
	slices.Sort(bits)
	return bits
}

// Sized returns a group with a safe prime of so many bits.
func Sized(bits int) (DHGroup, bool) {
	h, ok := sized[bits]
	if !ok {
		return DHGroup{}, false
	}
	return DHGroup{fromHex(h), big.NewInt(2)}, true
}

// FFDHE returns the group of RFC 7919 with a number.
func FFDHE(group uint16) (DHGroup, bool) {
	h, ok := map[uint16]string{iana.FFDHE2048: ffdhe2048, iana.FFDHE3072: ffdhe3072, iana.FFDHE4096: ffdhe4096}[group]
	if !ok {
		return DHGroup{}, false
	}
	return DHGroup{fromHex(h), big.NewInt(2)}, true
}

// Composite returns a group whose modulus of 2048 bits has two factors.
func Composite() DHGroup { return DHGroup{fromHex(composite2048), big.NewInt(2)} }

// Even returns a group whose modulus of 2048 bits is even.
func Even() DHGroup {
	p := fromHex(ffdhe2048)
	return DHGroup{p.Sub(p, big.NewInt(1)), big.NewInt(3)}
}

// SmallOrder is the order of the generator of SmallSubgroup: small, and yet it hardly
// ever comes to pass that the shared secret is 1, which some clients refuse.
const SmallOrder = 13147

// SmallSubgroup returns a group of 2048 bits whose generator has order SmallOrder.
func SmallSubgroup() DHGroup {
	p := fromHex(subgroup2048)
	e := new(big.Int).Sub(p, big.NewInt(1))
	e.Div(e, big.NewInt(SmallOrder))
	return DHGroup{p, new(big.Int).Exp(big.NewInt(2), e, p)}
}

// mersenne are exponents e for which 2^e-1 is prime.
var mersenne = []int{9689, 9941, 11213, 19937, 21701, 23209, 44497}

// Huge returns a group whose modulus is the least known Mersenne prime of at least so many bits.
func Huge(bits int) (DHGroup, bool) {
	for _, e := range mersenne {
		if e >= bits {
			p := new(big.Int).Lsh(big.NewInt(1), uint(e))
			return DHGroup{p.Sub(p, big.NewInt(1)), big.NewInt(3)}, true
		}
	}
	return DHGroup{}, false
}
