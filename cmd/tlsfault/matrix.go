package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/report"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// matrixOptions is the flags of matrix: those of a run, for several clients.
type matrixOptions struct {
	runOptions
	clients    []string
	containers bool // run in containers what has an image
	all        bool // the whole catalogue
}

func matrixCommand(env environment) *cobra.Command {
	var o matrixOptions
	c := &cobra.Command{
		Use:   "matrix [--client NAME]...",
		Short: "Run many clients against the scenarios and compare them",
		Long: `Run several clients, one after the other, against the same scenarios, and report
them side by side. Without --client they are all the well-known clients that are
installed (see tlsfault run --client list), and those that have an image of their
own; with --containers every one that there is an image for runs in that.

Without --scenario and --tag the scenarios are the essential ones, one of each
kind; --all is the whole catalogue, which takes minutes for each client.

The HTML report is one page that works from disk: filter it, and open any cell
for its evidence. Exit codes are those of tlsfault run.`,
		Example: `  tlsfault matrix --report html=matrix.html --report markdown=matrix.md
  tlsfault matrix --containers --report html=matrix.html
  tlsfault matrix --client curl --client curl@container --client python --tag certificate`,
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error { return matrix(c.Context(), env, o) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	formats := report.MatrixFormats()
	flags.StringArrayVar(&o.clients, "client", nil, "run the well-known client `NAME` (repeatable); all that are installed if not given")
	flags.BoolVar(&o.containers, "containers", false, "run every client that there is an image for in a container, by Docker or Podman")
	o.selection.register(flags)
	flags.BoolVar(&o.all, "all", false, "the whole catalogue in place of the essential scenarios")
	flags.StringVar(&o.profile, "profile", string(verdict.Default), "which levels the clients are held to: "+profileWords())
	flags.IntVar(&o.jobs, "jobs", 0, "run `N` cases at once; 0 suits the machine")
	flags.DurationVar(&o.timeout, "timeout", harness.DefaultTimeout, "end a client that takes longer than `D`")
	flags.StringArrayVar(&o.reports, "report", nil, "write a report as `FORMAT[=PATH]`: "+formatWords(formats)+" (repeatable)")
	flags.StringVar(&o.seed, "seed", "", "make the same roots and keys for the same `SEED`")
	flags.StringVar(&o.screenshots, "screenshots", "", "keep pictures of what a browser showed in place of a page in `DIR`")
	o.complete(c)
	mustComplete(c, "client", completeClients)
	mustComplete(c, "profile", cobra.FixedCompletions(profiles, cobra.ShellCompDirectiveNoFileComp))
	mustComplete(c, "report", cobra.FixedCompletions(formatNames(formats), cobra.ShellCompDirectiveNoSpace))
	return c
}

// matrix runs the clients one after the other, so that none disturbs another.
func matrix(ctx context.Context, env environment, o matrixOptions) error {
	if err := o.checkValues(); err != nil {
		return err
	}
	if o.containers && len(o.clients) > 0 {
		return usage("leave it out, and write curl@"+ownImage+" for curl in its container", "--containers is for all clients, and there is --client as well")
	}
	switch selects := len(o.globs)+len(o.tags) > 0; {
	case o.all && selects:
		return usage("leave out one of them", "--all is the whole catalogue, and there is --scenario or --tag as well")
	case !o.all && !selects:
		o.tags = []string{scenarios.Essential}
	}
	_, selected, err := o.load()
	if err != nil {
		return err
	}
	clients, err := o.participants(ctx)
	if err != nil {
		return err
	}
	reports, err := newReportsOf(env, report.MatrixFormats(), o.reports)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx, env)
	defer stop()
	buildImages(ctx, env, clients)
	var runs []verdict.Run
	var errs []error
	for i, k := range clients {
		if ctx.Err() != nil {
			break
		}
		run, err := o.runOne(ctx, env, k, selected, fmt.Sprintf("%d of %d", i+1, len(clients)))
		if err != nil {
			errs = append(errs, err) // the others are worth having
			continue
		}
		runs = append(runs, run)
	}
	interrupted := ctx.Err() != nil
	if err := errors.Join(append(errs, reports.write(runs))...); err != nil {
		return err
	}
	return concludeMatrix(runs, interrupted)
}

// participant is a client of the matrix that is installed.
type participant struct {
	offered
	info client.Info
}

// participants returns the clients that were asked for, or all that are
// installed. One that was asked for and is not installed is an error.
func (o *matrixOptions) participants(ctx context.Context) ([]participant, error) {
	offers := knownClients(o.containers)
	if len(o.clients) > 0 {
		offers = nil
		seen := make(map[string]bool)
		for _, name := range o.clients {
			k, err := clientNamed(name)
			if err != nil {
				return nil, mistaken(err, "tlsfault run --client list shows all")
			}
			if seen[name] {
				return nil, usage("name each client once", "the client %q is there twice", name)
			}
			seen[name] = true
			offers = append(offers, k)
		}
	}
	infos := make([]client.Info, len(offers))
	var group errgroup.Group
	for i := range offers {
		group.Go(func() error {
			infos[i] = offers[i].describe(ctx)
			return nil
		})
	}
	_ = group.Wait() // what a client has to say of itself is no error here
	var installed []participant
	for i, k := range offers {
		switch {
		case infos[i].Installed:
			installed = append(installed, participant{k, infos[i]})
		case len(o.clients) > 0:
			return nil, usage("install it, or see tlsfault run --client list for what is installed",
				"the client %q cannot be run: %s", k.name, infos[i].Problem)
		}
	}
	return installed, nil
}

// buildImages makes the images that the clients run in, several at a time. What
// goes wrong with one is told when its client is opened.
func buildImages(ctx context.Context, env environment, clients []participant) {
	var group errgroup.Group
	group.SetLimit(imagesAtOnce)
	seen := make(map[string]bool)
	for _, k := range clients {
		dir, err := fixtures.Image(k.image)
		if k.image == "" || err != nil || seen[k.image] {
			continue
		}
		seen[k.image] = true
		group.Go(func() error {
			_ = container.Build(ctx, dir, env.tellOfBuild(k.image))
			return nil
		})
	}
	_ = group.Wait() // no error comes of it
}

// imagesAtOnce bounds how many images are built at the same time.
const imagesAtOnce = 3

// runOne runs one client, which is there by place: "3 of 40".
func (o *matrixOptions) runOne(ctx context.Context, env environment, k participant, selected []scenarios.Scenario, place string) (verdict.Run, error) {
	c, info, err := k.openNamed(ctx, env, &o.runOptions, k.info)
	if err != nil {
		return verdict.Run{}, err
	}
	defer func() { _ = closeClient(c) }() // what the client did is in the result by then
	_, _ = fmt.Fprintf(env.err, "%s %s, %s\n", info.Name, info.Version, place)
	if o.all {
		selected = fitting(env, selected, c)
	}
	bar := newProgress(env, len(selected))
	defer bar.finish()
	return harness.Execute(ctx, harness.Config{
		Client: c, Info: info,
		Scenarios: selected, Profile: verdict.Profile(o.profile), Jobs: o.jobs, Timeout: o.timeout, Seed: o.seed,
		OnResult: bar.step,
	})
}

// concludeMatrix returns the outcome of all runs together.
func concludeMatrix(runs []verdict.Run, interrupted bool) error {
	failed, broken := 0, 0
	for i := range runs {
		interrupted = interrupted || runs[i].Interrupted
		failed += runs[i].Count(verdict.Fail)
		broken += runs[i].Count(verdict.Error)
	}
	switch {
	case interrupted:
		return outcomeError{exitInterrupted}
	case broken > 0:
		return outcomeError{exitHarness}
	case failed > 0:
		return outcomeError{exitFindings}
	}
	return nil
}
