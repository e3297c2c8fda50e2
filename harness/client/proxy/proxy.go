// Package proxy leads a client to the servers of a case by name, through an HTTP
// proxy or a SOCKS5 one, where names cannot be made to lead anywhere: the
// client's way in is HTTPS_PROXY, or whatever it calls that.
//
// Each attempt has a proxy of its own, on a free port of loopback, which knows
// the case's names alone: whatever else it is asked for it refuses in plain words,
// and tells afterwards. It passes bytes on as they are, both ends of a connection
// end as the other one does, and TLS is none of its business. It bounds what it
// is sent in size, number and time, and is gone when the attempt is over.
package proxy

import (
	"context"
	"fmt"
	"io"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Kind is the protocol that a client speaks with its proxy.
type Kind string

// The kinds. Either is on the same port; the kind says which one a client is told.
const (
	HTTP  Kind = "http"  // CONNECT, and plain requests with an absolute URL, RFC 9110 9.3.6 and RFC 9112 3.2.2
	SOCKS Kind = "socks" // SOCKS5 with names for the proxy to resolve, RFC 1928
)

// Scheme is that of the URL of a proxy.
func (k Kind) Scheme() string {
	if k == SOCKS {
		return "socks5h"
	}
	return "http"
}

// Client returns c with each of its attempts led through a proxy of its own: its
// target has Proxy, and names that are not loopback's own are on port 443.
func Client(c client.Client, kind Kind) client.Client { return &led{c, kind} }

type led struct {
	client.Client
	kind Kind
}

// Attempt implements client.Client.
func (l *led) Attempt(ctx context.Context, target client.Target) client.Attempt {
	p, err := listen(routesOf(target))
	if err != nil {
		return client.Attempt{NotStarted: true, Err: fmt.Errorf("starting the proxy: %w", err)}
	}
	a := l.Client.Attempt(ctx, facing(target, l.kind.Scheme()+"://"+p.addr()))
	for _, what := range p.close() {
		a.Refused = append(a.Refused, "its proxy for "+what)
	}
	return a
}

// Ready lets the client get ready. See client.Ready.
func (l *led) Ready(ctx context.Context, target client.Target) { client.Ready(ctx, l.Client, target) }

// Close ends what the client keeps running.
func (l *led) Close() error {
	if closer, ok := l.Client.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// LoadsPages reports whether the client loads pages.
func (l *led) LoadsPages() bool { return client.LoadsPages(l.Client) }
