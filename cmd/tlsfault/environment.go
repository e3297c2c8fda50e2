package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"golang.org/x/term"
)

// environment is what the process was started with, read once.
type environment struct {
	in       io.Reader
	out, err io.Writer
	// color asks for colors on out, progress for a progress bar on err.
	color, progress bool
}

func newEnvironment() environment {
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" // https://no-color.org
	return environment{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		color:    !plain && isTerminal(os.Stdout),
		progress: os.Getenv("TERM") != "dumb" && isTerminal(os.Stderr),
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// printer writes to a stream and keeps the first error, so that a full disk or
// a closed pipe is noticed without a check after every line.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// done returns the first error, with what was being printed.
func (p *printer) done(what string) error {
	if p.err != nil {
		return fmt.Errorf("printing %s: %w", what, p.err)
	}
	return nil
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" {
		text = "(devel)"
	}
	return text + " " + info.GoVersion
}
