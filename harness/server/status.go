package server

import (
	"bytes"
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

// moment resolves a time, or takes another where there is none.
func moment(t scenarios.Time, now time.Time, otherwise time.Duration) (time.Time, error) {
	if t == "" {
		return now.Add(otherwise).UTC().Truncate(time.Second), nil
	}
	return t.Resolve(now)
}

// The times of an ordinary response or list.
const (
	statusAge  = time.Hour
	statusLife = 4 * 24 * time.Hour
	revokedAgo = 2 * time.Hour
)

// ocspResponse makes what o says of a certificate.
func (p *path) ocspResponse(x *subject, o scenarios.OCSP, nonce []byte, now time.Time) ([]byte, error) {
	if x.revoked.Load() {
		o.Status = scenarios.StatusRevoked
	}
	if o.Error != "" {
		return forge.OCSPError(o.Error)
	}
	s := pki.Status{CertStatus: string(o.Status), Reason: o.Reason, Nonce: nonce}
	if s.CertStatus == "" {
		s.CertStatus = string(scenarios.StatusGood)
	}
	var err error
	if s.ThisUpdate, err = moment(o.ThisUpdate, now, -statusAge); err != nil {
		return nil, err
	}
	if s.NextUpdate, err = moment(o.NextUpdate, now, statusLife); err != nil {
		return nil, err
	}
	if o.NoNextUpdate {
		s.NextUpdate = time.Time{}
	}
	if s.RevokedAt, err = moment(o.RevokedAt, now, -revokedAgo); err != nil {
		return nil, err
	}
	if o.NoNonce {
		s.Nonce = nil
	}
	signer, delegated, err := p.statusSigner(x, o.Signer)
	if err != nil {
		return nil, err
	}
	var der []byte
	honest := o.Signer == "" || o.Signer == scenarios.SignerDelegate
	if honest && s.Nonce == nil && !o.NoNextUpdate && o.For == "" && o.Others == 0 && o.Hash == "" {
		der, err = pki.SignOCSP(x.certificate, x.issuer, signer, s)
	} else {
		der, err = p.forgeOCSP(x, o, s, signer, delegated)
	}
	if err != nil {
		return nil, err
	}
	return forge.Damage(string(o.Damage), der)
}

func (p *path) forgeOCSP(x *subject, o scenarios.OCSP, s pki.Status, signer *pki.Certificate, delegated bool) ([]byte, error) {
	f := forge.OCSP{Status: s, Serial: x.serial, Issuer: x.issuer, Signer: signer, Delegated: delegated, Hash: hashes[o.Hash]}
	one := big.NewInt(1)
	switch o.For {
	case "another-serial":
		f.Serial = new(big.Int).Add(x.serial, one)
	case "another-issuer":
		other, err := p.ordinaryRoot(p.rootKeyType(), "stranger root", "")
		if err != nil {
			return nil, err
		}
		f.Issuer = other
	}
	for i := range o.Others {
		f.Others = append(f.Others, new(big.Int).Add(x.serial, big.NewInt(int64(i)+2)))
	}
	return f.DER()
}

// statusSigner returns who signs a response or list, and whether a certificate of its own goes along.
func (p *path) statusSigner(x *subject, who scenarios.StatusSigner) (signer *pki.Certificate, delegated bool, err error) {
	delegate := func(edit func(*forge.Spec)) (*pki.Certificate, bool, error) {
		key, err := p.factory.keys.Get(p.keyType(), "delegate")
		if err != nil {
			return nil, false, err
		}
		noCheck := pki.Extension{OID: pki.OIDOCSPNoCheck, Value: []byte{5, 0}}
		spec := forge.Spec{Request: pki.Request{
			Key: key, Issuer: x.issuer, Subject: pki.CommonName("tlsfault OCSP responder"),
			ExtKeyUsage: []string{"OCSPSigning"}, Extensions: []pki.Extension{noCheck},
		}}
		edit(&spec)
		c, err := forge.Issue(spec)
		return c, true, err
	}
	switch who {
	case "":
		return x.issuer, false, nil
	case scenarios.SignerDelegate:
		return delegate(func(*forge.Spec) {})
	case scenarios.SignerExpiredDelegate:
		return delegate(func(s *forge.Spec) {
			s.NotBefore, s.NotAfter = p.now.Add(-ordinaryLife), p.now.Add(-24*time.Hour)
		})
	case scenarios.SignerWrongPurpose:
		return delegate(func(s *forge.Spec) { s.ExtKeyUsage = []string{"serverAuth"} })
	case scenarios.SignerStrangerDelegate:
		other, err := p.ordinaryRoot(p.rootKeyType(), "stranger root", "")
		if err != nil {
			return nil, false, err
		}
		return delegate(func(s *forge.Spec) { s.Issuer = other })
	case scenarios.SignerStranger:
		key, err := p.factory.keys.Get(p.keyType(), "stranger")
		if err != nil {
			return nil, false, err
		}
		return forge.Stranger(x.issuer, key), false, nil
	case scenarios.SignerLeaf:
		return p.leaf, true, nil
	case scenarios.SignerRoot:
		return p.root, true, nil
	}
	return nil, false, fmt.Errorf("nobody signs as %q", who)
}

// revocationList makes the CRL that c describes, of a certificate's issuer.
func (p *path) revocationList(x *subject, c scenarios.CRL, now time.Time) ([]byte, error) {
	list := pki.RevocationList{Number: now.Unix()}
	var err error
	if list.ThisUpdate, err = moment(c.ThisUpdate, now, -statusAge); err != nil {
		return nil, err
	}
	if list.NextUpdate, err = moment(c.NextUpdate, now, statusLife); err != nil {
		return nil, err
	}
	if c.NoNextUpdate {
		list.NextUpdate = time.Time{}
	}
	at, err := moment(c.RevokedAt, now, -revokedAgo)
	if err != nil {
		return nil, err
	}
	if c.Lists || x.revoked.Load() {
		list.Entries = append(list.Entries, pki.RevocationEntry{Serial: x.serial, RevokedAt: at, Reason: c.Reason})
	}
	const others = 3
	for i := range others {
		list.Entries = append(list.Entries, pki.RevocationEntry{Serial: big.NewInt(int64(i) + 1), RevokedAt: at})
	}
	extensions, err := p.listExtensions(x, c)
	if err != nil {
		return nil, err
	}
	signer, _, err := p.statusSigner(x, c.Signer)
	if err != nil {
		return nil, err
	}
	sound := c.Signer == "" && c.Hash == "" && len(extensions) == 0 && !c.CriticalEntry && !c.NoNextUpdate && c.Entries == 0
	var der []byte
	switch {
	case sound && c.NoNumber:
		der, err = list.SignUnnumbered(signer)
	case sound && maySignLists(signer):
		der, err = list.Sign(signer)
	default:
		f := forge.CRL{RevocationList: list, Signer: signer, Hash: hashes[c.Hash], Extensions: extensions, NoNumber: c.NoNumber, Bulk: c.Entries}
		if c.CriticalEntry {
			f.EntryExtensions = []pki.Extension{unknownCritical}
		}
		der, err = f.DER()
	}
	if err != nil {
		return nil, err
	}
	if der, err = forge.Damage(string(c.Damage), der); err != nil || !c.PEM {
		return der, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// maySignLists reports whether a certificate has the cRLSign bit that crypto/x509 insists on.
func maySignLists(c *pki.Certificate) bool {
	parsed, err := x509.ParseCertificate(c.DER)
	return err == nil && parsed.KeyUsage&x509.KeyUsageCRLSign != 0 && bytes.Equal(parsed.SubjectKeyId, c.KeyID)
}

// unknownCritical is an extension below an arc for examples, X.660 A.7 (2.999).
var unknownCritical = pki.Extension{OID: "2.999.20", Critical: true, Value: []byte{5, 0}}

// listExtensions are the unusual extensions of a list.
func (p *path) listExtensions(x *subject, c scenarios.CRL) ([]pki.Extension, error) {
	var all []pki.Extension
	if c.CriticalExtension {
		all = append(all, unknownCritical)
	}
	if c.Delta {
		all = append(all, pki.Extension{OID: forge.OIDDeltaCRLIndicator, Critical: true, Value: []byte{2, 1, 1}}) // base CRL number 1
	}
	if c.Scope == "" {
		return all, nil
	}
	point := pki.DistributionScope{OnlyUser: c.Scope == "user", OnlyCA: c.Scope == "ca", OnlyAttribute: c.Scope == "attribute", Indirect: c.Scope == "indirect", SomeReasons: c.Scope == "some-reasons"}
	switch c.Scope {
	case "this-point":
		point.URL = p.status.responder.url(x.place, "crl.der", c.Responder)
	case "another-point":
		point.URL = p.status.responder.url(x.place, "another.der", c.Responder)
	}
	value, err := point.DER()
	return append(all, pki.Extension{OID: forge.OIDIssuingDistributionPoint, Critical: true, Value: value}), err
}
