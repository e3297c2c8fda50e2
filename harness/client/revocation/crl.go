package revocation

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of RFC 5280 5.2.
const (
	issuingDistributionPoint = "2.5.29.28"
	authorityKeyIdentifier   = "2.5.29.35"
	cRLNumber                = "2.5.29.20"
)

// checkCRL holds a list to RFC 5280 6.3.3 and returns nil where the certificate is not on it.
func (c Checker) checkCRL(der []byte, url string, certificate, issuer *x509.Certificate) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
		return fmt.Errorf("%w: it is of another issuer", ErrUnknown)
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err := c.current(list.ThisUpdate, list.NextUpdate); err != nil {
		return err
	}
	if err := understood(list, url, certificate); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	for _, entry := range list.RevokedCertificateEntries {
		for _, extension := range entry.Extensions {
			if extension.Critical {
				return fmt.Errorf("%w: an entry has the unknown critical extension %s", ErrUnknown, extension.Id)
			}
		}
		if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
			return fmt.Errorf("%w at %s, reason %d", ErrRevoked, entry.RevocationTime, entry.ReasonCode)
		}
	}
	return nil
}

// understood returns an error for a list that is not whole, or not for the certificate.
func understood(list *x509.RevocationList, url string, certificate *x509.Certificate) error {
	if list.Number == nil {
		return errors.New("it has no number") // RFC 5280 5.2.3
	}
	known := []string{authorityKeyIdentifier, cRLNumber, issuingDistributionPoint}
	for _, extension := range list.Extensions {
		id := extension.Id.String()
		if extension.Critical && !slices.Contains(known, id) {
			return fmt.Errorf("it has the unknown critical extension %s", id) // a delta's indicator too
		}
		if id == issuingDistributionPoint {
			if err := inScope(extension.Value, url, certificate); err != nil {
				return err
			}
		}
	}
	return nil
}

// inScope holds an issuingDistributionPoint, RFC 5280 5.2.5, to the certificate and to where the list is from.
func inScope(der []byte, url string, certificate *x509.Certificate) error {
	scope := cryptobyte.String(der)
	if !scope.ReadASN1(&scope, cbasn1.SEQUENCE) {
		return errors.New("its distribution point does not parse")
	}
	for !scope.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !scope.ReadAnyASN1(&value, &tag) {
			return errors.New("its distribution point does not parse")
		}
		switch set := len(value) == 1 && value[0] != 0; tag &^ (0x80 | 0x20) {
		case 0:
			if !bytes.Contains(value, []byte(url)) {
				return errors.New("it is for another distribution point")
			}
		case 1:
			if set && certificate.IsCA {
				return errors.New("it is for end entities alone")
			}
		case 2:
			if set && !certificate.IsCA {
				return errors.New("it is for authorities alone")
			}
		case 3:
			return errors.New("it lists some reasons alone")
		default:
			if set {
				return errors.New("it is indirect, or for attribute certificates")
			}
		}
	}
	return nil
}
