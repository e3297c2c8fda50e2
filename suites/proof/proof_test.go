// Package proof_test proves of every scenario that it is broken in one way only.
// Its clients must be able to lack every check, also that of crypto/rsa for the
// least size of a key: that is why it is a test binary of its own.
//
//go:debug rsa1024min=0
package proof_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
	"github.com/tlsfault/tlsfault/suites/internal/checker"
)

// trust is one check under three names: whether the path ends in a root that
// the client trusts. Whether it is the signature or the name that gives the
// stranger away depends on how the client looks for an issuer.
var trust = []scenarios.Reason{
	scenarios.SelfSigned, scenarios.UntrustedRoot, scenarios.MissingIntermediate, scenarios.BadSignature,
}

// checkOf returns the reasons that stand for the one check that finds reason.
func checkOf(reason scenarios.Reason) []scenarios.Reason {
	if reason != scenarios.BadSignature && slices.Contains(trust, reason) {
		return trust
	}
	return []scenarios.Reason{reason}
}

// unprovable are reasons that no client can check from what it is shown; a
// client accepts such a server unless it was told of it.
var unprovable = []scenarios.Reason{scenarios.CompromisedKey}

// TestEveryFaultIsAlone proves rule 1 for every scenario that must be refused: a
// client with all checks refuses it for the expected reason, a client that lacks
// just the check for that reason accepts it, and lacking any other check does
// not help. The control is accepted by all of them.
func TestEveryFaultIsAlone(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	factory := server.NewFactory(server.Config{})
	for i := range all {
		s := &all[i]
		if s.NeedsBrowser() || s.Expect.Outcome != scenarios.Reject || slices.Contains(unprovable, s.Expect.Reason) || len(s.Fault.Edits()) > 0 {
			continue // TestEveryEditIsAlone has the edits
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			check := checkOf(s.Expect.Reason)
			if s.Expect.Or != "" {
				check = append(slices.Clone(check), checkOf(s.Expect.Or)...)
			}
			strict := meet(t, factory, s, checker.Client(patience(s)))
			if strict.Accepted && s.ID != unseen {
				t.Errorf("a client with every check accepted")
			}
			var refusal *checker.Refusal
			if errors.As(strict.err, &refusal) && !slices.Contains(check, refusal.Reason) {
				t.Errorf("a client with every check refused for another reason: %v", refusal)
			}
			if s.NotIsolated != "" {
				return
			}
			lax := meet(t, factory, s, checker.Client(patience(s), check...))
			if !lax.Accepted && !(s.Expect.Reason == scenarios.Stalled && lax.Hung) {
				t.Errorf("a client without the check for %s refused too: %v", s.Expect.Reason, lax.err)
			}
			if refusal == nil {
				return
			}
			for _, other := range scenarios.Reasons() {
				if slices.Contains(check, other) || !slices.Contains(certificateReasons, other) || aboutStatus(s.Expect.Reason) && ownTLS(other) {
					continue
				}
				if obs := meet(t, factory, s, checker.Client(patience(s), other)); obs.Accepted {
					t.Errorf("a client without the check for %s accepted", other)
				}
			}
		})
		c := s.Control()
		t.Run("control of "+s.ID, func(t *testing.T) {
			t.Parallel()
			if obs := meet(t, factory, &c, checker.Client(patience(&c))); !obs.Accepted {
				t.Errorf("a client with every check refused the control %s: %v", c.ID, obs.err)
			}
		})
	}
}

// unseen is stapled to an intermediate, which crypto/tls does not show. That
// gnutls-cli refuses it, and curl does not, the catalogue's suite says.
const unseen = "staple/intermediate-revoked"

// aboutStatus reports whether a reason is about what authorities and logs say of a certificate, or a client was told.
func aboutStatus(r scenarios.Reason) bool {
	switch r {
	case scenarios.Revoked, scenarios.RevocationUnknown, scenarios.Transparency, scenarios.PinMismatch:
		return true
	}
	return false
}

// ownTLS reports whether a client that lacks a check has a TLS of its own, and so
// none of the checks that rest on what crypto/tls tells.
func ownTLS(lacking scenarios.Reason) bool {
	return lacking == scenarios.MalformedCertificate || lacking == scenarios.WeakKey
}

// certificateReasons are the checks that the checker has.
var certificateReasons = []scenarios.Reason{
	scenarios.Expired, scenarios.NotYetValid, scenarios.UntrustedRoot, scenarios.NameMismatch, scenarios.BadSignature,
	scenarios.NotACA, scenarios.PathLength, scenarios.KeyUsage, scenarios.ExtendedKeyUsage, scenarios.NameConstraint, scenarios.CertificatePolicy,
	scenarios.UnknownCriticalExtension, scenarios.WeakSignature, scenarios.WeakKey, scenarios.MalformedCertificate,
}

// meeting is what a client did, with its error as it returned it.
type meeting struct {
	verdict.Observation
	err error
}

// attemptTime is how long a client has that does not give up by itself.
const attemptTime = 3 * time.Second

// little is how long a client waits for what never comes.
const little = time.Second

// plenty is how long one has for what does come, however busy the machine: a
// signature by an RSA key of 16,384 bits or a list of a million certificates,
// beside all the others.
const plenty = 2 * time.Minute

// patience is how long a client of the scenario waits.
func patience(s *scenarios.Scenario) checker.Patience {
	p := checker.Patience{Server: plenty, Status: plenty}
	if s.Expect.Reason == scenarios.Stalled {
		p.Server = little
	}
	if statusNeverComes(s) {
		p.Status = little
	}
	return p
}

// statusNeverComes reports whether a certificate names a place that does not
// answer, or answers without end, or whose name may take long not to be found.
func statusNeverComes(s *scenarios.Scenario) bool {
	never := []scenarios.Responder{scenarios.ResponderStalls, scenarios.ResponderEndless, scenarios.ResponderUnresolvable}
	served := s.Served()
	for _, c := range []*scenarios.Certificate{served.Leaf, served.Intermediate, served.Intermediate2} {
		if c != nil && (c.OCSP != nil && slices.Contains(never, c.OCSP.Responder) || c.CRL != nil && slices.Contains(never, c.CRL.Responder)) {
			return true
		}
	}
	return false
}

func meet(t *testing.T, factory *server.Factory, s *scenarios.Scenario, c client.Client) meeting {
	t.Helper()
	srv, err := factory.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	limit := plenty
	if s.Expect.Reason == scenarios.Stalled {
		limit = attemptTime
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	attempt := c.Attempt(ctx, srv.Target())
	return meeting{verdict.Observe(srv.Close(), attempt, s.Expect, verdict.Builtin()), attempt.Err}
}
