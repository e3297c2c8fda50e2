// Package status_test holds what the catalogue says of revocation to the tools
// of others: openssl ocsp and ocsptool ask our responders, and openssl verify
// reads our CRLs.
package status_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// opinion is what a tool thinks of the status of a leaf.
type opinion string

const (
	good    opinion = "good"
	revoked opinion = "revoked"
	unclear opinion = "unclear" // unknown, or not to be had, or not to be trusted
)

// expected is what the catalogue says that a checking client finds out.
func expected(s *scenarios.Scenario) opinion {
	switch s.Expect.Reason {
	case scenarios.Revoked:
		return revoked
	case scenarios.RevocationUnknown:
		return unclear
	}
	return good
}

// differences are where a tool has another opinion, and why that is its right, or its fault.
var differences = map[string]map[string]struct {
	opinion opinion
	why     string
}{
	"openssl ocsp": {
		"revocation/ocsp-redirected": {unclear, "it follows no redirect of a POST"},
	},
	"ocsptool": {
		"revocation/ocsp-redirected":         {unclear, "it follows no redirect"},
		"revocation/ocsp-expired":            {good, "it verifies the signature, and leaves the times to its reader"},
		"revocation/ocsp-not-yet-valid":      {good, "it verifies the signature, and leaves the times to its reader"},
		"revocation/ocsp-for-another-serial": {good, "it verifies the signature, and does not compare what it asked for"},
		"revocation/ocsp-for-another-issuer": {good, "it verifies the signature, and does not compare what it asked for"},
	},
	"openssl verify": {
		"revocation/crl-without-number":      {good, "it does not ask for cRLNumber"},
		"revocation/crl-number-critical":     {unclear, "it takes the number for an unknown extension when it is critical"},
		"revocation/crl-without-next-update": {good, "it takes a list without nextUpdate for one that holds for ever"},
		"revocation/crl-removed":             {good, "it takes removeFromCRL at its word"},
	},
}

// paper is what a tool is given of one server.
type paper struct {
	leaf, issuer, roots, crls string // files
	url                       string // of the responder
}

// served starts a scenario's server and writes down what a tool needs.
func served(t *testing.T, factory *server.Factory, s *scenarios.Scenario) paper {
	t.Helper()
	srv, err := factory.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	target := srv.Target()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", net.JoinHostPort(target.Addr, strconv.Itoa(target.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a connection of this test
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	p := paper{roots: target.CAFile, crls: target.CRLFile}
	dir := t.TempDir()
	for i, file := range []*string{&p.leaf, &p.issuer} {
		*file = filepath.Join(dir, strconv.Itoa(i)+".pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[i].Raw})
		if err := os.WriteFile(*file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(chain[0].OCSPServer) > 0 {
		p.url = chain[0].OCSPServer[0]
	}
	return p
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	said, _ := cmd.CombinedOutput() // what it says counts
	return string(said)
}

// tools are those that are asked, with the scenarios that they can tell anything of.
var tools = []struct {
	name    string
	program string
	about   func(s *scenarios.Scenario) bool
	ask     func(t *testing.T, p paper) (opinion, string)
}{
	{"openssl ocsp", "openssl", ofOCSP, func(t *testing.T, p paper) (opinion, string) {
		said := run(t, "openssl", "ocsp", "-timeout", "60", "-issuer", p.issuer, "-cert", p.leaf, "-url", p.url, "-CAfile", p.roots, "-verify_other", p.issuer)
		switch {
		case !strings.Contains(said, "Response verify OK"):
			return unclear, said
		case strings.Contains(said, ": revoked"):
			return revoked, said
		case strings.Contains(said, ": good"):
			return good, said
		}
		return unclear, said
	}},
	{"ocsptool", "ocsptool", ofOCSP, func(t *testing.T, p paper) (opinion, string) {
		said := run(t, "ocsptool", "--ask="+p.url, "--load-issuer", p.issuer, "--load-cert", p.leaf, "--load-signer", p.issuer)
		switch {
		case !strings.Contains(said, "Verifying OCSP Response: Success"):
			return unclear, said
		case strings.Contains(said, "Certificate Status: revoked"):
			return revoked, said
		case strings.Contains(said, "Certificate Status: good"):
			return good, said
		}
		return unclear, said
	}},
	{"openssl verify", "openssl", ofCRL, func(t *testing.T, p paper) (opinion, string) {
		if p.crls == "" {
			return unclear, "there is no list"
		}
		said := run(t, "openssl", "verify", "-crl_check_all", "-CRLfile", p.crls, "-CAfile", p.roots, "-untrusted", p.issuer, p.leaf)
		switch {
		case strings.Contains(said, ": OK"):
			return good, said
		case strings.Contains(said, "error 23 at"):
			return revoked, said
		}
		return unclear, said
	}},
}

// ofOCSP reports whether a scenario is about what the leaf's responder says. A
// responder that does not answer would hold a tool that has no limit of its own.
func ofOCSP(s *scenarios.Scenario) bool {
	leaf := s.Served().Leaf
	if s.Family != "revocation" || leaf == nil || leaf.OCSP == nil || s.Fault.Intermediate != nil {
		return false
	}
	switch leaf.OCSP.Responder {
	case scenarios.ResponderStalls, scenarios.ResponderEndless, scenarios.ResponderHuge, scenarios.ResponderRedirectLoop, scenarios.ResponderLDAP:
		return false
	}
	return true
}

func ofCRL(s *scenarios.Scenario) bool {
	leaf := s.Served().Leaf
	return s.Family == "revocation" && leaf != nil && leaf.CRL != nil && leaf.CRL.Responder == "" && leaf.CRL.Entries == 0
}

func TestOthersFindTheSame(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	factory := server.NewFactory(server.Config{})
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			need.Tool(t, tool.program)
			asked := 0
			for i := range all {
				s := &all[i]
				if !tool.about(s) {
					continue
				}
				asked++
				t.Run(s.ID, func(t *testing.T) {
					t.Parallel()
					want := expected(s)
					if d, differs := differences[tool.name][s.ID]; differs {
						want = d.opinion
					}
					if got, said := tool.ask(t, served(t, factory, s)); got != want {
						t.Errorf("%s, not %s; it said:\n%s", got, want, said)
					}
				})
			}
			if asked < 20 {
				t.Errorf("only %d scenarios: is this the catalogue?", asked)
			}
		})
	}
}

// openssl s_client verifies SCTs by the same list of logs, and tells of each.
func TestOpenSSLReadsTheSCTs(t *testing.T) {
	need.Tool(t, "openssl")
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	says := map[scenarios.SCTFault]string{
		"": "valid", scenarios.SCTOneLog: "valid", scenarios.SCTUnknownLog: "unknown log", scenarios.SCTSignature: "invalid",
		scenarios.SCTAnotherCertificate: "invalid", scenarios.SCTFuture: "invalid",
	}
	factory := server.NewFactory(server.Config{})
	for i := range all {
		s := &all[i]
		if s.Family != "transparency" {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			srv, err := factory.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			target := srv.Target()
			said := run(t, "openssl", "s_client", "-connect", net.JoinHostPort(target.Addr, strconv.Itoa(target.Port)), "-servername", target.Host,
				"-CAfile", target.CAFile, "-ct", "-ctlogfile", target.CTLogFile)
			scts, want := s.Served().Leaf.SCTs, 2
			switch {
			case scts.Absent:
				want = 0
			case scts.Count > 0:
				want = scts.Count
			}
			status := "SCT validation status: " + says[scts.Wrong] + "\n"
			if got := strings.Count(said, status); got != want {
				t.Errorf("%d times %q, not %d; it said:\n%s", got, status, want, said)
			}
		})
	}
}
