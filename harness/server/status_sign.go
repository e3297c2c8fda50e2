package server

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

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
	if s.SCTs, err = p.stapledSCTs(x); err != nil {
		return nil, err
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
	list, err := listOf(x, c, now)
	if err != nil {
		return nil, err
	}
	extensions, err := p.listExtensions(x, c)
	if err != nil {
		return nil, err
	}
	signer, _, err := p.statusSigner(x, c.Signer)
	if err != nil {
		return nil, err
	}
	sound := c.Signer == "" && c.Hash == "" && len(extensions) == 0 && !c.CriticalEntry && !c.CriticalNumber && !c.NoNextUpdate && c.Entries == 0
	var der []byte
	switch {
	case sound && c.NoNumber:
		der, err = list.SignUnnumbered(signer)
	case sound && maySignLists(signer):
		der, err = list.Sign(signer)
	default:
		f := forge.CRL{RevocationList: list, Signer: signer, Hash: hashes[c.Hash], Extensions: extensions, Bulk: c.Entries}
		f.NoNumber, f.CriticalNumber = c.NoNumber, c.CriticalNumber
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

// listOf is what a CRL says, whoever signs it.
func listOf(x *subject, c scenarios.CRL, now time.Time) (pki.RevocationList, error) {
	list := pki.RevocationList{Number: now.Unix()}
	var err error
	if list.ThisUpdate, err = moment(c.ThisUpdate, now, -statusAge); err != nil {
		return list, err
	}
	if list.NextUpdate, err = moment(c.NextUpdate, now, statusLife); err != nil {
		return list, err
	}
	if c.NoNextUpdate {
		list.NextUpdate = time.Time{}
	}
	at, err := moment(c.RevokedAt, now, -revokedAgo)
	if err != nil {
		return list, err
	}
	if c.Lists || x.revoked.Load() {
		list.Entries = append(list.Entries, pki.RevocationEntry{Serial: x.serial, RevokedAt: at, Reason: c.Reason})
	}
	const others = 3
	for i := range others {
		list.Entries = append(list.Entries, pki.RevocationEntry{Serial: big.NewInt(int64(i) + 1), RevokedAt: at})
	}
	return list, nil
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
