package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/client/keeper"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/server/twin"
)

// serveOptions is the flags of serve.
type serveOptions struct {
	selection
	basePort, sniPort, indexPort int
	roots, seed                  string
	dns                          string
	verbose                      bool
	server                       serverOptions
}

func serveCommand(env environment) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve every scenario, each on a port of its own and by name on one",
		Long: `Serve the scenarios on loopback until it is interrupted: each on a port of its
own and, chosen by server name, all on one port. What runs where is printed, and
served on plain HTTP as a page and as /index.json. The roots to trust are written
to a file; without --roots it is a temporary one that is removed at the end.

With --server a real server is set up for each scenario that is used. What it
cannot be set to is said when somebody connects, who is turned away; what it
staples stays as it was at first.`,
		Example: `  tlsfault serve --roots roots.pem --sni-port 8443
  curl --cacert roots.pem --resolve validity-leaf-expired.tlsfault.test:8443:127.0.0.1 \
       https://validity-leaf-expired.tlsfault.test:8443/
  tlsfault serve --roots roots.pem --sni-port 443 --dns 127.0.0.1:53  # for a container on the host's network`,
		Args:              arguments(0, 0, "choose scenarios with --scenario and --tag"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return serve(c.Context(), env, o)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	o.register(flags)
	o.complete(c)
	flags.IntVar(&o.basePort, "base-port", 0, "give the first scenario port `P`, and the others those after it; 0 takes free ones")
	flags.IntVar(&o.sniPort, "sni-port", 0, "serve all by name on port `P`; 0 takes a free one")
	flags.IntVar(&o.indexPort, "index-port", 0, "serve the index on port `P`; 0 takes a free one")
	flags.StringVar(&o.dns, "dns", "", "answer DNS for the servers' names at `ADDR:PORT` of loopback")
	flags.StringVar(&o.roots, "roots", "", "write the roots to trust to `FILE`, and leave it there")
	flags.StringVar(&o.seed, "seed", "", "make the same roots and keys for the same `SEED`")
	o.server.register(flags)
	flags.BoolVar(&o.verbose, "verbose", false, "print what is seen of each connection")
	mustComplete(c, "server", cobra.FixedCompletions(twin.Names(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (o *serveOptions) check() error {
	if err := o.server.checkName(); err != nil {
		return err
	}
	if o.dns != "" {
		if err := checkDNS(o.dns); err != nil {
			return err
		}
	}
	ports := map[int]string{}
	for _, f := range []struct {
		name string
		port int
	}{{"--base-port", o.basePort}, {"--sni-port", o.sniPort}, {"--index-port", o.indexPort}} {
		if f.port < 0 || f.port > 65535 {
			return usage("ports are 1 to 65535, and 0 for a free one", "%s is %d", f.name, f.port)
		}
		if other, taken := ports[f.port]; taken && f.port != 0 {
			return usage("give each a port of its own", "%s and %s are both %d", other, f.name, f.port)
		}
		ports[f.port] = f.name
	}
	return nil
}

func serve(ctx context.Context, env environment, o serveOptions) (err error) {
	_, selected, err := o.load()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	twin, end, err := o.server.start(ctx, env)
	if err != nil {
		return err
	}
	defer end()
	cfg := server.FleetConfig{Scenarios: selected, BasePort: o.basePort, SNIPort: o.sniPort, Seed: o.seed, Twin: twin}
	log := &connectionLog{env: env}
	cfg.OnError = log.failed
	if o.verbose {
		cfg.OnConnection = log.seen
	}
	fleet, err := server.NewFleet(cfg)
	if err != nil {
		return misconfigured(err, listenHint(err))
	}
	defer fleet.Close()
	stopDNS, err := startDNS(o.dns, selected, fleet.Entries())
	if err != nil {
		return err
	}
	defer stopDNS()
	pem, err := fleet.RootsPEM()
	if err != nil {
		return fmt.Errorf("making the roots: %w", err)
	}
	file, remove, err := writeRoots(o.roots, pem)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	index := newIndex(selected, fleet, file, pem)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.indexPort))
	if err != nil {
		return misconfigured(fmt.Errorf("serving the index: %w", err), "choose another --index-port")
	}
	web := &http.Server{Handler: index.handler(fleet), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	if err := printIndex(env, index, "http://"+listener.Addr().String()+"/"); err != nil {
		return errors.Join(err, web.Close())
	}
	select {
	case <-ctx.Done():
		stop() // from here on a second signal quits at once
		err = web.Close()
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
	case err = <-served:
		err = fmt.Errorf("serving the index: %w", err)
	}
	return err
}

// listenHint says what to do when a port cannot be had.
func listenHint(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return "each scenario takes two open files; see ulimit -n, and select some with --scenario"
	case errors.Is(err, syscall.EADDRINUSE):
		return "choose another --base-port or --sni-port, or leave them out for free ones"
	}
	return ""
}

// writeRoots writes the roots to path, or to a temporary file that remove deletes.
func writeRoots(path string, pem []byte) (file string, remove func() error, err error) {
	if path != "" {
		if err := checkDirectory(path); err != nil {
			return "", nil, err
		}
		return path, func() error { return nil }, writeFile(path, pem)
	}
	dir, err := keeper.MkdirTemp("serve")
	if err != nil {
		return "", nil, fmt.Errorf("writing the roots: %w", err)
	}
	file = filepath.Join(dir, "roots.pem")
	remove = func() error { return os.RemoveAll(dir) }
	if err := writeFile(file, pem); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return file, remove, nil
}

// printIndex prints what runs where.
func printIndex(env environment, index index, url string) error {
	w := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	p := &printer{w: w}
	p.printf("roots\t%s\nindex\t%s\nby name\t%s\n\nscenario\turl\tby name\n", index.Roots, url, index.SNI)
	for _, e := range index.Scenarios {
		p.printf("%s\t%s\t%s\n", e.ID, e.URL, or(e.SNIURL, "-"))
	}
	p.printf("\nserving %s on loopback until interrupted\n", plural(len(index.Scenarios), "scenario"))
	if p.err == nil {
		p.err = w.Flush()
	}
	return p.done("the index")
}

// connectionLog prints what happens while serving.
type connectionLog struct {
	mu  sync.Mutex
	env environment
}

func (l *connectionLog) seen(id string, ev evidence.Evidence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range ev.Lines(1) {
		_, _ = fmt.Fprintf(l.env.out, "%s  %s\n", id, line) // whoever does not read it does not want it
	}
}

func (l *connectionLog) failed(_ string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	say(l.env.err, err, "")
}
