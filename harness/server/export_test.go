package server

import (
	"crypto/tls"

	"github.com/tlsfault/tlsfault/scenarios"
)

// BaselineCertificate is the path of a correct server, for comparison.
func BaselineCertificate() (tls.Certificate, error) {
	path, err := NewFactory(Config{}).issuePath(&scenarios.Scenario{ID: "test/baseline"})
	if err != nil {
		return tls.Certificate{}, err
	}
	return path.certificate()
}
