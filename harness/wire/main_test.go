package wire_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// authority is a root with a leaf per kind of key, made once for all tests.
type authority struct {
	root    *x509.Certificate
	rootKey crypto.Signer
	pool    *x509.CertPool
	leaves  map[string]wire.Certificate
}

var theAuthority = sync.OnceValue(func() *authority {
	a := &authority{leaves: map[string]wire.Certificate{}, pool: x509.NewCertPool()}
	a.rootKey = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wire test root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, a.rootKey.Public(), a.rootKey))
	a.root = must(x509.ParseCertificate(der))
	a.pool.AddCert(a.root)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	for name, key := range map[string]crypto.Signer{
		"rsa":      must(rsa.GenerateKey(rand.Reader, 2048)),
		"rsa-1024": must(rsa.GenerateKey(rand.Reader, 1024)),
		"p256":     must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		"p384":     must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
		"p521":     must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)),
		"ed25519":  ed,
	} {
		a.leaves[name] = a.issue(key)
	}
	return a
})

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (a *authority) issue(key crypto.Signer) wire.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.root, key.Public(), a.rootKey))
	return wire.Certificate{Chain: [][]byte{der}, Key: key}
}

// rootFile writes the root for clients that want a file.
func (a *authority) rootFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// met is what a server saw of one connection.
type met struct {
	err     error
	state   wire.ConnectionState
	request []byte
	applied []string
	events  []wire.Event
}

// accepted is what rule 3 of the design calls so: a finished handshake and application data.
func (m met) accepted() bool { return m.err == nil && len(m.request) > 0 }

const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"

// server answers every request with the same few bytes until the test ends.
type server struct {
	net.Listener
	addr string
	mu   sync.Mutex
	seen []*met // in the order of the connections
	wg   sync.WaitGroup
}

// serve starts a server on the loopback interface.
func serve(t testing.TB, cfg *wire.Config) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l, addr: l.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	s.wg.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			m := &met{}
			s.mu.Lock()
			s.seen = append(s.seen, m)
			s.mu.Unlock()
			s.wg.Go(func() { s.handle(ctx, raw, cfg, m) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		s.wg.Wait()
	})
	return s
}

func (s *server) handle(ctx context.Context, raw net.Conn, shared *wire.Config, m *met) {
	_ = raw.SetDeadline(time.Now().Add(toolTime))
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	cfg := *shared
	var mu sync.Mutex
	cfg.Trace = func(e wire.Event) {
		mu.Lock()
		defer mu.Unlock()
		m.events = append(m.events, e)
		if shared.Trace != nil {
			shared.Trace(e)
		}
	}
	conn := wire.Server(raw, &cfg)
	m.err = conn.Handshake(ctx)
	if m.err == nil {
		m.request = readRequest(conn)
		if len(m.request) > 0 {
			_, m.err = conn.Write([]byte(answer))
		}
		_ = conn.CloseWrite()
		_ = raw.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn) // how a client leaves after its answer is its own affair
	} else if w, ok := raw.(*net.TCPConn); ok {
		_ = w.CloseWrite()
		_, _ = io.Copy(io.Discard, raw)
	}
	m.state, m.applied = conn.ConnectionState(), conn.Applied()
	_ = conn.Close()
}

func readRequest(conn net.Conn) []byte {
	var request []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(request, []byte("\r\n\r\n")) && len(request) < 1<<16 {
		n, err := conn.Read(buf)
		request = append(request, buf[:n]...)
		if err != nil {
			break
		}
	}
	return request
}

// stop ends the server and returns what it saw.
func (s *server) stop(t testing.TB) []*met {
	t.Helper()
	_ = s.Close()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * toolTime):
		t.Fatal("a connection is still open")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		return []*met{{err: errors.New("nobody")}}
	}
	return s.seen
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files writes a leaf and its key for clients that want files.
func (a *authority) files(t *testing.T, leaf string) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	c := a.leaves[leaf]
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Chain[0]})))
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	return cert, key
}

// filled puts the target into the arguments of a client.
func filled(template []string, addr, ca string) []string {
	replace := strings.NewReplacer("{url}", "https://localhost:"+port(addr)+"/", "{port}", port(addr), "{ca}", ca)
	var args []string
	for _, a := range template {
		args = append(args, replace.Replace(a))
	}
	return args
}
