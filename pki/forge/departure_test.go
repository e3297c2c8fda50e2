package forge

import (
	"crypto"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/pki"
)

// departure is one way in which a leaf of localhost is forged, and what openssl
// x509 -text then prints otherwise. Nothing else may change.
type departure struct {
	name  string
	key   pki.KeyType // of every certificate of the path; ecdsa-p256 when empty
	forge func(t *testing.T, s *Spec, p path)
	way   Way
	gone  []string // lines of the honest certificate that are missing
	came  []string // lines that the honest certificate has not
}

func at(text string) time.Time {
	moment, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return moment
}

// What openssl prints of the names and keys of the path, which the seed fixes.
const (
	subjectID  = "99:89:FD:50:15:73:9E:37:1D:18:4F:AF:B6:E1:A4:6C:E7:88:35:CC"
	issuerID   = "76:50:1F:6E:7F:0F:9E:6C:76:FF:93:F1:89:11:F7:A6:1C:D6:B4:74"
	issuerName = "Issuer: CN=tlsfault intermediate 76501f6e,O=tlsfault,C=XX"
	rootID     = "CB:D2:23:08:94:20:AF:4D:D4:14:43:6C:71:1B:0F:A7:EE:D6:82:12"
	rootName   = "Issuer: CN=tlsfault root cbd22308,O=tlsfault,C=XX"
)

var departures = []departure{
	{name: "none", forge: func(*testing.T, *Spec, path) {}, way: ByCFSSL},
	{name: "expired long ago", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.NotBefore, s.NotAfter = at("1963-01-01"), at("1963-11-22") },
		gone: []string{"Not Before: Jan  1 00:00:00 2020 GMT", "Not After : Dec 31 00:00:00 2049 GMT"},
		came: []string{"Not Before: Jan  1 00:00:00 1963 GMT", "Not After : Nov 22 00:00:00 1963 GMT"}},
	{name: "generalized time", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Times = GeneralizedTime }},
	{name: "version 1", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Version = 1 },
		gone: []string{"Version: 3 (0x2)"},
		came: []string{"Version: 1 (0x0)"}},
	{name: "version 2", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Version = 2 },
		gone: []string{"Version: 3 (0x2)"},
		came: []string{"Version: 2 (0x1)"}},
	{name: "version 4", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Version = 4 },
		gone: []string{"Version: 3 (0x2)"},
		came: []string{"Version: Unknown (3)"}},
	{name: "no extensions", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.NoExtensions = true },
		gone: []string{"X509v3 extensions:", "X509v3 Key Usage: critical", "Digital Signature", "X509v3 Extended Key Usage:", "TLS Web Server Authentication", "X509v3 Basic Constraints: critical", "CA:FALSE", "X509v3 Subject Key Identifier:", subjectID, "X509v3 Authority Key Identifier:", issuerID, "X509v3 Subject Alternative Name:", "DNS:localhost"}},
	{name: "serial number 0", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Serial = big.NewInt(0) },
		gone: []string{"Serial Number: 4711 (0x1267)"},
		came: []string{"Serial Number: 0 (0x0)"}},
	{name: "negative serial number", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Serial = big.NewInt(-129) },
		gone: []string{"Serial Number: 4711 (0x1267)"},
		came: []string{"Serial Number: -129 (-0x81)"}},
	{name: "serial number of 25 bytes", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Serial = new(big.Int).Lsh(big.NewInt(1), 198) },
		gone: []string{"Serial Number: 4711 (0x1267)"},
		came: []string{"Serial Number:", "40:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"}},
	{name: "empty subject", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Subject = pki.Subject{} },
		gone: []string{"Subject: CN=localhost", "X509v3 Subject Alternative Name:"},
		came: []string{"Subject:", "X509v3 Subject Alternative Name: critical"}},
	{name: "NUL in the common name", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Subject = pki.CommonName("localhost\x00.test") },
		gone: []string{"Subject: CN=localhost"},
		came: []string{"Subject: CN=localhost\\00.test"}},
	{name: "T61String", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) {
		s.Subject = pki.Subject{{Type: "CN", Value: "localhost", String: pki.TeletexString}}
	}},
	{name: "two common names", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) {
		s.Subject = append(pki.CommonName("other.test"), pki.CommonName("localhost")...)
	},
		gone: []string{"Subject: CN=localhost"},
		came: []string{"Subject: CN=localhost,CN=other.test"}},
	{name: "no names", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Subject, s.Names = pki.CommonName("localhost"), nil },
		gone: []string{"X509v3 Subject Alternative Name:", "DNS:localhost"}},
	{name: "IP address as a DNS name", way: ByStandardLibrary, forge: names("localhost", "dns:127.0.0.1"),
		gone: []string{"DNS:localhost"},
		came: []string{"DNS:localhost, DNS:127.0.0.1"}},
	{name: "raw UTF-8 in a name", way: ByStandardLibrary, forge: names("localhost", "bücher.test"),
		gone: []string{"DNS:localhost"},
		came: []string{"DNS:localhost, DNS:bücher.test"}},
	{name: "NUL in a name", way: ByCFSSL, forge: names("localhost", "localhost\x00.test"),
		gone: []string{"DNS:localhost"},
		came: []string{"0...localhost..localhost..test"}},
	{name: "wildcard alone", way: ByStandardLibrary, forge: names("localhost", "*"),
		gone: []string{"DNS:localhost"},
		came: []string{"DNS:localhost, DNS:*"}},
	{name: "other kinds of name", way: ByStandardLibrary, forge: names("localhost", "dirname:CN=localhost", "rid:1.2.3"),
		gone: []string{"DNS:localhost"},
		came: []string{"DNS:localhost, DirName:/CN=localhost, Registered ID:1.2.3"}},
	{name: "IP address of 5 bytes", way: ByStandardLibrary, forge: names("localhost", "raw:87057f00000100"),
		gone: []string{"DNS:localhost"},
		came: []string{"DNS:localhost, IP Address:<invalid length=5>"}},
	{name: "no basic constraints", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.BasicConstraints.Absent = true },
		gone: []string{"X509v3 Basic Constraints: critical", "CA:FALSE"}},
	{name: "leaf that is a CA", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.BasicConstraints.CA = new(true) },
		gone: []string{"CA:FALSE"},
		came: []string{"CA:TRUE"}},
	{name: "path length without CA", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.BasicConstraints.PathLen = new(0) },
		gone: []string{"CA:FALSE"},
		came: []string{"CA:FALSE, pathlen:0"}},
	{name: "basic constraints not critical", way: ByStandardLibrary, forge: critical(pki.OIDBasicConstraints, false),
		gone: []string{"X509v3 Basic Constraints: critical"},
		came: []string{"X509v3 Basic Constraints:"}},
	{name: "key usage not critical", way: ByStandardLibrary, forge: critical(pki.OIDKeyUsage, false),
		gone: []string{"X509v3 Key Usage: critical"},
		came: []string{"X509v3 Key Usage:"}},
	{name: "extended key usage critical", way: ByStandardLibrary, forge: critical(pki.OIDExtKeyUsage, true),
		gone: []string{"X509v3 Extended Key Usage:"},
		came: []string{"X509v3 Extended Key Usage: critical"}},
	{name: "wrong key usage", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.KeyUsage = []string{"decipherOnly", "keyAgreement"} },
		gone: []string{"Digital Signature"},
		came: []string{"Key Agreement, Decipher Only"}},
	{name: "no key usage", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.KeyUsage = []string{} },
		gone: []string{"X509v3 Key Usage: critical", "Digital Signature"}},
	{name: "client only", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.ExtKeyUsage = []string{"clientAuth"} },
		gone: []string{"TLS Web Server Authentication"},
		came: []string{"TLS Web Client Authentication"}},
	{name: "no extended key usage", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.ExtKeyUsage = []string{} },
		gone: []string{"X509v3 Extended Key Usage:", "TLS Web Server Authentication"}},
	{name: "unknown extended key usage", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.ExtKeyUsage = []string{"1.2.3.4"} },
		gone: []string{"TLS Web Server Authentication"},
		came: []string{"1.2.3.4"}},
	{name: "no usage at all", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.KeyUsage, s.ExtKeyUsage = []string{}, []string{} },
		gone: []string{"X509v3 Key Usage: critical", "Digital Signature", "X509v3 Extended Key Usage:", "TLS Web Server Authentication"}},
	{name: "unknown critical extension", way: ByCFSSL, forge: extensions(pki.Extension{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}),
		came: []string{"1.2.3.4: critical", ".."}},
	{name: "unknown extension", way: ByCFSSL, forge: extensions(pki.Extension{OID: "1.2.3.4", Value: []byte{5, 0}}),
		came: []string{"1.2.3.4:", ".."}},
	{name: "extension twice", way: ByStandardLibrary, forge: extensions(pki.Extension{OID: "1.2.3.4", Value: []byte{5, 0}}, pki.Extension{OID: "1.2.3.4", Value: []byte{5, 0}}),
		came: []string{"1.2.3.4:", "..", "1.2.3.4:", ".."}},
	{name: "extension of long arcs", way: ByDER, forge: extensions(pki.Extension{OID: "2.25.340282366920938463463374607431768211455", Value: []byte{5, 0}}),
		came: []string{"2.25.340282366920938463463374607431768211455:", ".."}},
	{name: "no subject key identifier", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.SubjectKeyID = []byte{} },
		gone: []string{"X509v3 Subject Key Identifier:", subjectID}},
	{name: "another subject key identifier", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.SubjectKeyID = []byte{1, 2, 3} },
		gone: []string{subjectID},
		came: []string{"01:02:03"}},
	{name: "no authority key identifier", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.AuthorityKeyID = []byte{} },
		gone: []string{"X509v3 Authority Key Identifier:", issuerID}},
	{name: "another authority key identifier", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.AuthorityKeyID = []byte{1, 2, 3} },
		gone: []string{issuerID},
		came: []string{"01:02:03"}},
	{name: "authority key identifier of a serial number", way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) {
		s.AuthorityKeyID = []byte{}
		s.Extensions = []pki.Extension{{OID: pki.OIDAuthorityKeyIdentifier, Value: []byte{0x30, 4, 0x82, 2, 4, 0xd2}}}
	},
		gone: []string{issuerID},
		came: []string{"serial:04:D2"}},
	{name: "authority key identifier critical", way: ByStandardLibrary, forge: critical(pki.OIDAuthorityKeyIdentifier, true),
		gone: []string{"X509v3 Authority Key Identifier:"},
		came: []string{"X509v3 Authority Key Identifier: critical"}},
	{name: "SHA-1", way: ByCFSSL, forge: hash(crypto.SHA1),
		gone: []string{"Signature Algorithm: ecdsa-with-SHA256"},
		came: []string{"Signature Algorithm: ecdsa-with-SHA1"}},
	{name: "SHA-512", way: ByCFSSL, forge: hash(crypto.SHA512),
		gone: []string{"Signature Algorithm: ecdsa-with-SHA256"},
		came: []string{"Signature Algorithm: ecdsa-with-SHA512"}},
	{name: "MD2", key: pki.RSA2048, way: ByDER, forge: hash(MD2),
		gone: []string{"Signature Algorithm: sha256WithRSAEncryption"},
		came: []string{"Signature Algorithm: md2WithRSAEncryption"}},
	{name: "MD5", key: pki.RSA2048, way: ByDER, forge: hash(crypto.MD5),
		gone: []string{"Signature Algorithm: sha256WithRSAEncryption"},
		came: []string{"Signature Algorithm: md5WithRSAEncryption"}},
	{name: "SHA-1 with RSA", key: pki.RSA2048, way: ByCFSSL, forge: hash(crypto.SHA1),
		gone: []string{"Signature Algorithm: sha256WithRSAEncryption"},
		came: []string{"Signature Algorithm: sha1WithRSAEncryption"}},
	{name: "RSASSA-PSS", key: pki.RSA2048, way: ByStandardLibrary, forge: func(_ *testing.T, s *Spec, _ path) { s.PSS = true },
		gone: []string{"Signature Algorithm: sha256WithRSAEncryption"},
		came: []string{"Signature Algorithm: rsassaPss", "Hash Algorithm: sha256", "Mask Algorithm: mgf1 with sha256", "Salt Length: 0x20", "Trailer Field: 0x01 (default)"}},
	{name: "stranger's signature", way: ByCFSSL, forge: func(t *testing.T, s *Spec, _ path) { s.Issuer = Stranger(s.Issuer, key(t, "", "stranger")) }},
	{name: "another issuer name", way: ByCFSSL, forge: func(t *testing.T, s *Spec, _ path) {
		misnamed, err := Misnamed(s.Issuer, pki.CommonName("somebody else"))
		if err != nil {
			t.Fatal(err)
		}
		s.Issuer = misnamed
	},
		gone: []string{issuerName},
		came: []string{"Issuer: CN=somebody else"}},
	{name: "signed by the root", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, p path) { s.Issuer = p.root },
		gone: []string{issuerName, issuerID},
		came: []string{rootName, rootID}},
	{name: "self-signed", way: ByCFSSL, forge: func(_ *testing.T, s *Spec, _ path) { s.Issuer = nil },
		gone: []string{issuerName, "X509v3 Authority Key Identifier:", issuerID},
		came: []string{"Issuer: CN=localhost"}},
	{name: "corrupt signature", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Surgery = []Surgery{CorruptSignature} }},
	{name: "algorithm mismatch", way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Surgery = []Surgery{AlgorithmMismatch} },
		gone: []string{"Signature Algorithm: ecdsa-with-SHA256"},
		came: []string{"Signature Algorithm: ecdsa-with-SHA384"}},
	{name: "algorithm mismatch of Ed25519", key: pki.Ed25519, way: ByDER, forge: func(_ *testing.T, s *Spec, _ path) { s.Surgery = []Surgery{AlgorithmMismatch} },
		gone: []string{"Signature Algorithm: ED25519"},
		came: []string{"Signature Algorithm: ED448"}},
}

func names(texts ...string) func(*testing.T, *Spec, path) {
	return func(t *testing.T, s *Spec, _ path) {
		parsed, err := pki.ParseNames(texts)
		if err != nil {
			t.Fatal(err)
		}
		s.Names = parsed
	}
}

func critical(oid string, is bool) func(*testing.T, *Spec, path) {
	return func(_ *testing.T, s *Spec, _ path) { s.Critical = map[string]bool{oid: is} }
}

func extensions(list ...pki.Extension) func(*testing.T, *Spec, path) {
	return func(_ *testing.T, s *Spec, _ path) { s.Extensions = list }
}

func hash(h crypto.Hash) func(*testing.T, *Spec, path) {
	return func(_ *testing.T, s *Spec, _ path) { s.Hash = h }
}

// base is the honest request that departures depart from.
func base(p path) Spec {
	s := Spec{Request: p.leaf}
	s.Names = s.Names[:1]
	s.Subject = pki.CommonName("localhost")
	s.Serial = big.NewInt(4711)
	s.NotBefore, s.NotAfter = at("2020-01-01"), at("2049-12-31")
	return s
}

func TestDeparturesChangeNothingElse(t *testing.T) {
	for _, d := range departures {
		t.Run(d.name, func(t *testing.T) {
			p := newPath(t, d.key)
			honest := text(t, mustIssue(t, base(p)))
			spec := base(p)
			d.forge(t, &spec, p)
			if way, why := spec.Way(); way != d.way {
				t.Errorf("goes by %s, want %s: %v", way, d.way, why)
			}
			forged := text(t, mustIssue(t, spec))
			if gone := missing(honest, forged); !slices.Equal(gone, d.gone) {
				t.Errorf("gone are\n%q, want\n%q", gone, d.gone)
			}
			if came := missing(forged, honest); !slices.Equal(came, d.came) {
				t.Errorf("there came\n%q, want\n%q", came, d.came)
			}
		})
	}
}

// text is what openssl prints of a certificate, line by line, without the
// signature value.
func text(t *testing.T, c *pki.Certificate) []string {
	t.Helper()
	output := mustRun(t, c.DER, "openssl", "x509", "-inform", "der", "-noout", "-text", "-certopt", "no_sigdump", "-nameopt", "RFC2253")
	lines := strings.Split(output, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// missing returns the lines of a that b has not, counting repetitions.
func missing(a, b []string) []string {
	b = slices.Clone(b)
	var only []string
	for _, line := range a {
		if i := slices.Index(b, line); i >= 0 {
			b = slices.Delete(b, i, i+1)
			continue
		}
		only = append(only, line)
	}
	return only
}
