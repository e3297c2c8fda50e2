package pki

import (
	"crypto/rsa"
	"encoding/hex"
	"maps"
	"strings"
	"sync"
	"testing"
)

func TestKeyTypes(t *testing.T) {
	for _, good := range []KeyType{"", ECDSAP224, ECDSAP256, ECDSAP384, ECDSAP521, Ed25519, RSA2048, "rsa-384", "rsa-1023", "rsa-16384"} {
		if err := good.Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, want := range map[KeyType]string{
		"ecdsa": "unknown key type", "dsa-1024": "unknown key type", "RSA-2048": "unknown key type",
		"rsa-": "no number", "rsa-2k": "no number", "rsa-02048": "no number", "rsa-+512": "no number",
		"rsa-383": "from 384 to 16384", "rsa-16385": "from 384 to 16384", "rsa--512": "from 384",
	} {
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", bad, err, want)
		}
		if _, err := NewKeys("").Get(bad, "leaf"); err == nil {
			t.Errorf("%q: made a key", bad)
		}
	}
}

func TestKeysAreMadeOnceAndOnlyWhenAskedFor(t *testing.T) {
	for _, seed := range []string{"", "seed"} {
		keys := NewKeys(seed)
		if made := keys.Made(); len(made) != 0 {
			t.Errorf("an unused pool has made %v", made)
		}
		var wait sync.WaitGroup
		got := make([]*Key, 40)
		for i := range got {
			wait.Go(func() {
				var err error
				if got[i], err = keys.Get([]KeyType{ECDSAP256, Ed25519, "", "rsa-512"}[i%4], []string{"root", "leaf"}[i/4%2]); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		want := map[KeyType]int{ECDSAP256: 2, Ed25519: 2, "rsa-512": 2}
		if made := keys.Made(); !maps.Equal(made, want) {
			t.Errorf("made %v, want %v", made, want)
		}
		if got[0] != got[8] || got[0] != got[2] || got[0] == got[4] || got[0] == got[1] {
			t.Error("a type and a slot must have one key of their own")
		}
	}
}

func TestMakingAKeyDoesNotHoldUpOthers(t *testing.T) {
	keys := NewKeys("")
	started, finish := make(chan struct{}), make(chan struct{})
	keys.slots[slot{keyType: RSA4096, name: "slow"}] = sync.OnceValues(func() (*Key, error) {
		close(started)
		<-finish
		return nil, nil
	})
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = keys.Get(RSA4096, "slow") })
	<-started
	if _, err := keys.Get(ECDSAP256, "quick"); err != nil { // deadlocks if it had to wait
		t.Error(err)
	}
	close(finish)
	wait.Wait()
}

// TestSeededKeysStayTheSame holds the derivation fixed: a stored seed has to
// give the same keys with every later version.
func TestSeededKeysStayTheSame(t *testing.T) {
	for keyType, want := range map[KeyType]string{
		ECDSAP224:  "08d1f3709eb07213779ce3609e7df349663bc2ad",
		ECDSAP256:  "267d817d40e9d4dab5a4077367395f67a43bf1c4",
		ECDSAP384:  "821f500dbdee66b81a0b6c8effdd39aa5d8947dc",
		ECDSAP521:  "fd3fcac885d3a2a91d85a3e8e08a6709e9603cb6",
		Ed25519:    "6429e57ce130a61089c12e2a0bea2122310ee0f4",
		"rsa-512":  "755a53950051ada97cb47dd792f7dbd692ad63a8",
		"rsa-1023": "2d4103b91fd7d9ff1765884efff71115c10a3c78",
		RSA2048:    "5cd1b834c37fa5220107278f5d4358e91ae2618f",
	} {
		key, err := NewKeys("seed").Get(keyType, "root")
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(key.ID()); got != want {
			t.Errorf("%s: the key identifier is %s, want %s", keyType, got, want)
		}
		for _, other := range []struct{ seed, slot string }{{"seed", "leaf"}, {"other", "root"}, {"", "root"}} {
			if keyType == RSA2048 {
				continue // for time alone
			}
			key, err := NewKeys(other.seed).Get(keyType, other.slot)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(key.ID()) == want {
				t.Errorf("%s: seed %q and slot %q give the same key", keyType, other.seed, other.slot)
			}
		}
	}
}

func TestRSAKeysHaveExactlyTheirBits(t *testing.T) {
	for bits, keyType := range map[int]KeyType{384: "rsa-384", 512: "rsa-512", 767: "rsa-767", 1023: "rsa-1023", 1024: "rsa-1024", 1025: "rsa-1025"} {
		for _, seed := range []string{"", "seed"} {
			key, err := NewKeys(seed).Get(keyType, "leaf")
			if err != nil {
				t.Fatal(err)
			}
			if got := key.Signer.Public().(*rsa.PublicKey).N.BitLen(); got != bits {
				t.Errorf("%s, seed %q: %d bits", keyType, seed, got)
			}
		}
	}
}
