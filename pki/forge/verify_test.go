package forge

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/pki"
)

// fault is one fault of a path, what openssl and Go say of it, and the options
// with which openssl skips just that check and accepts: the fault stands alone.
type fault struct {
	name         string
	key          pki.KeyType
	root         func(*Spec)
	intermediate func(*testing.T, *Spec)
	leaf         func(*testing.T, *Spec)
	openssl      string   // what openssl verify says; empty when it accepts
	lax          []string // further options with which it accepts; none when there is no such option
	golang       string   // what crypto/x509 says, parsing or verifying; empty when it accepts
}

func onLeaf(change func(*Spec)) func(*testing.T, *Spec) {
	return func(_ *testing.T, s *Spec) { change(s) }
}

var faults = []fault{
	{name: "none"},
	{name: "none, RSA", key: pki.RSA2048},
	{name: "none, Ed25519", key: pki.Ed25519},
	{name: "none, P-224", key: pki.ECDSAP224},
	{name: "none, RSASSA-PSS", key: pki.RSA2048, leaf: onLeaf(func(s *Spec) { s.PSS = true })},
	{name: "expired a second ago", leaf: onLeaf(func(s *Spec) { s.NotAfter = time.Now().Add(-time.Second) }),
		openssl: "certificate has expired", lax: []string{"-no_check_time"}, golang: "certificate has expired"},
	{name: "expired in 1963", leaf: onLeaf(func(s *Spec) { s.NotBefore, s.NotAfter = at("1963-01-01"), at("1963-11-22") }),
		openssl: "certificate has expired", lax: []string{"-no_check_time"}, golang: "certificate has expired"},
	{name: "not yet valid", leaf: onLeaf(func(s *Spec) { s.NotBefore, s.NotAfter = at("2150-01-01"), at("2151-01-01") }),
		openssl: "certificate is not yet valid", lax: []string{"-no_check_time"}, golang: "is before"},
	{name: "expired intermediate", intermediate: func(_ *testing.T, s *Spec) { s.NotBefore, s.NotAfter = at("2020-01-01"), at("2020-02-01") },
		openssl: "certificate has expired", lax: []string{"-no_check_time"}, golang: "certificate has expired"},
	{name: "stranger's signature", leaf: func(t *testing.T, s *Spec) { s.Issuer = Stranger(s.Issuer, key(t, "", "stranger")) },
		openssl: "certificate signature failure", golang: "verification failure"},
	{name: "corrupt signature", leaf: onLeaf(func(s *Spec) { s.Surgery = []Surgery{CorruptSignature} }),
		openssl: "certificate signature failure", golang: "verification failure"},
	{name: "corrupt signature, RSA", key: pki.RSA2048, leaf: onLeaf(func(s *Spec) { s.Surgery = []Surgery{CorruptSignature} }),
		openssl: "certificate signature failure", golang: "verification error"},
	{name: "corrupt signature, Ed25519", key: pki.Ed25519, leaf: onLeaf(func(s *Spec) { s.Surgery = []Surgery{CorruptSignature} }),
		openssl: "certificate signature failure", golang: "verification failure"},
	{name: "another issuer name", leaf: func(t *testing.T, s *Spec) {
		misnamed, err := Misnamed(s.Issuer, pki.CommonName("somebody else"))
		if err != nil {
			t.Fatal(err)
		}
		s.Issuer = misnamed
	}, openssl: "unable to get local issuer certificate", golang: "unknown authority"},
	{name: "self-signed", leaf: onLeaf(func(s *Spec) { s.Issuer = nil }), openssl: "self-signed certificate", golang: "unknown authority"},
	{name: "intermediate without CA", intermediate: func(_ *testing.T, s *Spec) { s.BasicConstraints.CA = new(false) },
		openssl: "invalid CA certificate", golang: "cannot sign this kind of certificate"},
	{name: "intermediate without basic constraints", intermediate: func(_ *testing.T, s *Spec) { s.BasicConstraints.Absent = true },
		openssl: "invalid CA certificate", golang: "cannot sign this kind of certificate"},
	{name: "intermediate without keyCertSign", intermediate: func(_ *testing.T, s *Spec) { s.KeyUsage = []string{"digitalSignature"} },
		openssl: "invalid CA certificate", golang: "cannot sign this kind of certificate"},
	{name: "path length exceeded", root: func(s *Spec) { s.BasicConstraints.PathLen = new(0) },
		openssl: "path length constraint exceeded", golang: "too many intermediates"},
	{name: "unknown critical extension", leaf: onLeaf(func(s *Spec) { s.Extensions = []pki.Extension{{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}} }),
		openssl: "unhandled critical extension", lax: []string{"-ignore_critical"}, golang: "unhandled critical extension"},
	{name: "unknown critical extension in the intermediate", intermediate: func(_ *testing.T, s *Spec) {
		s.Extensions = []pki.Extension{{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}}
	}, openssl: "unhandled critical extension", lax: []string{"-ignore_critical"}, golang: "unhandled critical extension"},
	{name: "name outside of what is permitted", intermediate: constrain(pki.NameConstraints{Permitted: []pki.Name{pki.HostName("other.test")}}),
		openssl: "permitted subtree violation", golang: "is not permitted"},
	{name: "name among what is excluded", intermediate: constrain(pki.NameConstraints{Excluded: []pki.Name{pki.HostName("localhost")}}),
		openssl: "excluded subtree violation", golang: "is excluded"},
	{name: "client only", leaf: onLeaf(func(s *Spec) { s.ExtKeyUsage = []string{"clientAuth"} }),
		openssl: "unsuitable certificate purpose", lax: []string{"-purpose", "any"}, golang: "incompatible key usage"},
	{name: "wrong name", leaf: onLeaf(func(s *Spec) { s.Names = []pki.Name{pki.HostName("other.test")} }),
		openssl: "hostname mismatch", lax: []string{"-verify_hostname", "other.test"}, golang: "not localhost"},
	{name: "SHA-1", leaf: onLeaf(func(s *Spec) { s.Hash = crypto.SHA1 }),
		openssl: "CA signature digest algorithm too weak", lax: []string{"-auth_level", "0"}, golang: "insecure algorithm"},
	{name: "MD5", key: pki.RSA2048, leaf: onLeaf(func(s *Spec) { s.Hash = crypto.MD5 }),
		openssl: "CA signature digest algorithm too weak", lax: []string{"-auth_level", "0"}, golang: "insecure algorithm"},
	{name: "key of 512 bits", leaf: func(t *testing.T, s *Spec) { s.Key = key(t, "rsa-512", "leaf") },
		openssl: "EE certificate key too weak", lax: []string{"-auth_level", "0"}},
	{name: "authorities of 768 bits", key: "rsa-768", openssl: "key too weak", lax: []string{"-auth_level", "0"}, golang: "768-bit keys are insecure"},
	{name: "algorithm mismatch", leaf: onLeaf(func(s *Spec) { s.Surgery = []Surgery{AlgorithmMismatch} }),
		openssl: "certificate signature failure", golang: "inner and outer signature algorithm identifiers don't match"},
	{name: "algorithm mismatch, RSA", key: pki.RSA2048, leaf: onLeaf(func(s *Spec) { s.Surgery = []Surgery{AlgorithmMismatch} }),
		openssl: "certificate signature failure", golang: "inner and outer signature algorithm identifiers don't match"},
	{name: "negative serial number", leaf: onLeaf(func(s *Spec) { s.Serial.Neg(s.Serial) }), golang: "negative serial number"},
	{name: "version 4", leaf: onLeaf(func(s *Spec) { s.Version = 4 }), golang: "invalid version"},
	{name: "empty IP address", leaf: onLeaf(func(s *Spec) { s.Names = append(s.Names, pki.Name{Type: pki.TypeRaw, Value: "8700"}) }),
		openssl: "unsupported or invalid name syntax", golang: "IP address of length 0"},
	{name: "10,000 names", leaf: onLeaf(func(s *Spec) {
		for i := range 10000 {
			s.Names = append(s.Names, pki.HostName(fmt.Sprintf("host-%d.localhost", i)))
		}
	})},
}

func constrain(c pki.NameConstraints) func(*testing.T, *Spec) {
	return func(_ *testing.T, s *Spec) { s.NameConstraints = &c }
}

// issue makes the path with its fault. A faulty root has two intermediates
// below it, so that a path length can be exceeded.
func (f fault) issue(t *testing.T) (root *pki.Certificate, intermediates []*pki.Certificate, leaf *pki.Certificate) {
	t.Helper()
	spec := Spec{Request: pki.Request{Kind: pki.Root, Key: key(t, f.key, "root"), NameConstraints: pki.PrivateConstraints()}}
	if f.root != nil {
		f.root(&spec)
	}
	root = mustIssue(t, spec)
	issuer := root
	for _, slot := range []string{"upper", "intermediate"} {
		if slot == "upper" && f.root == nil {
			continue
		}
		spec := Spec{Request: pki.Request{Kind: pki.Intermediate, Key: key(t, f.key, slot), Issuer: issuer}}
		if f.intermediate != nil {
			f.intermediate(t, &spec)
		}
		issuer = mustIssue(t, spec)
		intermediates = append(intermediates, issuer)
	}
	spec, err := Spec{Request: pki.Request{Key: key(t, f.key, "leaf"), Issuer: issuer, Names: []pki.Name{pki.HostName("localhost")}}}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if f.leaf != nil {
		f.leaf(t, &spec)
	}
	return root, intermediates, mustIssue(t, spec)
}

func TestEachFaultAloneMakesOpenSSLRefuse(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			root, intermediates, leaf := f.issue(t)
			files := []string{"-CAfile", write(t, "root.pem", pki.PEM(root)), "-untrusted", write(t, "chain.pem", pki.PEM(intermediates...)), write(t, "leaf.pem", pki.PEM(leaf))}
			verify := func(options ...string) (string, error) {
				options = append([]string{"verify", "-purpose", "sslserver", "-verify_hostname", "localhost", "-auth_level", "1"}, options...)
				return run(t, nil, "openssl", append(options, files...)...)
			}
			output, err := verify()
			if accepted := err == nil; accepted != (f.openssl == "") || !strings.Contains(output, f.openssl) {
				t.Errorf("want %q in %v\n%s", f.openssl, err, output)
			}
			if f.lax == nil {
				return
			}
			if output, err := verify(f.lax...); err != nil {
				t.Errorf("with %q: %v\n%s", f.lax, err, output)
			}
		})
	}
}

func TestEachFaultAloneMakesGoRefuse(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			root, intermediates, leaf := f.issue(t)
			err := goVerify(root, intermediates, leaf)
			if accepted := err == nil; accepted != (f.golang == "") || err != nil && !strings.Contains(err.Error(), f.golang) {
				t.Errorf("got %v, want %q", err, f.golang)
			}
		})
	}
}

func goVerify(root *pki.Certificate, intermediates []*pki.Certificate, leaf *pki.Certificate) error {
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: "localhost"}
	for _, c := range append(intermediates, root) {
		parsed, err := x509.ParseCertificate(c.DER)
		if err != nil {
			return err
		}
		if c == root {
			options.Roots.AddCert(parsed)
		} else {
			options.Intermediates.AddCert(parsed)
		}
	}
	parsed, err := x509.ParseCertificate(leaf.DER)
	if err != nil {
		return err
	}
	_, err = parsed.Verify(options)
	return err
}
