package server

import (
	"crypto/tls"

	"github.com/tlsfault/tlsfault/scenarios"
)

// Asked is how many requests the responder has taken in so far.
func (s *Server) Asked() int {
	r := s.site.status.responder
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// BaselineCertificate is the path of a correct server, for comparison.
func BaselineCertificate() (tls.Certificate, error) {
	path, err := NewFactory(Config{}).issuePath(&scenarios.Scenario{ID: "test/baseline"})
	if err != nil {
		return tls.Certificate{}, err
	}
	return path.certificate()
}
