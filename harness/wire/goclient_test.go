package wire_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
)

// fetch connects with Go's client, sends a request and reads the whole answer.
func fetch(addr string, cfg *tls.Config) (tls.ConnectionState, error) {
	raw, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = raw.Close() }()
	_ = raw.SetDeadline(time.Now().Add(toolTime))
	if _, err := io.WriteString(raw, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return raw.ConnectionState(), err
	}
	resp, err := http.ReadResponse(bufio.NewReader(raw), nil)
	if err != nil {
		return raw.ConnectionState(), err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != "ok\n" {
		err = fmt.Errorf("the body is %q", body)
	}
	return raw.ConnectionState(), err
}

func (a *authority) goClient(version uint16) *tls.Config {
	return &tls.Config{RootCAs: a.pool, ServerName: "localhost", MinVersion: version, MaxVersion: version}
}

// Go's client accepts the server in every version and suite that it has.
func TestGoClientAcceptsEverySuite(t *testing.T) {
	a := theAuthority()
	suites := append(tls.CipherSuites(), tls.InsecureCipherSuites()...)
	for _, s := range suites {
		for _, version := range s.SupportedVersions {
			t.Run(fmt.Sprintf("%s in %s", s.Name, tls.VersionName(version)), func(t *testing.T) {
				leaf := "rsa"
				if strings.Contains(s.Name, "ECDSA") {
					leaf = "p256"
				}
				srv := serve(t, &wire.Config{
					Certificate: a.leaves[leaf], CipherSuites: []uint16{s.ID}, ALPN: []string{"http/1.1"},
					Versions: []uint16{wire.VersionTLS10, wire.VersionTLS11, wire.VersionTLS12, wire.VersionTLS13},
				})
				client := a.goClient(version)
				client.NextProtos = []string{"http/1.1"}
				client.CipherSuites = []uint16{s.ID}
				state, err := fetch(srv.addr, client)
				seen := srv.stop(t)
				if err != nil {
					t.Fatalf("%v; the server saw %v", err, seen[0].err)
				}
				if !seen[0].accepted() || state.CipherSuite != s.ID || state.Version != version || state.NegotiatedProtocol != "http/1.1" {
					t.Errorf("version %x, suite %x, ALPN %q, server %v", state.Version, state.CipherSuite, state.NegotiatedProtocol, seen[0].err)
				}
				if got := seen[0].state; got.Version != version || got.CipherSuite != s.ID || got.ServerName != "localhost" || !got.Complete {
					t.Errorf("the server's state: %+v", got)
				}
			})
		}
	}
}

func TestGoClientAcceptsEveryKeyAndGroup(t *testing.T) {
	a := theAuthority()
	for leaf, cert := range a.leaves {
		if leaf == "rsa-1024" {
			continue // for other tests
		}
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, group := range []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521} {
				if group == tls.X25519MLKEM768 && version == tls.VersionTLS12 {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, %s", leaf, tls.VersionName(version), group), func(t *testing.T) {
					srv := serve(t, &wire.Config{Certificate: cert, Groups: []uint16{uint16(group)}})
					client := a.goClient(version)
					state, err := fetch(srv.addr, client)
					seen := srv.stop(t)
					if err != nil || !seen[0].accepted() {
						t.Fatalf("%v; the server saw %v", err, seen[0].err)
					}
					// Go sends shares of its first groups alone; for others a HelloRetryRequest must come.
					retried := version == tls.VersionTLS13 && group != tls.X25519MLKEM768 && group != tls.X25519
					if state.CurveID != group || seen[0].state.Group != uint16(group) || seen[0].state.HelloRetried != retried {
						t.Errorf("group %s, server's state %+v", state.CurveID, seen[0].state)
					}
				})
			}
		}
	}
}

func TestGoClientResumes(t *testing.T) {
	a := theAuthority()
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		for _, cookie := range [][]byte{nil, []byte("cookie")} {
			t.Run(fmt.Sprintf("%s, cookie %q", tls.VersionName(version), cookie), func(t *testing.T) {
				srv := serve(t, &wire.Config{
					Certificate: a.leaves["rsa"], TicketKey: &[32]byte{1}, Cookie: cookie,
					Versions: []uint16{wire.VersionTLS10, wire.VersionTLS12, wire.VersionTLS13},
				})
				client := a.goClient(version)
				client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				for i, want := range []bool{false, true, true} {
					state, err := fetch(srv.addr, client)
					if err != nil {
						t.Fatalf("connection %d: %v", i, err)
					}
					if state.DidResume != want {
						t.Errorf("connection %d: resumed %t, want %t", i, state.DidResume, want)
					}
				}
				for i, m := range srv.stop(t) {
					if !m.accepted() || m.state.Resumed != (i > 0) || m.state.HelloRetried != (version == tls.VersionTLS13 && cookie != nil) {
						t.Errorf("connection %d: %v %+v", i, m.err, m.state)
					}
				}
			})
		}
	}
}

func TestGoClientGetsWhatItAsksFor(t *testing.T) {
	a := theAuthority()
	cert := a.leaves["p256"]
	cert.OCSPStaple, cert.SCTs = []byte("a staple"), [][]byte{[]byte("an SCT")}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		srv := serve(t, &wire.Config{Certificate: cert})
		state, err := fetch(srv.addr, a.goClient(version))
		if err != nil || string(state.OCSPResponse) != "a staple" || len(state.SignedCertificateTimestamps) != 1 {
			t.Errorf("%s: %v, staple %q, SCTs %q", tls.VersionName(version), err, state.OCSPResponse, state.SignedCertificateTimestamps)
		}
		srv.stop(t)
	}
}

func TestGoClientAuthenticates(t *testing.T) {
	a := theAuthority()
	for leaf, cert := range a.leaves {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
			if leaf == "ed25519" && version < tls.VersionTLS12 || leaf == "rsa-1024" {
				continue
			}
			for _, auth := range []wire.ClientAuth{wire.RequestClientCert, wire.RequireClientCert} {
				for _, has := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s, %s, %v, has %t", leaf, tls.VersionName(version), auth, has), func(t *testing.T) {
						srv := serve(t, &wire.Config{
							Certificate: a.leaves["rsa"], ClientAuth: auth, ClientCAs: [][]byte{a.root.RawSubject}, Versions: []uint16{version},
						})
						client := a.goClient(version)
						if has {
							client.Certificates = []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}}
						}
						_, err := fetch(srv.addr, client)
						seen := srv.stop(t)
						want := has || auth == wire.RequestClientCert
						if (err == nil) != want || seen[0].accepted() != want {
							t.Fatalf("%v; the server saw %v", err, seen[0].err)
						}
						if want && (len(seen[0].state.ClientCertificates) == 1) != has {
							t.Errorf("%d certificates", len(seen[0].state.ClientCertificates))
						}
					})
				}
			}
		}
	}
}

// Go's client renegotiates where it is told to, checks renegotiation_info, and
// insists on the same certificate; OpenSSL takes another.
func TestRenegotiation(t *testing.T) {
	a := theAuthority()
	for _, c := range []struct {
		edit    string
		accepts bool
		alert   string
		lenient bool // whether OpenSSL accepts
	}{
		{"renegotiation", true, "", true},
		{"renegotiation-verify-data-wrong", false, "handshake_failure", false},
		// Go's alert stays in its buffer, which only a first handshake flushes when it fails.
		{"renegotiation-other-certificate", false, "", true},
	} {
		t.Run(c.edit, func(t *testing.T) {
			other := a.issue(a.leaves["p256"].Key)
			cfg := &wire.Config{
				Certificate: a.leaves["p256"], OtherCertificate: &other, Versions: []uint16{wire.VersionTLS12},
				Edits: []wire.Edit{parse(t, wire.AreaHandshake, c.edit, nil)},
			}
			srv := serve(t, cfg)
			client := a.goClient(tls.VersionTLS12)
			client.Renegotiation = tls.RenegotiateFreelyAsClient
			_, err := fetch(srv.addr, client)
			seen := srv.stop(t)[0]
			if (err == nil) != c.accepts {
				t.Errorf("Go: %v; the server saw %v", err, seen.err)
			}
			if e, _ := clientAlert(seen); e.Name != c.alert {
				t.Errorf("Go's alert: %q, want %q; %v; the server saw %v", e.Name, c.alert, err, seen.err)
			}
			same(t, seen.applied, c.edit)

			srv = serve(t, cfg)
			output, answered := openssl(t, srv.addr, "-tls1_2")
			seen = srv.stop(t)[0]
			if answered != c.lenient {
				t.Errorf("OpenSSL: answered %t; the server saw %v\n%s", answered, seen.err, output)
			}
			hellos := 0
			for _, e := range seen.events {
				if e.Name == "client_hello" {
					hellos++
				}
			}
			if hellos != 2 {
				t.Errorf("OpenSSL sent %d hellos", hellos)
			}
		})
	}
}
