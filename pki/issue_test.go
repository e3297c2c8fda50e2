package pki_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/pki"
)

// path is root, intermediate and leaf of one key type.
type path struct{ root, intermediate, leaf *pki.Certificate }

func newPath(t testing.TB, keyType pki.KeyType, constraints *pki.NameConstraints, names ...pki.Name) path {
	t.Helper()
	root := issue(t, pki.Request{Kind: pki.Root, Key: key(t, keyType, "root"), NameConstraints: constraints})
	intermediate := issue(t, pki.Request{Kind: pki.Intermediate, Key: key(t, keyType, "intermediate"), Issuer: root})
	leaf := issue(t, pki.Request{Key: key(t, keyType, "leaf"), Issuer: intermediate, Names: names})
	return path{root: root, intermediate: intermediate, leaf: leaf}
}

// verifiers are three implementations that verify p for one host.
var verifiers = map[string]func(t *testing.T, p path, host string) error{
	"crypto/x509": func(_ *testing.T, p path, host string) error {
		roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
		roots.AppendCertsFromPEM(pki.PEM(p.root))
		intermediates.AppendCertsFromPEM(pki.PEM(p.intermediate))
		leaf, err := x509.ParseCertificate(p.leaf.DER)
		if err != nil {
			return err
		}
		_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, DNSName: host})
		return err
	},
	"openssl": func(t *testing.T, p path, host string) error {
		matching := "-verify_hostname"
		if pki.HostName(host).Type == pki.TypeIP {
			matching = "-verify_ip"
		}
		output, err := run(t, nil, "openssl", "verify", "-x509_strict", "-purpose", "sslserver", matching, host,
			"-CAfile", write(t, "root.pem", pki.PEM(p.root)), "-untrusted", write(t, "chain.pem", pki.PEM(p.intermediate)),
			write(t, "leaf.pem", pki.PEM(p.leaf)))
		return said(output, err)
	},
	"certtool": func(t *testing.T, p path, host string) error {
		output, err := run(t, pki.PEM(p.leaf, p.intermediate), "certtool", "--verify", "--verify-profile=low", "--verify-purpose=1.3.6.1.5.5.7.3.1",
			"--verify-hostname="+host, "--load-ca-certificate="+write(t, "root.pem", pki.PEM(p.root)))
		return said(output, err)
	},
}

// said adds to a program's failure what it said.
func said(output string, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

func TestOrdinaryPathIsAcceptedUnderThePrivateRoot(t *testing.T) {
	hosts := []string{"localhost", "a.localhost", "example.test", "db.internal", "host.docker.internal", "127.0.0.1", "::1", "192.168.3.4", "fd00::1"}
	for _, keyType := range []pki.KeyType{pki.ECDSAP256, pki.ECDSAP384, pki.ECDSAP521, pki.RSA2048, pki.Ed25519} {
		for _, host := range hosts {
			if keyType != pki.ECDSAP256 && host != "localhost" && host != "::1" {
				continue
			}
			p := newPath(t, keyType, pki.PrivateConstraints(), pki.HostName(host))
			for name, verify := range verifiers {
				t.Run(fmt.Sprintf("%s/%s/%s", keyType, host, name), func(t *testing.T) {
					if err := verify(t, p, host); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

func TestPrivateRootCannotImpersonate(t *testing.T) {
	for _, host := range []string{"example.com", "localhost.example.com", "nottest", "8.8.8.8", "172.32.0.1", "2001:db8::1"} {
		p := newPath(t, pki.ECDSAP256, pki.PrivateConstraints(), pki.HostName(host))
		unconstrained := newPath(t, pki.ECDSAP256, nil, pki.HostName(host))
		for name, verify := range verifiers {
			t.Run(host+"/"+name, func(t *testing.T) {
				if err := verify(t, p, host); err == nil {
					t.Error("accepted under name constraints that exclude it")
				}
				if err := verify(t, unconstrained, host); err != nil {
					t.Errorf("refused under no name constraints: %v", err)
				}
			})
		}
	}
}

func TestSeveralNamesAndIntermediates(t *testing.T) {
	names, err := pki.ParseNames([]string{"uri:https://localhost/x", "ip:::1", "email:someone@localhost", "localhost", "ip:127.0.0.1", "*.localhost"})
	if err != nil {
		t.Fatal(err)
	}
	zero := 0
	root := issue(t, pki.Request{Kind: pki.Root, Key: key(t, pki.ECDSAP256, "root"), NameConstraints: pki.PrivateConstraints()})
	upper := issue(t, pki.Request{Kind: pki.Intermediate, Key: key(t, pki.ECDSAP256, "upper"), Issuer: root})
	lower := issue(t, pki.Request{Kind: pki.Intermediate, Key: key(t, pki.ECDSAP256, "lower"), Issuer: upper, BasicConstraints: pki.BasicConstraints{PathLen: &zero}})
	leaf := issue(t, pki.Request{Key: key(t, pki.ECDSAP256, "leaf"), Issuer: lower, Names: names})

	text := mustRun(t, leaf.DER, "openssl", "x509", "-inform", "der", "-noout", "-text")
	want := "DNS:localhost, DNS:*.localhost, email:someone@localhost, IP Address:0:0:0:0:0:0:0:1, IP Address:127.0.0.1, URI:https://localhost/x"
	if !strings.Contains(text, want) {
		t.Errorf("want %q in\n%s", want, text)
	}
	if text := mustRun(t, lower.DER, "openssl", "x509", "-inform", "der", "-noout", "-text"); !strings.Contains(text, "CA:TRUE, pathlen:0") {
		t.Errorf("want a path length of 0 in\n%s", text)
	}
	mustRun(t, nil, "openssl", "verify", "-x509_strict", "-verify_hostname", "localhost",
		"-CAfile", write(t, "root.pem", pki.PEM(root)), "-untrusted", write(t, "chain.pem", pki.PEM(lower, upper)), write(t, "leaf.pem", pki.PEM(leaf)))
}

func TestFieldsSayWhatTheRequestSays(t *testing.T) {
	p := newPath(t, pki.ECDSAP256, pki.PrivateConstraints(), pki.HostName("localhost"))
	text := func(c *pki.Certificate) string {
		return mustRun(t, c.DER, "openssl", "x509", "-inform", "der", "-noout", "-text", "-nameopt", "RFC2253")
	}
	for _, c := range []struct {
		name string
		text string
		want []string
	}{
		{"root", text(p.root), []string{"CN=tlsfault root ", "O=tlsfault,C=XX", "Key Usage: critical\n                Certificate Sign, CRL Sign\n",
			"Basic Constraints: critical\n                CA:TRUE\n", "Name Constraints: critical", "DNS:localhost\n", "DNS:test\n", "IP:10.0.0.0/255.0.0.0"}},
		{"intermediate", text(p.intermediate), []string{"Issuer: CN=tlsfault root ", "Subject: CN=tlsfault intermediate ", "CA:TRUE\n", "Authority Key Identifier: \n"}},
		{"leaf", text(p.leaf), []string{"Version: 3 (0x2)", "Subject: CN=localhost\n", "Key Usage: critical\n                Digital Signature\n",
			"Extended Key Usage: \n                TLS Web Server Authentication\n", "Basic Constraints: critical\n                CA:FALSE\n", "Signature Algorithm: ecdsa-with-SHA256"}},
		{"RSA leaf", text(issue(t, pki.Request{Key: key(t, pki.RSA2048, "leaf"), Issuer: p.intermediate})), []string{"Digital Signature, Key Encipherment\n", "Subject: O=tlsfault\n"}},
		{"client", text(issue(t, pki.Request{Key: key(t, pki.ECDSAP256, "client"), Issuer: p.intermediate, Subject: pki.CommonName("client"), ExtKeyUsage: []string{"clientAuth"}})),
			[]string{"TLS Web Client Authentication\n"}},
		{"no subject", text(issue(t, pki.Request{Key: key(t, pki.ECDSAP256, "leaf"), Issuer: p.intermediate, Subject: pki.Subject{}, Names: []pki.Name{pki.HostName("localhost")}})),
			[]string{"Subject: \n", "Subject Alternative Name: critical"}},
		{"long ago", text(issue(t, pki.Request{Key: key(t, pki.ECDSAP256, "leaf"), Issuer: p.intermediate,
			NotBefore: time.Date(1963, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(1963, 11, 22, 12, 30, 0, 0, time.UTC)})),
			[]string{"Not Before: Jan  1 00:00:00 1963 GMT", "Not After : Nov 22 12:30:00 1963 GMT"}},
		{"unknown critical extension", text(issue(t, pki.Request{Key: key(t, pki.ECDSAP256, "leaf"), Issuer: p.intermediate,
			Extensions: []pki.Extension{{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}}})), []string{"1.2.3.4: critical"}},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.text, want) {
				t.Errorf("%s: want %q in\n%s", c.name, want, c.text)
			}
		}
	}
}

func TestFreshRootsDiffer(t *testing.T) {
	request := pki.Request{Kind: pki.Root, Key: key(t, pki.ECDSAP256, "root")}
	serial := func() string {
		return mustRun(t, issue(t, request).DER, "openssl", "x509", "-inform", "der", "-noout", "-serial")
	}
	if first, second := serial(), serial(); first == second {
		t.Errorf("two certificates have the same %s", first)
	}
}

func TestIssueRefusesWhatCFSSLCannotMake(t *testing.T) {
	root := issue(t, pki.Request{Kind: pki.Root, Key: key(t, pki.ECDSAP256, "root")})
	leaf := key(t, pki.ECDSAP256, "leaf")
	minusOne, one := -1, 1
	for _, c := range []struct {
		request pki.Request
		want    string
	}{
		{pki.Request{Issuer: root}, "needs a key"},
		{pki.Request{Key: leaf, Issuer: &pki.Certificate{}}, "no key to sign with"},
		{pki.Request{Key: key(t, "rsa-512", "leaf"), Issuer: root}, "under 1024 bits"},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeDNS, Value: "127.0.0.1"}}}, `cfssl takes the name "dns:127.0.0.1" for the type "ip"`},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeDNS, Value: "*"}}}, `for the type "uri"`},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeDNS, Value: "a@b"}}}, `for the type "email"`},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeEmail, Value: "A <a@b>"}}}, "rewrites"},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeURI, Value: "https://a/ b"}}}, "rewrites"},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeDNS, Value: "bücher.test"}}}, "not ASCII"},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeIP, Value: "1.2.3"}}}, `for the type "dns"`},
		{pki.Request{Key: leaf, Issuer: root, Names: []pki.Name{{Type: pki.TypeDirectory, Value: "CN=x"}}}, `for the type "dns"`},
		{pki.Request{Kind: pki.Intermediate, Key: leaf, Issuer: root, Names: []pki.Name{pki.HostName("a")}}, "drops the names of an authority"},
		{pki.Request{Key: leaf, Issuer: root, KeyUsage: []string{}, ExtKeyUsage: []string{}}, "without any usage"},
		{pki.Request{Key: leaf, Issuer: root, KeyUsage: []string{"signing"}}, `no key usage "signing"`},
		{pki.Request{Key: leaf, Issuer: root, ExtKeyUsage: []string{"1.2.3.4"}}, `no extended key usage "1.2.3.4"`},
		{pki.Request{Key: leaf, Issuer: root, BasicConstraints: pki.BasicConstraints{Absent: true}}, "always writes basicConstraints"},
		{pki.Request{Key: leaf, Issuer: root, BasicConstraints: pki.BasicConstraints{PathLen: &one}}, "for an authority alone"},
		{pki.Request{Kind: pki.Intermediate, Key: leaf, Issuer: root, BasicConstraints: pki.BasicConstraints{PathLen: &minusOne}}, "for an authority alone"},
		{pki.Request{Key: leaf, Issuer: root, Subject: pki.Subject{{Type: "CN", Value: "a"}, {Type: "O", Value: "b"}}}, `moves the subject attribute "O"`},
		{pki.Request{Key: leaf, Issuer: root, Subject: pki.Subject{{Type: "CN", Value: "a"}, {Type: "CN", Value: "b"}}}, `moves the subject attribute "CN"`},
		{pki.Request{Key: leaf, Issuer: root, Subject: pki.Subject{{Type: "DC", Value: "a"}}}, `drops the subject attribute "DC"`},
		{pki.Request{Key: leaf, Issuer: root, Subject: pki.Subject{{Type: "CN", Value: "a", String: pki.BMPString}}}, "string type"},
		{pki.Request{Key: leaf, Issuer: root, Subject: pki.CommonName("\xff")}, "not UTF-8"},
		{pki.Request{Key: leaf, Issuer: root, Extensions: []pki.Extension{{OID: "2.5.29.17"}}}, "once"},
		{pki.Request{Key: leaf, Issuer: root, Extensions: []pki.Extension{{OID: "1.2.3"}, {OID: "1.2.3"}}}, "once"},
		{pki.Request{Key: leaf, Issuer: root, Extensions: []pki.Extension{{OID: "1.2.99999999999"}}}, "object identifier"},
		{pki.Request{Key: leaf, Issuer: root, NameConstraints: &pki.NameConstraints{Permitted: []pki.Name{{Type: pki.TypeIP, Value: "10.0.0.0"}}}}, "encoding nameConstraints"},
	} {
		if _, err := pki.Issue(c.request); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want %q", err, c.want)
		}
	}
}
