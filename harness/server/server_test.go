package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load makes scenarios of YAML as an author writes it.
func load(t testing.TB, yaml string) []scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Load("test.yaml", []byte("family: test\nscenarios:\n"+yaml))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func start(t testing.TB, s *scenarios.Scenario) *server.Server {
	t.Helper()
	srv, err := server.NewFactory(server.Config{}).Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

const baseline = `
  - id: test/baseline
    title: A correct server
    expect: accept
`

func attempt(t testing.TB, srv *server.Server, c client.Client) (client.Attempt, evidence.Evidence) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a := c.Attempt(ctx, srv.Target())
	return a, srv.Close()
}

func TestACorrectServerIsAccepted(t *testing.T) {
	for _, given := range []string{
		"{ key: ecdsa-p256 }", "{ key: rsa-2048 }", "{ key: ecdsa-p384 }", "{ key: ed25519 }", "{ name: 127.0.0.1 }", `{ name: "::1" }`,
		"{ name: api.shop.localhost }", "{ intermediates: 0 }", "{ intermediates: 3 }",
		`{ tls: { versions: ["1.2"] } }`, `{ tls: { versions: ["1.3"] } }`, "{ alpn: [http/1.1] }", "{ clientAuth: request }",
		`{ key: rsa-2048, tls: { versions: ["1.2"], cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], groups: [x25519] } }`,
	} {
		t.Run(given, func(t *testing.T) {
			all := load(t, strings.Replace(baseline, "    expect", "    given: "+given+"\n    expect", 1))
			a, ev := attempt(t, start(t, &all[0]), client.Go(client.GoOptions{}))
			if a.Err != nil {
				t.Fatalf("refused: %v", a.Err)
			}
			if len(ev.Connections) != 1 {
				t.Fatalf("%d connections, want 1", len(ev.Connections))
			}
			c := ev.Connections[0]
			if !c.HandshakeComplete || c.AppData == 0 || !c.Answered || !strings.HasPrefix(string(c.FirstBytes), "GET / HTTP/1.1\r\n") {
				t.Errorf("evidence lacks the request: %+v", c)
			}
		})
	}
}

func TestTransportFaultsStrikeAtTheirStage(t *testing.T) {
	all := load(t, `
  - id: test/{tls}-{at}-{do}
    title: The server does {do} {at} in TLS {tls}
    matrix: { tls: ["1.2", "1.3"], at: [before-server-hello, mid-certificate, before-finished, after-handshake], do: [close, reset, stall] }
    given: { tls: { versions: ["{tls}"] } }
    fault: { transport: { at: "{at}", do: "{do}" } }
    expect: { reject: connection-closed }
`)
	for i := range all {
		s := &all[i]
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			want := map[scenarios.Stage][2]evidence.Progress{ // least and most
				scenarios.BeforeServerHello: {evidence.ClientHelloSeen, evidence.ClientHelloSeen},
				scenarios.MidCertificate:    {evidence.ServerHelloSent, evidence.ServerHelloSent},
				scenarios.BeforeFinished:    {evidence.ServerHelloSent, evidence.ClientReplied},
				scenarios.AfterHandshake:    {evidence.HandshakeDone, evidence.HandshakeDone},
			}[s.Fault.Transport.At]
			srv := start(t, s)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if s.Fault.Transport.Do == scenarios.DoStall {
				go leaveOnceStalled(ctx, cancel, srv, want[0])
			}
			a := client.Go(client.GoOptions{Timeout: time.Minute}).Attempt(ctx, srv.Target())
			ev := srv.Close()
			if a.Err == nil || ctx.Err() != nil && s.Fault.Transport.Do != scenarios.DoStall {
				t.Fatalf("the client reports success, or had to be ended: %v", a.Err)
			}
			// After the handshake net/http may tell of its own closing before it tells of the reset.
			if s.Fault.Transport.Do == scenarios.DoReset && s.Fault.Transport.At != scenarios.AfterHandshake && !errors.Is(a.Err, syscall.ECONNRESET) && !errors.Is(a.Err, syscall.EPIPE) {
				t.Errorf("the client saw %v, want a reset", a.Err)
			}
			c := ev.Connections[0]
			if c.Progress < want[0] || c.Progress > want[1] {
				t.Errorf("progress %d, want %d to %d", c.Progress, want[0], want[1])
			}
		})
	}
}

// leaveOnceStalled cancels an attempt a moment after the server has come as far as it will.
func leaveOnceStalled(ctx context.Context, cancel func(), srv *server.Server, as evidence.Progress) {
	for ctx.Err() == nil {
		seen := srv.Evidence().Connections
		time.Sleep(200 * time.Millisecond) // what a server that does not stall would need
		if len(seen) > 0 && seen[0].Progress >= as {
			cancel()
		}
	}
}

func TestCleartextAnswersAClientHello(t *testing.T) {
	all := load(t, `
  - id: test/cleartext
    title: Plain HTTP where TLS was promised
    fault: { transport: { at: before-server-hello, do: cleartext } }
    expect: { reject: cleartext }
`)
	a, _ := attempt(t, start(t, &all[0]), client.Go(client.GoOptions{}))
	if a.Err == nil || !strings.Contains(a.Err.Error(), "server gave HTTP response to HTTPS client") {
		t.Errorf("the client saw %v, want an HTTP response", a.Err)
	}
}

func TestTruncatedBodyEndsWithoutCloseNotify(t *testing.T) {
	all := load(t, `
  - id: test/truncated
    title: The body ends early
    fault: { http: { truncateBody: true } }
    expect: { reject: truncated }
`)
	a, ev := attempt(t, start(t, &all[0]), client.Go(client.GoOptions{}))
	if !errors.Is(a.Err, io.ErrUnexpectedEOF) {
		t.Errorf("the client saw %v, want an unexpected EOF", a.Err)
	}
	if ev.Connections[0].Answered {
		t.Error("the evidence says that the whole answer was written")
	}
}

func TestARedirectToCleartextIsSeen(t *testing.T) {
	all := load(t, `
  - id: test/redirect
    title: The server redirects to plain HTTP
    fault: { http: { redirectTo: cleartext } }
    expect: { reject: insecure-redirect }
`)
	_, ev := attempt(t, start(t, &all[0]), client.Go(client.GoOptions{}))
	if len(ev.CleartextHits) != 1 || ev.CleartextHits[0].Method != http.MethodGet {
		t.Errorf("cleartext hits %v, want the GET of Go's client, which follows such redirects", ev.CleartextHits)
	}
}

// A client that is gone when the server closes was still seen.
func TestCloseLosesNoConnection(t *testing.T) {
	all := load(t, baseline)
	for range 50 {
		srv := start(t, &all[0])
		for range 3 {
			c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(srv.Target().Port)))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write([]byte("x"))
			_ = c.Close()
		}
		if ev := srv.Close(); len(ev.Connections) != 3 {
			t.Fatalf("%d connections seen, want 3", len(ev.Connections))
		}
	}
}

// Garbage, half-open and stalling clients cost the server nothing that stays.
func TestHostileClientsLeaveNothingBehind(t *testing.T) {
	all := load(t, baseline)
	srv := start(t, &all[0])
	addr := net.JoinHostPort("127.0.0.1", fmt.Sprint(srv.Target().Port))
	garbage := [][]byte{
		nil, {0}, []byte("GET / HTTP/1.0\r\n\r\n"), {22, 3, 1}, {22, 3, 1, 255, 255, 1, 2, 3}, make([]byte, 4096),
		append([]byte{22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3}, make([]byte, 100)...),
	}
	var open []net.Conn
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 1000 {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = c.Write(garbage[i%len(garbage)])
			if i%2 == 0 {
				_ = c.Close()
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
		})
	}
	wg.Wait()
	ev := srv.Close()
	if got := len(ev.Connections) + ev.Dropped; got != 1000 {
		t.Errorf("%d connections accounted for, want 1000", got)
	}
	for _, c := range open {
		_ = c.Close()
	}
}

func TestFleetServesByPortAndByName(t *testing.T) {
	all := load(t, baseline+`
  - id: test/expired
    title: The leaf expired yesterday
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired }
  - id: test/other-name
    title: A name of its own
    given: { name: api.shop.localhost }
    expect: accept
`)
	fleet, err := server.NewFleet(server.FleetConfig{Scenarios: all})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	pem, err := fleet.RootsPEM()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	dial := func(addr, name string) error {
		c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, ServerName: name})
		if err == nil {
			err = c.Close()
		}
		return err
	}
	sni := net.JoinHostPort("127.0.0.1", fmt.Sprint(fleet.SNIPort()))
	entries := fleet.Entries()
	if err := dial(entries[0].Addr, "localhost"); err != nil {
		t.Errorf("baseline on its own port: %v", err)
	}
	if err := dial(sni, entries[0].SNIName); err != nil {
		t.Errorf("baseline by its name: %v", err)
	}
	if err := dial(entries[2].Addr, "api.shop.localhost"); err != nil || entries[2].SNIName != "" {
		t.Errorf("a scenario with a name of its own: %v, SNI name %q, want none", err, entries[2].SNIName)
	}
	var invalid x509.CertificateInvalidError
	for _, addr := range []string{entries[1].Addr, sni} {
		name := "localhost"
		if addr == sni {
			name = entries[1].SNIName
		}
		if err := dial(addr, name); !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
			t.Errorf("expired on %s: %v, want that it expired", addr, err)
		}
	}
	if err := dial(sni, "nobody.tlsfault.test"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("unknown name: %v, want the alert unrecognized_name", err)
	}
}
