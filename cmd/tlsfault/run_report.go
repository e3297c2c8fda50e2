package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tlsfault/tlsfault/harness/report"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// reports is where the results of a run, or of several, go.
type reports[T any] struct {
	stdout  io.Writer
	formats []report.Format[T]
	list    []reportTo[T]
}

// reportTo is one format and its file; an empty path is standard output.
type reportTo[T any] struct {
	format report.Format[T]
	path   string
}

// newReports reads the values of --report. What the user sees on standard output
// is the console report, unless they ask for something else there.
func newReports(env environment, specs []string) (*reports[verdict.Run], error) {
	r, err := newReportsOf(env, report.Formats(), specs)
	if err != nil {
		return nil, err
	}
	for i := range r.list {
		if to := &r.list[i]; to.format.Name == "console" && to.path == "" && env.color {
			to.format.Write = report.ColorConsole
		}
	}
	return r, nil
}

func newReportsOf[T any](env environment, formats []report.Format[T], specs []string) (*reports[T], error) {
	r := &reports[T]{stdout: env.out, formats: formats}
	if err := r.parse(specs); err != nil {
		return nil, err
	}
	if !r.taken("") {
		format, err := report.FormatNamed(formats, "console")
		if err != nil {
			return nil, err
		}
		r.list = append(r.list, reportTo[T]{format: format})
	}
	return r, nil
}

func (r *reports[T]) parse(specs []string) error {
	for _, spec := range specs {
		name, path, hasPath := strings.Cut(spec, "=")
		format, err := report.FormatNamed(r.formats, name)
		if err != nil {
			return misconfigured(err, formatHint(err, r.formats))
		}
		if hasPath && path == "" {
			return usage("write it as "+name+"=PATH, or "+name+" for standard output", "--report %s names no file", spec)
		}
		if path == "-" {
			path = ""
		}
		if r.taken(path) {
			return usage("give each report a file of its own, as FORMAT=PATH", "two reports go to %s", or(path, "standard output"))
		}
		if path != "" {
			if err := checkDirectory(path); err != nil {
				return err
			}
		}
		r.list = append(r.list, reportTo[T]{format, path})
	}
	return nil
}

func (r *reports[T]) taken(path string) bool {
	for _, to := range r.list {
		if to.path == path {
			return true
		}
	}
	return false
}

// checkDirectory finds out before a long run that its report has no place to go.
func checkDirectory(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage("make it first", "there is no directory %q for the report %q", dir, path)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage("name a file in it", "%q is a directory", path)
	}
	return nil
}

func formatHint[T any](err error, formats []report.Format[T]) string {
	if unknown := new(report.UnknownFormatError); errors.As(err, &unknown) && unknown.Nearest != "" {
		return fmt.Sprintf("did you mean %q?", unknown.Nearest)
	}
	return "the formats are " + formatWords(formats)
}

func formatNames[T any](formats []report.Format[T]) []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return names
}

func formatWords[T any](formats []report.Format[T]) string {
	return strings.Join(formatNames(formats), ", ")
}

// write writes every report, also when one of them fails.
func (r *reports[T]) write(run T) error {
	var errs []error
	for _, to := range r.list {
		if to.path == "" {
			errs = append(errs, to.format.Write(r.stdout, run))
			continue
		}
		var b bytes.Buffer
		err := to.format.Write(&b, run)
		if err == nil {
			err = writeFile(to.path, b.Bytes())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// writeFile writes a file as a whole or not at all: whoever reads it never sees
// half of it. What is no regular file, such as /dev/stderr, is written to as it is.
func writeFile(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
