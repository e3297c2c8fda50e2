package main

import (
	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/report"
	"github.com/tlsfault/tlsfault/scenarios"
)

func schemaCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [scenario|report]",
		Short: "Print the JSON Schema of scenario files, or of the JSON report",
		Long: `Print a JSON Schema. Editors complete and check a scenario file that begins with
  # yaml-language-server: $schema=scenario.schema.json
once tlsfault schema > scenario.schema.json has been run beside it.`,
		Args:      arguments(0, 1, "name one schema, scenario or report"),
		ValidArgs: []string{"scenario", "report"},
		RunE: func(_ *cobra.Command, args []string) error {
			make := scenarios.Schema
			switch {
			case len(args) == 0 || args[0] == "scenario":
			case args[0] == "report":
				make = report.JSONSchema
			default:
				return usage("there are scenario and report", "no schema is called %q", args[0])
			}
			schema, err := make()
			if err != nil {
				return err
			}
			p := &printer{w: env.out}
			p.printf("%s", schema)
			return p.done("the schema")
		},
	}
}
