package evidence

import (
	"context"
	"crypto/tls"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

// toolTime bounds what is not waited for when all is well.
const toolTime = 2 * time.Minute

// run runs a client that is expected to end by itself, and returns its output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), toolTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, need.Tool(t, name), args...)
	cmd.Stdin = strings.NewReader("")
	out, _ := cmd.CombinedOutput() // it may well fail: the evidence tells
	return string(out)
}

// OpenSSL's clients send the alert that refuses a certificate as a plaintext
// record in TLS 1.3, which crypto/tls reports as "bad record MAC".
func TestAlertsOfOpenSSLClients(t *testing.T) {
	expired := issue(t, time.Now().Add(-24*time.Hour))
	valid := issue(t, time.Now().Add(time.Hour))
	stranger := issue(t, time.Now().Add(time.Hour))
	for _, test := range []struct {
		name  string
		cert  issued
		roots string
		alert string
	}{
		{"expired", expired, expired.rootFile(t), "certificate_expired"},
		{"unknown root", valid, stranger.rootFile(t), "unknown_ca"},
	} {
		for name, version := range bothVersions {
			flag := map[string]string{"TLS 1.2": "-tls1_2", "TLS 1.3": "-tls1_3"}[name]
			max := map[string]string{"TLS 1.2": "1.2", "TLS 1.3": "1.3"}[name]
			for tool, args := range map[string]func(tapped) []string{
				"openssl": func(s tapped) []string {
					return []string{"s_client", "-connect", s.addr, "-servername", "localhost", "-CAfile", test.roots, "-verify_return_error", flag}
				},
				"curl": func(s tapped) []string {
					return []string{"-sS", "--cacert", test.roots, "--tls-max", max, "https://localhost:" + s.port + "/", "--resolve", "localhost:" + s.port + ":127.0.0.1"}
				},
			} {
				t.Run(strings.Join([]string{test.name, name, tool}, "/"), func(t *testing.T) {
					s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{test.cert.leaf}, MinVersion: version}))
					out := run(t, tool, args(s)...)
					c := s.only(t)
					if c.ClientAlert == nil || c.ClientAlert.Name != test.alert || !c.ClientAlert.Plaintext || c.ClientAlert.Level != 2 {
						t.Errorf("alert %v; %s\n%s", c.ClientAlert, c.line(), out)
					}
					if c.Version != name || c.Ending != EndAlert || c.Progress != ServerFlightSent || c.AppData != 0 {
						t.Errorf("%s", c.line())
					}
				})
			}
		}
	}
}

func TestToolsThatAccept(t *testing.T) {
	cert := issue(t, time.Now().Add(time.Hour))
	roots := cert.rootFile(t)
	for tool, args := range map[string]func(tapped) []string{
		"curl": func(s tapped) []string {
			return []string{"-sS", "--cacert", roots, "https://localhost:" + s.port + "/", "--resolve", "localhost:" + s.port + ":127.0.0.1"}
		},
		"gnutls-cli": func(s tapped) []string {
			return []string{"--x509cafile", roots, "--sni-hostname", "localhost", "--verify-hostname", "localhost", "-p", s.port, "127.0.0.1"}
		},
	} {
		t.Run(tool, func(t *testing.T) {
			s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{cert.leaf}}))
			out := run(t, tool, args(s)...)
			c := s.only(t)
			if c.Progress != HandshakeDone || c.Version != "TLS 1.3" || c.ClientAlert != nil || c.Ending != EndCloseNotify {
				t.Errorf("%s\n%s", c.line(), out)
			}
			if c.ClientHello == nil || c.ClientHello.ServerName != "localhost" || !slices.Contains(c.ClientHello.Versions, "TLS 1.3") {
				t.Errorf("%+v", c.ClientHello)
			}
		})
	}
}

func TestClientThatMustRetryItsHello(t *testing.T) {
	cert := issue(t, time.Now().Add(time.Hour))
	s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{cert.leaf}, CurvePreferences: []tls.CurveID{tls.CurveP384}}))
	// The client offers a share of its first group alone.
	out := run(t, "openssl", "s_client", "-connect", s.addr, "-servername", "localhost", "-CAfile", cert.rootFile(t), "-groups", "X25519:P-384")
	c := s.only(t)
	if !c.HelloRetried || c.Progress != HandshakeDone || c.Version != "TLS 1.3" {
		t.Errorf("retried %v; %s\n%s", c.HelloRetried, c.line(), out)
	}
}

func TestClientCertificatesAreCountedThoughRefused(t *testing.T) {
	cert := issue(t, time.Now().Add(time.Hour))
	stranger := issue(t, time.Now().Add(time.Hour))
	s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{cert.leaf}, MaxVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: cert.pool()}))
	err := get(s.addr, &tls.Config{RootCAs: cert.pool(), ServerName: "localhost",
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger.leaf, nil }})
	if err == nil {
		t.Fatal("the server took a stranger's certificate")
	}
	c := s.only(t)
	if c.ClientCertificates != 1 || c.Progress != ClientReplied || c.HandshakeComplete || c.ClientAlert != nil {
		t.Errorf("%d certificates; %s", c.ClientCertificates, c.line())
	}
	if c.ServerAlert == nil || c.ServerAlert.Name != "unknown_ca" || !c.ServerAlert.Plaintext {
		t.Errorf("server's alert %v", c.ServerAlert)
	}
}
