package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
)

// target stands for any server in tests that connect to none.
var target = client.Target{
	URL:            "https://api.shop.localhost:4433/a/b?c=d",
	Host:           "api.shop.localhost",
	Port:           4433,
	Addr:           "127.0.0.1",
	CAFile:         "/tmp/roots.pem",
	ClientCertFile: "/tmp/cert.pem",
	ClientKeyFile:  "/tmp/key.pem",
}

// authority is a root for the time of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	file string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "client test root"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	a := &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	a.file = filepath.Join(t.TempDir(), "roots.pem")
	must(t, os.WriteFile(a.file, a.pem, 0o600))
	return a
}

// issue makes a certificate for name, a DNS name or an IP literal, with edit
// applied to what an honest authority would sign.
func (a *authority) issue(t testing.TB, name string, edit func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "client test leaf"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes a certificate and its key as PEM files.
func files(t testing.TB, pair tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	must(t, err)
	must(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	return certFile, keyFile
}

// answer is what the test servers say to any request.
var answer = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
})

// serve starts a server for host with the configuration given, and returns a
// target whose only root is that of a.
func (a *authority) serve(t testing.TB, host string, config *tls.Config, handler http.Handler) client.Target {
	t.Helper()
	addr := "127.0.0.1"
	if host == "::1" {
		addr = host
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(addr, "0"))
	if err != nil && addr == "::1" {
		need.Missing(t, "there is no IPv6 loopback")
	}
	must(t, err)
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close() // replaced by ours before it was used
	server.Listener = listener
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)

	port := listener.Addr().(*net.TCPAddr).Port
	return client.Target{
		URL:      "https://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/",
		Host:     host,
		Port:     port,
		Addr:     addr,
		CAFile:   a.file,
		RootsPEM: a.pem,
	}
}

// good starts a server for host with which nothing is wrong.
func (a *authority) good(t testing.TB, host string) client.Target {
	t.Helper()
	return a.serve(t, host, &tls.Config{Certificates: []tls.Certificate{a.issue(t, host, nil)}}, answer)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
