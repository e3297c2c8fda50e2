package pki_test

import (
	"fmt"
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"github.com/tlsfault/tlsfault/pki"
)

// exempt lists the lints that an ordinary certificate fails because it is a
// private authority's, with the reason. Any other error fails the test.
var exempt = map[string]string{
	"e_dnsname_not_valid_tld":                  "no public authority may certify localhost; ours must",
	"e_ext_san_contains_reserved_ip":           "no public authority may certify 127.0.0.1; ours must",
	"e_ext_nc_intersects_reserved_ip":          "the root is constrained to just those addresses",
	"e_missing_crl_distrib_point":              "revocation is the subject of scenarios, not of the baseline",
	"e_sub_ca_crl_distribution_points_missing": "revocation is the subject of scenarios, not of the baseline",
	"e_sub_cert_aia_missing":                   "nothing is to be fetched for the baseline",
	"e_sub_cert_certificate_policies_missing":  "a policy of the CA/Browser Forum would claim a validation that never was",
	"e_sub_cert_cert_policy_empty":             "a policy of the CA/Browser Forum would claim a validation that never was",
	"e_invalid_ca_certificate_policies":        "a policy of the CA/Browser Forum would claim a validation that never was",
	"e_sub_ca_certificate_policies_missing":    "a policy of the CA/Browser Forum would claim a validation that never was",
}

// exemptEd25519 are lints that only Ed25519 certificates fail.
var exemptEd25519 = map[string]string{
	"e_algorithm_identifier_improper_encoding": "the CA/Browser Forum allows no Ed25519 keys; RFC 8410 does",
	"e_signature_algorithm_not_supported":      "the CA/Browser Forum allows no Ed25519 keys; RFC 8410 does",
}

func TestOrdinaryCertificatesHaveNoLint(t *testing.T) {
	failed := make(map[string]bool)
	for _, keyType := range []pki.KeyType{pki.ECDSAP256, pki.ECDSAP384, pki.ECDSAP521, pki.RSA2048, pki.Ed25519} {
		p := newPath(t, keyType, pki.PrivateConstraints(), pki.HostName("localhost"), pki.HostName("127.0.0.1"), pki.HostName("::1"))
		for kind, c := range map[string]*pki.Certificate{"root": p.root, "intermediate": p.intermediate, "leaf": p.leaf} {
			t.Run(fmt.Sprintf("%s/%s", keyType, kind), func(t *testing.T) {
				parsed, err := zx509.ParseCertificate(c.DER)
				if err != nil {
					t.Fatal(err)
				}
				for name, result := range zlint.LintCertificate(parsed).Results {
					if result.Status < lint.Error {
						continue
					}
					failed[name] = true
					if exempt[name] == "" && (keyType != pki.Ed25519 || exemptEd25519[name] == "") {
						t.Errorf("%s: %v: %s", name, result.Status, result.Details)
					}
				}
			})
		}
	}
	for _, table := range []map[string]string{exempt, exemptEd25519} {
		for name := range table {
			if !failed[name] {
				t.Errorf("%s is exempt, but nothing fails it", name)
			}
		}
	}
}
