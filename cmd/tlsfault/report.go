package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/report"
)

func reportCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "report",
		Short: "Work on reports that have been written",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(commandHint(c, args[0]), "unknown command %q for %q", args[0], c.CommandPath())
			}
			return c.Help()
		},
	}
	c.AddCommand(mergeCommand(env), diffCommand(env))
	return c
}

func mergeCommand(env environment) *cobra.Command {
	var specs []string
	c := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Make one report of the JSON reports of several shards",
		Long: `Make one report of the JSON reports that the parts of one run have written (see
run --shard), and print it as JSON, or as --report says. The parts must be of
the same client and profile, and no scenario may be in more than one.`,
		Example: `  tlsfault report merge part*.json > all.json
  tlsfault report merge part*.json --report console --report junit=tlsfault.xml`,
		Args: arguments(1, -1, "name the JSON reports to merge"),
		RunE: func(_ *cobra.Command, paths []string) error {
			parts := make([]report.Report, len(paths))
			for i, path := range paths {
				var err error
				if parts[i], err = readReport(path); err != nil {
					return misconfigured(err, "it has to be what tlsfault run --report json="+path+" writes")
				}
			}
			whole, err := report.Merge(parts...)
			if err != nil {
				return misconfigured(err, "merge what --shard has made of one run")
			}
			if len(specs) == 0 {
				specs = []string{"json"}
			}
			to, err := newReports(env, specs)
			if err != nil {
				return err
			}
			return to.write(whole.Run())
		},
	}
	c.Flags().StringArrayVar(&specs, "report", nil, "write the whole as `FORMAT[=PATH]`: "+formatWords(report.Formats())+" (repeatable)")
	mustComplete(c, "report", cobra.FixedCompletions(formatNames(report.Formats()), cobra.ShellCompDirectiveNoSpace))
	return c
}

func diffCommand(env environment) *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Tell what changed between two JSON reports, or matrices",
		Long: `Tell on which scenarios two JSON reports differ, such as those of two versions
of a client. Of two matrices each client is compared with itself, also where it
runs elsewhere: curl with curl@container. The exit code is 1 if the new report
accepts a broken server that the old one did not accept, and 0 otherwise.`,
		Example: `  tlsfault report diff curl-7.json curl-8.json
  tlsfault report diff matrix-monday.json matrix-tuesday.json`,
		Args: arguments(2, 2, "name the old report and the new one"),
		RunE: func(_ *cobra.Command, paths []string) error {
			if format != "text" && format != "json" {
				return usage("the formats are text, json", "unknown format %q", format)
			}
			old, err := readReports(paths[0])
			if err != nil {
				return err
			}
			now, err := readReports(paths[1])
			if err != nil {
				return err
			}
			pairs := report.Pairs(old, now)
			if err := printDiff(env, format, pairs); err != nil {
				return err
			}
			for _, pair := range pairs {
				if changes := pair.Changes(); len(changes) > 0 && changes[0].Kind == report.NewlyAccepted { // they come first
					return outcomeError{exitFindings}
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&format, "format", format, "print it as text or json")
	mustComplete(c, "format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// printDiff prints the changes of each pair: those of one as an array, of several
// as an array of their clients.
func printDiff(env environment, format string, pairs []report.Pair) error {
	if format == "text" {
		for i, pair := range pairs {
			if i > 0 {
				if _, err := fmt.Fprintln(env.out); err != nil {
					return fmt.Errorf("printing the difference: %w", err)
				}
			}
			if err := report.WriteDiff(env.out, pair); err != nil {
				return err
			}
		}
		return nil
	}
	type ofClient struct {
		Old     *report.Client  `json:"old"`
		New     *report.Client  `json:"new"`
		Changes []report.Change `json:"changes"`
	}
	all := make([]ofClient, len(pairs))
	for i, pair := range pairs {
		all[i].Changes = append([]report.Change{}, pair.Changes()...)
		if pair.Old != nil {
			all[i].Old = &pair.Old.Client
		}
		if pair.New != nil {
			all[i].New = &pair.New.Client
		}
	}
	var value any = all
	if len(all) == 1 {
		value = all[0].Changes
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err == nil {
		_, err = env.out.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("printing the difference: %w", err)
	}
	return nil
}

func readReport(path string) (report.Report, error) { return readFile(path, report.ReadJSON) }

// readReports reads a report or a matrix of them.
func readReports(path string) ([]report.Report, error) {
	all, err := readFile(path, report.ReadMatrixJSON)
	if err != nil {
		return nil, misconfigured(err, "it has to be what tlsfault run or matrix --report json="+path+" writes")
	}
	return all, nil
}

func readFile[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("reading a JSON report: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	value, err := read(f)
	if err != nil {
		return value, fmt.Errorf("%s: %w", path, err)
	}
	return value, nil
}
