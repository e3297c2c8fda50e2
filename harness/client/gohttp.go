package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// GoOptions says how the built-in client differs from net/http's defaults. The
// zero value is the client that most Go programs use.
type GoOptions struct {
	// TLS is a configuration to start from; it is cloned for each attempt. RootCAs
	// and Certificates are filled in from the target where they are empty.
	TLS *tls.Config
	// Timeout is how long the client waits for a server until it gives up by
	// itself. Zero means three fifths of the time that the attempt has, and 5 s at most.
	Timeout time.Duration
}

// Go returns the built-in client: Go's net/http, which verifies with the
// target's roots alone, dials target.Addr for target.Host, fetches the URL over a
// new connection and reads the whole body. An answer other than 2xx is an error.
func Go(options GoOptions) Client {
	return Func(newGoClient(options).fetch)
}

func newGoClient(options GoOptions) *goClient {
	return &goClient{options: options, pools: make(map[string]*x509.CertPool)}
}

// poolLimit bounds the roots that a built-in client remembers: a run has a handful.
const poolLimit = 64

type goClient struct {
	options GoOptions
	mu      sync.Mutex
	pools   map[string]*x509.CertPool // by PEM: parsing roots costs more than a handshake's other work
}

func (c *goClient) fetch(ctx context.Context, target Target) error {
	config, err := c.config(target)
	if err != nil {
		return &setupError{err}
	}
	timeout := c.options.Timeout
	if timeout <= 0 {
		timeout = patience(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	conns := new(connections)
	defer conns.wait()
	defer cancel()
	dialer := new(net.Dialer)
	transport := &http.Transport{
		TLSClientConfig:     config,
		ForceAttemptHTTP2:   true, // as the default transport does
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: timeout * 3 / 4, // below the whole, so that its own error is the one to see
		// The attempt's context, not the one of net/http, which lets a dial outlive its request.
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, dialAddress(target, address))
			if err != nil {
				return nil, err
			}
			return conns.track(conn)
		},
	}
	if target.Proxy != "" {
		proxy, err := url.Parse(target.Proxy)
		if err != nil {
			return &setupError{fmt.Errorf("reading the address of the proxy: %w", err)}
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	defer transport.CloseIdleConnections()
	return get(ctx, &http.Client{Transport: transport, Timeout: timeout}, target.URL)
}

func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return &setupError{err}
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // read to its end or broken: nothing to learn from closing
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	return nil
}

// dialAddress replaces the host of address by the target's IP address. The port
// alone tells as well: net/http has put internationalised names into A-labels.
func dialAddress(target Target, address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || target.Addr == "" || target.Proxy != "" { // only the proxy itself is dialled
		return address
	}
	if strings.EqualFold(host, target.Host) || port == strconv.Itoa(target.Port) {
		return net.JoinHostPort(target.Addr, port)
	}
	return address
}

func (c *goClient) config(target Target) (*tls.Config, error) {
	config := new(tls.Config)
	if c.options.TLS != nil {
		config = c.options.TLS.Clone()
	}
	if config.RootCAs == nil {
		pool, err := c.roots(target)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if target.ClientCertFile != "" && len(config.Certificates) == 0 && config.GetClientCertificate == nil {
		pair, err := tls.LoadX509KeyPair(target.ClientCertFile, target.ClientKeyFile)
		if err != nil {
			return nil, fmt.Errorf("loading the client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (c *goClient) roots(target Target) (*x509.CertPool, error) {
	pem := target.RootsPEM
	if len(pem) == 0 {
		var err error
		if pem, err = os.ReadFile(target.CAFile); err != nil {
			return nil, fmt.Errorf("reading the roots: %w", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if pool, ok := c.pools[string(pem)]; ok {
		return pool, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no root to trust: the target's roots hold no certificate that Go can read")
	}
	if len(c.pools) >= poolLimit {
		clear(c.pools)
	}
	c.pools[string(pem)] = pool
	return pool, nil
}
