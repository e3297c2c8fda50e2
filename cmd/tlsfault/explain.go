package main

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// What explain reads and shows at most.
const (
	explainInput = 1 << 20 // bytes
	explainShown = 5       // readings
)

func explainCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [TEXT...]",
		Short: "Say what the error message of a TLS client means",
		Long: `Say which reasons the words of a TLS client allow, and what to do about them. The
text is what stands in the arguments, or else what comes on standard input.
Exit code 1 tells that nothing in it is known.`,
		Example: `  tlsfault explain 'x509: certificate has expired or is not yet valid'
  curl https://example.test 2>&1 | tlsfault explain`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, words []string) error {
			text := strings.Join(words, " ")
			if len(words) == 0 {
				input, err := io.ReadAll(io.LimitReader(env.in, explainInput))
				if err != nil {
					return err
				}
				text = string(input)
			}
			if strings.TrimSpace(text) == "" {
				return usage("give it as an argument or on standard input", "there is no text to explain")
			}
			found := verdict.Builtin().Explain(text)
			if len(found) == 0 {
				say(env.err, errors.New("nothing in this text is known to be of a TLS client"),
					"give the whole message, in English, as the client printed it")
				return outcomeError{exitFindings}
			}
			p := &printer{w: env.out}
			for i, x := range found[:min(len(found), explainShown)] {
				if i > 0 {
					p.printf("\n")
				}
				printExplanation(p, x)
			}
			if more := len(found) - explainShown; more > 0 {
				p.printf("\n%s less likely\n", plural(more, "reading"))
			}
			return p.done("the explanation")
		},
	}
}

func printExplanation(p *printer, x verdict.Explanation) {
	p.printf("%s\n", x.Line)
	p.printf("  stack    %s\n", x.Entry.Stack)
	if len(x.Reasons) == 0 {
		p.printf("  reason   none: this text does not say why\n")
	}
	for _, reason := range x.Reasons {
		p.printf("  reason   %s: %s\n", reason, verdict.Meaning(reason))
	}
	if x.Remedy != "" {
		p.printf("  remedy   %s\n", x.Remedy)
	}
	p.printf("  source   %s\n", x.Entry.Source)
}
