package replay_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/replay"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

const host = "shop.example"

// somebodys returns a chain and its root whose keys are forgotten.
func somebodys(t *testing.T, keyType pki.KeyType, edit func(*pki.Request)) ([][]byte, []byte) {
	t.Helper()
	keys := pki.NewKeys("")
	issue := func(r pki.Request) *pki.Certificate {
		c, err := pki.Issue(r)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	key := func(keyType pki.KeyType, slot string) *pki.Key {
		k, err := keys.Get(keyType, slot)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	root := issue(pki.Request{Kind: pki.Root, Key: key(pki.ECDSAP256, "root")})
	between := issue(pki.Request{Kind: pki.Intermediate, Key: key(pki.ECDSAP256, "intermediate"), Issuer: root})
	request := pki.Request{Key: key(keyType, "leaf"), Issuer: between, Names: []pki.Name{pki.HostName(host)}}
	if edit != nil {
		edit(&request)
	}
	return pki.Chain(issue(request), between), pki.PEM(root)
}

func run(t *testing.T, cfg replay.Config) verdict.Replayed {
	t.Helper()
	cfg.Name = host
	if cfg.Client == nil {
		cfg.Client = client.Go(client.GoOptions{})
	}
	got, err := replay.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestChainIsToldFromSignature(t *testing.T) {
	expired := func(r *pki.Request) { r.NotAfter = time.Now().Add(-time.Hour) }
	for _, test := range []struct {
		name    string
		keyType pki.KeyType
		edit    func(*pki.Request)
		want    verdict.Answer
		reason  scenarios.Reason
	}{
		{"good", pki.ECDSAP256, nil, verdict.ChainAccepted, ""},
		{"good P-384", pki.ECDSAP384, nil, verdict.ChainAccepted, ""},
		{"good RSA", pki.RSA2048, nil, verdict.ChainAccepted, ""},
		{"good Ed25519", pki.Ed25519, nil, verdict.ChainAccepted, ""},
		{"expired", pki.ECDSAP256, expired, verdict.ChainRefused, scenarios.Expired},
		{"expired RSA", pki.RSA2048, expired, verdict.ChainRefused, scenarios.Expired},
		{"other name", pki.ECDSAP256, func(r *pki.Request) { r.Names = []pki.Name{pki.HostName("other.example")} }, verdict.ChainRefused, scenarios.NameMismatch},
		{"for clients", pki.ECDSAP256, func(r *pki.Request) { r.ExtKeyUsage = []string{"clientAuth"} }, verdict.ChainRefused, scenarios.ExtendedKeyUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			chain, roots := somebodys(t, test.keyType, test.edit)
			got := run(t, replay.Config{Chain: chain, Roots: roots})
			if got.Answer != test.want || got.Reason != test.reason || len(got.Unknown) > 0 {
				t.Errorf("got %+v, want %s %s", got, test.want, test.reason)
			}
		})
	}
}

func TestItCanBeAnotherTimeForTheClient(t *testing.T) {
	then := time.Now().Add(-1000 * 24 * time.Hour)
	chain, roots := somebodys(t, pki.ECDSAP256, func(r *pki.Request) { r.NotBefore, r.NotAfter = then.Add(-time.Hour), then.Add(time.Hour) })
	clock := client.Go(client.GoOptions{TLS: &tls.Config{Time: func() time.Time { return then }}})
	// The root is younger than that, which is what this client finds.
	if got := run(t, replay.Config{Client: clock, Chain: chain, Roots: roots, At: then}); got.Answer != verdict.ChainRefused || got.Reason != scenarios.NotYetValid {
		t.Errorf("got %+v, want a root that is not yet valid", got)
	}
	if got := run(t, replay.Config{Chain: chain, Roots: roots, At: then}); got.Answer != verdict.Unanswered || !strings.Contains(got.Text, "a chain of our own") {
		t.Errorf("of a client that has not got that time: %+v", got)
	}
}

// A client that judges the chain only when the handshake is over never comes to it.
func TestNothingIsConcludedOfAClientThatChecksTheSignatureFirst(t *testing.T) {
	late := client.Func(func(_ context.Context, target client.Target) error {
		conn, err := tls.Dial("tcp", net.JoinHostPort(target.Addr, strconv.Itoa(target.Port)), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // nothing is learned from it
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(target.RootsPEM)
		if _, err := conn.ConnectionState().PeerCertificates[0].Verify(x509.VerifyOptions{Roots: pool, DNSName: target.Host}); err != nil {
			return err
		}
		_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: " + target.Host + "\r\nConnection: close\r\n\r\n"))
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		return err
	})
	chain, roots := somebodys(t, pki.ECDSAP256, nil)
	if got := run(t, replay.Config{Client: late, Chain: chain, Roots: roots}); got.Answer != verdict.Unanswered || len(got.Unknown) != 3 {
		t.Errorf("got %+v, want nothing concluded", got)
	}
}

func TestChainsThatNobodyCanSignForAreErrors(t *testing.T) {
	for _, chain := range [][][]byte{nil, {{0x30, 0}}} {
		if _, err := replay.Run(t.Context(), replay.Config{Client: client.Go(client.GoOptions{}), Chain: chain, Name: host}); err == nil {
			t.Errorf("%x was replayed", chain)
		}
	}
}
