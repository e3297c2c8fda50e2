package main

import (
	"errors"
	"net/netip"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client/isolate"
	"github.com/tlsfault/tlsfault/scenarios"
)

// wayOptions is the flags that say how the client gets to the servers.
type wayOptions struct {
	isolate bool
}

func (o *wayOptions) register(flags *pflag.FlagSet) {
	flags.BoolVar(&o.isolate, "isolate", false, "run in a Linux namespace of its own, where any client without settings reaches the servers by name on port 443, and nothing else")
}

// httpsPort is where an isolated client finds every server.
const httpsPort = 443

// runIsolated runs this command again where names and ports are its own.
func runIsolated() error {
	code, err := isolate.Run(os.Args[1:])
	if err != nil {
		return isolationError(err)
	}
	if code != exitExpected {
		return outcomeError{code}
	}
	return nil
}

func isolationError(err error) error {
	if unavailable := new(isolate.UnavailableError); errors.As(err, &unavailable) {
		return misconfigured(err, unavailable.Hint)
	}
	return err
}

// furnish gives the client its way to the servers of cfg.
func (o *wayOptions) furnish(cfg *harness.Config) error {
	if !o.isolate {
		return nil
	}
	world, err := isolate.Enter(hostsOf(cfg.Scenarios))
	if err != nil {
		return isolationError(err)
	}
	cfg.Client, cfg.Port = world.Client(cfg.Client), httpsPort
	return nil
}

// hostsOf lists the names that the scenarios' servers are called, each once.
func hostsOf(all []scenarios.Scenario) []string {
	var names []string
	for i := range all {
		host := all[i].Given.HostName()
		if _, err := netip.ParseAddr(host); err != nil && !slices.Contains(names, host) {
			names = append(names, host)
		}
	}
	return names
}

// renamed returns the scenarios about domain in place of localhost; an empty
// domain leaves them as they are.
func renamed(all []scenarios.Scenario, domain string) ([]scenarios.Scenario, error) {
	if domain == "" {
		return all, nil
	}
	if err := scenarios.CheckDomain(domain); err != nil {
		return nil, misconfigured(err, "write a DNS name such as payments.example.com")
	}
	out := make([]scenarios.Scenario, len(all))
	for i := range all {
		out[i] = all[i].Renamed(domain)
	}
	return out, nil
}
