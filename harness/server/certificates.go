package server

import (
	"fmt"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Certificates are the certificates of a scenario in DER, or in what is left of
// it where that is the fault.
type Certificates struct {
	// Sent is what the server presents, leaf first.
	Sent [][]byte
	// Path is what was issued: the leaf, the intermediates upwards, and the root
	// that the path ends in, whether they are sent or not.
	Path [][]byte
	// Anchors are what clients are to trust.
	Anchors [][]byte
	// CRLs are the lists in PEM that a client could have fetched beforehand; empty for none.
	CRLs []byte
}

// Certificates issues what a server of the scenario would present, without
// serving it: for those who look at certificates alone. Certificates of one
// factory share their keys, as its servers do.
func (f *Factory) Certificates(s *scenarios.Scenario) (Certificates, error) {
	p, err := f.issuePath(s)
	if err != nil {
		return Certificates{}, fmt.Errorf("issuing %s: %w", s.ID, err)
	}
	defer p.status.close()
	sent, err := p.sent()
	if err != nil {
		return Certificates{}, fmt.Errorf("issuing %s: %w", s.ID, err)
	}
	made := Certificates{Sent: pki.Chain(sent...), Path: [][]byte{p.leaf.DER}, Anchors: pki.Chain(p.roots()...)}
	for i := len(p.intermediates) - 1; i >= 0; i-- {
		made.Path = append(made.Path, p.intermediates[i].DER)
	}
	made.Path = append(made.Path, p.root.DER)
	if made.CRLs, err = p.status.crls(); err != nil {
		return Certificates{}, fmt.Errorf("listing what is revoked of %s: %w", s.ID, err)
	}
	return made, nil
}
