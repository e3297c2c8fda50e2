package forge

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/tlsfault/tlsfault/pki"
)

// keys are shared by the tests of this package. The seed saves making RSA keys
// of the same size twice with different outcome.
var keys = pki.NewKeys("pki/forge tests")

func key(t testing.TB, keyType pki.KeyType, slot string) *pki.Key {
	t.Helper()
	k, err := keys.Get(keyType, slot)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// path is a legitimate path to forge certificates of.
type path struct {
	root, intermediate *pki.Certificate
	leaf               pki.Request
}

func newPath(t testing.TB, keyType pki.KeyType) path {
	t.Helper()
	var p path
	var err error
	p.root, err = pki.Issue(pki.Request{Kind: pki.Root, Key: key(t, keyType, "root"), NameConstraints: pki.PrivateConstraints()})
	if err != nil {
		t.Fatal(err)
	}
	p.intermediate, err = pki.Issue(pki.Request{Kind: pki.Intermediate, Key: key(t, keyType, "intermediate"), Issuer: p.root})
	if err != nil {
		t.Fatal(err)
	}
	p.leaf = pki.Request{
		Key: key(t, keyType, "leaf"), Issuer: p.intermediate,
		Names:     []pki.Name{pki.HostName("localhost"), pki.HostName("127.0.0.1"), pki.HostName("::1")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	return p
}

// rawTBS returns the part of a certificate that is signed, of one that Go may
// not be able to parse.
func rawTBS(t testing.TB, der []byte) []byte {
	t.Helper()
	input := cryptobyte.String(der)
	var body, signed cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !input.Empty() || !body.ReadASN1Element(&signed, cbasn1.SEQUENCE) {
		t.Fatalf("%x is no certificate", der)
	}
	return signed
}

func TestThreeWaysMakeTheSameCertificate(t *testing.T) {
	for _, keyType := range []pki.KeyType{pki.ECDSAP256, pki.ECDSAP384, pki.ECDSAP521, pki.Ed25519, pki.RSA2048, pki.ECDSAP224, "rsa-1024"} {
		p := newPath(t, keyType)
		four := 4
		for name, request := range map[string]pki.Request{
			"leaf":         p.leaf,
			"intermediate": {Kind: pki.Intermediate, Key: key(t, keyType, "second"), Issuer: p.root, BasicConstraints: pki.BasicConstraints{PathLen: &four}},
			"root":         {Kind: pki.Root, Key: key(t, keyType, "root"), NameConstraints: pki.PrivateConstraints()},
		} {
			t.Run(fmt.Sprintf("%s %s", keyType, name), func(t *testing.T) {
				spec, err := Spec{Request: request}.complete()
				if err != nil {
					t.Fatal(err)
				}
				if way, why := spec.way(); way != ByCFSSL {
					t.Fatalf("an honest certificate goes by %s: %v", way, why)
				}
				made := make(map[Way][]byte)
				for _, way := range []Way{ByCFSSL, ByStandardLibrary, ByDER} {
					c, err := spec.issueBy(way)
					if err != nil {
						t.Fatalf("%s: %v", way, err)
					}
					made[way] = rawTBS(t, c.DER)
				}
				for _, way := range []Way{ByStandardLibrary, ByDER} {
					if !bytes.Equal(made[way], made[ByCFSSL]) {
						t.Errorf("%s differs from cfssl:\n%x\n%x", way, made[way], made[ByCFSSL])
					}
				}
			})
		}
	}
}

// TestDeparturesComeOutTheSameByEveryWay holds our own DER against what cfssl
// and crypto/x509 make, for all that they can make.
func TestDeparturesComeOutTheSameByEveryWay(t *testing.T) {
	for _, d := range departures {
		if d.way == ByDER {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			p := newPath(t, d.key)
			spec := base(p)
			d.forge(t, &spec, p)
			spec, err := spec.complete()
			if err != nil {
				t.Fatal(err)
			}
			made := make(map[Way][]byte)
			for _, way := range []Way{d.way, ByStandardLibrary, ByDER} {
				c, err := spec.issueBy(way)
				if err != nil {
					t.Fatalf("%s: %v", way, err)
				}
				made[way] = rawTBS(t, c.DER)
			}
			for way, tbs := range made {
				if !bytes.Equal(tbs, made[ByDER]) {
					t.Errorf("%s makes\n%x, our DER\n%x", way, tbs, made[ByDER])
				}
			}
		})
	}
}

func TestSpecsThatCannotBeMade(t *testing.T) {
	p := newPath(t, pki.ECDSAP256)
	for name, c := range map[string]struct {
		forge func(*Spec)
		want  string
	}{
		"no key":                   {func(s *Spec) { s.Key = nil }, "needs a key"},
		"MD5 with ECDSA":           {func(s *Spec) { s.Hash = crypto.MD5 }, "no signature algorithm"},
		"PSS with ECDSA":           {func(s *Spec) { s.PSS = true }, "no signature algorithm"},
		"unknown surgery":          {func(s *Spec) { s.Surgery = []Surgery{"leeches"} }, `unknown surgery "leeches"`},
		"unknown time":             {func(s *Spec) { s.Times = "sundial" }, `unknown time type "sundial"`},
		"2050 in UTCTime":          {func(s *Spec) { s.Times, s.NotAfter = UTCTime, at("2050-01-01") }, "beyond UTCTime"},
		"unknown key usage":        {func(s *Spec) { s.KeyUsage = []string{"sign"} }, `unknown key usage "sign"`},
		"unknown ext key usage":    {func(s *Spec) { s.ExtKeyUsage = []string{"server"} }, `unknown extended key usage "server"`},
		"bad object identifier":    {func(s *Spec) { s.Extensions = []pki.Extension{{OID: "1"}} }, "object identifier"},
		"bad name":                 {func(s *Spec) { s.Names = []pki.Name{{Type: pki.TypeIP, Value: "localhost"}} }, "localhost"},
		"bad attribute":            {func(s *Spec) { s.Subject = pki.Subject{{Type: "CommonName", Value: "x"}} }, `attribute "CommonName"`},
		"issuer too small to sign": {func(s *Spec) { s.Issuer, s.Hash = Stranger(s.Issuer, key(t, "rsa-512", "leaf")), crypto.SHA512 }, "too small"},
	} {
		spec := Spec{Request: p.leaf}
		c.forge(&spec)
		if _, err := Issue(spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", name, err, c.want)
		}
	}
}

func BenchmarkLeaf(b *testing.B) {
	for _, keyType := range []pki.KeyType{pki.ECDSAP256, pki.RSA2048} {
		p := newPath(b, keyType)
		spec, err := Spec{Request: p.leaf}.complete()
		if err != nil {
			b.Fatal(err)
		}
		for _, way := range []Way{ByCFSSL, ByStandardLibrary, ByDER} {
			b.Run(fmt.Sprintf("%s/%s", keyType, way), func(b *testing.B) {
				for b.Loop() {
					if _, err := spec.issueBy(way); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkWays reports how long a leaf takes by cfssl and by our own DER in
// units of x509.CreateCertificate, all in one run.
func BenchmarkWays(b *testing.B) {
	p := newPath(b, pki.ECDSAP256)
	spec, err := Spec{Request: p.leaf}.complete()
	if err != nil {
		b.Fatal(err)
	}
	spent := make(map[Way]time.Duration)
	for b.Loop() {
		for _, way := range []Way{ByCFSSL, ByStandardLibrary, ByDER} {
			start := time.Now()
			if _, err := spec.issueBy(way); err != nil {
				b.Fatal(err)
			}
			spent[way] += time.Since(start)
		}
	}
	b.ReportMetric(spent[ByCFSSL].Seconds()/spent[ByStandardLibrary].Seconds(), "cfssl/x509")
	b.ReportMetric(spent[ByDER].Seconds()/spent[ByStandardLibrary].Seconds(), "DER/x509")
}

func TestIssuingConcurrently(t *testing.T) {
	p := newPath(t, pki.ECDSAP256)
	fresh := pki.NewKeys("")
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			leaf, err := fresh.Get(pki.ECDSAP256, "shared")
			if err != nil {
				t.Error(err)
				return
			}
			spec := Spec{Request: pki.Request{Key: leaf, Issuer: p.intermediate, Names: p.leaf.Names}}
			if i%2 == 1 {
				spec.Surgery = []Surgery{CorruptSignature}
			}
			if _, err := Issue(spec); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if made := fresh.Made()[pki.ECDSAP256]; made != 1 {
		t.Errorf("made %d keys, want 1", made)
	}
}
