package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/server"
)

// goTwin is a server.Twin on crypto/tls in this process, for what does not need a real one.
type goTwin struct {
	running  sync.WaitGroup
	setup    server.Setup // the last
	listener net.Listener
}

func (t *goTwin) Name() string    { return "gopher" }
func (t *goTwin) Version() string { return "1" }

func (t *goTwin) Serve(_ context.Context, setup server.Setup) (server.Instance, error) {
	if len(setup.ALPN) > 0 {
		return nil, &server.CannotError{Server: t.Name(), What: "speak of protocols"}
	}
	t.setup = setup
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t.listener = l
	return &goInstance{t, l, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: setup.Chain, PrivateKey: setup.Key}}, SessionTicketsDisabled: true,
	}}, nil
}

type goInstance struct {
	twin     *goTwin
	listener net.Listener
	config   *tls.Config
}

func (i *goInstance) Close() { _ = i.listener.Close() }

func (i *goInstance) Dial(context.Context) (server.Link, error) {
	near, err := net.Dial("tcp", i.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := i.listener.Accept()
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	l := &goLink{TCPConn: near.(*net.TCPConn), plain: make(chan net.Conn, 1), settled: make(chan struct{})}
	i.twin.running.Go(func() { l.serve(far, i.config) })
	return l, nil
}

type goLink struct {
	*net.TCPConn
	plain   chan net.Conn
	settled chan struct{} // closed when nothing more comes to plain
	alert   uint8
}

// serve shakes hands and passes on what it decrypts, as any server before an application.
func (l *goLink) serve(raw net.Conn, config *tls.Config) {
	defer raw.Close() //nolint:errcheck // the end of a test
	conn := tls.Server(raw, config)
	if err := conn.Handshake(); err != nil {
		op := new(net.OpError)
		if errors.As(err, &op) && op.Op == "remote error" {
			l.alert = 42 // crypto/tls does not tell which; its clients send bad_certificate
		}
		close(l.settled)
		return
	}
	ours, theirs := net.Pipe()
	l.plain <- theirs
	close(l.settled)
	go func() {
		_, _ = io.Copy(ours, conn)
		_ = ours.Close()
	}()
	_, _ = io.Copy(conn, ours)
	_ = conn.CloseWrite()
	_ = ours.Close()
}

func (l *goLink) Plain() <-chan net.Conn { return l.plain }
func (l *goLink) Settle()                { <-l.settled }

func (l *goLink) Alert() (description uint8, ok bool) {
	select {
	case <-l.settled:
		return l.alert, l.alert != 0
	default:
		return 0, false
	}
}

// serveTwin starts a scenario behind a twin.
func serveTwin(t *testing.T, yaml string) (*server.Server, *goTwin, error) {
	t.Helper()
	twin := new(goTwin)
	t.Cleanup(twin.running.Wait)
	all := load(t, yaml)
	srv, err := server.NewFactory(server.Config{Twin: twin}).Start(t.Context(), &all[0])
	if err == nil {
		t.Cleanup(func() { srv.Close() })
	}
	return srv, twin, err
}

func TestATwinIsSeenThrough(t *testing.T) {
	srv, twin, err := serveTwin(t, baseline)
	if err != nil {
		t.Fatal(err)
	}
	a, ev := attempt(t, srv, client.Go(client.GoOptions{}))
	if a.Err != nil || len(ev.Connections) != 1 {
		t.Fatalf("%v, %d connections", a.Err, len(ev.Connections))
	}
	c := ev.Connections[0]
	if !c.HandshakeComplete || !c.Answered || c.Version != "TLS 1.3" || c.CipherSuite == "" || !strings.HasPrefix(string(c.FirstBytes), "GET / HTTP/1.1\r\n") {
		t.Errorf("%+v", c)
	}
	if len(twin.setup.Chain) != 2 || len(twin.setup.Anchors) != 1 || twin.setup.Key == nil {
		t.Errorf("set up with %d certificates, %d anchors, key %T", len(twin.setup.Chain), len(twin.setup.Anchors), twin.setup.Key)
	}
}

// What a client says under encryption only the twin can tell.
func TestATwinTellsTheAlert(t *testing.T) {
	srv, _, err := serveTwin(t, baseline)
	if err != nil {
		t.Fatal(err)
	}
	a, ev := attempt(t, srv, client.Func(func(ctx context.Context, target client.Target) error {
		d := tls.Dialer{Config: &tls.Config{RootCAs: x509.NewCertPool(), ServerName: target.Host}}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(target.Addr, fmt.Sprint(target.Port)))
		if err == nil {
			_ = conn.Close()
		}
		return err
	}))
	c := ev.Connections[0]
	if a.Err == nil || c.HandshakeComplete || c.AppData > 0 || c.ClientAlert == nil || c.ClientAlert.Name != "bad_certificate" || c.ClientAlert.Plaintext {
		t.Errorf("%v: %+v, alert %+v", a.Err, c, c.ClientAlert)
	}
}

// A client that leaves as soon as it has sent its request has sent it.
func TestATwinPassesOnTheRequestOfAClientThatLeaves(t *testing.T) {
	srv, _, err := serveTwin(t, baseline)
	if err != nil {
		t.Fatal(err)
	}
	_, ev := attempt(t, srv, client.Func(func(ctx context.Context, target client.Target) error {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(target.RootsPEM)
		d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: target.Host}}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(target.Addr, fmt.Sprint(target.Port)))
		if err != nil {
			return err
		}
		_, err = io.WriteString(conn, "GET /left HTTP/1.1\r\nHost: localhost\r\n\r\n")
		return errors.Join(err, conn.Close())
	}))
	if c := ev.Connections[0]; !c.HandshakeComplete || !strings.HasPrefix(string(c.FirstBytes), "GET /left ") {
		t.Errorf("%+v", c)
	}
}

func TestWhatATwinCannotBeSetTo(t *testing.T) {
	for _, c := range []struct{ of, what string }{
		{"given: { alpn: [h2] }\n    expect: accept", "speak of protocols"},
		{"fault: { transport: { at: before-server-hello, do: close } }\n    expect: { reject: connection-closed }", "drop or hold up a connection"},
		{"fault: { http: { truncateBody: true } }\n    expect: { reject: truncated }", "end or hold up an answer"},
		{"given: { tls: { versions: [\"1.3\"] } }\n    fault: { handshake: { extension-unasked: true } }\n    expect: { reject: unsupported-extension }", "send handshake messages that break the rules"},
		{"given: { key: rsa-2048, tls: { versions: [\"1.2\"], keyExchange: dhe } }\n    fault: { dh: { y: \"0\" } }\n    expect: { reject: weak-dh }", "send such a Diffie-Hellman value"},
	} {
		_, _, err := serveTwin(t, "\n  - id: test/x\n    title: X\n    "+c.of+"\n")
		cannot := new(server.CannotError)
		if !errors.As(err, &cannot) || cannot.Server != "gopher" || !strings.Contains(err.Error(), "gopher cannot be set to "+c.what) {
			t.Errorf("%s: %v", c.of, err)
		}
	}
}

func TestATwinIsGivenTheGroup(t *testing.T) {
	_, twin, err := serveTwin(t, `
  - id: test/x
    title: X
    given: { key: rsa-2048, tls: { versions: ["1.2"], keyExchange: dhe } }
    fault: { dh: { bits: 1024 } }
    expect: { reject: weak-dh }
`)
	if err != nil || twin.setup.DH == nil || twin.setup.DH.P.BitLen() != 1024 {
		t.Errorf("%v: %+v", err, twin.setup.DH)
	}
}

// What fails behind is no refusal of the client's.
func TestAFailureBehindIsTold(t *testing.T) {
	srv, twin, err := serveTwin(t, baseline)
	if err != nil {
		t.Fatal(err)
	}
	twin.listener.Close() //nolint:errcheck // it is closed again
	a, _ := attempt(t, srv, client.Go(client.GoOptions{}))
	if err := srv.Err(); a.Err == nil || err == nil || !strings.Contains(err.Error(), "connecting to the server behind") {
		t.Errorf("the client: %v, the server: %v", a.Err, err)
	}
}

// A client that keeps its connection does not hold up the end of the case.
func TestATwinEndsWithTheServer(t *testing.T) {
	srv, _, err := serveTwin(t, baseline)
	if err != nil {
		t.Fatal(err)
	}
	target := srv.Target()
	conn, err := net.Dial("tcp", net.JoinHostPort(target.Addr, fmt.Sprint(target.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it ends with the test
	if _, err := conn.Write([]byte{22, 3, 1}); err != nil {
		t.Fatal(err)
	}
	done := make(chan evidence.Evidence)
	go func() { done <- srv.Close() }()
	select {
	case ev := <-done:
		if len(ev.Connections) != 1 || ev.Connections[0].Ending != evidence.EndOpen {
			t.Errorf("%+v", ev)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not end")
	}
}
