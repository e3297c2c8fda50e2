package wire_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
)

// little is how long a test client waits for a server that does not go on.
const little = time.Second

// meet lets a test client fetch from a server.
func meet(t testing.TB, s *server, c *wiretest.Client) (wiretest.Result, error) {
	t.Helper()
	return meetStalling(t, s, c, nil)
}

// meetStalling is meet for a server that does not go on after it says so.
func meetStalling(t testing.TB, s *server, c *wiretest.Client, stalls <-chan struct{}) (wiretest.Result, error) {
	t.Helper()
	raw, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	_ = raw.SetDeadline(time.Now().Add(toolTime))
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-stalls:
			_ = raw.SetDeadline(time.Now().Add(little))
		case <-over:
		}
	}()
	return c.Fetch(raw, []byte(request))
}

func TestTestClientAcceptsEverySuiteInEveryVersion(t *testing.T) {
	a := theAuthority()
	for _, s := range iana.Suites() {
		for _, version := range []uint16{wire.VersionSSL30, wire.VersionTLS10, wire.VersionTLS11, wire.VersionTLS12, wire.VersionTLS13} {
			if !s.Fits(version) {
				continue
			}
			for _, plain := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s in %s, without extended master secret and encrypt-then-mac %t", s.Name, wire.VersionName(version), plain), func(t *testing.T) {
					leaf := "rsa"
					if s.KX == iana.ECDHEECDSA {
						leaf = "p256"
					}
					srv := serve(t, &wire.Config{Certificate: a.leaves[leaf], Versions: []uint16{version}, CipherSuites: []uint16{s.ID}})
					client := &wiretest.Client{
						Roots: a.pool, ServerName: "localhost", Versions: []uint16{version}, CipherSuites: []uint16{s.ID},
						NoEMS: plain, NoEtM: plain, Without: []wiretest.Check{wiretest.DHSize},
					}
					got, err := meet(t, srv, client)
					seen := srv.stop(t)
					if err != nil || !seen[0].accepted() || string(got.Answer) != answer {
						t.Fatalf("%v; the server saw %v", err, seen[0].err)
					}
					if got.CipherSuite != s.ID || got.Version != version || seen[0].state.CipherSuite != s.ID {
						t.Errorf("%+v", got)
					}
				})
			}
		}
	}
}

func TestTestClientAuthenticates(t *testing.T) {
	a := theAuthority()
	for _, version := range []uint16{wire.VersionSSL30, wire.VersionTLS10, wire.VersionTLS11, wire.VersionTLS12, wire.VersionTLS13} {
		for _, leaf := range []string{"rsa", "p256", ""} {
			for _, auth := range []wire.ClientAuth{wire.RequestClientCert, wire.RequireClientCert} {
				srv := serve(t, &wire.Config{Certificate: a.leaves["rsa"], Versions: []uint16{version}, ClientAuth: auth})
				client := &wiretest.Client{Versions: []uint16{version}, Chain: a.leaves[leaf].Chain, Key: a.leaves[leaf].Key}
				if version < wire.VersionTLS12 {
					client.CipherSuites = []uint16{0x002f}
				}
				_, err := meet(t, srv, client)
				seen := srv.stop(t)
				want := leaf != "" || auth == wire.RequestClientCert
				if (err == nil) != want || seen[0].accepted() != want || want && (len(seen[0].state.ClientCertificates) > 0) != (leaf != "") {
					t.Errorf("%s, key %q, %v: %v; the server saw %v", wire.VersionName(version), leaf, auth, err, seen[0].err)
				}
			}
		}
	}
}

func TestTestClientResumes(t *testing.T) {
	a := theAuthority()
	for _, version := range []uint16{wire.VersionTLS10, wire.VersionTLS12, wire.VersionTLS13} {
		srv := serve(t, &wire.Config{Certificate: a.leaves["rsa"], Versions: []uint16{version}, TicketKey: &[32]byte{7}})
		client := &wiretest.Client{Versions: []uint16{version}, Tickets: true}
		if version == wire.VersionTLS10 {
			client.CipherSuites = []uint16{0x0033}
		}
		for i := range 3 {
			got, err := meet(t, srv, client)
			if err != nil || got.Resumed != (i > 0) {
				t.Fatalf("%s, connection %d: %v %+v", wire.VersionName(version), i, err, got)
			}
			if got.Session != nil {
				client.Session = got.Session
			}
		}
		for i, m := range srv.stop(t) {
			if !m.accepted() || m.state.Resumed != (i > 0) {
				t.Errorf("%s, connection %d: %v", wire.VersionName(version), i, m.err)
			}
		}
	}
}

func TestCompressedCertificates(t *testing.T) {
	a := theAuthority()
	srv := serve(t, &wire.Config{Certificate: a.leaves["rsa"]})
	_, err := meet(t, srv, &wiretest.Client{Roots: a.pool, ServerName: "localhost", Compressed: true})
	seen := srv.stop(t)
	if err != nil || !seen[0].accepted() {
		t.Fatalf("%v; the server saw %v", err, seen[0].err)
	}
	for _, e := range seen[0].events {
		if e.Name == "compressed_certificate" && bytes.Contains(e.Raw, []byte{0, 1}) {
			return
		}
	}
	t.Error("the certificate was not compressed")
}
