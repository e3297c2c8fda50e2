package pki

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"

	"github.com/cloudflare/cfssl/config"
	"github.com/cloudflare/cfssl/csr"
	"github.com/cloudflare/cfssl/initca"
	"github.com/cloudflare/cfssl/log"
	"github.com/cloudflare/cfssl/signer"
	"github.com/cloudflare/cfssl/signer/local"
)

// quiet raises cfssl's log level, once. It is a global of that package, and the
// only way to keep a line per certificate off the standard error; what cfssl
// logs as an error it also returns.
var quiet = sync.OnceFunc(func() { log.Level = log.LevelFatal })

// Issue makes the certificate that r asks for through cfssl. It returns an
// error when cfssl cannot make exactly that: see [Request.Unfit].
func Issue(r Request) (*Certificate, error) {
	r, err := r.Complete()
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	if err := r.Unfit(); err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	quiet()
	request, err := r.Key.request()
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	parent, err := r.parent()
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	policy, err := r.policy()
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	authority, err := local.NewSigner(r.SigningKey(), parent, r.SignatureAlgorithm(), policy)
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: making a cfssl signer: %w", err)
	}
	extensions, err := r.cfsslExtensions()
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	text, err := authority.Sign(signer.SignRequest{
		Hosts:      r.hosts(),
		Request:    string(request),
		Subject:    r.cfsslSubject(),
		Serial:     r.Serial,
		Extensions: extensions,
		NotBefore:  r.NotBefore,
		NotAfter:   r.NotAfter,
	})
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: signing by cfssl: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("issuing a certificate: cfssl returned no PEM")
	}
	return r.Issued(block.Bytes)
}

// Issued wraps the DER that was made for a complete request.
func (r Request) Issued(der []byte) (*Certificate, error) {
	subject, err := r.Subject.DER()
	if err != nil {
		return nil, err
	}
	return &Certificate{DER: der, Key: r.Key.Signer, Subject: subject, KeyID: r.Key.ID()}, nil
}

// signingRequest makes the PKCS #10 request that cfssl wants to see before it
// certifies a key. It says nothing but the key, and so serves all certificates of it.
func signingRequest(key crypto.Signer) ([]byte, error) {
	quiet()
	text, err := csr.Generate(key, &csr.CertificateRequest{})
	if err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	return text, nil
}

// parent is the issuer as far as signing looks at it, and nil for an authority that
// signs itself, which cfssl then makes the way initca does. It has no public key, so that nobody
// compares it with the signing key: an issuer may be made up of another's name and key.
func (r Request) parent() (*x509.Certificate, error) {
	if r.Issuer == nil && r.BasicConstraints.isCA(r.Kind) {
		return nil, nil
	}
	subject, err := r.IssuerDER()
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{RawSubject: subject, SubjectKeyId: r.authorityKeyID()}, nil
}

func (r Request) policy() (*config.Signing, error) {
	usages, err := cfsslUsages(r.KeyUsage, r.ExtKeyUsage)
	if err != nil {
		return nil, err
	}
	policy := initca.CAPolicy()
	profile := policy.Default
	profile.Usage = usages
	profile.ClientProvidesSerialNumbers = true
	profile.CAConstraint = config.CAConstraint{IsCA: r.BasicConstraints.isCA(r.Kind)}
	if length := r.BasicConstraints.PathLen; length != nil {
		profile.CAConstraint.MaxPathLen, profile.CAConstraint.MaxPathLenZero = *length, *length == 0
	}
	profile.ExtensionWhitelist = map[string]bool{OIDNameConstraints: true}
	for _, extension := range r.Extensions {
		profile.ExtensionWhitelist[extension.OID] = true
	}
	return policy, nil
}

func (r Request) cfsslExtensions() ([]signer.Extension, error) {
	list := r.Extensions
	if r.NameConstraints != nil {
		value, err := r.NameConstraints.DER()
		if err != nil {
			return nil, err
		}
		constraints := Extension{OID: OIDNameConstraints, Critical: !r.NameConstraints.NonCritical, Value: value}
		list = append([]Extension{constraints}, list...)
	}
	extensions := make([]signer.Extension, 0, len(list))
	for _, extension := range list {
		oid, err := extension.SmallOID()
		if err != nil {
			return nil, err
		}
		extensions = append(extensions, signer.Extension{
			ID: config.OID(oid), Critical: extension.Critical, Value: hex.EncodeToString(extension.Value),
		})
	}
	return extensions, nil
}

func (r Request) hosts() []string {
	hosts := make([]string, 0, len(r.Names))
	for _, name := range r.Names {
		hosts = append(hosts, name.Value)
	}
	return hosts
}

func (r Request) cfsslSubject() *signer.Subject {
	subject := &signer.Subject{Names: make([]csr.Name, 1)}
	field := map[string]*string{
		"C": &subject.Names[0].C, "O": &subject.Names[0].O, "OU": &subject.Names[0].OU, "L": &subject.Names[0].L,
		"ST": &subject.Names[0].ST, "CN": &subject.CN, "serialNumber": &subject.SerialNumber,
	}
	for _, attribute := range r.Subject {
		if into, ok := field[attribute.Type]; ok {
			*into = attribute.Value
		}
	}
	return subject
}
