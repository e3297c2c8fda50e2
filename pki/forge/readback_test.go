package forge

import (
	"bytes"
	"crypto"
	"math/big"
	"strings"
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"github.com/tlsfault/tlsfault/pki"
)

// TestCertToolReadsForgeries reads with GnuTLS what the -text of OpenSSL does
// not show or shows in its own way.
func TestCertToolReadsForgeries(t *testing.T) {
	p := newPath(t, "")
	rsaPath := newPath(t, pki.RSA2048)
	for name, c := range map[string]struct {
		path  path
		forge func(*Spec)
		want  []string
	}{
		"none":             {p, func(*Spec) {}, []string{"Version: 3", "Serial Number (hex): 1267", "Subject: CN=localhost", "DNSname: localhost", "Not After: Fri Dec 31 00:00:00 UTC 2049"}},
		"year 9999":        {p, func(s *Spec) { s.NotAfter = at("9999-12-31") }, []string{"Not After: Fri Dec 31 00:00:00 UTC 9999"}},
		"version 1":        {p, func(s *Spec) { s.Version, s.NoExtensions = 1, true }, []string{"Version: 1"}},
		"negative serial":  {p, func(s *Spec) { s.Serial = big.NewInt(-1) }, []string{"Serial Number (hex): ff"}},
		"no names":         {p, func(s *Spec) { s.Names = nil }, []string{"Key Usage (critical)"}},
		"other names":      {p, setNames("localhost", "email:a@test", "ip:127.0.0.1", "uri:https://localhost/"), []string{"DNSname: localhost", "RFC822Name: a@test", "IPAddress: 127.0.0.1", "URI: https://localhost/"}},
		"path length":      {p, func(s *Spec) { s.BasicConstraints = pki.BasicConstraints{CA: new(true), PathLen: new(3)} }, []string{"Certificate Authority (CA): TRUE", "Path Length Constraint: 3"}},
		"unknown critical": {p, func(s *Spec) { s.Extensions = []pki.Extension{{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}} }, []string{"Unknown extension 1.2.3.4 (critical)", "Hexdump: 0500"}},
		"name constraints": {p, func(s *Spec) {
			s.NameConstraints = &pki.NameConstraints{Permitted: []pki.Name{{Type: pki.TypeIP, Value: "10.0.0.0/8"}}, Excluded: []pki.Name{pki.HostName("bad.test")}}
		}, []string{"Name Constraints (critical)", "Permitted:\n\t\t\t\tIPAddress: 10.0.0.0/8", "Excluded:\n\t\t\t\tDNSname: bad.test"}},
		"PSS": {rsaPath, func(s *Spec) { s.PSS = true }, []string{"Signature Algorithm: RSA-PSS-SHA256"}},
		"MD5": {rsaPath, func(s *Spec) { s.Hash = crypto.MD5 }, []string{"Signature Algorithm: RSA-MD5"}},
		"512": {p, func(s *Spec) { s.Key = key(t, "rsa-512", "leaf") }, []string{"Public Key Algorithm: RSA", "(512 bits)"}},
	} {
		spec := base(c.path)
		c.forge(&spec)
		output, err := run(t, mustIssue(t, spec).DER, "certtool", "--certificate-info", "--inder")
		for _, want := range c.want {
			if err != nil || !strings.Contains(output, want) {
				t.Errorf("%s: want %q in\n%s", name, want, output)
			}
		}
	}
}

func setNames(texts ...string) func(*Spec) {
	return func(s *Spec) {
		parsed, err := pki.ParseNames(texts)
		if err != nil {
			panic(err)
		}
		s.Names = parsed
	}
}

// TestZLintFindsForgeries asks zlint for the name of the fault, beside the
// errors that the honest certificate has.
func TestZLintFindsForgeries(t *testing.T) {
	p := newPath(t, "")
	honest := failures(t, mustIssue(t, base(p)))
	for name, c := range map[string]struct {
		forge func(*Spec)
		want  string
	}{
		"no extended key usage":       {func(s *Spec) { s.ExtKeyUsage = []string{} }, "e_sub_cert_eku_missing"},
		"no authority key identifier": {func(s *Spec) { s.AuthorityKeyID = []byte{} }, "e_ext_authority_key_identifier_no_key_identifier"},
		"authority key id critical":   {func(s *Spec) { s.Critical = map[string]bool{pki.OIDAuthorityKeyIdentifier: true} }, "e_ext_authority_key_identifier_critical"},
		"subject key id critical":     {func(s *Spec) { s.Critical = map[string]bool{pki.OIDSubjectKeyIdentifier: true} }, "e_ext_subject_key_identifier_critical"},
		"path length without CA":      {func(s *Spec) { s.BasicConstraints.PathLen = new(0) }, "e_path_len_constraint_improperly_included"},
		"serial number of 25 bytes":   {func(s *Spec) { s.Serial = new(big.Int).Lsh(big.NewInt(1), 198) }, "e_serial_number_longer_than_20_octets"},
		"GeneralizedTime for 2020":    {func(s *Spec) { s.Times = GeneralizedTime }, "e_wrong_time_format_pre2050"},
		"extension twice": {func(s *Spec) {
			s.Extensions = []pki.Extension{{OID: "1.2.3", Value: []byte{5, 0}}, {OID: "1.2.3", Value: []byte{5, 0}}}
		}, "e_ext_duplicate_extension"},
		"inverted validity":              {func(s *Spec) { s.NotBefore, s.NotAfter = s.NotAfter, s.NotBefore }, "e_validity_time_not_positive"},
		"leaf with name constraints":     {func(s *Spec) { s.NameConstraints = pki.PrivateConstraints() }, "e_ext_name_constraints_not_in_ca"},
		"common name that is no SAN":     {func(s *Spec) { s.Subject = pki.CommonName("other.test") }, "e_subject_common_name_not_from_san"},
		"leaf that may sign certificate": {func(s *Spec) { s.KeyUsage = []string{"keyCertSign"} }, "e_sub_cert_key_usage_cert_sign_bit_set"},
	} {
		spec := base(p)
		c.forge(&spec)
		found := failures(t, mustIssue(t, spec))
		var more []string
		for lintName := range found {
			if !honest[lintName] {
				more = append(more, lintName)
			}
		}
		if !strings.Contains(strings.Join(more, "\n"), c.want) {
			t.Errorf("%s: zlint finds %q, want %q", name, more, c.want)
		}
	}
}

func failures(t *testing.T, c *pki.Certificate) map[string]bool {
	t.Helper()
	parsed, err := zx509.ParseCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for name, result := range zlint.LintCertificate(parsed).Results {
		if result.Status >= lint.Warn {
			found[name] = true
		}
	}
	return found
}

// TestWhatTextDoesNotShow looks at the structure by openssl asn1parse.
func TestWhatTextDoesNotShow(t *testing.T) {
	structure := func(forge func(*Spec), p path) string {
		spec := base(p)
		forge(&spec)
		return mustRun(t, mustIssue(t, spec).DER, "openssl", "asn1parse", "-inform", "der")
	}
	p := newPath(t, "")
	for name, c := range map[string]struct {
		forge func(*Spec)
		want  []string
	}{
		"UTCTime":         {func(*Spec) {}, []string{"UTCTIME           :200101000000Z", "UTCTIME           :491231000000Z"}},
		"GeneralizedTime": {func(s *Spec) { s.Times = GeneralizedTime }, []string{"GENERALIZEDTIME   :20200101000000Z", "GENERALIZEDTIME   :20491231000000Z"}},
		"fraction":        {func(s *Spec) { s.Times = FractionalTime }, []string{"GENERALIZEDTIME   :20200101000000.5Z", "GENERALIZEDTIME   :20491231000000.5Z"}},
		"offset":          {func(s *Spec) { s.Times = OffsetTime }, []string{"UTCTIME           :200101010000+0100"}},
		"no seconds":      {func(s *Spec) { s.Times = TimeWithoutSeconds }, []string{"UTCTIME           :2001010000Z"}},
		"no zone":         {func(s *Spec) { s.Times = TimeWithoutZone }, []string{"UTCTIME           :200101000000\n"}},
		"2050":            {func(s *Spec) { s.NotAfter = at("2050-01-01") }, []string{"UTCTIME           :200101000000Z", "GENERALIZEDTIME   :20500101000000Z"}},
		"1949":            {func(s *Spec) { s.NotBefore = at("1949-12-31") }, []string{"GENERALIZEDTIME   :19491231000000Z"}},
		"T61String": {func(s *Spec) { s.Subject = pki.Subject{{Type: "CN", Value: "localhost", String: pki.TeletexString}} },
			[]string{"T61STRING         :localhost"}},
		"mismatch": {func(s *Spec) { s.Surgery = []Surgery{AlgorithmMismatch} }, []string{":ecdsa-with-SHA384", ":ecdsa-with-SHA256"}},
	} {
		output := structure(c.forge, p)
		for _, want := range c.want {
			if !strings.Contains(output, want) {
				t.Errorf("%s: want %q in\n%s", name, want, output)
			}
		}
	}
	if output := structure(func(s *Spec) { s.Version = 1 }, p); strings.Contains(strings.SplitN(output, "SEQUENCE", 4)[2], "cont [ 0 ]") {
		t.Errorf("version 1 must be left to its default:\n%s", output)
	}
}

func TestCorruptionIsOneBit(t *testing.T) {
	p := newPath(t, pki.Ed25519) // whose signatures are the same every time
	spec := base(p)
	honest := mustIssue(t, spec).DER
	spec.Surgery = []Surgery{CorruptSignature}
	corrupt := bytes.Clone(mustIssue(t, spec).DER)
	corrupt[len(corrupt)-1] ^= 1
	if !bytes.Equal(honest, corrupt) {
		t.Errorf("more than the last bit differs:\n%x\n%x", honest, corrupt)
	}
}

func TestForgeriesIssueUnderWhatTheySay(t *testing.T) {
	p := newPath(t, "")
	spec := Spec{Request: pki.Request{Kind: pki.Intermediate, Key: key(t, "", "second"), Issuer: p.root, Serial: big.NewInt(-5)}, SubjectKeyID: []byte{1, 2, 3}}
	odd := mustIssue(t, spec) // Go cannot parse it, and need not
	leaf := p.leaf
	leaf.Issuer = odd
	output := mustRun(t, mustIssue(t, Spec{Request: leaf}).DER, "openssl", "x509", "-inform", "der", "-noout", "-ext", "authorityKeyIdentifier")
	if !strings.Contains(output, "01:02:03") {
		t.Errorf("want the issuer's key identifier in\n%s", output)
	}
	spec.SubjectKeyID = nil
	spec.NoExtensions = true
	leaf.Issuer = mustIssue(t, spec)
	output = strings.Join(text(t, mustIssue(t, Spec{Request: leaf})), "\n")
	if strings.Contains(output, "Authority Key Identifier") {
		t.Errorf("the issuer has no key identifier, but its leaf refers to one:\n%s", output)
	}
}
