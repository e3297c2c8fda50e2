package main

import "github.com/spf13/cobra"

// newRoot makes the command with all its subcommands.
func newRoot(env environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "tlsfault",
		Short: "Test how TLS clients deal with broken servers",
		Long: `tlsfault tells whether a TLS client fails, and succeeds, exactly as it should.
It starts servers with one deliberate fault each, lets the client connect, and
judges what the servers saw and what the client said.

  tlsfault run                      Go's own client against the whole catalogue
  tlsfault run --client curl        a well-known client
  tlsfault run -- ./fetch {url}     any command`,
		Version:            version(),
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableAutoGenTag:  true,
		DisableSuggestions: true, // exitCode has its own
	}
	root.SetIn(env.in)
	root.SetOut(env.out)
	root.SetErr(env.err)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("tlsfault {{.Version}}\n")
	root.AddCommand(
		runCommand(env), matrixCommand(env), serveCommand(env), revokeCommand(env), listCommand(env), showCommand(env), lintCommand(env),
		schemaCommand(env), newCommand(env), explainCommand(env), reportCommand(env),
	)
	return root
}
