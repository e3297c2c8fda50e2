package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client/isolate"
	"github.com/tlsfault/tlsfault/harness/report"
	"github.com/tlsfault/tlsfault/harness/server/twin"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// builtinClient is the client of a run that names none.
const builtinClient = "go"

// runOptions is the flags of run, which tlsfault.yaml can set as well.
type runOptions struct {
	selection
	client  string
	command []string
	profile string
	jobs    int
	timeout time.Duration
	reports []string
	config  string
	shard   string
	seed    string
	known   string
	replay  replayOptions
	way     wayOptions
	// screenshots is the directory for pictures of what a browser showed.
	screenshots string
	plainRoots  bool // the roots have no name constraints
	webhook     webhookOptions
	container   containerOptions
	server      serverOptions
}

func runCommand(env environment) *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [--client NAME | -- CMD ARG...]",
		Short: "Run a client against the scenarios and judge it",
		Long: `Run a client against the catalogue, or what is selected of it, and against the
control of each scenario: the same server without its fault.

Without --client and without a command it is Go's own net/http client. In the
arguments of a command {url}, {host}, {port} and {ca} are replaced; its
environment has TLSFAULT_URL, TLSFAULT_HOST, TLSFAULT_PORT and TLSFAULT_CA_FILE.
It must verify against that file of roots, and exit 0 if it got an answer.

With --replay the client meets somebody's real chain, for which nobody here has
the key: the handshake is signed by another key, and from how the client refuses
it is told whether it refused the chain or only that signature. How it refuses
chains of our own shows how to read that. A command must dial {addr} for {host}.
The exit code is 0 if it accepted the chain.

Exit codes: 0 everything as expected, 1 findings (or nothing could be concluded),
2 wrong usage or configuration, 3 the harness failed, 130 interrupted; reports
are written in every case but 2. A second Ctrl-C quits at once.`,
		Example: `  tlsfault run --client curl --scenario 'validity/**'
  tlsfault run --report junit=tlsfault.xml -- python3 fetch.py {url}
  tlsfault run --shard 1/4 --report json=part1.json
  tlsfault run --image my/client:1.2 -- fetch --cacert {ca} {url}
  tlsfault run --server nginx --client curl --scenario 'validity/**'
  tlsfault run --isolate --name payments.example.com -- ./pay {url}
  tlsfault run --proxy --name payments.example.com -- curl --cacert {ca} {url}
  tlsfault run --dns --name payments.example.com -- ./pay --resolver {dns} {url}
  tlsfault run --tag webhook --webhook-trigger 'curl -X POST "http://app/trigger?url={url}"'
  tlsfault run --client openssl --replay chain.pem --name shop.example --at 2025-12-01`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			command, err := commandAfterDash(c, args)
			if err != nil {
				return err
			}
			if o.command = command; command != nil && c.Flags().Changed("client") {
				return usage("leave out one of them", "there is a client %q and a command as well", o.client)
			}
			if o.client == "list" && command == nil {
				return listClients(c.Context(), env)
			}
			if err := o.configure(c); err != nil {
				return err
			}
			if err := o.webhook.check(o.command != nil || c.Flags().Changed("client")); err != nil {
				return err
			}
			if err := o.container.check(&o); err != nil {
				return err
			}
			if err := o.server.check(&o, o.replay.asked(c.Flags())); err != nil {
				return err
			}
			if err := o.way.check(&o, c.Flags()); err != nil {
				return err
			}
			if o.replay.asked(c.Flags()) {
				return o.runReplay(c, env)
			}
			if o.way.isolate && !isolate.Inside() {
				return runIsolated()
			}
			return run(c.Context(), env, o)
		},
	}
	o.register(c)
	return c
}

func (o *runOptions) register(c *cobra.Command) {
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.client, "client", builtinClient, "run the well-known client `NAME`; list shows which there are")
	o.selection.register(flags)
	flags.StringVar(&o.profile, "profile", string(verdict.Default), "which levels the client is held to: "+profileWords())
	flags.IntVar(&o.jobs, "jobs", 0, "run `N` cases at once; 0 suits the machine")
	flags.DurationVar(&o.timeout, "timeout", harness.DefaultTimeout, "end a client that takes longer than `D`")
	flags.StringArrayVar(&o.reports, "report", nil, "write a report as `FORMAT[=PATH]`: "+formatWords(report.Formats())+" (repeatable)")
	flags.StringVar(&o.config, "config", "", "read flags from `FILE`; tlsfault.yaml is read if there is one")
	flags.StringVar(&o.shard, "shard", "", "run only part `I/N` of the scenarios, for several machines")
	flags.StringVar(&o.seed, "seed", "", "make the same roots and keys for the same `SEED`")
	flags.StringVar(&o.known, "known", "", "tolerate the findings that `FILE` names; of "+builtinClient+", those that are known")
	flags.StringVar(&o.screenshots, "screenshots", "", "keep pictures of what a browser showed in place of a page in `DIR`")
	flags.BoolVar(&o.plainRoots, "plain-roots", false, "leave the name constraints out of the roots, for a client that cannot read them")
	o.way.register(flags)
	o.container.register(flags)
	o.server.register(flags)
	o.replay.register(flags)
	o.webhook.register(flags)
	o.complete(c)
	mustComplete(c, "client", completeClients)
	mustComplete(c, "server", cobra.FixedCompletions(twin.Names(), cobra.ShellCompDirectiveNoFileComp))
	mustComplete(c, "profile", cobra.FixedCompletions(profiles, cobra.ShellCompDirectiveNoFileComp))
	mustComplete(c, "report", cobra.FixedCompletions(formatNames(report.Formats()), cobra.ShellCompDirectiveNoSpace))
}

// commandAfterDash returns the arguments after --, nil if there is no --.
func commandAfterDash(c *cobra.Command, args []string) ([]string, error) {
	dash := c.ArgsLenAtDash()
	switch {
	case dash < 0 && len(args) == 0:
		return nil, nil
	case dash != 0:
		return nil, usage("put -- before the command to run", "%s has no use for %q", c.CommandPath(), args[0])
	case len(args) == 0:
		return nil, usage("name the command, such as -- curl --cacert {ca} {url}", "there is nothing after --")
	}
	return args, nil
}

// run does what the flags say, once they are complete.
func run(ctx context.Context, env environment, o runOptions) error {
	cfg, known, err := o.prepare(ctx, env)
	if err != nil {
		return err
	}
	reports, err := newReports(env, o.reports)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx, env)
	defer stop()
	defer func() { _ = closeClient(cfg.Client) }() // what the client did is in the result by then
	twin, end, err := o.server.start(ctx, env)
	if err != nil {
		return err
	}
	defer end()
	cfg.Twin = twin
	bar := newProgress(env, len(cfg.Scenarios))
	cfg.OnResult = bar.step
	result, runErr := harness.Execute(ctx, cfg)
	bar.finish()
	stale := error(nil)
	if !result.Interrupted && o.known != "" { // what we know of the built-in client may be mended in a newer Go
		stale = verdict.ApplyKnown(cfg.Info.Name, result.Results, known)
	}
	writeErr := reports.write(result)
	if err := errors.Join(runErr, writeErr); err != nil {
		return err
	}
	if stale != nil {
		say(env.err, stale, "remove what is out of date from "+o.known)
	}
	return conclude(env, result, stale != nil)
}

// prepare turns the flags into what the harness takes.
func (o *runOptions) prepare(ctx context.Context, env environment) (harness.Config, *verdict.KnownList, error) {
	cfg := harness.Config{Profile: verdict.Profile(o.profile), Jobs: o.jobs, Timeout: o.timeout, Seed: o.seed, PlainRoots: o.plainRoots}
	if err := o.checkValues(); err != nil {
		return cfg, nil, err
	}
	all, selected, err := o.load()
	if err != nil {
		return cfg, nil, err
	}
	if cfg.Known, err = o.loadKnown(all); err != nil {
		return cfg, nil, err
	}
	if cfg.Client, cfg.Info, err = o.chooseClient(ctx, env); err != nil {
		return cfg, nil, err
	}
	if len(o.globs)+len(o.tags) == 0 {
		selected = fitting(env, selected, cfg.Client)
	}
	if selected, err = renamed(selected, o.replay.name); err != nil {
		return cfg, nil, err
	}
	if cfg.Scenarios, err = part(selected, o.shard); err != nil {
		return cfg, nil, err
	}
	return cfg, cfg.Known, o.way.furnish(&cfg)
}

func (o *runOptions) checkValues() error {
	switch {
	case !isProfile(o.profile):
		return usage(fmt.Sprintf("the profiles are %s", profileWords()), "unknown profile %q", o.profile)
	case o.jobs < 0:
		return usage("0 suits the machine", "--jobs is %d, which is less than 0", o.jobs)
	case o.timeout <= 0:
		return usage("write a duration such as 10s", "--timeout is %s, which is not more than 0", o.timeout)
	}
	return nil
}

// conclude says what stands in the way of a conclusion, and returns the outcome.
func conclude(env environment, result verdict.Run, stale bool) error {
	inconclusive := result.Count(verdict.Inconclusive)
	switch {
	case result.Interrupted:
		return outcomeError{exitInterrupted}
	case result.Count(verdict.Error) > 0:
		return outcomeError{exitHarness}
	case result.Count(verdict.Fail) > 0 || stale:
		return outcomeError{exitFindings}
	case inconclusive > 0 && inconclusive == len(result.Results) && inconclusive == notServed(result):
		say(env.err, fmt.Errorf("nothing could be concluded: %s can be set to none of this", result.Server), "choose other scenarios, or leave out --server")
		return outcomeError{exitFindings}
	case inconclusive > 0 && inconclusive == len(result.Results):
		say(env.err, errors.New("nothing could be concluded: the client accepted no valid server either"),
			"see that it connects to the URL it is given, trusts the roots it is given, and reports success; one that cannot read name constraints needs --plain-roots")
		return outcomeError{exitFindings}
	}
	return nil
}

// idsOf lists the ids of all.
func idsOf(all []scenarios.Scenario) []string {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return ids
}
