package checker

import (
	"crypto/x509"
	"errors"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// checkPolicies checks that a policy holds for the path where one is required,
// RFC 5280 6.1.5(g); crypto/x509 knows how. What else it has to say is checked elsewhere.
func (c *Checker) checkPolicies(path []*x509.Certificate) error {
	above, roots := x509.NewCertPool(), x509.NewCertPool()
	for _, cert := range path[1:] {
		above.AddCert(cert)
	}
	roots.AddCert(path[len(path)-1])
	_, err := path[0].Verify(x509.VerifyOptions{
		Intermediates: above, Roots: roots, CurrentTime: c.Now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.NoValidChains && strings.Contains(invalid.Detail, "polic") {
		return c.refuse(scenarios.CertificatePolicy, "%v", err)
	}
	return nil
}
