package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/server/twin"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// serverOptions is the flag that says which server the scenarios are served by.
type serverOptions struct {
	name string
}

func (o *serverOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.name, "server", "", "serve by the real `SERVER`, in a container, what it can be set to: "+strings.Join(twin.Names(), ", "))
}

// checkName returns an error unless there is such a server, or none is asked for.
func (o *serverOptions) checkName() error {
	if o.name == "" || slices.Contains(twin.Names(), o.name) {
		return nil
	}
	hint := "the servers are " + strings.Join(twin.Names(), ", ")
	if near := nearest(o.name, twin.Names()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "no server is called %q", o.name)
}

// check returns what does not go together in a run.
func (o *serverOptions) check(run *runOptions, replay bool) error {
	if err := o.checkName(); err != nil || o.name == "" {
		return err
	}
	switch {
	case run.way.isolate:
		return usage("leave out one of them", "an isolated client does not reach the container of --server")
	case replay:
		return usage("leave out --server", "no server presents a chain without its key")
	}
	return nil
}

// start starts the server, nil if none is asked for; what ends it is never nil.
func (o *serverOptions) start(ctx context.Context, env environment) (started server.Twin, end func(), err error) {
	if o.name == "" {
		return nil, func() {}, nil
	}
	t, err := twin.New(ctx, o.name, env.tellOfBuild("servers"))
	if unavailable := new(container.UnavailableError); errors.As(err, &unavailable) {
		return nil, func() {}, containerError(err)
	}
	if err != nil {
		return nil, func() {}, misconfigured(err, "fixtures/images/base.sh makes the image that it starts from where that cannot be pulled")
	}
	return t, func() { _ = t.Close() }, nil // the container ends with this process, whatever the engine says
}

// notServed counts what the server that was asked for could not be set to.
func notServed(run verdict.Run) int {
	n := 0
	for i := range run.Results {
		if f := run.Results[i].Finding; f != nil && f.Kind == verdict.NotServed {
			n++
		}
	}
	return n
}
