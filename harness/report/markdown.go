package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// marks are what the cells of a matrix show in text, in the order of verdicts.
var marks = map[verdict.Verdict]string{
	verdict.Pass: "✓", verdict.Fail: "✗", verdict.Warn: "!", verdict.Inconclusive: "?", verdict.Known: "~", verdict.Error: "E",
}

// MatrixMarkdown writes the runs as tables: a row of counts for each client, and
// for each family the scenarios on which not all clients did as expected.
func MatrixMarkdown(w io.Writer, runs []verdict.Run) error {
	var b strings.Builder
	b.WriteString("| client | TLS library |")
	for _, v := range verdicts {
		fmt.Fprintf(&b, " %s %s |", v, marks[v])
	}
	b.WriteString("\n|---|---|" + strings.Repeat("--:|", len(verdicts)) + "\n")
	for i := range runs {
		name, library := nameAndLibrary(runs[i].Client)
		fmt.Fprintf(&b, "| %s | %s |", markdownText(name), markdownText(library))
		for _, v := range verdicts {
			fmt.Fprintf(&b, " %s |", orDot(runs[i].Count(v)))
		}
		b.WriteByte('\n')
	}
	for i := range runs {
		if text := interruption(runs[i]); text != "" {
			fmt.Fprintf(&b, "\n%s: %s.\n", markdownText(clientName(runs[i].Client)), text)
		}
	}
	markdownFamilies(&b, runs)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the Markdown of the matrix: %w", err)
	}
	return nil
}

func markdownFamilies(b *strings.Builder, runs []verdict.Run) {
	cells := make([]map[string]verdict.Verdict, len(runs))
	for i := range runs {
		cells[i] = make(map[string]verdict.Verdict)
		for j := range runs[i].Results {
			r := &runs[i].Results[j]
			cells[i][r.Scenario.ID] = r.Verdict
		}
	}
	family, alike := "", 0
	for _, s := range matrixScenarios(runs) {
		row, telling := "", false
		for i := range runs {
			v, ran := cells[i][s.ID]
			row += " " + marks[v] + " |"
			telling = telling || ran && v != verdict.Pass
		}
		if !telling {
			alike++
			continue
		}
		if s.Family != family {
			family = s.Family
			fmt.Fprintf(b, "\n## %s\n\n| scenario | level |", markdownText(family))
			for i := range runs {
				fmt.Fprintf(b, " %s |", markdownText(clean(runs[i].Client.Name)))
			}
			b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(runs)) + "\n")
		}
		fmt.Fprintf(b, "| %s<br>`%s` | %s |%s\n", markdownText(clean(s.Title)), clean(s.ID), s.Expect.Level, row)
	}
	if alike > 0 {
		fmt.Fprintf(b, "\nEvery client that met them did as expected in %s more.\n", scenarioCount(alike))
	}
}

// markdownText keeps what a client printed from being markup.
func markdownText(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, `\`, `\\`).Replace(clean(s))
}
