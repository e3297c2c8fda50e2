package checker

import (
	"context"
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Browser returns a client that loads what a page refers to and obeys every
// policy but those for the reasons in off. Without the one for mixed-content it
// takes no notice of Upgrade-Insecure-Requests either.
func Browser(off ...scenarios.Reason) client.Client {
	return client.Func(func(ctx context.Context, target client.Target) error {
		b := &browser{target: target, off: off, strict: []string{".app", ".dev"}}
		b.transport = &http.Transport{DisableKeepAlives: true, DialContext: b.dial, DialTLSContext: b.dialTLS}
		defer b.transport.CloseIdleConnections()
		return b.visit(ctx)
	})
}

type browser struct {
	target    client.Target
	off       []scenarios.Reason
	transport *http.Transport

	strict []string // hosts that are for TLS only; with a dot before, all below it
	cookie string   // for TLS only
	secure bool     // the page came over TLS
	// upgrades says that the page asks for Upgrade-Insecure-Requests.
	upgrades bool
}

func (b *browser) lacks(r scenarios.Reason) bool { return slices.Contains(b.off, r) }

func (b *browser) dial(ctx context.Context, _, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(b.target.Addr, port))
}

func (b *browser) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := b.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	target := b.target
	target.Host, _, _ = net.SplitHostPort(address) // dial has split it
	session := tls.Client(conn, config(target, nil))
	if err := session.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return session, nil
}

// How a page refers to what it loads; the group is the address.
var references = regexp.MustCompile(`(?:src|href|action|location\.href)\s*=\s*"((?:https?|wss?):[^"]*)"|(?:fetch|WebSocket)\("([^"]*)"`)

func (b *browser) visit(ctx context.Context) error {
	at, page, err := b.get(ctx, http.MethodGet, b.target.URL, true)
	if err != nil {
		return err
	}
	if b.secure = at.Scheme == "https"; !b.secure && !b.lacks(scenarios.Cleartext) {
		return &Refusal{scenarios.Cleartext, "the page came in cleartext"}
	}
	match := references.FindStringSubmatch(page)
	if match == nil {
		return fmt.Errorf("the page refers to nothing: %s", page)
	}
	address := html.UnescapeString(match[1] + match[2])
	method := http.MethodGet
	if strings.Contains(page, "<form") {
		method = http.MethodPost
	}
	// What is withheld from a page is no failure of it.
	_, _, _ = b.get(ctx, method, address, strings.Contains(page, "location.href"))
	return nil
}

// maxRedirects bounds how often an address leads to another.
const maxRedirects = 5

// get fetches an address and what it redirects to, as far as the policies allow.
func (b *browser) get(ctx context.Context, method, address string, navigates bool) (*url.URL, string, error) {
	for range maxRedirects {
		at, err := url.Parse(address)
		if err != nil {
			return nil, "", err
		}
		at.Scheme = strings.Replace(at.Scheme, "ws", "http", 1)
		if err := b.admit(at, navigates); err != nil {
			return nil, "", err
		}
		location, body, err := b.request(ctx, method, at)
		if err != nil || location == "" {
			return at, body, err
		}
		address = location
	}
	return nil, "", fmt.Errorf("redirected more than %d times", maxRedirects)
}

// admit applies the policies to an address: it makes https of http, or refuses.
func (b *browser) admit(at *url.URL, navigates bool) error {
	if at.Scheme != "http" {
		return nil
	}
	switch {
	case b.isStrict(at.Hostname()) && !b.lacks(scenarios.StrictTransport):
		at.Scheme = "https"
	case b.secure && b.upgrades && !b.lacks(scenarios.MixedContent):
		at.Scheme = "https"
	case b.secure && !navigates && !b.lacks(scenarios.MixedContent):
		return &Refusal{scenarios.MixedContent, at.String()}
	}
	return nil
}

func (b *browser) isStrict(host string) bool {
	return slices.ContainsFunc(b.strict, func(s string) bool {
		return host == s || strings.HasPrefix(s, ".") && strings.HasSuffix("."+host, s)
	})
}

// request makes one request, and takes in the policies that an answer over TLS comes with.
func (b *browser) request(ctx context.Context, method string, at *url.URL) (location, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, at.String(), nil)
	if err != nil {
		return "", "", err
	}
	if b.cookie != "" && (at.Scheme == "https" || b.lacks(scenarios.CookieExposed)) {
		req.Header.Set("Cookie", b.cookie)
	}
	resp, err := b.transport.RoundTrip(req)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or broken
	text, err := io.ReadAll(resp.Body)
	if at.Scheme == "https" {
		b.obey(at.Hostname(), resp)
	}
	return resp.Header.Get("Location"), string(text), err
}

func (b *browser) obey(host string, resp *http.Response) {
	if policy := resp.Header.Get("Strict-Transport-Security"); policy != "" {
		b.strict = append(b.strict, host)
		if strings.Contains(policy, "includeSubDomains") {
			b.strict = append(b.strict, "."+host)
		}
	}
	b.upgrades = b.upgrades || resp.Header.Get("Content-Security-Policy") == "upgrade-insecure-requests"
	for _, c := range resp.Cookies() {
		b.cookie = c.Name + "=" + c.Value
	}
}
