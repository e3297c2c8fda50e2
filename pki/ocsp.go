package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/cloudflare/cfssl/crl"
	"github.com/cloudflare/cfssl/ocsp"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// reasonCodes are the CRLReason values of RFC 5280 5.3.1; 7 is not used.
var reasonCodes = []string{
	"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
	"certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise",
}

// ReasonCode returns the number of a revocation reason by its RFC 5280 5.3.1
// name, in any case; ok is false for another word.
func ReasonCode(name string) (code int, ok bool) {
	for i, known := range reasonCodes {
		if known != "" && strings.EqualFold(known, name) {
			return i, true
		}
	}
	return 0, false
}

// Status is what an authority says of a certificate that it issued.
type Status struct {
	// CertStatus is "good", "revoked" or "unknown", RFC 6960 4.2.1.
	CertStatus string
	// Reason is why it was revoked, by RFC 5280 5.3.1 name; empty for unspecified.
	Reason    string
	RevokedAt time.Time
	// ThisUpdate and NextUpdate say when that was right, and until when it holds.
	ThisUpdate, NextUpdate time.Time
	// Nonce is the one of the request, RFC 8954; nil for none.
	Nonce []byte
	// SCTs are promises of transparency logs to send along, RFC 6962 3.3.
	SCTs [][]byte
}

// SignOCSP makes an OCSP response (RFC 6960) for a certificate through cfssl.
// responder signs: the issuer itself, or whom it certified for OCSPSigning.
// It returns an error for a certificate that issuer did not issue.
func SignOCSP(certificate, issuer, responder *Certificate, s Status) ([]byte, error) {
	quiet()
	var parsed [3]*x509.Certificate
	for i, c := range []*Certificate{certificate, issuer, responder} {
		var err error
		if parsed[i], err = x509.ParseCertificate(c.DER); err != nil {
			return nil, fmt.Errorf("signing an OCSP response: %w", err)
		}
	}
	signer, err := ocsp.NewSigner(parsed[1], parsed[2], responder.Key, 0)
	if err != nil {
		return nil, fmt.Errorf("signing an OCSP response: making a cfssl signer: %w", err)
	}
	request := ocsp.SignRequest{
		Certificate: parsed[0], Status: s.CertStatus, RevokedAt: s.RevokedAt,
		ThisUpdate: &s.ThisUpdate, NextUpdate: &s.NextUpdate,
	}
	if s.Reason != "" {
		code, ok := ReasonCode(s.Reason)
		if !ok {
			return nil, fmt.Errorf("signing an OCSP response: unknown reason %q", s.Reason)
		}
		request.Reason = code
	}
	if len(s.SCTs) > 0 {
		value, err := SCTList(s.SCTs)
		if err != nil {
			return nil, fmt.Errorf("signing an OCSP response: %w", err)
		}
		request.Extensions = []pkix.Extension{{Id: oidStapledSCTs, Value: value}}
	}
	if s.Nonce != nil {
		return nil, errors.New("signing an OCSP response: cfssl puts extensions into the single response, where a nonce does not belong (RFC 8954 2.1)")
	}
	der, err := signer.Sign(request)
	if err != nil {
		return nil, fmt.Errorf("signing an OCSP response by cfssl: %w", err)
	}
	return der, nil
}

// OCSPRequest is what a client asks a responder, RFC 6960 4.1.1.
type OCSPRequest struct {
	// Serials are of the certificates asked for, in order.
	Serials []*big.Int
	// IssuerKeyHashes identify the issuers by a hash of their keys, one for each serial.
	IssuerKeyHashes [][]byte
	// Nonce is the nonce of RFC 8954; nil for none.
	Nonce []byte
}

var oidStapledSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}

var oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

// ParseOCSPRequest reads the DER of an OCSP request. It wants just what is
// answered from it; a signature of the requestor is skipped.
func ParseOCSPRequest(der []byte) (OCSPRequest, error) {
	var r OCSPRequest
	malformed := func(what string) (OCSPRequest, error) {
		return OCSPRequest{}, fmt.Errorf("malformed OCSP request: %s", what)
	}
	input := cryptobyte.String(der)
	var outer, tbs, list cryptobyte.String
	if !input.ReadASN1(&outer, cbasn1.SEQUENCE) || !input.Empty() {
		return malformed("no SEQUENCE")
	}
	if !outer.ReadASN1(&tbs, cbasn1.SEQUENCE) || !tbs.SkipOptionalASN1(contextTag(0)) || !tbs.SkipOptionalASN1(contextTag(1)) || !tbs.ReadASN1(&list, cbasn1.SEQUENCE) {
		return malformed("no TBSRequest")
	}
	if !r.readCertIDs(list) {
		return malformed("no CertID")
	}
	if len(r.Serials) == 0 {
		return malformed("it asks for nothing")
	}
	var extensions cryptobyte.String
	var present bool
	if !tbs.ReadOptionalASN1(&extensions, &present, contextTag(2)) {
		return malformed("no requestExtensions")
	}
	if present && !extensions.ReadASN1(&extensions, cbasn1.SEQUENCE) {
		return malformed("no Extensions")
	}
	if !r.readExtensions(extensions) {
		return malformed("no Extension")
	}
	return r, nil
}

// readCertIDs reads the requestList.
func (r *OCSPRequest) readCertIDs(list cryptobyte.String) bool {
	for !list.Empty() {
		var request, id, skipped, keyHash cryptobyte.String
		serial := new(big.Int)
		if !list.ReadASN1(&request, cbasn1.SEQUENCE) || !request.ReadASN1(&id, cbasn1.SEQUENCE) || !id.ReadASN1(&skipped, cbasn1.SEQUENCE) ||
			!id.ReadASN1(&skipped, cbasn1.OCTET_STRING) || !id.ReadASN1(&keyHash, cbasn1.OCTET_STRING) || !id.ReadASN1Integer(serial) {
			return false
		}
		r.Serials, r.IssuerKeyHashes = append(r.Serials, serial), append(r.IssuerKeyHashes, keyHash)
	}
	return true
}

// readExtensions reads the requestExtensions as far as a nonce.
func (r *OCSPRequest) readExtensions(extensions cryptobyte.String) bool {
	for !extensions.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !extensions.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) ||
			!extension.SkipOptionalASN1(cbasn1.BOOLEAN) || !extension.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return false
		}
		if oid.Equal(oidNonce) {
			r.Nonce = value
		}
	}
	return true
}

func contextTag(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// RevocationList is a CRL before it is signed, RFC 5280 5.1.
type RevocationList struct {
	Number                 int64
	ThisUpdate, NextUpdate time.Time
	Entries                []RevocationEntry
}

// RevocationEntry is one revoked certificate.
type RevocationEntry struct {
	Serial    *big.Int
	RevokedAt time.Time
	Reason    string // by RFC 5280 5.3.1 name; empty leaves the extension out
}

// Sign makes the CRL of an issuer with crypto/x509: the one that cfssl makes has
// no cRLNumber, which RFC 5280 5.2.3 wants (see [RevocationList.SignUnnumbered]).
func (l RevocationList) Sign(issuer *Certificate) ([]byte, error) {
	parsed, err := x509.ParseCertificate(issuer.DER)
	if err != nil {
		return nil, fmt.Errorf("signing a CRL: %w", err)
	}
	template := &x509.RevocationList{Number: big.NewInt(l.Number), ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate}
	for _, e := range l.Entries {
		code, ok := ReasonCode(e.Reason)
		if !ok && e.Reason != "" {
			return nil, fmt.Errorf("signing a CRL: unknown reason %q", e.Reason)
		}
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: e.Serial, RevocationTime: e.RevokedAt, ReasonCode: code})
	}
	der, err := x509.CreateRevocationList(nil, template, parsed, issuer.Key)
	if err != nil {
		return nil, fmt.Errorf("signing a CRL: %w", err)
	}
	return der, nil
}

// SignUnnumbered makes the CRL of an issuer through cfssl, which gives it no
// cRLNumber, though RFC 5280 5.2.3 wants one, and lets it begin now. Reasons are left out.
func (l RevocationList) SignUnnumbered(issuer *Certificate) ([]byte, error) {
	quiet()
	parsed, err := x509.ParseCertificate(issuer.DER)
	if err != nil {
		return nil, fmt.Errorf("signing a CRL: %w", err)
	}
	var entries []pkix.RevokedCertificate
	for _, e := range l.Entries {
		entries = append(entries, pkix.RevokedCertificate{SerialNumber: e.Serial, RevocationTime: e.RevokedAt})
	}
	der, err := crl.CreateGenericCRL(entries, issuer.Key, parsed, l.NextUpdate)
	if err != nil {
		return nil, fmt.Errorf("signing a CRL by cfssl: %w", err)
	}
	return der, nil
}
