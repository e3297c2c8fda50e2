package proof_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"testing"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
	"github.com/tlsfault/tlsfault/scenarios"
)

// inherent are checks that a client lacks with another: whoever takes a suite
// that it did not offer, and which is meant for it to be weak, takes what the suite brings along.
var inherent = map[wiretest.Check][]wiretest.Check{
	wiretest.Suite:   {wiretest.DHSize},
	wiretest.DHHuge:  {wiretest.DHPrime, wiretest.DHSubgroup},
	wiretest.Version: {wiretest.Suite, wiretest.RenegotiationInfo},
}

// instead are checks that stand in the way of a fault under the name of another.
var instead = map[string][]wiretest.Check{
	"handshake/change-cipher-spec-early-empty-master": {wiretest.EarlyCCSKeys},
	"record/bad-padding":                              {wiretest.RecordPadding},
	"cve/2014-0224-early-change-cipher-spec":          {wiretest.EarlyCCSKeys},
	"cve/2014-8730-poodle-tls":                        {wiretest.RecordPadding},
}

// unwired are faults that the test client cannot be shown, and why.
var unwired = map[string]string{
	"protocol/drop-above-1.1":       "the server ends the connection",
	"protocol/drop-above-1.2":       "the server ends the connection",
	"cve/2014-3566-poodle-fallback": "the server ends the connection",
	"record/no-close-notify-1.2":    "HTTP knows where an answer ends, the test client does not",
	"record/no-close-notify-1.3":    "HTTP knows where an answer ends, the test client does not",
	"record/version-finished":       "the test client looks at versions that RFC 8446 5.1 has it ignore",
}

// TestEveryEditIsAlone proves rule 1 for the faults of the handshake and the
// record layer: a client with every check refuses, and the same client without
// the one check that refused accepts. The control is accepted.
func TestEveryEditIsAlone(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	factory := server.NewFactory(server.Config{})
	for i := range all {
		s := &all[i]
		if len(s.Fault.Edits()) == 0 {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			if why := unwired[s.ID]; why != "" {
				t.Logf("left out: %s", why)
				return
			}
			control := s.Control()
			if obs := meet(t, factory, &control, wired(s)); !obs.Accepted {
				t.Fatalf("a client with every check refused the control %s: %v", control.ID, obs.err)
			}
			strict := meet(t, factory, s, wired(s))
			if strict.Undelivered != "" {
				t.Fatalf("the fault did not meet the client: %s", strict.Undelivered)
			}
			if s.Expect.Outcome == scenarios.Accept {
				if !strict.Accepted {
					t.Errorf("a client with every check refused: %v", strict.err)
				}
				return
			}
			if strict.Accepted {
				t.Fatal("a client with every check accepted")
			}
			if s.NotIsolated != "" {
				return
			}
			var refusal *wiretest.Refusal
			if !errors.As(strict.err, &refusal) {
				t.Fatalf("it failed without a check that refused: %v", strict.err)
			}
			if allowed := s.Fault.Alerts(); len(allowed) > 0 && !slices.Contains(allowed, refusal.Alert) {
				t.Errorf("it refused with %s, want one of %v", refusal.Alert, allowed)
			}
			off := append([]wiretest.Check{refusal.Check}, inherent[refusal.Check]...)
			var lax meeting
			if checks := instead[s.ID]; checks != nil {
				off = checks
			}
			for range 40 { // some faults meet only every other client
				if lax = meet(t, factory, s, wired(s, off...)); lax.Accepted {
					return
				}
			}
			t.Errorf("a client without the check %s refused too: %v", refusal.Check, lax.err)
		})
	}
}

// wired returns the test client of package wire, offering what the scenario is
// about and lacking the checks in off.
func wired(s *scenarios.Scenario, off ...wiretest.Check) client.Client {
	return client.Func(func(ctx context.Context, target client.Target) error {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(target.RootsPEM)
		c := wiretest.Client{
			Roots: roots, ServerName: target.Host, ALPN: s.Given.ALPN, Without: off,
			Compressed: s.Fault.Handshake != nil && compressed[s.Fault.Handshake.Name], Tickets: s.Fault.Handshake != nil && tickets[s.Fault.Handshake.Name],
		}
		if err := offer(&c, s); err != nil {
			return err
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(target.Addr, strconv.Itoa(target.Port)))
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // nothing is learned from it
		if deadline, ok := ctx.Deadline(); ok {
			_ = conn.SetDeadline(deadline)
		}
		got, err := c.Fetch(conn, fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target.Host))
		if err == nil && !bytes.Contains(got.Answer, []byte("ok\n")) {
			return fmt.Errorf("the answer is %q", got.Answer)
		}
		return err
	})
}

// compressed and tickets are edits of what a client must have asked for.
var (
	compressed = map[string]bool{
		"compressed-certificate-false-length": true, "compressed-certificate-huge-length": true, "compressed-certificate-bomb": true,
	}
	tickets = map[string]bool{
		"ticket-empty": true, "ticket-lifetime": true, "ticket-unknown-extension": true, "ticket-flood": true, "ticket-promised-missing": true,
	}
)

// offer sets what a client must offer to get along with the given server.
func offer(c *wiretest.Client, s *scenarios.Scenario) error {
	numbers := map[scenarios.Version]uint16{
		scenarios.SSL30: wire.VersionSSL30, scenarios.TLS10: wire.VersionTLS10, scenarios.TLS11: wire.VersionTLS11,
		scenarios.TLS12: wire.VersionTLS12, scenarios.TLS13: wire.VersionTLS13,
	}
	for _, v := range s.Given.TLS.Spoken() {
		c.Versions = append(c.Versions, numbers[v])
	}
	names := s.Given.TLS.CipherSuites
	if p := s.Fault.Protocol; p != nil {
		switch p.Name {
		case "downgrade-sentinel", "supported-versions-below-tls13":
			c.Versions = []uint16{wire.VersionTLS12, wire.VersionTLS13}
		case "version":
			names = []string{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"}
		}
	}
	switch s.Given.TLS.KeyExchange {
	case scenarios.DHE:
		names = []string{"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"}
	case scenarios.RSA:
		names = []string{"TLS_RSA_WITH_AES_128_GCM_SHA256"}
	}
	for _, name := range names {
		id, err := wire.CipherSuiteID(name)
		if err != nil {
			return err
		}
		c.CipherSuites = append(c.CipherSuites, id)
	}
	for _, name := range s.Given.TLS.Groups {
		id, err := wire.GroupID(name)
		if err != nil {
			return err
		}
		c.Groups = append(c.Groups, id)
	}
	return nil
}
