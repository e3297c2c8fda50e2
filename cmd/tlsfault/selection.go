package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/scenarios"
)

// selection is the flags that say which scenarios are meant.
type selection struct {
	globs, tags, catalogues []string
}

func (s *selection) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.globs, "scenario", nil, "only scenarios whose id matches `GLOB`, such as 'validity/**' (repeatable)")
	flags.StringArrayVar(&s.tags, "tag", nil, "only scenarios with `TAG` (repeatable)")
	flags.StringArrayVar(&s.catalogues, "catalogue", nil, "add the scenarios of a file or directory at `PATH` (repeatable)")
}

// complete offers ids and tags to the shell.
func (s *selection) complete(c *cobra.Command) {
	mustComplete(c, "scenario", completeIDs)
	mustComplete(c, "tag", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		all, err := catalogue(nil, nil, nil)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		seen := make(map[string]bool)
		var tags []string
		for i := range all {
			for _, tag := range all[i].Tags {
				if !seen[tag] {
					seen[tag] = true
					tags = append(tags, tag)
				}
			}
		}
		return append(tags, scenarios.FamiliesOnRequest()...), cobra.ShellCompDirectiveNoFileComp
	})
}

// load returns all scenarios, and those that are meant, which are one at least.
func (s *selection) load() (all, selected []scenarios.Scenario, err error) {
	all, err = catalogue(s.catalogues, s.globs, s.tags)
	if err != nil {
		return nil, nil, err
	}
	selected, err = scenarios.Select(all, s.globs, s.tags)
	if err != nil {
		return nil, nil, mistaken(err, "see tlsfault list for all scenarios")
	}
	if len(selected) == 0 {
		return nil, nil, usage("see tlsfault list for all scenarios and their tags", "no scenario has%s", s.words())
	}
	return all, selected, nil
}

// words repeats what was asked for.
func (s *selection) words() string {
	var parts []string
	if len(s.globs) > 0 {
		parts = append(parts, fmt.Sprintf(" an id like %s", strings.Join(s.globs, " or ")))
	}
	if len(s.tags) > 0 {
		parts = append(parts, fmt.Sprintf(" the tag %s", strings.Join(s.tags, " or ")))
	}
	return strings.Join(parts, " and")
}

// catalogue returns the embedded scenarios, with the families on request that
// globs or tags name, and those of paths.
func catalogue(paths, globs, tags []string) ([]scenarios.Scenario, error) {
	all, err := scenarios.CatalogueWith(globs, tags)
	if err != nil {
		return nil, fmt.Errorf("loading the embedded catalogue: %w", err)
	}
	if len(paths) == 0 {
		return all, nil
	}
	own, err := scenarios.LoadPaths(paths...)
	if err != nil {
		return nil, misconfigured(err, "")
	}
	all, err = scenarios.Join(all, own)
	return all, misconfigured(err, "give the scenario another id")
}

// one returns the scenario called id.
func one(all []scenarios.Scenario, id string) (*scenarios.Scenario, error) {
	var ids []string
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
		ids = append(ids, all[i].ID)
	}
	hint := "see tlsfault list for all scenarios"
	if near := nearest(id, ids); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, usage(hint, "no scenario is called %q", id)
}

func completeIDs(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	all, err := catalogue(nil, []string{begun}, nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []string
	for i := range all {
		if strings.HasPrefix(all[i].ID, begun) {
			ids = append(ids, all[i].ID+"\t"+all[i].Title)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// mustComplete registers a completion for a flag that is known to exist.
func mustComplete(c *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(errors.Join(errors.New("a completion for a flag that does not exist"), err))
	}
}
