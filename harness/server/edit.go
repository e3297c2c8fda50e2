package server

import (
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// ordinaryLife is how long a certificate is valid when a scenario moves one end of its validity beyond the other.
const ordinaryLife = 30 * 24 * time.Hour

// hashes maps the words of Signature.Hash.
var hashes = map[string]crypto.Hash{
	"md2": forge.MD2, "md4": crypto.MD4, "md5": crypto.MD5, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
}

// forge applies what a scenario says of a certificate to its ordinary
// description and issues it. slot names its key, root is the path's root.
func (p *path) forge(spec forge.Spec, slot string, edits []*scenarios.Certificate, root *pki.Certificate) (*pki.Certificate, error) {
	for _, e := range edits {
		for _, apply := range []func(*forge.Spec, *scenarios.Certificate) error{
			func(s *forge.Spec, e *scenarios.Certificate) error { return p.editKey(s, slot, e) },
			editNames, p.editValidity, editNumbers, editExtensions, editKeyIDs, editSignature, editDER,
			func(s *forge.Spec, e *scenarios.Certificate) error { return p.editIssuer(s, e, root) },
		} {
			if err := apply(&spec, e); err != nil {
				return nil, err
			}
		}
	}
	says := ofStatus(edits)
	if err := p.editStatus(&spec, slot, says); err != nil {
		return nil, err
	}
	if c := says.SCTs; c != nil && (c.Via == "" || c.Via == scenarios.SCTsInCertificate) && !c.Absent {
		return p.issueLogged(spec, c)
	}
	return forge.Issue(spec)
}

func (p *path) editKey(spec *forge.Spec, slot string, e *scenarios.Certificate) error {
	keyType := pki.KeyType(e.Key)
	if e.Rekey {
		slot += rekeyed
		if keyType == "" {
			keyType = p.keyType()
		}
	}
	if keyType == "" {
		return nil
	}
	key, err := p.factory.key(keyType, slot)
	spec.Key = key
	return err
}

func editNames(spec *forge.Spec, e *scenarios.Certificate) error {
	if e.CommonName != nil {
		spec.Subject = pki.CommonName(*e.CommonName)
		if *e.CommonName == "" {
			spec.Subject = pki.Subject{}
		}
	}
	if e.Subject != nil {
		subject, err := pki.ParseSubject(*e.Subject)
		if err != nil {
			return err
		}
		spec.Subject = subject
	}
	if e.Names != nil {
		names, err := pki.ParseNames(*e.Names)
		if err != nil {
			return err
		}
		spec.Names = names
	}
	if e.ExtraNames > 0 {
		if spec.Subject == nil && len(spec.Names) > 0 {
			spec.Subject = pki.CommonName(spec.Names[0].Value)
		}
		spec.Names = append(unrelatedNames("host", e.ExtraNames), spec.Names...)
	}
	return nil
}

// unrelatedNames returns n DNS names that nobody asks for.
func unrelatedNames(first string, n int) []pki.Name {
	names := make([]pki.Name, n)
	for i := range names {
		names[i] = pki.Name{Type: pki.TypeDNS, Value: fmt.Sprintf("%s-%05d.localhost", first, i)}
	}
	return names
}

func (p *path) editValidity(spec *forge.Spec, e *scenarios.Certificate) error {
	ordinary, err := spec.Complete()
	if err != nil {
		return err
	}
	if e.NotBefore != "" {
		if spec.NotBefore, err = e.NotBefore.Resolve(p.now); err != nil {
			return err
		}
	}
	if e.NotAfter != "" {
		if spec.NotAfter, err = e.NotAfter.Resolve(p.now); err != nil {
			return err
		}
	}
	// Moving one end beyond the other's place takes that along, so that the validity stays a period.
	if e.NotAfter != "" && e.NotBefore == "" && !spec.NotAfter.After(ordinary.NotBefore) {
		spec.NotBefore = spec.NotAfter.Add(-ordinaryLife)
	}
	if e.NotBefore != "" && e.NotAfter == "" && !spec.NotBefore.Before(ordinary.NotAfter) {
		spec.NotAfter = spec.NotBefore.Add(ordinaryLife)
	}
	return nil
}

// timeForms maps the words of Certificate.Times.
var timeForms = map[scenarios.TimeForm]forge.TimeType{
	scenarios.TimesUTC: forge.UTCTime, scenarios.TimesGeneralized: forge.GeneralizedTime, scenarios.TimesFraction: forge.FractionalTime,
	scenarios.TimesOffset: forge.OffsetTime, scenarios.TimesNoSeconds: forge.TimeWithoutSeconds, scenarios.TimesNoZone: forge.TimeWithoutZone,
}

func editNumbers(spec *forge.Spec, e *scenarios.Certificate) error {
	if e.Times != "" {
		spec.Times = timeForms[e.Times]
	}
	if e.Version != 0 {
		spec.Version = e.Version
	}
	if e.Serial != "" {
		serial, ok := new(big.Int).SetString(e.Serial, 0)
		if !ok {
			return fmt.Errorf("serial %q is not a number", e.Serial)
		}
		spec.Serial = serial
	}
	return nil
}

func editExtensions(spec *forge.Spec, e *scenarios.Certificate) error {
	if c := e.BasicConstraints; c != nil {
		spec.BasicConstraints = pki.BasicConstraints{Absent: c.Absent, CA: c.CA, PathLen: c.PathLen}
	}
	if e.KeyUsage != nil {
		spec.KeyUsage = append([]string{}, *e.KeyUsage...)
	}
	if e.ExtKeyUsage != nil {
		spec.ExtKeyUsage = append([]string{}, *e.ExtKeyUsage...)
	}
	if c := e.NameConstraints; c != nil {
		permitted, err := pki.ParseNames(c.Permitted)
		if err != nil {
			return err
		}
		excluded, err := pki.ParseNames(c.Excluded)
		if err != nil {
			return err
		}
		if c.Extra > 0 {
			excluded = append(unrelatedNames("elsewhere", c.Extra), excluded...)
		}
		spec.NameConstraints = &pki.NameConstraints{Permitted: permitted, Excluded: excluded}
		if c.NonCritical {
			setCritical(spec, pki.OIDNameConstraints, false)
		}
	}
	for _, name := range e.Critical {
		setCritical(spec, extensionOIDs[name], true)
	}
	for _, name := range e.NotCritical {
		setCritical(spec, extensionOIDs[name], false)
	}
	for _, x := range e.Extensions {
		value, err := hex.DecodeString(x.Value)
		if err != nil {
			return fmt.Errorf("value of extension %s: %w", x.OID, err)
		}
		if len(value) == 0 {
			value = []byte{5, 0} // NULL
		}
		spec.Extensions = append(spec.Extensions, pki.Extension{OID: x.OID, Critical: x.Critical, Value: value})
	}
	return nil
}

// extensionOIDs maps the words of Certificate.Critical and NotCritical.
var extensionOIDs = map[string]string{
	"keyUsage": pki.OIDKeyUsage, "extKeyUsage": pki.OIDExtKeyUsage, "basicConstraints": pki.OIDBasicConstraints,
	"subjectKeyIdentifier": pki.OIDSubjectKeyIdentifier, "authorityKeyIdentifier": pki.OIDAuthorityKeyIdentifier,
	"subjectAltName": pki.OIDSubjectAltName, "nameConstraints": pki.OIDNameConstraints,
}

func setCritical(spec *forge.Spec, oid string, critical bool) {
	if spec.Critical == nil {
		spec.Critical = make(map[string]bool)
	}
	spec.Critical[oid] = critical
}

// editKeyIDs changes the key identifiers; the empty one leaves the extension out.
func editKeyIDs(spec *forge.Spec, e *scenarios.Certificate) error {
	for _, of := range []struct {
		text *string
		into *[]byte
	}{{e.SubjectKeyID, &spec.SubjectKeyID}, {e.AuthorityKeyID, &spec.AuthorityKeyID}} {
		if of.text == nil {
			continue
		}
		id, err := hex.DecodeString(*of.text)
		if err != nil {
			return fmt.Errorf("key identifier %q: %w", *of.text, err)
		}
		*of.into = append([]byte{}, id...)
	}
	return nil
}

func editDER(spec *forge.Spec, e *scenarios.Certificate) error {
	if e.Surgery != "" {
		spec.Surgery = append(spec.Surgery, forge.Surgery(e.Surgery))
	}
	return nil
}

func editSignature(spec *forge.Spec, e *scenarios.Certificate) error {
	if e.Signature == nil {
		return nil
	}
	if e.Signature.Hash != "" {
		hash, ok := hashes[e.Signature.Hash]
		if !ok {
			return fmt.Errorf("signature hash %q is unknown", e.Signature.Hash)
		}
		spec.Hash = hash
	}
	if e.Signature.PSS != "" {
		spec.PSS = true
		if e.Signature.PSS != "sound" {
			spec.PSSParameters = forge.PSSParameters(e.Signature.PSS)
		}
	}
	if e.Signature.Mismatch {
		spec.Surgery = append(spec.Surgery, forge.AlgorithmMismatch)
	}
	if e.Signature.Corrupt {
		spec.Surgery = append(spec.Surgery, forge.CorruptSignature)
	}
	return nil
}

// editIssuer changes who signs; key and name are set by then.
func (p *path) editIssuer(spec *forge.Spec, e *scenarios.Certificate, root *pki.Certificate) error {
	switch e.Issuer {
	case "":
	case scenarios.IssuerSelf:
		spec.Issuer = nil
	case scenarios.IssuerRoot:
		spec.Issuer = root
	case scenarios.IssuerStranger:
		key, err := p.factory.keys.Get(p.keyType(), "stranger")
		if err != nil {
			return err
		}
		spec.Issuer = forge.Stranger(spec.Issuer, key)
	case scenarios.IssuerLeaf:
		issuer, err := p.leafSpec(spec.Issuer, "issuing leaf", "issuer.localhost")
		if err != nil {
			return err
		}
		if p.extra, err = forge.Issue(issuer); err != nil {
			return fmt.Errorf("making the leaf that issues: %w", err)
		}
		spec.Issuer = p.extra
	default:
		return errors.New("unknown issuer " + string(e.Issuer))
	}
	return nil
}
