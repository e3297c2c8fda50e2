package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/scenarios"
)

var listFormats = []string{"table", "json", "markdown"}

func listCommand(env environment) *cobra.Command {
	var (
		s              selection
		format, covers string
	)
	c := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios, or what they cover of another project",
		Long: `List the scenarios with what each expects of a client. With --covers PROJECT the
cases of another project are listed instead, each with the scenarios that stand
for it, or with the reason why there is none.`,
		Args:              arguments(0, 0, "choose scenarios with --scenario and --tag"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			print, ok := printers[format]
			if !ok {
				hint := "the formats are " + strings.Join(listFormats, ", ")
				if near := nearest(format, listFormats); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				return usage(hint, "unknown format %q", format)
			}
			table, err := listing(&s, covers)
			if err != nil {
				return err
			}
			p := &printer{w: env.out}
			print(p, table)
			return p.done("the list")
		},
	}
	s.register(c.Flags())
	s.complete(c)
	c.Flags().StringVar(&format, "format", "table", strings.Join(listFormats, ", "))
	c.Flags().StringVar(&covers, "covers", "", "list the cases of `PROJECT`, such as badssl")
	mustComplete(c, "format", cobra.FixedCompletions(listFormats, cobra.ShellCompDirectiveNoFileComp))
	mustComplete(c, "covers", completeProjects)
	return c
}

// listed is one scenario as list --format json has it.
type listed struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Family  string   `json:"family"`
	Expect  expected `json:"expect"`
	Tags    []string `json:"tags"`
	Covers  []string `json:"covers"`
	Refs    []string `json:"refs"`
	Control string   `json:"control"`
}

type expected struct {
	Outcome scenarios.Outcome `json:"outcome"`
	Reason  scenarios.Reason  `json:"reason"`
	Level   scenarios.Level   `json:"level"`
}

// tabular is something to list: the rows for a person and the value for a program.
type tabular struct {
	header []string
	rows   [][]string
	value  any
	footer string
}

func listing(s *selection, covers string) (tabular, error) {
	if slices.Contains(scenarios.FamiliesOnRequest(), covers) {
		s.globs = append(s.globs, "**", covers+"/**")
	}
	all, selected, err := s.load()
	if err != nil {
		return tabular{}, err
	}
	if covers != "" {
		return coverageOf(all, covers)
	}
	table := tabular{header: []string{"scenario", "expect", "level", "title"}}
	values := make([]listed, 0, len(selected))
	for i := range selected {
		sc := &selected[i]
		control := sc.Control()
		values = append(values, listed{
			ID: sc.ID, Title: sc.Title, Family: sc.Family,
			Expect: expected{sc.Expect.Outcome, sc.Expect.Reason, sc.Expect.Level},
			Tags:   list(sc.Tags), Covers: list(sc.Covers), Refs: list(sc.Refs), Control: control.ID,
		})
		table.rows = append(table.rows, []string{sc.ID, outcomeWords(sc.Expect), string(sc.Expect.Level), sc.Title})
	}
	table.value = values
	return table, nil
}

// outcomeWords is what a client has to do, in a word or two.
func outcomeWords(e scenarios.Expect) string {
	if e.Outcome == scenarios.Accept {
		return string(scenarios.Accept)
	}
	return string(scenarios.Reject) + " " + string(e.Reason)
}

// list is never null in JSON.
func list(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}

var printers = map[string]func(*printer, tabular){
	"table": printTable, "json": printJSON, "markdown": printMarkdown,
}

func printTable(p *printer, t tabular) {
	w := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	inner := &printer{w: w}
	for _, row := range append([][]string{t.header}, t.rows...) {
		inner.printf("%s\n", strings.Join(row, "\t"))
	}
	if p.err = inner.err; p.err == nil {
		p.err = w.Flush()
	}
	if t.footer != "" {
		p.printf("\n%s\n", t.footer)
	}
}

func printJSON(p *printer, t tabular) {
	enc := json.NewEncoder(p.w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	p.err = enc.Encode(t.value)
}

func printMarkdown(p *printer, t tabular) {
	escape := strings.NewReplacer("|", `\|`, "\n", " ")
	row := func(cells []string) {
		for _, cell := range cells {
			p.printf("| %s ", escape.Replace(cell))
		}
		p.printf("|\n")
	}
	row(t.header)
	p.printf("%s|\n", strings.Repeat("|---", len(t.header)))
	for _, cells := range t.rows {
		row(cells)
	}
	if t.footer != "" {
		p.printf("\n%s\n", t.footer)
	}
}
