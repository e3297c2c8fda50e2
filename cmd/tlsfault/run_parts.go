package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

var profiles = []string{string(verdict.Default), string(verdict.Strict), string(verdict.ObserveOnly)}

func isProfile(name string) bool { return slices.Contains(profiles, name) }
func profileWords() string       { return strings.Join(profiles, ", ") }

// part returns the scenarios of one shard, written I/N: every N-th by the order
// of ids, in the order they came in. An empty shard is the whole.
func part(selected []scenarios.Scenario, shard string) ([]scenarios.Scenario, error) {
	if shard == "" {
		return selected, nil
	}
	const hint = "write it as 1/4 for the first of four parts"
	first, second, ok := strings.Cut(shard, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if !ok || err != nil || err2 != nil {
		return nil, usage(hint, "--shard is %q, not two numbers", shard)
	}
	if n < 1 || i < 1 || i > n {
		return nil, usage(hint, "--shard is %q: there is no such part", shard)
	}
	ids := idsOf(selected)
	slices.Sort(ids)
	mine := make(map[string]bool)
	for at := i - 1; at < len(ids); at += n {
		mine[ids[at]] = true
	}
	var kept []scenarios.Scenario
	for j := range selected {
		if mine[selected[j].ID] {
			kept = append(kept, selected[j])
		}
	}
	if len(kept) == 0 {
		return nil, usage("make fewer parts", "part %s of %d scenarios is empty", shard, len(selected))
	}
	return kept, nil
}

// loadKnown reads the list of known findings, nil without one.
func (o *runOptions) loadKnown(all []scenarios.Scenario) (*verdict.KnownList, error) {
	if o.known == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.known)
	if err != nil {
		return nil, misconfigured(fmt.Errorf("reading known findings: %w", err), "")
	}
	list, err := verdict.LoadKnown(o.known, text)
	if err != nil {
		return nil, misconfigured(err, "an entry has scenario and reason, and may have client and ref")
	}
	return list, misconfigured(list.CheckScenarios(idsOf(all)), "remove what is out of date, or see tlsfault list for the right id")
}

// chooseClient returns the client under test and what is known of it.
func (o *runOptions) chooseClient(ctx context.Context) (client.Client, verdict.ClientInfo, error) {
	if o.command != nil {
		return commandClient(o.command)
	}
	preset, err := client.Lookup(o.client)
	if err != nil {
		return nil, verdict.ClientInfo{}, mistaken(err, "tlsfault run --client list shows all; a command goes after --")
	}
	info := preset.Describe(ctx)
	if !info.Installed {
		return nil, verdict.ClientInfo{}, usage("install it, or see tlsfault run --client list for what is installed",
			"the client %q cannot be run: %s", preset.Name, info.Problem)
	}
	c := preset.Client()
	if err := client.Prepare(ctx, c); err != nil {
		return nil, verdict.ClientInfo{}, fmt.Errorf("getting the client %q ready: %w", preset.Name, err)
	}
	return c, verdict.ClientInfo{Name: preset.Name, Version: info.Version, TLS: info.TLS}, nil
}

func commandClient(command []string) (client.Client, verdict.ClientInfo, error) {
	c, err := client.NewCommand(command...)
	if err != nil {
		return nil, verdict.ClientInfo{}, misconfigured(err, "see tlsfault run --help for what is replaced")
	}
	if _, err := exec.LookPath(command[0]); err != nil && !errors.Is(err, exec.ErrDot) {
		return nil, verdict.ClientInfo{}, misconfigured(fmt.Errorf("the command cannot be run: %w", err), "the command is what follows --, program first")
	}
	return c, verdict.ClientInfo{Name: strings.Join(command, " ")}, nil
}

// listClients prints which presets there are and which are installed.
func listClients(ctx context.Context, env environment) error {
	presets := client.Presets()
	infos := make([]client.Info, len(presets))
	var group errgroup.Group
	for i := range presets {
		group.Go(func() error {
			infos[i] = presets[i].Describe(ctx)
			return nil
		})
	}
	_ = group.Wait() // what a preset has to say of itself is no error here
	table := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	p := &printer{w: table}
	p.printf("client\tversion\ttls\tabout\n")
	for i, preset := range presets {
		version, tls := infos[i].Version, infos[i].TLS
		if !infos[i].Installed {
			version, tls = "not installed", ""
		}
		p.printf("%s\t%s\t%s\t%s\n", preset.Name, or(version, "?"), or(tls, "-"), preset.About)
	}
	if p.err == nil {
		p.err = table.Flush()
	}
	return p.done("the clients")
}

func completeClients(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"list\tshow which there are"}
	for _, preset := range client.Presets() {
		names = append(names, preset.Name+"\t"+preset.About)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// or returns text, or instead where that is empty.
func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
