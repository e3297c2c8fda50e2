package server

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// status is what the authorities of a path say of its certificates: staples,
// OCSP responses and CRLs, each signed when it is first wanted. It is safe for
// concurrent use.
type status struct {
	path      *path
	subjects  []*subject // leaf first
	responder *responder // nil where no certificate names one

	mu   sync.Mutex
	made map[string][]byte
}

// subject is a certificate whose status is to be had.
type subject struct {
	place       string // "leaf", or "intermediate 0", …
	certificate *pki.Certificate
	issuer      *pki.Certificate
	serial      *big.Int
	says        scenarios.Certificate // of its status
	revoked     atomic.Bool           // since it was made, whatever the scenario says
}

// saysStatus reports whether e says anything about where a status is to be had.
func saysStatus(e scenarios.Certificate) bool {
	return e.Staple != nil || e.OCSP != nil || e.CRL != nil || e.Issuers != nil
}

// ofStatus returns what edits say of the status of one certificate, the last of each kind.
func ofStatus(edits []*scenarios.Certificate) scenarios.Certificate {
	var all scenarios.Certificate
	for _, e := range edits {
		if e.Staple != nil {
			all.Staple = e.Staple
		}
		if e.OCSP != nil {
			all.OCSP = e.OCSP
		}
		if e.CRL != nil {
			all.CRL = e.CRL
		}
		if e.Issuers != nil {
			all.Issuers = e.Issuers
		}
		if e.SCTs != nil {
			all.SCTs = e.SCTs
		}
		all.MustStaple = all.MustStaple || e.MustStaple
	}
	return all
}

// editStatus puts into a certificate where its status is to be had.
func (p *path) editStatus(spec *forge.Spec, slot string, says scenarios.Certificate) error {
	if says.MustStaple {
		spec.Extensions = append(spec.Extensions, pki.TLSFeature())
	}
	if says.OCSP == nil && says.CRL == nil && says.Issuers == nil {
		return nil
	}
	if p.status.responder == nil {
		var err error
		if p.status.responder, err = startResponder(&p.status); err != nil {
			return err
		}
	}
	var access []pki.AccessDescription
	if o := says.OCSP; o != nil {
		access = append(access, pki.AccessDescription{Method: pki.AccessOCSP, URL: p.status.responder.url(slot, "ocsp", o.Responder)})
	}
	if i := says.Issuers; i != nil {
		access = append(access, pki.AccessDescription{Method: pki.AccessIssuers, URL: p.status.responder.url(slot, "issuer.der", i.Responder)})
	}
	if len(access) > 0 {
		extension, err := pki.AuthorityInfoAccess(access)
		if err != nil {
			return err
		}
		spec.Extensions = append(spec.Extensions, extension)
	}
	if c := says.CRL; c != nil {
		extension, err := pki.CRLDistributionPoint(p.status.responder.url(slot, "crl.der", c.Responder))
		if err != nil {
			return err
		}
		spec.Extensions = append(spec.Extensions, extension)
	}
	return nil
}

// add notes a certificate whose status is to be had.
func (s *status) add(place string, certificate, issuer *pki.Certificate, says scenarios.Certificate) error {
	if !saysStatus(says) {
		return nil
	}
	parsed, err := x509.ParseCertificate(certificate.DER)
	if err != nil {
		return fmt.Errorf("reading the serial number of a certificate: %w", err)
	}
	s.subjects = append(s.subjects, &subject{place: place, certificate: certificate, issuer: issuer, serial: parsed.SerialNumber, says: says})
	return nil
}

// of returns the subject at a place, nil for none.
func (s *status) of(place string) *subject {
	for _, subject := range s.subjects {
		if subject.place == place {
			return subject
		}
	}
	return nil
}

// once makes something signed when it is first wanted; revoking forgets it.
func (s *status) once(name string, make func() ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if der, ok := s.made[name]; ok {
		return der, nil
	}
	der, err := make()
	if err != nil {
		return nil, err
	}
	if s.made == nil {
		s.made = map[string][]byte{}
	}
	s.made[name] = der
	return der, nil
}

// staples returns what is stapled to the certificates of a chain that has the
// leaf first, nil for nothing.
func (s *status) staples() (leaf []byte, above [][]byte, err error) {
	if x := s.of(slotLeaf); x != nil {
		if leaf, err = s.staple(x); err != nil {
			return nil, nil, err
		}
	}
	for _, i := range slices.Backward(s.path.intermediates) {
		var staple []byte
		for _, x := range s.subjects {
			if x.certificate == i {
				if staple, err = s.staple(x); err != nil {
					return nil, nil, err
				}
			}
		}
		above = append(above, staple)
	}
	return leaf, above, nil
}

func (s *status) staple(x *subject) ([]byte, error) {
	if x.says.Staple == nil || x.says.Staple.Absent {
		return nil, nil
	}
	return s.once(x.place+" staple", func() ([]byte, error) { return s.path.ocspResponse(x, *x.says.Staple, nil, time.Now()) })
}

// crls returns in PEM the lists that a client could have fetched beforehand.
func (s *status) crls() ([]byte, error) {
	var text []byte
	for _, x := range s.subjects {
		if x.says.CRL == nil || x.says.CRL.Responder != "" && x.says.CRL.Responder != scenarios.ResponderRedirects {
			continue
		}
		der, err := s.crl(x)
		if err != nil {
			return nil, err
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
	}
	return text, nil
}

func (s *status) crl(x *subject) ([]byte, error) {
	return s.once(x.place+" crl", func() ([]byte, error) { return s.path.revocationList(x, *x.says.CRL, time.Now()) })
}

// revoke turns the certificates of a path into revoked ones, or back. serial nil
// stands for all that have a status. It reports whether there was any.
func (s *status) revoke(serial *big.Int, revoked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, x := range s.subjects {
		if serial == nil && x.place == slotLeaf || serial != nil && x.serial.Cmp(serial) == 0 {
			x.revoked.Store(revoked)
			found = true
		}
	}
	if found {
		s.made = nil
	}
	return found
}

// close ends the responder.
func (s *status) close() {
	if s.responder != nil {
		s.responder.close()
	}
}
