package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/fixtures"
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

// fitting leaves out of the whole catalogue what not every client can be held to.
func fitting(env environment, all []scenarios.Scenario, c client.Client) []scenarios.Scenario {
	all = withoutPins(env, all)
	if client.LoadsPages(c) {
		return all
	}
	return withoutPages(env, all)
}

// withoutPins leaves out what needs a client that pins keys, and says so.
func withoutPins(env environment, selected []scenarios.Scenario) []scenarios.Scenario {
	rest := scenarios.WithoutPins(selected)
	if n := len(selected) - len(rest); n > 0 {
		_, _ = fmt.Fprintf(env.err, "note: %d scenarios that need a client that pins keys are left out; --tag pinning selects them\n", n)
	}
	return rest
}

// withoutPages leaves out what needs a browser, and says so.
func withoutPages(env environment, selected []scenarios.Scenario) []scenarios.Scenario {
	rest := scenarios.WithoutPages(selected)
	if n := len(selected) - len(rest); n > 0 {
		_, _ = fmt.Fprintf(env.err, "note: %d scenarios that need a browser are left out; --tag browser selects them\n", n)
	}
	return rest
}

// loadKnown reads the list of known findings; without one it is what we know of
// the built-in client, so that a run without any flag is about the machine it
// runs on, and nil for the clients of others.
func (o *runOptions) loadKnown(all []scenarios.Scenario) (*verdict.KnownList, error) {
	if o.known == "" && o.command == nil && o.client == builtinClient {
		name, text, err := fixtures.KnownFindings(builtinClient)
		if err != nil {
			return nil, err
		}
		return verdict.LoadKnown(name, text)
	}
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

// or returns text, or instead where that is empty.
func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
