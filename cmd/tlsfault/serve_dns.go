package main

import (
	"fmt"
	"net/netip"

	"github.com/tlsfault/tlsfault/harness/client/dns"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// checkDNS returns an error unless the address is one of loopback, with a port.
func checkDNS(address string) error {
	const hint = "write an address of loopback and a port, such as 127.0.0.1:5353"
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return usage(hint, "--dns is %q, which is no address and port", address)
	case !at.Addr().IsLoopback():
		return usage(hint, "--dns is %q, where others than this machine could ask for what they cannot reach", address)
	}
	return nil
}

// startDNS answers for the names of what is served, until stop.
func startDNS(address string, selected []scenarios.Scenario, entries []server.Entry) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	names := make(map[string]netip.Addr)
	for i, e := range entries {
		names[e.SNIName] = loopback
		if page := selected[i].Given.Page; page != nil {
			names[page.From] = loopback
		}
	}
	for _, name := range hostsOf(selected) {
		names[name] = loopback
	}
	delete(names, "") // of those that have none
	s, err := dns.Listen(address, names)
	if err != nil {
		return nil, misconfigured(fmt.Errorf("answering DNS: %w", err), "choose another --dns")
	}
	return func() { s.Close() }, nil
}
