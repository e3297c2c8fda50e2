package forge

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"

	"github.com/tlsfault/tlsfault/pki"
)

// Way is a way in which a certificate is made.
type Way string

// The ways, in the order in which they are tried.
const (
	ByCFSSL           Way = "cfssl"
	ByStandardLibrary Way = "x509.CreateCertificate"
	ByDER             Way = "DER"
)

// Way returns the first way that can make s, and why each before it cannot.
func (s Spec) Way() (Way, []error) {
	complete, err := s.complete()
	if err != nil {
		return ByDER, []error{err}
	}
	return complete.way()
}

func (s Spec) way() (Way, []error) {
	beyondCFSSL := s.departs()
	if beyondCFSSL == nil {
		beyondCFSSL = s.Unfit()
	}
	if beyondCFSSL == nil {
		return ByCFSSL, nil
	}
	if beyondGo := s.beyondStandardLibrary(); beyondGo != nil {
		return ByDER, []error{beyondCFSSL, beyondGo}
	}
	return ByStandardLibrary, []error{beyondCFSSL}
}

// departs names the first departure from the honest request, all of which are
// beyond cfssl.
func (s Spec) departs() error {
	switch {
	case s.SubjectKeyID != nil:
		return errors.New("another subject key identifier")
	case s.AuthorityKeyID != nil:
		return errors.New("another authority key identifier")
	case len(s.Critical) > 0:
		return errors.New("another criticality")
	case s.PSS:
		return errors.New("a signature by RSASSA-PSS")
	}
	return s.departsFromGo()
}

// departsFromGo names the first departure that is beyond x509.CreateCertificate too.
func (s Spec) departsFromGo() error {
	_, signsItself := s.SigningKey().(certificateSigner)
	switch {
	case s.Key.Odd():
		return errors.New("a key that crypto/x509 does not encode so")
	case signsItself:
		return fmt.Errorf("a signature by %T", s.SigningKey())
	case s.PSS && s.PSSParameters != "":
		return fmt.Errorf("RSASSA-PSS with the parameters %q", s.PSSParameters)
	case s.Version != 0 && s.Version != 3:
		return fmt.Errorf("version %d", s.Version)
	case s.NoExtensions:
		return errors.New("no extensions")
	case s.Times != "":
		return fmt.Errorf("times encoded as %q", s.Times)
	case len(s.Surgery) > 0:
		return fmt.Errorf("surgery %q", s.Surgery[0])
	}
	return nil
}

// beyondStandardLibrary returns why x509.CreateCertificate cannot make s. What
// stands in the extensions does not matter to it: they are ours.
func (s Spec) beyondStandardLibrary() error {
	if err := s.departsFromGo(); err != nil {
		return err
	}
	if s.Serial.Sign() < 0 {
		return errors.New("a negative serial number")
	}
	if _, small := s.SigningKey().(*pki.SmallRSA); small {
		return errors.New("an RSA key that crypto/rsa does not use")
	}
	if s.goAlgorithm() == x509.UnknownSignatureAlgorithm {
		return fmt.Errorf("a signature by %T with %v", s.SigningKey(), s.Hash)
	}
	for _, extension := range s.Extensions {
		if _, err := extension.SmallOID(); err != nil {
			return err
		}
	}
	return nil
}

func (s Spec) makeByStandardLibrary() ([]byte, error) {
	subject, err := s.Subject.DER()
	if err != nil {
		return nil, err
	}
	issuer, err := s.IssuerDER()
	if err != nil {
		return nil, err
	}
	list, err := s.extensions()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		RawSubject:         subject,
		SerialNumber:       s.Serial,
		NotBefore:          s.NotBefore,
		NotAfter:           s.NotAfter,
		SignatureAlgorithm: s.goAlgorithm(),
	}
	for _, extension := range list {
		oid, err := extension.SmallOID()
		if err != nil {
			return nil, err
		}
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: oid, Critical: extension.Critical, Value: extension.Value})
	}
	return x509.CreateCertificate(rand.Reader, template, &x509.Certificate{RawSubject: issuer}, s.Key.Signer.Public(), s.SigningKey())
}

// goAlgorithm returns Go's name of the signature algorithm, or
// UnknownSignatureAlgorithm where crypto/x509 does not sign so.
func (s Spec) goAlgorithm() x509.SignatureAlgorithm {
	if !s.PSS {
		return s.SignatureAlgorithm()
	}
	if _, ok := s.SigningKey().Public().(*rsa.PublicKey); !ok {
		return x509.UnknownSignatureAlgorithm
	}
	return map[crypto.Hash]x509.SignatureAlgorithm{
		crypto.SHA256: x509.SHA256WithRSAPSS, crypto.SHA384: x509.SHA384WithRSAPSS, crypto.SHA512: x509.SHA512WithRSAPSS,
	}[s.Hash]
}
