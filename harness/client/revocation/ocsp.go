package revocation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"golang.org/x/crypto/ocsp"
)

// What an answer may measure. OCSP responses have a few kilobytes; CRLs grow with what they list.
const (
	ocspLimit = 64 << 10
	crlLimit  = 48 << 20
)

// askOCSP asks a responder by POST, RFC 6960 A.1.
func (c Checker) askOCSP(ctx context.Context, url string, certificate, issuer *x509.Certificate) ([]byte, error) {
	request, err := ocsp.CreateRequest(certificate, issuer, nil)
	if err != nil {
		return nil, err
	}
	return c.fetch(ctx, url, request, ocspLimit)
}

// fetch gets a URL, or posts an OCSP request to it.
func (c Checker) fetch(ctx context.Context, url string, request []byte, limit int64) ([]byte, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if request != nil {
		method, body = http.MethodPost, bytes.NewReader(request)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	if request != nil {
		req.Header.Set("Content-Type", "application/ocsp-request")
	}
	client := c.HTTP
	if client == nil {
		transport := &http.Transport{DisableKeepAlives: true} // no proxy: a status is not asked for over strangers
		defer transport.CloseIdleConnections()
		client = &http.Client{Transport: transport}
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // read as far as wanted
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	got, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err == nil && int64(len(got)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return got, err
}

// checkOCSP holds a response to RFC 6960 3.2 and returns nil where it says good.
func (c Checker) checkOCSP(der []byte, certificate, issuer *x509.Certificate) error {
	response, err := ocsp.ParseResponseForCert(der, certificate, issuer)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if a := response.SignatureAlgorithm; a == x509.SHA1WithRSA || a == x509.ECDSAWithSHA1 {
		return fmt.Errorf("%w: it is signed with SHA-1", ErrUnknown)
	}
	if err := about(der, certificate, issuer); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if delegate := response.Certificate; delegate != nil && !delegate.Equal(issuer) {
		if err := c.mayAnswer(delegate); err != nil {
			return fmt.Errorf("%w: its signer %w", ErrUnknown, err)
		}
	}
	if err := c.current(response.ThisUpdate, response.NextUpdate); err != nil {
		return err
	}
	switch response.Status {
	case ocsp.Good:
		return nil
	case ocsp.Revoked:
		return fmt.Errorf("%w at %s, reason %d", ErrRevoked, response.RevokedAt, response.RevocationReason)
	}
	return fmt.Errorf("%w: the responder does not know the certificate", ErrUnknown)
}

// mayAnswer holds a delegate to RFC 6960 4.2.2.2. That the issuer signed its
// certificate is known by then.
func (c Checker) mayAnswer(delegate *x509.Certificate) error {
	now := c.now()
	switch {
	case !slices.Contains(delegate.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return errors.New("is not for OCSPSigning")
	case now.Before(delegate.NotBefore) || now.After(delegate.NotAfter):
		return errors.New("is out of date")
	}
	return nil
}

// basicResponse is as much of RFC 6960 4.2.1 as says what a response is about,
// which package ocsp compares by serial number alone.
type basicResponse struct {
	Data struct {
		Raw       asn1.RawContent
		Version   int `asn1:"optional,default:0,explicit,tag:0"`
		Responder asn1.RawValue
		Produced  asn1.RawValue
		Responses []struct {
			ID struct {
				Algorithm struct {
					Algorithm  asn1.ObjectIdentifier
					Parameters asn1.RawValue `asn1:"optional"`
				}
				NameHash []byte
				KeyHash  []byte
				Serial   asn1.RawValue
			}
			Status     asn1.RawValue
			ThisUpdate asn1.RawValue
			NextUpdate asn1.RawValue `asn1:"explicit,tag:0,optional"`
			Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
		}
		Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
	}
	Algorithm asn1.RawValue
	Signature asn1.BitString
	Rest      asn1.RawValue `asn1:"explicit,tag:0,optional"`
}

// certIDHashes are those that a CertID may use here: SHA-1, and SHA-256 of RFC 8954's time.
var certIDHashes = map[string]crypto.Hash{"1.3.14.3.2.26": crypto.SHA1, "2.16.840.1.101.3.4.2.1": crypto.SHA256}

// about returns an error unless the single response for the certificate's serial
// number names its issuer.
func about(der []byte, certificate, issuer *x509.Certificate) error {
	var outer struct {
		Status   asn1.Enumerated
		Response struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return err
	}
	var basic basicResponse
	if _, err := asn1.Unmarshal(outer.Response.Response, &basic); err != nil {
		return err
	}
	var key struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &key); err != nil {
		return err
	}
	serial, err := asn1.Marshal(certificate.SerialNumber)
	if err != nil {
		return err
	}
	for _, r := range basic.Data.Responses {
		hash, known := certIDHashes[r.ID.Algorithm.Algorithm.String()]
		if !known || !bytes.Equal(r.ID.Serial.FullBytes, serial) {
			continue
		}
		if bytes.Equal(r.ID.NameHash, digest(hash, issuer.RawSubject)) && bytes.Equal(r.ID.KeyHash, digest(hash, key.Key.RightAlign())) {
			return nil
		}
	}
	return errors.New("it is about another issuer's certificate")
}

func digest(hash crypto.Hash, text []byte) []byte {
	h := hash.New()
	h.Write(text)
	return h.Sum(nil)
}
