package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// behind returns a scenario that clients are redirected to.
func behind(t *testing.T, redirect, fault string) *scenarios.Scenario {
	t.Helper()
	expect := "accept"
	if fault != "" {
		expect = "{ reject: expired }"
		fault = "    fault: " + fault + "\n"
	}
	all := load(t, "  - id: test/behind\n    title: Behind a redirect\n    given: { redirect: "+redirect+" }\n"+fault+"    expect: "+expect+"\n")
	return &all[0]
}

func TestTheServerBehindARedirectIsTheOneThatIsBroken(t *testing.T) {
	for _, redirect := range []string{"{ status: 302 }", "{ status: 307 }", "{ status: 308, samePort: true }"} {
		a, ev := attempt(t, start(t, behind(t, redirect, "")), client.Go(client.GoOptions{}))
		if a.Err != nil || len(ev.Connections) != 1 || !ev.Connections[0].Answered || len(ev.Front) != 1 || !ev.Front[0].Answered {
			t.Errorf("%s without a fault: %v, %d connections, %d to the front", redirect, a.Err, len(ev.Connections), len(ev.Front))
		}
		a, ev = attempt(t, start(t, behind(t, redirect, "{ leaf: { notAfter: -1d } }")), client.Go(client.GoOptions{}))
		if a.Err == nil || !strings.Contains(a.Err.Error(), "expired") || len(ev.Connections) != 1 || ev.Connections[0].AppData != 0 || len(ev.Front) != 1 {
			t.Errorf("%s to an expired server: %v, %d connections, %d to the front", redirect, a.Err, len(ev.Connections), len(ev.Front))
		}
	}
}

// What is sent to the server that is not verified is the body, and shows.
func TestASenderThatVerifiesOnlyTheFirstServerIsCaught(t *testing.T) {
	s := behind(t, "{ status: 307 }", "{ leaf: { notAfter: -1d } }")
	srv := start(t, s)
	first := true
	c := client.Func(func(ctx context.Context, target client.Target) error {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, // it verifies by itself, the first time
			VerifyConnection: func(state tls.ConnectionState) error {
				if first && len(state.PeerCertificates) == 0 {
					return errors.New("no certificate")
				}
				first = false
				return nil
			},
		}}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, strings.NewReader("a payload"))
		if err != nil {
			return err
		}
		resp, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	a, ev := attempt(t, srv, c)
	obs := verdict.Observe(ev, a, s.Expect, nil)
	if !obs.Accepted || !strings.HasPrefix(string(ev.Connections[0].FirstBytes), "POST / ") {
		t.Errorf("accepted: %t, evidence %v", obs.Accepted, ev.Lines(9))
	}
}

func TestAClientThatFollowsNoRedirectIsInconclusive(t *testing.T) {
	c := client.Func(func(ctx context.Context, target client.Target) error {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // it goes nowhere
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.URL, nil)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	s := behind(t, "{ status: 302 }", "")
	a, ev := attempt(t, start(t, s), c)
	control := verdict.ControlOf("control/x", verdict.Observe(ev, a, s.Expect, nil))
	if control.Accepted || control.Finding == nil || control.Finding.Text != "the client did not follow the redirect to this server" {
		t.Errorf("got %+v", control)
	}
}
