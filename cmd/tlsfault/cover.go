package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/scenarios"
)

// coverShown is how many scenarios of one case a table shows.
const coverShown = 2

// coverageOf lists the cases of another project with what stands for them.
func coverageOf(all []scenarios.Scenario, project string) (tabular, error) {
	cases, err := scenarios.Coverage(all, project)
	if err != nil {
		return tabular{}, mistaken(err, "the projects are "+strings.Join(scenarios.Projects(), ", "))
	}
	table := tabular{header: []string{"case", "covered by", "why not"}, value: cases}
	covered := 0
	for _, c := range cases {
		ids := c.Scenarios
		if len(ids) > 0 {
			covered++
		}
		by := strings.Join(ids[:min(len(ids), coverShown)], ", ")
		if more := len(ids) - coverShown; more > 0 {
			by += fmt.Sprintf(" and %d more", more)
		}
		table.rows = append(table.rows, []string{c.Case, or(by, "-"), c.Reason})
	}
	table.footer = fmt.Sprintf("%d of %s covered", covered, plural(len(cases), "case"))
	return table, nil
}

func completeProjects(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenarios.Projects(), cobra.ShellCompDirectiveNoFileComp
}
