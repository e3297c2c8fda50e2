package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// material returns the secret bytes that a key is made of; purpose tells the
// draws of one key from each other. It is nil where keys are fresh.
type material func(purpose string, length int) ([]byte, error)

// newMaterial derives the bytes of a slot from a seed by HKDF-SHA-256 (RFC
// 5869), with the key type, the slot and the purpose as info. Go's own key
// generation takes no caller's randomness since 1.26, and its way from bytes to
// keys was never promised to stay; ours is fixed by this file:
//
//   - ECDSA: 8 bytes more than the curve's order, reduced modulo n-1, plus 1 (FIPS 186-5 A.2.1);
//   - Ed25519: 32 bytes are the private key of RFC 8032;
//   - RSA: see deterministicPrime.
func newMaterial(seed string, s slot) material {
	if seed == "" {
		return nil
	}
	return func(purpose string, length int) ([]byte, error) {
		info := fmt.Sprintf("tlsfault key 1\n%s\n%q\n%s", s.keyType, s.name, purpose)
		return hkdf.Key(sha256.New, []byte(seed), nil, info, length)
	}
}

// fresh is the material of keys that are needed only once.
func fresh(_ string, length int) ([]byte, error) {
	b := make([]byte, length)
	_, err := rand.Read(b)
	return b, err
}

// generate makes a key of the type out of the material, or a fresh one for nil.
func generate(keyType KeyType, from material) (crypto.Signer, error) {
	if curve, ok := curves[keyType]; ok {
		return generateECDSA(curve, from)
	}
	if keyType == Ed25519 {
		if from == nil {
			from = fresh
		}
		seed, err := from("seed", ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	bits, err := keyType.rsaBits()
	if err != nil {
		return nil, err
	}
	return generateRSA(bits, from)
}

func generateECDSA(curve elliptic.Curve, from material) (crypto.Signer, error) {
	if from == nil {
		return ecdsa.GenerateKey(curve, rand.Reader)
	}
	size := (curve.Params().N.BitLen() + 7) / 8
	b, err := from("scalar", size+8)
	if err != nil {
		return nil, err
	}
	one := big.NewInt(1)
	d := new(big.Int).SetBytes(b)
	d.Mod(d, new(big.Int).Sub(curve.Params().N, one)).Add(d, one)
	return ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, size)))
}

const rsaExponent = 65537

func generateRSA(bits int, from material) (crypto.Signer, error) {
	if from == nil && bits >= goRSABits {
		return rsa.GenerateKey(rand.Reader, bits)
	}
	if from == nil {
		from = fresh
	}
	p, err := deterministicPrime(from, "p", (bits+1)/2)
	if err != nil {
		return nil, err
	}
	q, err := deterministicPrime(from, "q", bits/2)
	if err != nil {
		return nil, err
	}
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: rsaExponent},
		D:         new(big.Int).ModInverse(big.NewInt(rsaExponent), phi),
		Primes:    []*big.Int{p, q},
	}
	if bits < goRSABits {
		return &SmallRSA{PrivateKey: key}, nil
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("checking an RSA key of %d bits: %w", bits, err)
	}
	return key, nil
}

// deterministicPrime returns the least prime p of the wanted bits that is not
// under a start drawn from the material, with p-1 prime to the public exponent.
// The two highest bits of the start are set, so that the product of two has
// exactly the bits of both, and the lowest too. A start that runs out of its
// bits is drawn again under the next number.
func deterministicPrime(from material, purpose string, bits int) (*big.Int, error) {
	two, exponent := big.NewInt(2), big.NewInt(rsaExponent)
	for draw := 0; ; draw++ {
		b, err := from(fmt.Sprintf("prime %s %d", purpose, draw), (bits+7)/8)
		if err != nil {
			return nil, err
		}
		start := new(big.Int).SetBytes(b)
		start.Rsh(start, uint(8*len(b)-bits))
		start.SetBit(start, bits-1, 1).SetBit(start, bits-2, 1).SetBit(start, 0, 1)

		rests := remaindersOf(start)
		for candidate := start; candidate.BitLen() == bits; candidate.Add(candidate, two) {
			if rests.noneIsZero() && candidate.ProbablyPrime(20) {
				less := new(big.Int).Sub(candidate, big.NewInt(1))
				if new(big.Int).Mod(less, exponent).Sign() != 0 {
					return candidate, nil
				}
			}
			rests.addTwo()
		}
	}
}

// remainders are those of a candidate by the odd primes under 2048. They are
// there for speed alone: no outcome depends on them.
type remainders []remainder

type remainder struct{ prime, rest uint16 }

func remaindersOf(n *big.Int) remainders {
	var r remainders
	rest, prime := new(big.Int), new(big.Int)
	for p := int64(3); p < 2048; p += 2 {
		if prime.SetInt64(p).ProbablyPrime(0) {
			r = append(r, remainder{prime: uint16(p), rest: uint16(rest.Mod(n, prime).Uint64())})
		}
	}
	return r
}

// noneIsZero reports whether none of the primes divides the candidate.
func (r remainders) noneIsZero() bool {
	for _, one := range r {
		if one.rest == 0 {
			return false
		}
	}
	return true
}

func (r remainders) addTwo() {
	for i := range r {
		r[i].rest = (r[i].rest + 2) % r[i].prime
	}
}
