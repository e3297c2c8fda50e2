// Package checker is a certificate verifier whose checks can be switched off
// one by one. With all of them on it refuses what RFC 5280 and RFC 9525 refuse;
// with one off it is a client that lacks just that check. The suites use both
// to prove that a scenario is broken in one way and no other.
//
// It is written for that proof alone: plain, complete for the faults of the
// catalogue, and not meant to protect anything.
package checker

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/revocation"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Refusal is the error of a chain that does not verify.
type Refusal struct {
	Reason scenarios.Reason
	Text   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Text) }

// Checker verifies chains. Off lists the reasons whose check it lacks. Self-signed,
// untrusted-root and missing-intermediate are one check: whether the path ends
// in a root; it refuses with untrusted-root.
type Checker struct {
	Roots []*x509.Certificate
	Host  string
	Now   time.Time
	Off   []scenarios.Reason
}

// maxPath bounds the length of a path.
const maxPath = 16

// refuse returns the refusal for reason, unless that check is switched off.
func (c *Checker) refuse(reason scenarios.Reason, format string, args ...any) error {
	if slices.Contains(c.Off, reason) {
		return nil
	}
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

// Verify verifies the certificates that a server sent, leaf first.
func (c *Checker) Verify(raw [][]byte) error {
	_, err := c.verify(raw)
	return err
}

// verify is Verify; it returns the leaf.
func (c *Checker) verify(raw [][]byte) (*x509.Certificate, error) {
	if len(raw) == 0 {
		return nil, errors.New("the server sent no certificate")
	}
	sent := make([]*x509.Certificate, len(raw))
	for i, der := range raw {
		cert, err := parse(der, !slices.Contains(c.Off, scenarios.MalformedCertificate))
		if err != nil {
			return nil, &Refusal{scenarios.MalformedCertificate, err.Error()}
		}
		sent[i] = cert
	}
	return sent[0], c.check(sent)
}

// check tries one path after the other, as RFC 4158 has it: any that passes will
// do. The error is that of the first.
func (c *Checker) check(sent []*x509.Certificate) error {
	_, err := c.find(sent)
	return err
}

// find returns the first path that passes all checks, or the error of the first that does not.
func (c *Checker) find(sent []*x509.Certificate) ([]*x509.Certificate, error) {
	s := search{Checker: c, sent: sent}
	s.from([]*x509.Certificate{sent[0]})
	if s.found != nil {
		return s.found, nil
	}
	return nil, s.first
}

func (c *Checker) checkPath(path []*x509.Certificate) error {
	for i := range path {
		if err := c.checkCertificate(path, i); err != nil {
			return err
		}
	}
	for _, check := range []func([]*x509.Certificate) error{c.checkUsage, c.checkConstraints, c.checkPolicies, c.checkName} {
		if err := check(path); err != nil {
			return err
		}
	}
	return nil
}

// checkStatus looks at every status of the path that is to be had within limit.
func (c *Checker) checkStatus(ctx context.Context, limit time.Duration, state tls.ConnectionState) error {
	path, err := c.find(state.PeerCertificates)
	if err != nil || len(path) < 2 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = revocation.Checker{OCSP: true, CRL: true}.CheckPath(ctx, path, state.OCSPResponse)
	switch {
	case errors.Is(err, revocation.ErrRevoked):
		return c.refuse(scenarios.Revoked, "%v", err)
	case err != nil:
		return c.refuse(scenarios.RevocationUnknown, "%v", err)
	}
	return nil
}

// search looks for a path that passes.
type search struct {
	*Checker
	sent  []*x509.Certificate
	steps int
	found []*x509.Certificate
	first error // of the first path that ended
}

// maxSteps bounds the search; what is beyond it counts as no path.
const maxSteps = 2000

// from goes on from the last certificate of a path, by the issuers' names, to a
// root. A path ends early where the check for trust is off.
func (s *search) from(path []*x509.Certificate) {
	s.steps++
	last := path[len(path)-1]
	switch {
	case s.found != nil:
	case slices.ContainsFunc(s.Roots, last.Equal):
		s.end(path, nil)
	case len(path) == maxPath || s.steps > maxSteps:
		s.end(path, fmt.Errorf("no path within %d certificates and %d steps", maxPath, maxSteps))
	default:
		issuers, err := s.issuers(path)
		if err != nil || len(issuers) == 0 {
			s.end(path, err)
			return
		}
		for _, issuer := range issuers {
			s.from(append(slices.Clone(path), issuer))
		}
	}
}

// end judges a path that goes no further.
func (s *search) end(path []*x509.Certificate, err error) {
	if err == nil {
		err = s.checkPath(path)
	}
	if err == nil {
		s.found = path
	} else if s.first == nil {
		s.first = err
	}
}

// issuers finds what may have issued the last certificate of path, an authority
// that is in the path already aside. There are none, and no error, when none is asked for.
func (s *search) issuers(path []*x509.Certificate) ([]*x509.Certificate, error) {
	cert := path[len(path)-1]
	var issuers []*x509.Certificate
	var named *x509.Certificate
	for _, candidate := range append(slices.Clone(s.sent), s.Roots...) {
		if !bytes.Equal(candidate.RawSubject, cert.RawIssuer) || slices.ContainsFunc(path, func(p *x509.Certificate) bool { return sameAuthority(p, candidate) }) {
			continue
		}
		if verifySignature(cert, candidate) == nil {
			issuers = append(issuers, candidate)
		} else {
			named = candidate
		}
	}
	switch {
	case issuers != nil:
		return issuers, nil
	case named == nil:
		return nil, s.refuse(scenarios.UntrustedRoot, "nobody we know issued %q", cert.Subject)
	}
	return []*x509.Certificate{named}, s.refuse(scenarios.BadSignature, "the key of %q did not sign %q", named.Subject, cert.Subject)
}

// sameAuthority reports whether two certificates are of one name and key, so that a path through both is a circle.
func sameAuthority(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
}

// checkCertificate checks what concerns certificate i of path and its place.
func (c *Checker) checkCertificate(path []*x509.Certificate, i int) error {
	cert, root := path[i], i > 0 && i == len(path)-1
	if c.Now.After(cert.NotAfter) {
		if err := c.refuse(scenarios.Expired, "%q ended %v", cert.Subject, cert.NotAfter); err != nil {
			return err
		}
	}
	if c.Now.Before(cert.NotBefore) {
		if err := c.refuse(scenarios.NotYetValid, "%q begins %v", cert.Subject, cert.NotBefore); err != nil {
			return err
		}
	}
	// Of nameConstraints crypto/x509 knows some forms of names; checkConstraints has the others.
	unknown := slices.DeleteFunc(slices.Clone(cert.UnhandledCriticalExtensions), oidNameConstraints.Equal)
	if len(unknown) > 0 {
		if err := c.refuse(scenarios.UnknownCriticalExtension, "%q has %v", cert.Subject, unknown); err != nil {
			return err
		}
	}
	if err := c.checkStrength(cert, root); err != nil || i == 0 {
		return err
	}
	return c.checkAuthority(path, i)
}

// checkAuthority checks that certificate i of path may issue the one below it.
func (c *Checker) checkAuthority(path []*x509.Certificate, i int) error {
	cert := path[i]
	if !cert.BasicConstraintsValid || !cert.IsCA {
		if err := c.refuse(scenarios.NotACA, "%q", cert.Subject); err != nil {
			return err
		}
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0 {
		if err := c.refuse(scenarios.KeyUsage, "%q has no keyCertSign", cert.Subject); err != nil {
			return err
		}
	}
	below := 0 // intermediates between this one and the leaf, self-issued ones aside
	for _, p := range path[1:i] {
		if !bytes.Equal(p.RawSubject, p.RawIssuer) {
			below++
		}
	}
	limited := cert.MaxPathLen > 0 || cert.MaxPathLen == 0 && cert.MaxPathLenZero
	if cert.BasicConstraintsValid && limited && below > cert.MaxPathLen {
		return c.refuse(scenarios.PathLength, "%q allows %d below it, not %d", cert.Subject, cert.MaxPathLen, below)
	}
	return nil
}

// checkUsage checks that the leaf's key may authenticate a server, and that no
// issuer forbids it.
func (c *Checker) checkUsage(path []*x509.Certificate) error {
	leaf := path[0]
	// Every suite that a careful client offers has the server sign.
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		if err := c.refuse(scenarios.KeyUsage, "the leaf's key may not sign a handshake"); err != nil {
			return err
		}
	}
	for _, cert := range path {
		// An extension that lists nothing allows nothing.
		if extensionOf(cert, oidExtKeyUsage) == nil || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageServerAuth) ||
			slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageAny) {
			continue
		}
		if err := c.refuse(scenarios.ExtendedKeyUsage, "%q is not for servers", cert.Subject); err != nil {
			return err
		}
	}
	return nil
}

// checkName checks the host against the leaf, RFC 9525 section 6; crypto/x509
// knows how, and looks at nothing else here.
func (c *Checker) checkName(path []*x509.Certificate) error {
	if err := path[0].VerifyHostname(c.Host); err != nil {
		return c.refuse(scenarios.NameMismatch, "%v", err)
	}
	for _, name := range path[0].DNSNames {
		// A wildcard right below a top-level domain stands for other people's names.
		if rest, ok := strings.CutPrefix(name, "*."); ok && !strings.Contains(rest, ".") {
			return c.refuse(scenarios.NameMismatch, "the wildcard %q is too wide", name)
		}
	}
	return nil
}
