package evidence

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// issued is a certificate for localhost and the root that vouches for it.
type issued struct {
	leaf tls.Certificate
	root *x509.Certificate
}

// issue makes a certificate for localhost that ends at notAfter, beneath a root of its own.
func issue(t testing.TB, notAfter time.Time) issued {
	t.Helper()
	start := time.Now().Add(-48 * time.Hour)
	rootKey, root := selfSigned(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Evidence Test Root"},
		NotBefore: start, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: start, NotAfter: notAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, root, key.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	return issued{leaf: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, root: root}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func selfSigned(t testing.TB, template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func (c issued) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.root)
	return pool
}

// rootFile writes the root where a program can read it.
func (c issued) rootFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.root.Raw})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tapped is a server on loopback whose connections pass through a log.
type tapped struct {
	log      *Log
	addr     string
	port     string
	accepted chan struct{} // a token per connection in the log
}

// serve runs handle, the owner of each tap, for the connections of one test.
func serve(t testing.TB, limits Limits, handle func(*Tap)) tapped {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := NewLog(limits)
	accepting := make(chan struct{})
	accepted := make(chan struct{}, log.limits.Connections)
	go func() {
		defer close(accepting)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if tap := log.Tap(conn); tap != nil {
				accepted <- struct{}{}
				go func() {
					handle(tap)
					_ = tap.Close()
				}()
			}
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepting
		log.Close()
	})
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return tapped{log: log, addr: listener.Addr().String(), port: port, accepted: accepted}
}

// evidence waits until a connection came and every one has ended, and closes
// the log. A client can be gone before its connection is accepted.
func (s tapped) evidence(t testing.TB) Evidence {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), toolTime)
	defer cancel()
	select {
	case <-s.accepted:
	case <-ctx.Done():
		t.Fatal("no connection came")
	}
	if err := s.log.Settled(ctx); err != nil {
		t.Fatalf("connections still open: %v; so far: %v", err, s.log.Snapshot().Lines(10))
	}
	return s.log.Close()
}

// only returns the one connection that came.
func (s tapped) only(t testing.TB) Connection {
	t.Helper()
	e := s.evidence(t)
	if len(e.Connections) != 1 {
		t.Fatalf("want one connection, got %v", e.Lines(10))
	}
	return e.Connections[0]
}

// answerTLS is a crypto/tls server that answers one HTTP request, then reads
// until the client ends the connection, and notes what it learns.
func answerTLS(config *tls.Config) func(*Tap) {
	return func(tap *Tap) {
		_ = tap.SetDeadline(time.Now().Add(toolTime))
		conn := tls.Server(tap, config)
		if err := conn.Handshake(); err != nil {
			tap.NoteError(err)
			drain(tap)
			return
		}
		state := conn.ConnectionState()
		tap.NoteHandshake(state.Version, state.CipherSuite, state.NegotiatedProtocol, len(state.PeerCertificates))
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			tap.NoteAppData(buf[:n])
			if err != nil {
				tap.NoteError(err)
				return
			}
			if _, err := conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")); err != nil {
				tap.NoteError(err)
				return
			}
			tap.NoteAnswered()
		}
	}
}

func drain(tap *Tap) {
	_ = tap.CloseWrite()
	_, _ = io.Copy(io.Discard, tap)
}

// get sends a request with crypto/tls and closes properly.
func get(addr string, config *tls.Config) error {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	if err == nil {
		_, err = conn.Read(make([]byte, 1024))
	}
	return errors.Join(err, conn.Close())
}
