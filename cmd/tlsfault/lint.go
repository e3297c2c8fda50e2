package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/scenarios"
)

func lintCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check scenario files and point at every mistake",
		Long: `Check scenario files, or all of a directory: that they can be read, that each
fault changes something, that ids are unique, also among the built-in scenarios.
Exit code 1 tells that there are mistakes.`,
		Args: arguments(1, -1, "name the files to check"),
		RunE: func(_ *cobra.Command, paths []string) error {
			own, err := scenarios.LoadPaths(paths...)
			if err == nil {
				var builtin []scenarios.Scenario
				if builtin, err = catalogue(nil, nil, nil); err != nil {
					return err
				}
				_, err = scenarios.Join(builtin, own)
			}
			if err != nil {
				return mistakes(env, err)
			}
			p := &printer{w: env.out}
			p.printf("%s, no mistakes\n", plural(len(own), "scenario"))
			return p.done("the result")
		},
	}
}

// mistakes prints every mistake that err holds, as a compiler does.
func mistakes(env environment, err error) error {
	all := scenarios.Errors(err)
	if len(all) == 0 {
		return misconfigured(err, "")
	}
	p := &printer{w: env.err}
	for _, one := range all {
		p.printf("%s: error: %s\n", one.Position, one.Message)
		if one.Hint != "" {
			p.printf("    hint: %s\n", one.Hint)
		}
	}
	p.printf("%s\n", plural(len(all), "mistake"))
	if p.err != nil {
		return p.done("the mistakes")
	}
	return outcomeError{exitFindings}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
