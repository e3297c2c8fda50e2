package main

import (
	"fmt"
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
	c.AddCommand(mergeCommand(env))
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

func readReport(path string) (report.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return report.Report{}, fmt.Errorf("reading a JSON report: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	r, err := report.ReadJSON(f)
	if err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
