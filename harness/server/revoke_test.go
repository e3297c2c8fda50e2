package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/revocation"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// statusGood is a server whose leaf has a status of every kind.
var statusGood = scenarios.Scenario{
	ID: "test/status-good", Title: "A server whose status is to be had",
	Given: scenarios.Given{Certificates: scenarios.Certificates{Leaf: &scenarios.Certificate{
		Staple: &scenarios.OCSP{}, OCSP: &scenarios.OCSP{}, CRL: &scenarios.CRL{},
	}}},
	Expect: scenarios.Expect{Outcome: scenarios.Accept, Level: scenarios.Must},
}

// dialChecking connects to addr, and checks the kinds of status that checker says.
func dialChecking(t *testing.T, addr string, roots []byte, checker revocation.Checker) (*tls.Conn, error) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(roots)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d := tls.Dialer{NetDialer: new(net.Dialer), Config: &tls.Config{RootCAs: pool, ServerName: "localhost", VerifyConnection: checker.VerifyConnection}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*tls.Conn), nil
}

func TestRevokedWhileClientsAreConnected(t *testing.T) {
	fleet, err := server.NewFleet(server.FleetConfig{Scenarios: []scenarios.Scenario{statusGood}})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	roots, err := fleet.RootsPEM()
	if err != nil {
		t.Fatal(err)
	}
	addr := fleet.Entries()[0].Addr
	kinds := map[string]revocation.Checker{
		"staple": {RequireStaple: true}, "OCSP": {OCSP: true}, "CRL": {CRL: true},
	}
	connected, err := dialChecking(t, addr, roots, kinds["staple"])
	if err != nil {
		t.Fatalf("before it is revoked: %v", err)
	}
	defer connected.Close() //nolint:errcheck // a connection of this test
	serial := connected.ConnectionState().PeerCertificates[0].SerialNumber.Text(16)

	for _, step := range []struct {
		what    string
		revoked bool
	}{{statusGood.ID, true}, {statusGood.ID, false}, {serial, true}, {strings.ToUpper(serial), false}} {
		ids, err := fleet.Revoke(step.what, step.revoked)
		if err != nil || len(ids) != 1 || ids[0] != statusGood.ID {
			t.Fatalf("revoking %s: %v, %v", step.what, ids, err)
		}
		for kind, checker := range kinds {
			conn, err := dialChecking(t, addr, roots, checker)
			if step.revoked && !errors.Is(err, revocation.ErrRevoked) {
				t.Errorf("%s of what was revoked as %s: %v", kind, step.what, err)
			}
			if !step.revoked && err != nil {
				t.Errorf("%s of what is good again as %s: %v", kind, step.what, err)
			}
			if conn != nil {
				_ = conn.Close()
			}
		}
	}
	if _, err := connected.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Errorf("who was connected before: %v", err)
	}
}
