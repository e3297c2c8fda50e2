package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
)

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	made := map[string]crypto.Signer{}
	add := func(name string, k crypto.Signer, err error) {
		if err != nil {
			t.Fatal(err)
		}
		made[name] = k
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	add("rsa-2048", big, err)
	small, err := kx.GenerateRSA(512)
	add("rsa-512", small, err)
	for name, c := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		add(name, k, err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	add("ed25519", ed, err)
	return made
}

func TestEverySchemeThatSuitsAKeyVerifies(t *testing.T) {
	content := []byte("what is signed")
	for name, key := range keys(t) {
		n := 0
		for _, version := range []uint16{iana.TLS12, iana.TLS13} {
			for _, s := range schemes {
				if !s.Suits(version, key.Public()) || name == "rsa-512" && s.Hash.Size() > 32 {
					continue
				}
				n++
				sig, err := Sign(true, key, s.ID, content)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if err := Verify(key.Public(), s.ID, content, sig); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				sig[len(sig)-1] ^= 1
				if err := Verify(key.Public(), s.ID, content, sig); !errors.Is(err, ErrSignature) {
					t.Errorf("%s, %s: corrupted: %v", name, s.Name, err)
				}
			}
		}
		if n == 0 {
			t.Errorf("no scheme suits %s", name)
		}
	}
}

func TestSignaturesOfTLS11(t *testing.T) {
	content := []byte("what is signed")
	for name, key := range keys(t) {
		sig, err := Legacy(key, content)
		if name == "ed25519" {
			if err == nil {
				t.Error("ed25519 signed as TLS 1.1 cannot")
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := VerifyLegacy(key.Public(), content, sig); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := VerifyLegacy(key.Public(), content[1:], sig); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: other content: %v", name, err)
		}
	}
}

func TestChoiceFollowsTheServersOrder(t *testing.T) {
	all := keys(t)
	for _, c := range []struct {
		key     string
		version uint16
		offered []uint16
		want    uint16
	}{
		{"rsa-2048", iana.TLS13, []uint16{0x0401, 0x0804}, 0x0804},
		{"rsa-2048", iana.TLS12, []uint16{0x0401}, 0x0401},
		{"rsa-2048", iana.TLS13, []uint16{0x0401}, 0},
		{"rsa-2048", iana.TLS12, nil, RSAPKCS1SHA1},
		{"rsa-512", iana.TLS12, []uint16{0x0804, 0x0401}, 0x0401},
		{"p384", iana.TLS13, []uint16{0x0403, 0x0503}, 0x0503},
		{"p384", iana.TLS12, []uint16{0x0403, 0x0503}, 0x0403},
		{"p256", iana.TLS13, nil, 0},
		{"ed25519", iana.TLS12, []uint16{0x0807}, 0x0807},
	} {
		if got, ok := Choose(c.version, all[c.key].Public(), Default(), c.offered); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s, %s, %x: %04x, want %04x", c.key, iana.VersionName(c.version), c.offered, got, c.want)
		}
	}
}
