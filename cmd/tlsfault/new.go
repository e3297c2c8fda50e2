package main

import (
	_ "embed"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/scenarios"
)

//go:embed skeleton.yaml
var skeleton string

func newCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "new ID",
		Short: "Print a scenario file to begin with",
		Long: `Print a scenario file with one complete scenario and comments that say what else
can stand in it. It lints clean as it is.`,
		Example:           "  tlsfault new ours/leaf-expired > ours.yaml && tlsfault lint ours.yaml",
		Args:              arguments(1, 1, "name the id of the scenario, such as ours/leaf-expired"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			id := args[0]
			family, name, _ := strings.Cut(id, "/")
			if name == "" {
				return usage("the part before the slash is the family, such as ours/"+or(slug(id), "leaf-expired"), "the id %q has no slash", id)
			}
			text := strings.NewReplacer("FAMILY", family, "NAME", name).Replace(skeleton)
			if _, err := scenarios.Load("the new file", []byte(text)); err != nil {
				return usage("write it in lower case letters, digits and hyphens, such as ours/leaf-expired", "the id %q cannot be used: %s", id, firstMessage(err))
			}
			p := &printer{w: env.out}
			p.printf("%s", text)
			return p.done("the new file")
		},
	}
}

// firstMessage is what a scenario error says, without where it stands.
func firstMessage(err error) string {
	if all := scenarios.Errors(err); len(all) > 0 {
		return all[0].Message
	}
	return err.Error()
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name of a text.
func slug(text string) string {
	return strings.Trim(notSlug.ReplaceAllString(strings.ToLower(text), "-"), "-")
}
