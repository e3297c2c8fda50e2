package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// MatrixSchema names the version of the JSON of a matrix.
const MatrixSchema = "tlsfault/matrix/v1"

// MatrixFormats lists the ways to write the runs of several clients.
func MatrixFormats() []Format[[]verdict.Run] {
	return []Format[[]verdict.Run]{
		{"console", "for people", MatrixConsole},
		{"html", "one page for a browser", MatrixHTML},
		{"markdown", "for a page of documentation", MatrixMarkdown},
		{"json", "for programs, " + MatrixSchema, MatrixJSON},
	}
}

// Matrix is the reports of several clients, as MatrixJSON writes them.
type Matrix struct {
	Schema  string   `json:"schema"`
	Reports []Report `json:"reports"`
}

// MatrixJSON writes the Report of each run, a line each.
func MatrixJSON(w io.Writer, runs []verdict.Run) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"schema\":%q,\"reports\":[", MatrixSchema)
	for i := range runs {
		if i > 0 {
			b.WriteByte(',')
		}
		text, err := json.Marshal(From(runs[i]))
		if err != nil {
			return fmt.Errorf("writing the JSON of the matrix: %w", err)
		}
		b.WriteByte('\n')
		b.WriteString(escapeUnprintable(string(text)))
	}
	b.WriteString("\n]}\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the JSON of the matrix: %w", err)
	}
	return nil
}

// MatrixConsole writes a line for each run with the count of each verdict.
func MatrixConsole(w io.Writer, runs []verdict.Run) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var b strings.Builder
	b.WriteString("client\ttls")
	for _, v := range verdicts {
		fmt.Fprintf(&b, "\t%s", v)
	}
	b.WriteString("\ttime\n")
	for i := range runs {
		run := &runs[i]
		name, library := nameAndLibrary(run.Client)
		fmt.Fprintf(&b, "%s\t%s", name, library)
		for _, v := range verdicts {
			fmt.Fprintf(&b, "\t%s", orDot(run.Count(v)))
		}
		fmt.Fprintf(&b, "\t%s", roughly(run.Duration))
		if text := interruption(*run); text != "" {
			fmt.Fprintf(&b, "\t%s", text)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(table, b.String())
	if err == nil {
		err = table.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing the matrix: %w", err)
	}
	return nil
}

func nameAndLibrary(c verdict.ClientInfo) (name, library string) {
	name, library = strings.TrimSpace(clean(c.Name)+" "+clean(c.Version)), clean(c.TLS)
	if library == "" {
		library = "-"
	}
	return name, library
}

func orDot(n int) string {
	if n == 0 {
		return "·"
	}
	return fmt.Sprint(n)
}
