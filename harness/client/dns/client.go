package dns

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Client returns c with a DNS server for each of its attempts: its target has DNS.
func Client(c client.Client) client.Client { return &resolving{c} }

type resolving struct{ client.Client }

// Attempt implements client.Client.
func (r *resolving) Attempt(ctx context.Context, target client.Target) client.Attempt {
	s, err := Listen("127.0.0.1:0", namesOf(target))
	if err != nil {
		return client.Attempt{NotStarted: true, Err: fmt.Errorf("starting the DNS server: %w", err)}
	}
	target.DNS = s.Addr()
	a := r.Client.Attempt(ctx, target)
	for _, what := range s.Close() {
		a.Refused = append(a.Refused, "its resolver for "+what)
	}
	return a
}

// namesOf returns where the names of target lead.
func namesOf(target client.Target) map[string]netip.Addr {
	to, err := netip.ParseAddr(target.Addr)
	if err != nil {
		return nil // it is told of no address: there is nothing to answer
	}
	names := map[string]netip.Addr{target.Host: to}
	for _, also := range target.Also {
		if host, _, err := net.SplitHostPort(also); err == nil {
			names[host] = to
		}
	}
	return names
}

// Ready lets the client get ready. See client.Ready.
func (r *resolving) Ready(ctx context.Context, target client.Target) {
	client.Ready(ctx, r.Client, target)
}

// Close ends what the client keeps running.
func (r *resolving) Close() error {
	if closer, ok := r.Client.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// LoadsPages reports whether the client loads pages.
func (r *resolving) LoadsPages() bool { return client.LoadsPages(r.Client) }
