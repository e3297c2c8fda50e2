package wire_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
)

func parse(t *testing.T, area wire.Area, name string, values any) wire.Edit {
	t.Helper()
	e, err := wire.ParseEdit(area, name, values)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// clientAlert is the first alert that the client sent, close_notify aside.
func clientAlert(m *met) (wire.Event, bool) {
	for _, e := range m.events {
		if e.Kind == wire.EventAlert && !e.Sent && e.Name != "close_notify" {
			return e, true
		}
	}
	return wire.Event{}, false
}

// OpenSSL refuses a certificate in TLS 1.3 by an alert in plaintext, Go under
// the handshake keys; and what comes after the handshake is refused under the
// keys of application data.
func TestAlertsAreReadInEveryEpoch(t *testing.T) {
	a := theAuthority()
	cert := a.leaves["p256"]

	s := serve(t, &wire.Config{Certificate: cert})
	_, _ = tool(t, "openssl", "s_client", "-connect", s.addr, "-tls1_3", "-verify_return_error", "-no-CAfile", "-no-CApath")
	m := s.stop(t)[0]
	var alert *wire.AlertError
	if !errors.As(m.err, &alert) || !alert.Received || !alert.Plaintext || alert.Name != "unknown_ca" {
		t.Errorf("OpenSSL's alert: %v", m.err)
	}

	s = serve(t, &wire.Config{Certificate: cert})
	if _, err := fetch(s.addr, &tls.Config{ServerName: "localhost"}); err == nil {
		t.Error("Go trusts an unknown root")
	}
	m = s.stop(t)[0]
	if !errors.As(m.err, &alert) || !alert.Received || alert.Plaintext || alert.Name != "bad_certificate" {
		t.Errorf("Go's alert: %v", m.err)
	}

	s = serve(t, &wire.Config{Certificate: cert, Edits: []wire.Edit{parse(t, wire.AreaHandshake, "key-update-invalid", nil)}})
	if _, err := fetch(s.addr, a.goClient(tls.VersionTLS13)); err == nil {
		t.Error("Go takes an invalid KeyUpdate")
	}
	m = s.stop(t)[0]
	if e, ok := clientAlert(m); !ok || !e.Protected {
		t.Errorf("Go's alert after the handshake: %+v", e)
	}
}

func TestTraceHasEveryMessageOfTheClient(t *testing.T) {
	a := theAuthority()
	s := serve(t, &wire.Config{Certificate: a.leaves["p256"], ClientAuth: wire.RequireClientCert, Edits: []wire.Edit{parse(t, wire.AreaRecord, "fragmented", nil)}})
	client := a.goClient(tls.VersionTLS13)
	client.Certificates = []tls.Certificate{{Certificate: a.leaves["rsa"].Chain, PrivateKey: a.leaves["rsa"].Key}}
	if _, err := fetch(s.addr, client); err != nil {
		t.Fatal(err)
	}
	m := s.stop(t)[0]
	var received, sent, edits []string
	for _, e := range m.events {
		switch {
		case e.Kind == wire.EventEdit:
			edits = append(edits, e.Name)
		case e.Kind == wire.EventMessage && e.Sent:
			sent = append(sent, e.Name)
		case e.Kind == wire.EventMessage:
			received = append(received, e.Name)
			if protected := e.Name != "client_hello"; e.Protected != protected {
				t.Errorf("%s: protected %t", e.Name, e.Protected)
			}
		}
	}
	same(t, received, "client_hello", "certificate", "certificate_verify", "finished")
	same(t, sent, "server_hello", "encrypted_extensions", "certificate_request", "certificate", "certificate_verify", "finished")
	same(t, edits, "fragmented")
	same(t, m.applied, "fragmented")
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%q, want %q", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
			return
		}
	}
}

// How a client leaves shows in the error of Read.
func TestTheEndOfAConnection(t *testing.T) {
	a := theAuthority()
	for name, c := range map[string]struct {
		leave func(conn *tls.Conn)
		want  error
	}{
		"close_notify": {func(conn *tls.Conn) { _ = conn.CloseWrite() }, io.EOF},
		"FIN":          {func(conn *tls.Conn) { _ = conn.NetConn().Close() }, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			_ = far.SetDeadline(time.Now().Add(time.Minute))
			server := wire.Server(far, &wire.Config{Certificate: a.leaves["p256"]})
			done := make(chan error, 1)
			go func() {
				buf := make([]byte, 10)
				_, err := server.Read(buf)
				for err == nil {
					_, err = server.Read(buf)
				}
				done <- err
			}()
			client := tls.Client(near, a.goClient(tls.VersionTLS13))
			if _, err := client.Write([]byte("a request that takes several reads")); err != nil {
				t.Fatal(err)
			}
			c.leave(client)
			if err := <-done; !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			_ = near.Close()
			_ = server.Close()
		})
	}
}

// A deadline that passes leaves the connection usable, as net.Conn has it.
func TestReadAfterATimeout(t *testing.T) {
	a := theAuthority()
	near, far := net.Pipe()
	server := wire.Server(far, &wire.Config{Certificate: a.leaves["p256"]})
	client := tls.Client(near, a.goClient(tls.VersionTLS12))
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	if err := server.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	_ = server.SetReadDeadline(time.Now().Add(-time.Second))
	var timeout net.Error
	if _, err := server.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("%v, want a time-out", err)
	}
	_ = server.SetReadDeadline(time.Time{})
	go func() { _, _ = client.Write([]byte("x")) }()
	if n, err := server.Read(make([]byte, 5)); n != 1 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	_ = near.Close()
	_ = server.Close()
}
