package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// chainOf returns the leaf and its issuer as a server presents them.
func chainOf(t *testing.T, srv *server.Server) (leaf, issuer *x509.Certificate) {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port(srv)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a connection of this test
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	return chain[0], chain[1]
}

func port(srv *server.Server) string {
	_, p, _ := strings.Cut(strings.TrimPrefix(srv.Target().URL, "https://"), ":")
	return strings.TrimSuffix(p, "/")
}

// Both ways of RFC 6960 A.1 lead to the same, and both are evidence.
func TestResponderAnswersPOSTAndGET(t *testing.T) {
	srv := start(t, &statusGood)
	leaf, issuer := chainOf(t, srv)
	request, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := leaf.OCSPServer[0]
	post, err := http.Post(url, "application/ocsp-request", bytes.NewReader(request)) //nolint:noctx // of a server of this test
	if err != nil {
		t.Fatal(err)
	}
	get, err := http.Get(url + "/" + base64.StdEncoding.EncodeToString(request)) //nolint:noctx // as above
	if err != nil {
		t.Fatal(err)
	}
	for method, answer := range map[string]*http.Response{"POST": post, "GET": get} {
		der, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		response, err := ocsp.ParseResponseForCert(der, leaf, issuer)
		if err != nil || response.Status != ocsp.Good {
			t.Errorf("%s: %v, %+v", method, err, response)
		}
		if kind := answer.Header.Get("Content-Type"); kind != "application/ocsp-response" {
			t.Errorf("%s: Content-Type %q", method, kind)
		}
	}
	seen := srv.Close().OCSPRequests
	if len(seen) != 2 {
		t.Fatalf("%d requests are evidence, not 2: %+v", len(seen), seen)
	}
	for _, fetch := range seen {
		if fetch.Serial != leaf.SerialNumber.Text(16) || fetch.Bytes == 0 || fetch.At.IsZero() || fetch.Remote == "" {
			t.Errorf("evidence of a %s: %+v", fetch.Method, fetch)
		}
	}
}

// What is no request gets an error of RFC 6960 4.2.1, and what is about another certificate too.
func TestResponderRefusesWhatItDoesNotKnow(t *testing.T) {
	srv := start(t, &statusGood)
	leaf, issuer := chainOf(t, srv)
	other := *leaf
	other.SerialNumber = issuer.SerialNumber
	foreign, err := ocsp.CreateRequest(&other, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"malformed": []byte("garbage"), "unauthorized": foreign, "malformed (empty)": nil} {
		answer, err := http.Post(leaf.OCSPServer[0], "application/ocsp-request", bytes.NewReader(body)) //nolint:noctx // of a server of this test
		if err != nil {
			t.Fatal(err)
		}
		der, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if _, err := ocsp.ParseResponse(der, issuer); err == nil || !strings.Contains(err.Error(), strings.Fields(name)[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A responder holds many clients at once, and loses nothing.
func TestResponderHoldsAFlood(t *testing.T) {
	const clients, each = 200, 50
	srv := start(t, &statusGood)
	leaf, issuer := chainOf(t, srv)
	request, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: transport, Timeout: time.Minute}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				answer, err := web.Post(leaf.OCSPServer[0], "application/ocsp-request", bytes.NewReader(request))
				if err != nil {
					t.Error(err)
					return
				}
				der, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if _, err2 := ocsp.ParseResponseForCert(der, leaf, issuer); err != nil || err2 != nil {
					t.Error(err, err2)
					return
				}
			}
		})
	}
	all.Wait()
	seen := srv.Close()
	if n := len(seen.OCSPRequests) + seen.DroppedFetches; n != clients*each {
		t.Errorf("%d requests are evidence or counted, not %d", n, clients*each)
	}
}

// asked is closed once the responder has been asked something.
func asked(srv *server.Server) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		for srv.Asked() == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return c
}

// A client that waits for an answer is let go when its case is over.
func TestCloseEndsWhatAResponderHolds(t *testing.T) {
	for _, how := range []scenarios.Responder{scenarios.ResponderStalls, scenarios.ResponderEndless} {
		s := statusGood
		s.Fault.Leaf = &scenarios.Certificate{OCSP: &scenarios.OCSP{Responder: how}}
		srv := start(t, &s)
		leaf, _ := chainOf(t, srv)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, leaf.OCSPServer[0]+"/AAAA", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan error, 1)
		go func() {
			answer, err := http.DefaultClient.Do(req)
			if err == nil {
				_, err = io.ReadAll(answer.Body)
				_ = answer.Body.Close()
			}
			over <- err
		}()
		select {
		case err := <-over:
			t.Fatalf("%s: it answered: %v", how, err)
		case <-asked(srv):
		}
		seen := srv.Close()
		if err := <-over; err == nil && how == scenarios.ResponderStalls || ctx.Err() != nil {
			t.Errorf("%s: the client was not let go: %v", how, err)
		}
		if len(seen.OCSPRequests) != 1 {
			t.Errorf("%s: %d requests are evidence", how, len(seen.OCSPRequests))
		}
	}
}
