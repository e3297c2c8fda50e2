package kx

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

func TestBothSidesAgree(t *testing.T) {
	for _, name := range iana.GroupNames() {
		t.Run(name, func(t *testing.T) {
			group, _ := iana.GroupByName(name)
			client, err := Generate(group, nil)
			if err != nil {
				t.Fatal(err)
			}
			public, server, err := Respond(group, client.Public, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := client.Shared(public); err != nil || !bytes.Equal(got, server) {
				t.Errorf("client %x, server %x, %v", got, server, err)
			}
			if _, _, err := Respond(group, client.Public[1:], nil); err == nil {
				t.Error("a public value without its first byte was taken")
			}
		})
	}
}

func TestReproducibleKeys(t *testing.T) {
	for _, group := range []uint16{iana.Secp256r1, iana.Secp521r1, iana.X25519, iana.Secp224r1, iana.FFDHE2048} {
		seed := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 100)
		a, errA := Generate(group, bytes.NewReader(seed))
		b, errB := Generate(group, bytes.NewReader(seed))
		if errA != nil || errB != nil || !bytes.Equal(a.Public, b.Public) {
			t.Errorf("%s: %v %v, the same source gave two keys", iana.GroupName(group), errA, errB)
		}
	}
}

func TestModuliAreWhatTheyClaim(t *testing.T) {
	prime := func(n *big.Int) bool { return n.ProbablyPrime(4) }
	half := func(n *big.Int) *big.Int { return new(big.Int).Rsh(n, 1) }
	for _, bits := range Sizes() {
		g, _ := Sized(bits)
		if g.P.BitLen() != bits || !prime(g.P) || !prime(half(g.P)) {
			t.Errorf("%d bits: not a safe prime of that size", bits)
		}
	}
	if g := Composite(); g.P.BitLen() != 2048 || prime(g.P) || g.P.Bit(0) == 0 {
		t.Error("the composite modulus is not odd, composite and of 2048 bits")
	}
	if g := Even(); g.P.BitLen() != 2048 || g.P.Bit(0) != 0 {
		t.Error("the even modulus is not even and of 2048 bits")
	}
	g := SmallSubgroup()
	if !prime(g.P) || g.G.Cmp(big.NewInt(1)) == 0 || new(big.Int).Exp(g.G, big.NewInt(SmallOrder), g.P).Cmp(big.NewInt(1)) != 0 {
		t.Error("the generator has not the small order modulo a prime")
	}
	if g, ok := Huge(32768); !ok || g.P.BitLen() != 44497 {
		t.Error("no huge modulus")
	}
	if _, ok := Huge(50000); ok {
		t.Error("a modulus larger than any known here")
	}
}

func TestTextbookCurveAgreesWithCryptoECDH(t *testing.T) {
	c := Weierstrass(iana.Secp256r1)
	for range 5 {
		k, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		p := c.Multiply(new(big.Int).SetBytes(k.Bytes()), c.Base)
		if !bytes.Equal(c.Encode(p), k.PublicKey().Bytes()) {
			t.Fatal("another public point")
		}
		back, ok := c.Decode(c.Compress(p))
		if !ok || back.X.Cmp(p.X) != 0 || back.Y.Cmp(p.Y) != 0 {
			t.Fatal("a compressed point came back as another")
		}
	}
	if c.Multiply(c.N, c.Base) != nil {
		t.Error("the order times the base point is not infinity")
	}
}

func TestOrderThreePointsAreOffTheCurveAndHaveOrderThree(t *testing.T) {
	for _, group := range []uint16{iana.Secp256r1, iana.Secp384r1, iana.Secp521r1} {
		c := Weierstrass(group)
		p := c.OrderThree()
		if c.Contains(p) {
			t.Errorf("%s: on the curve", iana.GroupName(group))
		}
		double := c.Multiply(big.NewInt(2), p)
		if double == nil || double.X.Cmp(p.X) != 0 || double.Y.Cmp(p.Y) == 0 || c.Multiply(big.NewInt(3), p) != nil {
			t.Errorf("%s: not of order three", iana.GroupName(group))
		}
	}
}

func TestWeakRSA(t *testing.T) {
	for _, bits := range []int{512, 1024} {
		key, err := GenerateRSA(bits)
		if err != nil {
			t.Fatal(err)
		}
		premaster := bytes.Repeat([]byte{3}, 48)
		sealed, err := EncryptPreMaster(&key.PublicKey, premaster)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecryptPreMaster(key, sealed); err != nil || !bytes.Equal(got, premaster) {
			t.Errorf("%d bits: %x %v", bits, got, err)
		}
		digest := sha256.Sum256([]byte("x"))
		sig, err := SignPKCS1(key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		em := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(key.E)), key.N).Bytes()
		if !bytes.HasSuffix(em, digest[:]) || em[0] != 1 {
			t.Errorf("%d bits: signature opens to %x", bits, em)
		}
	}
}
