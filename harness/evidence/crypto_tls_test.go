package evidence

import (
	"crypto/tls"
	"testing"
	"time"
)

var bothVersions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func TestGoClientThatAccepts(t *testing.T) {
	cert := issue(t, time.Now().Add(time.Hour))
	for name, version := range bothVersions {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{cert.leaf}, NextProtos: []string{"http/1.1"}}))
			err := get(s.addr, &tls.Config{RootCAs: cert.pool(), ServerName: "localhost", MaxVersion: version, NextProtos: []string{"http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			c := s.only(t)
			if c.Version != name || c.ALPN != "http/1.1" || c.CipherSuite == "" {
				t.Errorf("negotiated %q %q %q", c.Version, c.CipherSuite, c.ALPN)
			}
			if c.Progress != HandshakeDone || !c.HandshakeComplete || !c.Answered {
				t.Errorf("progress %v, complete %v, answered %v", c.Progress, c.HandshakeComplete, c.Answered)
			}
			if c.Ending != EndCloseNotify {
				t.Errorf("ending %q", c.Ending)
			}
			if c.ClientAlert != nil || c.ServerAlert != nil {
				t.Errorf("alerts %v and %v", c.ClientAlert, c.ServerAlert)
			}
			if string(c.FirstBytes) != "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" || c.AppData != int64(len(c.FirstBytes)) {
				t.Errorf("application data %q of %d bytes", c.FirstBytes, c.AppData)
			}
			if c.ClientHello == nil || c.ClientHello.ServerName != "localhost" {
				t.Errorf("ClientHello %+v", c.ClientHello)
			}
		})
	}
}

func TestGoClientThatRefuses(t *testing.T) {
	cert := issue(t, time.Now().Add(-24*time.Hour))
	for name, version := range bothVersions {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{cert.leaf}}))
			if err := get(s.addr, &tls.Config{RootCAs: cert.pool(), ServerName: "localhost", MaxVersion: version}); err == nil {
				t.Fatal("the client accepted an expired certificate")
			}
			c := s.only(t)
			if c.Ending != EndAlert || c.Progress != ServerFlightSent || c.HandshakeComplete {
				t.Errorf("ending %q at progress %v, complete %v", c.Ending, c.Progress, c.HandshakeComplete)
			}
			if c.ClientAlert == nil || c.ClientAlert.Name != "bad_certificate" || c.ClientAlert.Level != 2 {
				t.Fatalf("alert %v", c.ClientAlert)
			}
			if plaintext := version == tls.VersionTLS12; c.ClientAlert.Plaintext != plaintext {
				t.Errorf("plaintext %v", c.ClientAlert.Plaintext)
			}
		})
	}
}
