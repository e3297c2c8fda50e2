// Package revocation checks the revocation of a server's certificates for Go
// clients, whose crypto/tls leaves that to its caller. A [Checker] is the
// VerifyConnection of a tls.Config: it holds every certificate of the path, the
// root aside, to each status that is to be had, stapled, by OCSP and by CRL, and
// refuses what is revoked and what it cannot tell. It is an example of hard
// checking, and the client that shows what such checking finds.
package revocation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The errors of a check. Every other error is wrapped in one of them.
var (
	// ErrRevoked says that a valid status says revoked (RFC 6960 2.2, RFC 5280 6.3.3).
	ErrRevoked = errors.New("certificate revoked")
	// ErrUnknown says that a status was not to be had, or not to be trusted.
	ErrUnknown = errors.New("revocation status unknown")
)

// Checker says how to check. The zero value looks at staples alone.
type Checker struct {
	// OCSP and CRL ask the responders and distribution points that certificates name.
	OCSP, CRL bool
	// RequireStaple refuses a server that staples nothing.
	RequireStaple bool
	// Timeout bounds one check of a path; 5 s when zero.
	Timeout time.Duration
	// HTTP fetches; a client without proxies when nil.
	HTTP *http.Client
	// Now is the time; time.Now when nil.
	Now func() time.Time
}

// skew is how far clocks may be apart.
const skew = 5 * time.Minute

// VerifyConnection is what tls.Config calls once it has verified the path. It
// returns an error that is ErrRevoked or ErrUnknown.
func (c Checker) VerifyConnection(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return fmt.Errorf("%w: the path was not verified", ErrUnknown)
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.CheckPath(ctx, state.VerifiedChains[0], state.OCSPResponse)
}

// CheckPath checks every certificate of a path, which begins with the leaf and
// ends with the root, whose own status nobody tells. staple is the leaf's stapled
// OCSP response, empty for none.
func (c Checker) CheckPath(ctx context.Context, path []*x509.Certificate, staple []byte) error {
	for i, certificate := range path[:len(path)-1] {
		issuer := path[i+1]
		if i > 0 {
			staple = nil // crypto/tls hands out the leaf's alone
		}
		if err := c.check(ctx, certificate, issuer, staple); err != nil {
			return fmt.Errorf("%s: %w", certificate.Subject, err)
		}
	}
	return nil
}

// check looks at each status of one certificate.
func (c Checker) check(ctx context.Context, certificate, issuer *x509.Certificate, staple []byte) error {
	if len(staple) > 0 {
		if err := c.checkOCSP(staple, certificate, issuer); err != nil {
			return fmt.Errorf("stapled OCSP response: %w", err)
		}
	} else if !certificate.IsCA && (c.RequireStaple || mustStaple(certificate) || mustStaple(issuer)) {
		return fmt.Errorf("%w: nothing is stapled", ErrUnknown)
	}
	if c.OCSP {
		for _, url := range certificate.OCSPServer {
			response, err := c.askOCSP(ctx, url, certificate, issuer)
			if err != nil {
				return fmt.Errorf("%w: asking %s: %w", ErrUnknown, url, err)
			}
			if err := c.checkOCSP(response, certificate, issuer); err != nil {
				return fmt.Errorf("OCSP response of %s: %w", url, err)
			}
		}
	}
	if c.CRL {
		for _, url := range certificate.CRLDistributionPoints {
			list, err := c.fetch(ctx, url, nil, crlLimit)
			if err != nil {
				return fmt.Errorf("%w: fetching %s: %w", ErrUnknown, url, err)
			}
			if err := c.checkCRL(list, url, certificate, issuer); err != nil {
				return fmt.Errorf("CRL of %s: %w", url, err)
			}
		}
	}
	return nil
}

func (c Checker) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// current returns an error where a status does not hold now.
func (c Checker) current(from, until time.Time) error {
	now := c.now()
	switch {
	case from.After(now.Add(skew)):
		return fmt.Errorf("%w: it holds from %s on", ErrUnknown, from.Format(time.RFC3339))
	case until.IsZero():
		return fmt.Errorf("%w: it does not say until when it holds", ErrUnknown)
	case until.Before(now.Add(-skew)):
		return fmt.Errorf("%w: it held until %s", ErrUnknown, until.Format(time.RFC3339))
	}
	return nil
}

// tlsFeature is the extension of RFC 7633, statusRequest its feature.
const (
	tlsFeature    = "1.3.6.1.5.5.7.1.24"
	statusRequest = 5
)

// mustStaple reports whether a certificate promises a stapled response.
func mustStaple(certificate *x509.Certificate) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.String() != tlsFeature {
			continue
		}
		features := cryptobyte.String(extension.Value)
		if !features.ReadASN1(&features, cbasn1.SEQUENCE) {
			return true // it promises something
		}
		for !features.Empty() {
			var feature int
			if !features.ReadASN1Integer(&feature) || feature == statusRequest {
				return true
			}
		}
	}
	return false
}
