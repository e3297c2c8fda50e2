package main

import (
	"errors"
	"net/netip"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/dns"
	"github.com/tlsfault/tlsfault/harness/client/isolate"
	"github.com/tlsfault/tlsfault/harness/client/proxy"
	"github.com/tlsfault/tlsfault/scenarios"
)

// wayOptions is the flags that say how the client gets to the servers.
type wayOptions struct {
	isolate bool
	proxy   string // kind; empty for none
	dns     bool
}

func (o *wayOptions) register(flags *pflag.FlagSet) {
	flags.BoolVar(&o.isolate, "isolate", false, "run in a Linux namespace of its own, where any client without settings reaches the servers by name on port 443, and nothing else")
	flags.StringVar(&o.proxy, "proxy", "", "lead the client through a proxy that knows the servers' names, and no others; `KIND` is http or socks")
	flags.Lookup("proxy").NoOptDefVal = string(proxy.HTTP)
	flags.BoolVar(&o.dns, "dns", false, "give the command a DNS server that knows the servers' names, and no others, as {dns}")
}

// check returns what does not go together.
func (o *wayOptions) check(run *runOptions, flags *pflag.FlagSet) error {
	switch {
	case o.dns && run.command == nil:
		return usage("write a command after --, with {dns} where it takes a resolver", "--dns is for a command")
	case o.dns && (o.isolate || o.proxy != ""):
		return usage("leave out one of them", "--dns does what --isolate and --proxy do")
	case o.dns && run.container.asked():
		return usage("leave out --dns: in the container the names lead to the servers", "--dns is for programs of this machine")
	case o.proxy == "":
		return nil
	case o.proxyKind() != proxy.HTTP && o.proxyKind() != proxy.SOCKS:
		return usage("the kinds are http and socks", "unknown kind of proxy %q", o.proxy)
	case o.isolate:
		return usage("leave out one of them", "there are --isolate and --proxy")
	case run.container.asked():
		return usage("leave out --proxy: in the container the names lead to the servers", "--proxy is for programs of this machine")
	case run.webhook.trigger != "":
		return usage("leave out --proxy, and give the sender its proxy yourself", "--proxy is for clients that are run here")
	case run.replay.asked(flags):
		return usage("leave out one of them", "there are --proxy and --replay")
	}
	return nil
}

func (o *wayOptions) proxyKind() proxy.Kind { return proxy.Kind(o.proxy) }

// checkPreset returns an error if the client cannot be led this way.
func (o *wayOptions) checkPreset(p client.Preset) error {
	if o.proxy == "" {
		return nil
	}
	if err := p.CheckProxy(o.proxyKind().Scheme()); err != nil {
		return misconfigured(err, "use --isolate, which needs nothing of the client")
	}
	return nil
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
	if o.dns {
		cfg.Client = dns.Client(cfg.Client)
	}
	if o.proxy != "" {
		cfg.Client = proxy.Client(cfg.Client, o.proxyKind())
	}
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
