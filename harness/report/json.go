package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"github.com/invopop/jsonschema"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// JSON writes the Report of run, indented, with every field of the contract
// present also where it is empty.
func JSON(w io.Writer, run verdict.Run) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(From(run))
	if err == nil {
		_, err = io.WriteString(w, escapeUnprintable(b.String()))
	}
	if err != nil {
		return fmt.Errorf("writing the JSON report: %w", err)
	}
	return nil
}

// escapeUnprintable spells out what a terminal may obey in encoded JSON:
// beyond ASCII, anything stands in a string, where \u means the same.
func escapeUnprintable(encoded string) string {
	var b strings.Builder
	b.Grow(len(encoded))
	for _, r := range encoded {
		switch {
		case r < 0x7f || unicode.IsPrint(r) && r != utf8.RuneError:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}

// ReadJSON reads what JSON wrote. Fields that it does not know are ignored: a
// later tlsfault may have added them. Another schema, an unknown verdict, or
// anything after the report is an error.
func ReadJSON(r io.Reader) (Report, error) {
	var out Report
	err := readJSON(r, &out)
	if err == nil {
		err = out.check()
	}
	if err != nil {
		return Report{}, fmt.Errorf("reading a JSON report: %w", err)
	}
	return out, nil
}

// ReadMatrixJSON reads what MatrixJSON wrote, and one report as a matrix of one
// client. It is as strict as ReadJSON.
func ReadMatrixJSON(r io.Reader) ([]Report, error) {
	var text json.RawMessage
	if err := readJSON(r, &text); err != nil {
		return nil, fmt.Errorf("reading a JSON report: %w", err)
	}
	var matrix Matrix
	if err := json.Unmarshal(text, &matrix); err != nil {
		return nil, fmt.Errorf("reading a JSON report: %w", err)
	}
	if matrix.Schema != MatrixSchema {
		report, err := ReadJSON(bytes.NewReader(text))
		return []Report{report}, err
	}
	for i := range matrix.Reports {
		if err := matrix.Reports[i].check(); err != nil {
			return nil, fmt.Errorf("reading a JSON report: %w", err)
		}
	}
	return matrix.Reports, nil
}

// readJSON reads one value that nothing follows.
func readJSON(r io.Reader, value any) error {
	dec := json.NewDecoder(r)
	if err := dec.Decode(value); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after its end")
	}
	return nil
}

// check returns what a report cannot have.
func (r *Report) check() error {
	switch r.Schema {
	case Schema:
	case "":
		return fmt.Errorf("it has no schema, want %q", Schema)
	default:
		return fmt.Errorf("its schema is %q, want %q", r.Schema, Schema)
	}
	for i := range r.Results {
		if v := r.Results[i].Verdict; !slices.Contains(verdicts, v) {
			return fmt.Errorf("%s has the unknown verdict %q", r.Results[i].Scenario, v)
		}
	}
	return nil
}

// verdicts lists every verdict in the order of the summaries.
var verdicts = []verdict.Verdict{
	verdict.Pass, verdict.Fail, verdict.Warn, verdict.Inconclusive, verdict.Known, verdict.Error,
}

// JSONSchema returns the JSON Schema (draft 2020-12) of the JSON report.
func JSONSchema() ([]byte, error) {
	reflector := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true}
	schema := reflector.Reflect(&Report{})
	schema.Title = Schema
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("making the schema of the JSON report: %w", err)
	}
	return append(out, '\n'), nil
}

// Format is one way to write a run, or the runs of several clients.
type Format[T any] struct {
	Name  string
	About string // what it is for, in a few words
	Write func(io.Writer, T) error
}

// Formats lists the formats of a run in the order of the documentation.
func Formats() []Format[verdict.Run] {
	return []Format[verdict.Run]{
		{"console", "for people", Console},
		{"json", "for programs, " + Schema, JSON},
		{"junit", "JUnit XML for continuous integration", JUnit},
		{"github", "annotations of GitHub Actions", GitHub},
		{"html", "one page for a browser", HTML},
	}
}

// UnknownFormatError names a format that does not exist.
type UnknownFormatError struct {
	Name string
	// Nearest is what was most likely meant; empty when nothing is near.
	Nearest string
}

func (e *UnknownFormatError) Error() string {
	return fmt.Sprintf("unknown report format %q", e.Name)
}

// FormatNamed returns one of formats by its name, or an *UnknownFormatError.
func FormatNamed[T any](formats []Format[T], name string) (Format[T], error) {
	e := &UnknownFormatError{Name: name}
	best := 3 // from here on it is another word
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
		if d := levenshtein.Distance(name, f.Name, nil); d < best {
			best, e.Nearest = d, f.Name
		}
	}
	return Format[T]{}, e
}
