package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Unfit returns why cfssl cannot make exactly what a complete r asks for, or
// nil when it can.
func (r Request) Unfit() error {
	if r.Key.Odd() {
		return errors.New("cfssl takes no key that crypto/x509 cannot encode")
	}
	if _, small := r.Key.Signer.(*SmallRSA); small {
		return errors.New("cfssl takes no key request signed by an RSA key under 1024 bits")
	}
	if _, small := r.SigningKey().(*SmallRSA); small {
		return errors.New("crypto/x509 signs nothing with an RSA key under 1024 bits")
	}
	if r.SignatureAlgorithm() == x509.UnknownSignatureAlgorithm {
		return fmt.Errorf("crypto/x509 does not sign with a %T and %v", r.SigningKey(), r.Hash)
	}
	if r.Serial.Sign() < 0 {
		return errors.New("crypto/x509 writes no negative serial number")
	}
	if r.selfIssued() && r.authorityKeyID() != nil {
		return errors.New("crypto/x509 writes no authority key identifier where issuer and subject have one name")
	}
	if err := r.unfitSubject(); err != nil {
		return err
	}
	if err := r.unfitNames(); err != nil {
		return err
	}
	return r.unfitExtensions()
}

// cfsslSubjectOrder is the order in which crypto/x509/pkix writes the
// attributes that cfssl passes on.
var cfsslSubjectOrder = []string{"C", "O", "OU", "L", "ST", "CN", "serialNumber"}

func (r Request) unfitSubject() error {
	last := -1
	for _, attribute := range r.Subject {
		place := slices.Index(cfsslSubjectOrder, attribute.Type)
		switch {
		case place < 0:
			return fmt.Errorf("cfssl drops the subject attribute %q", attribute.Type)
		case place <= last:
			return fmt.Errorf("cfssl moves the subject attribute %q", attribute.Type)
		case attribute.Value == "" || attribute.String != 0:
			return fmt.Errorf("cfssl does not take the value or string type of the subject attribute %q", attribute.Type)
		case !utf8.ValidString(attribute.Value):
			return fmt.Errorf("crypto/x509 takes no subject attribute %q that is not UTF-8", attribute.Type)
		}
		last = place
	}
	return nil
}

// unfitNames finds the names that cfssl would file under another type.
func (r Request) unfitNames() error {
	if len(r.Names) > 0 && r.BasicConstraints.isCA(r.Kind) {
		return errors.New("cfssl drops the names of an authority")
	}
	for _, name := range r.Names {
		filed := TypeDNS
		if _, err := netip.ParseAddr(name.Value); err == nil {
			filed = TypeIP
		} else if address, err := mail.ParseAddress(name.Value); err == nil {
			filed = TypeEmail
			if address.Address != name.Value {
				return fmt.Errorf("cfssl rewrites the name %q", name)
			}
		} else if uri, err := url.ParseRequestURI(name.Value); err == nil {
			filed = TypeURI
			if uri.String() != name.Value {
				return fmt.Errorf("cfssl rewrites the name %q", name)
			}
		}
		if filed != name.Type {
			return fmt.Errorf("cfssl takes the name %q for the type %q", name, filed)
		}
		if strings.IndexFunc(name.Value, func(c rune) bool { return c > 0x7f }) >= 0 {
			return fmt.Errorf("crypto/x509 takes no name %q that is not ASCII", name)
		}
	}
	return nil
}

func (r Request) unfitExtensions() error {
	if _, err := cfsslUsages(r.KeyUsage, r.ExtKeyUsage); err != nil {
		return err
	}
	constraints := r.BasicConstraints
	if constraints.Absent {
		return errors.New("cfssl always writes basicConstraints")
	}
	if constraints.PathLen != nil && (!constraints.isCA(r.Kind) || *constraints.PathLen < 0) {
		return errors.New("crypto/x509 writes pathLenConstraint for an authority alone")
	}
	seen := map[string]bool{
		OIDKeyUsage: true, OIDExtKeyUsage: true, OIDBasicConstraints: true, OIDSubjectKeyIdentifier: true,
		OIDAuthorityKeyIdentifier: true, OIDSubjectAltName: true, OIDNameConstraints: true,
	}
	for _, extension := range r.Extensions {
		if seen[extension.OID] {
			return fmt.Errorf("cfssl writes the extension %s once", extension.OID)
		}
		seen[extension.OID] = true
		if _, err := extension.SmallOID(); err != nil {
			return err
		}
	}
	return nil
}

// SignatureAlgorithm returns Go's name for signing with the issuer's key and
// r.Hash, or UnknownSignatureAlgorithm where crypto/x509 does not sign so.
func (r Request) SignatureAlgorithm() x509.SignatureAlgorithm {
	switch r.SigningKey().Public().(type) {
	case ed25519.PublicKey:
		if r.Hash == 0 {
			return x509.PureEd25519
		}
	case *ecdsa.PublicKey:
		return map[crypto.Hash]x509.SignatureAlgorithm{
			crypto.SHA1: x509.ECDSAWithSHA1, crypto.SHA256: x509.ECDSAWithSHA256,
			crypto.SHA384: x509.ECDSAWithSHA384, crypto.SHA512: x509.ECDSAWithSHA512,
		}[r.Hash]
	case *rsa.PublicKey:
		return map[crypto.Hash]x509.SignatureAlgorithm{
			crypto.SHA1: x509.SHA1WithRSA, crypto.SHA256: x509.SHA256WithRSA,
			crypto.SHA384: x509.SHA384WithRSA, crypto.SHA512: x509.SHA512WithRSA,
		}[r.Hash]
	}
	return x509.UnknownSignatureAlgorithm
}
