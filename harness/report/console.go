package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// Console writes run for a person, without colors: every finding with what was
// expected, what happened, the evidence and the remedy, then a table by family
// and a last line that sums up.
func Console(w io.Writer, run verdict.Run) error { return console(w, run, plain()) }

// ColorConsole is Console with the colors of a terminal. Whether w is a
// terminal, and whether its user wants colors, is for the caller to know.
func ColorConsole(w io.Writer, run verdict.Run) error { return console(w, run, colored()) }

// palette paints words; a nil painter leaves them as they are.
type palette struct {
	verdicts map[verdict.Verdict]*color.Color
	bold     *color.Color
	faint    *color.Color
}

func plain() palette { return palette{} }

func colored() palette {
	on := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		c.EnableColor() // whatever this process's own output is
		return c
	}
	return palette{
		verdicts: map[verdict.Verdict]*color.Color{
			verdict.Pass:         on(color.FgGreen),
			verdict.Fail:         on(color.FgRed, color.Bold),
			verdict.Warn:         on(color.FgYellow, color.Bold),
			verdict.Inconclusive: on(color.FgMagenta),
			verdict.Known:        on(color.FgCyan),
			verdict.Error:        on(color.FgRed, color.Bold),
		},
		bold:  on(color.Bold),
		faint: on(color.Faint),
	}
}

func paint(c *color.Color, s string) string {
	if c == nil {
		return s
	}
	return c.Sprint(s)
}

func console(w io.Writer, run verdict.Run, p palette) error {
	var b strings.Builder
	writeFindings(&b, run, p)
	writeUnproven(&b, run, p)
	writeKnown(&b, run, p)
	writeTable(&b, run, p)
	writeConclusion(&b, run, p)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the console report: %w", err)
	}
	return nil
}

// writeFindings tells every result that somebody has to act on.
func writeFindings(b *strings.Builder, run verdict.Run, p palette) {
	for i := range run.Results {
		r := &run.Results[i]
		switch r.Verdict {
		case verdict.Fail, verdict.Error, verdict.Warn:
		default:
			continue
		}
		fmt.Fprintf(b, "%s  %s  %s\n", paint(p.verdicts[r.Verdict], fmt.Sprintf("%-5s", strings.ToUpper(string(r.Verdict)))),
			paint(p.bold, clean(r.Scenario.ID)), clean(r.Scenario.Title))
		for _, l := range about(r) {
			fmt.Fprintf(b, "       %s  %s\n", paint(p.faint, fmt.Sprintf("%-8s", l.label)), l.text)
		}
		b.WriteByte('\n')
	}
}

// writeUnproven tells the inconclusive results, each cause once.
func writeUnproven(b *strings.Builder, run verdict.Run, p palette) {
	for _, group := range inconclusive(run) {
		fmt.Fprintf(b, "%s  %s, %s\n", paint(p.verdicts[verdict.Inconclusive], "INCONCLUSIVE"), scenarioCount(len(group.results)), group.cause)
		words := make([]string, len(group.results))
		for i, r := range group.results {
			words[i] = clean(r.Scenario.ID)
		}
		for _, l := range wrap(words, 88) {
			fmt.Fprintf(b, "       %s\n", l)
		}
		b.WriteByte('\n')
	}
}

func writeKnown(b *strings.Builder, run verdict.Run, p palette) {
	any := false
	for i := range run.Results {
		if r := &run.Results[i]; r.Verdict == verdict.Known {
			fmt.Fprintf(b, "%s  %s  %s\n", paint(p.verdicts[verdict.Known], "KNOWN"), clean(r.Scenario.ID), findingText(r))
			any = true
		}
	}
	if any {
		b.WriteByte('\n')
	}
}

// writeTable counts the verdicts of each family. Columns in which nothing
// stands are left out.
func writeTable(b *strings.Builder, run verdict.Run, p palette) {
	if len(run.Results) == 0 {
		return
	}
	width := len("family")
	names := families(run)
	for _, name := range names {
		width = max(width, utf8.RuneCountInString(clean(name)))
	}
	var columns []verdict.Verdict
	header := fmt.Sprintf("%-*s", width, "family")
	for _, v := range verdicts {
		if run.Count(v) > 0 {
			columns = append(columns, v)
			header += fmt.Sprintf("  %*s", columnWidth(v), v)
		}
	}
	fmt.Fprintln(b, paint(p.faint, header))
	for _, name := range names {
		family := verdict.Run{}
		for i := range run.Results {
			if run.Results[i].Scenario.Family == name {
				family.Results = append(family.Results, run.Results[i])
			}
		}
		fmt.Fprintf(b, "%-*s", width, clean(name))
		for _, v := range columns {
			cell := fmt.Sprintf("  %*s", columnWidth(v), "·")
			if n := family.Count(v); n > 0 {
				cell = paint(p.verdicts[v], fmt.Sprintf("  %*d", columnWidth(v), n))
			}
			b.WriteString(cell)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

func columnWidth(v verdict.Verdict) int { return max(len(v), 5) }

func writeConclusion(b *strings.Builder, run verdict.Run, p palette) {
	fmt.Fprintf(b, "%s, profile %s: %s in %s", paint(p.bold, runName(run)), run.Profile,
		scenarioCount(len(run.Results)), roughly(run.Duration))
	for _, v := range verdicts {
		if n := run.Count(v); n > 0 {
			fmt.Fprintf(b, ", %s", paint(p.verdicts[v], fmt.Sprintf("%d %s", n, v)))
		}
	}
	b.WriteByte('\n')
	if text := interruption(run); text != "" {
		fmt.Fprintln(b, paint(p.verdicts[verdict.Fail], text))
	}
}

// wrap joins words into lines of at most width, one word at least in each.
func wrap(words []string, width int) []string {
	var lines []string
	current := ""
	for _, word := range words {
		if current != "" && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, current)
			current = ""
		}
		if current != "" {
			current += " "
		}
		current += word
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}
