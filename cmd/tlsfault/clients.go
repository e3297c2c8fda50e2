package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/browser"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// offered is a client that run offers by name.
type offered struct {
	name, about string
	describe    func(context.Context) client.Info // what is known of it before it is opened
	open        func(context.Context, environment, *runOptions) (client.Client, error)
	image       string // the directory of fixtures/images that it runs in an image of; "" where it does not
}

// described is a client that knows more of itself once it is open.
type described interface {
	Describe(context.Context) client.Info
}

// openNamed gets a client ready and returns what is known of it.
func (k offered) openNamed(ctx context.Context, env environment, o *runOptions, info client.Info) (client.Client, verdict.ClientInfo, error) {
	c, err := k.open(ctx, env, o)
	if err != nil {
		return nil, verdict.ClientInfo{}, fmt.Errorf("getting the client %q ready: %w", k.name, err)
	}
	if inside, ok := c.(described); ok {
		info = inside.Describe(ctx)
	}
	return c, verdict.ClientInfo{Name: k.name, Version: info.Version, TLS: info.TLS}, nil
}

// knownClients returns the clients that run offers by name, in the order in which
// they are listed; if contained is true, in containers what there is an image for.
func knownClients(contained bool) []offered {
	var all []offered
	for _, preset := range client.Presets() {
		if preset.OnlyInImage() || contained && preset.Image() != "" {
			all = append(all, inContainer(preset, ""))
			continue
		}
		all = append(all, ofPreset(preset))
	}
	for _, kind := range browser.Kinds() {
		all = append(all, ofBrowser(kind, false))
	}
	return all
}

func ofPreset(preset client.Preset) offered {
	return offered{name: preset.Name, about: preset.About, describe: preset.Describe,
		open: func(ctx context.Context, _ environment, o *runOptions) (client.Client, error) {
			if err := o.way.checkPreset(preset); err != nil {
				return nil, err
			}
			c := preset.Client()
			if at := o.replay.moment; !at.IsZero() {
				var err error
				if c, err = preset.ClientAt(at); err != nil {
					return nil, misconfigured(err, installFakeTime)
				}
			}
			return c, client.Prepare(ctx, c)
		}}
}

func ofBrowser(kind browser.Kind, insecure bool) offered {
	k := offered{name: kind.Name(), describe: kind.Describe, about: kind.About(),
		open: func(_ context.Context, _ environment, o *runOptions) (client.Client, error) {
			if o.replay.at != "" {
				return nil, usage("leave out --at, or try another client", "a browser cannot be given a time")
			}
			return browser.New(browser.Options{Kind: kind, Screenshots: o.screenshots, Insecure: insecure})
		}}
	if insecure {
		k.name = kind.InsecureName()
	}
	return k
}

// clientNamed returns the client called name. Each has a twin with verification switched off.
func clientNamed(name string) (offered, error) {
	if kind, insecure, ok := browser.Lookup(name); ok {
		return ofBrowser(kind, insecure), nil
	}
	name, image, contained := strings.Cut(name, "@")
	preset, err := client.Lookup(name)
	switch {
	case err != nil:
		return offered{}, err
	case contained && image == "":
		return offered{}, fmt.Errorf("no image is named after the @ of %q", name+"@")
	case contained && image != ownImage, preset.OnlyInImage():
		return inContainer(preset, strings.TrimPrefix(image, ownImage)), nil
	case contained:
		return inContainer(preset, ""), nil
	}
	return ofPreset(preset), nil
}

// chooseClient returns the client under test and what is known of it. The client
// may have to be closed.
func (o *runOptions) chooseClient(ctx context.Context, env environment) (client.Client, verdict.ClientInfo, error) {
	if o.webhook.trigger != "" {
		return o.webhook.client()
	}
	if o.container.asked() {
		return o.container.client(ctx, env, o.command)
	}
	if o.command != nil {
		return commandClient(o.command, o.replay.moment)
	}
	k, err := clientNamed(o.client)
	if err != nil {
		return nil, verdict.ClientInfo{}, mistaken(err, "tlsfault run --client list shows all; a command goes after --")
	}
	info := k.describe(ctx)
	if !info.Installed {
		return nil, verdict.ClientInfo{}, usage("install it, or see tlsfault run --client list for what is installed",
			"the client %q cannot be run: %s", k.name, info.Problem)
	}
	return k.openNamed(ctx, env, o, info)
}

// closeClient ends what a client keeps running between attempts.
func closeClient(c client.Client) error {
	if closer, ok := c.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// installFakeTime is what to do about a client that cannot be given a time.
const installFakeTime = "install faketime (libfaketime), or leave out --at"

// commandClient returns the client that a command is; for it the time is at, unless that is zero.
func commandClient(command []string, at time.Time) (client.Client, verdict.ClientInfo, error) {
	args := command
	if !at.IsZero() {
		var err error
		if args, err = client.AtTime(at, command...); err != nil {
			return nil, verdict.ClientInfo{}, misconfigured(err, installFakeTime)
		}
	}
	c, err := client.NewCommand(args...)
	if err != nil {
		return nil, verdict.ClientInfo{}, misconfigured(err, "see tlsfault run --help for what is replaced")
	}
	if _, err := exec.LookPath(command[0]); err != nil && !errors.Is(err, exec.ErrDot) {
		return nil, verdict.ClientInfo{}, misconfigured(fmt.Errorf("the command cannot be run: %w", err), "the command is what follows --, program first")
	}
	return c, verdict.ClientInfo{Name: strings.Join(command, " ")}, nil
}

// listClients prints which clients there are and which are installed.
func listClients(ctx context.Context, env environment) error {
	all := knownClients(false)
	infos := make([]client.Info, len(all))
	var group errgroup.Group
	for i := range all {
		group.Go(func() error {
			infos[i] = all[i].describe(ctx)
			return nil
		})
	}
	_ = group.Wait() // what a client has to say of itself is no error here
	table := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	p := &printer{w: table}
	p.printf("client\tversion\ttls\tabout\n")
	for i, k := range all {
		version, tls := infos[i].Version, infos[i].TLS
		if !infos[i].Installed {
			version, tls = "not installed", ""
		}
		p.printf("%s\t%s\t%s\t%s\n", k.name, or(version, "?"), or(tls, "-"), k.about)
	}
	if p.err == nil {
		p.err = table.Flush()
	}
	return p.done("the clients")
}

func completeClients(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"list\tshow which there are"}
	for _, k := range knownClients(false) {
		names = append(names, k.name+"\t"+k.about)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
