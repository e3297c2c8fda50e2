package checker

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Patience is how long a client waits that gives up by itself.
type Patience struct {
	Server time.Duration // for the server, whenever it is the server's turn
	Status time.Duration // for all that tells the status of a path
}

// rsaKeyExchange are suites without forward secrecy, which a strict client does not offer.
var rsaKeyExchange = []uint16{
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
}

// Client returns a client that does every check but those for the reasons in
// off. It connects by Go's crypto/tls, fetches the target's URL and reads all of
// the answer.
func Client(patience Patience, off ...scenarios.Reason) client.Client {
	return client.Func(func(ctx context.Context, target client.Target) error {
		return fetch(ctx, target, patience, off)
	})
}

func fetch(ctx context.Context, target client.Target, patience Patience, off []scenarios.Reason) error {
	lacks := func(r scenarios.Reason) bool { return slices.Contains(off, r) }
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	waits := time.AfterFunc(patience.Server, cancel)
	defer waits.Stop()
	if lacks(scenarios.Stalled) {
		waits.Stop()
	}
	addr := net.JoinHostPort(target.Addr, strconv.Itoa(target.Port))
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is learned from it
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	if lacks(scenarios.MalformedCertificate) || lacks(scenarios.WeakKey) {
		return fetchByWire(ctx, conn, target, off)
	}
	cfg := config(target, off)
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		if waits.Stop() { // what it waits for now is not the server
			defer waits.Reset(patience.Server)
		}
		c := newChecker(target, off)
		return errors.Join(c.checkStatus(ctx, patience.Status, state), c.checkSCTs(state, target), c.checkPins(state, target))
	}
	session := tls.Client(conn, cfg)
	if err := session.HandshakeContext(ctx); err != nil {
		var header tls.RecordHeaderError
		switch {
		case errors.As(err, &header) && lacks(scenarios.Cleartext):
			return nil // takes whatever answers for an answer
		case (lacks(scenarios.ConnectionClosed) || lacks(scenarios.ClientCertificateRequired)) && !isRefusal(err):
			return nil // takes the end of a connection for the end of an answer
		}
		return err
	}
	err = get(ctx, session, target, off)
	if lacks(scenarios.ConnectionClosed) || lacks(scenarios.ClientCertificateRequired) ||
		lacks(scenarios.Truncated) && errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// fetchByWire fetches with a TLS of our own, for certificates that crypto/tls does not let us see.
func fetchByWire(ctx context.Context, conn net.Conn, target client.Target, off []scenarios.Reason) error {
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	c := wiretest.Client{
		ServerName: target.Host, ALPN: []string{"http/1.1"},
		Verify: func(raw [][]byte) (crypto.PublicKey, error) {
			c := newChecker(target, off)
			leaf, err := c.verify(raw)
			if err != nil {
				return nil, err
			}
			return leaf.PublicKey, nil
		},
	}
	_, err := c.Fetch(conn, []byte("GET / HTTP/1.1\r\nHost: "+target.Host+"\r\nConnection: close\r\n\r\n"))
	return err
}

func newChecker(target client.Target, off []scenarios.Reason) Checker {
	return Checker{Roots: roots(target.RootsPEM), Host: target.Host, Now: time.Now(), Off: off}
}

func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

// config is the TLS configuration of a client that lacks the checks for off.
func config(target client.Target, off []scenarios.Reason) *tls.Config {
	lacks := func(r scenarios.Reason) bool { return slices.Contains(off, r) }
	cfg := &tls.Config{
		ServerName: target.Host, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		// The checker verifies in crypto/tls's place.
		InsecureSkipVerify: true,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			c := newChecker(target, off)
			return c.Verify(raw)
		},
	}
	if lacks(scenarios.ObsoleteVersion) {
		cfg.MinVersion = tls.VersionTLS10
	}
	for _, s := range tls.CipherSuites() {
		cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
	}
	if lacks(scenarios.WeakCipher) {
		for _, s := range tls.InsecureCipherSuites() {
			cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
		}
	}
	if lacks(scenarios.WeakKeyExchange) {
		cfg.CipherSuites = append(cfg.CipherSuites, rsaKeyExchange...)
	}
	return cfg
}

func roots(text []byte) []*x509.Certificate {
	var certs []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			certs = append(certs, cert)
		}
	}
	return certs
}

// errInsecureRedirect is the refusal to follow a redirect to plain HTTP.
var errInsecureRedirect = &Refusal{scenarios.InsecureRedirect, "the server redirects to plain HTTP"}

// get fetches the URL of target over an established connection, and what it
// redirects to over new ones, plain HTTP included if it lacks that check.
func get(ctx context.Context, conn net.Conn, target client.Target, off []scenarios.Reason) error {
	downgrade := slices.Contains(off, scenarios.InsecureRedirect)
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if first := conn; first != nil {
				conn = nil
				return first, nil
			}
			return redial(ctx, network, address, target, off)
		},
	}
	defer transport.CloseIdleConnections()
	redirect := func(req *http.Request, _ []*http.Request) error {
		if req.URL.Scheme != "https" && !downgrade {
			return errInsecureRedirect
		}
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.URL, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport, CheckRedirect: redirect}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or broken
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	return nil
}

// redial connects to where a redirect leads, with the same checks.
func redial(ctx context.Context, network, address string, target client.Target, off []scenarios.Reason) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(target.Addr, port))
	if err != nil {
		return nil, err
	}
	session := tls.Client(conn, config(target, off))
	if err := session.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return session, nil
}
