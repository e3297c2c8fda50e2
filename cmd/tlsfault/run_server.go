package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client/container"
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

// check returns what does not go together.
func (o *serverOptions) check(run *runOptions, replay bool) error {
	switch {
	case o.name == "":
		return nil
	case !slices.Contains(twin.Names(), o.name):
		hint := "the servers are " + strings.Join(twin.Names(), ", ")
		if near := nearest(o.name, twin.Names()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usage(hint, "no server is called %q", o.name)
	case run.way.isolate:
		return usage("leave out one of them", "an isolated client does not reach the container of --server")
	case replay:
		return usage("leave out --server", "no server presents a chain without its key")
	}
	return nil
}

// furnish starts the server, if one is asked for; what ends it is never nil.
func (o *serverOptions) furnish(ctx context.Context, cfg *harness.Config) (end func(), err error) {
	if o.name == "" {
		return func() {}, nil
	}
	t, err := twin.New(ctx, o.name)
	if unavailable := new(container.UnavailableError); errors.As(err, &unavailable) {
		return func() {}, containerError(err)
	}
	if err != nil {
		return func() {}, misconfigured(err, "fixtures/images/base.sh makes the image that it starts from where that cannot be pulled")
	}
	cfg.Twin = t
	return func() { _ = t.Close() }, nil // the container ends with this process, whatever the engine says
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
