package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes.
const (
	exitExpected    = 0   // everything was as expected
	exitFindings    = 1   // there are findings
	exitUsage       = 2   // wrong usage or configuration
	exitHarness     = 3   // the harness itself failed
	exitInterrupted = 130 // interrupted by a signal
)

// usageError is a mistake of whoever called: in the arguments, or in a file
// that they named.
type usageError struct {
	err  error
	hint string // what to do about it; may be empty
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage makes a usageError. An empty hint is left out.
func usage(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// misconfigured marks err as a mistake of the caller; nil stays nil.
func misconfigured(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &usageError{err: err, hint: hint}
}

// mistaken is misconfigured for an error that may end in "did you mean …?",
// which then is the hint.
func mistaken(err error, otherwise string) error {
	text, meant, ok := strings.Cut(err.Error(), ": did you mean ")
	if !ok {
		return misconfigured(err, otherwise)
	}
	return &usageError{err: errors.New(text), hint: "did you mean " + meant}
}

// outcomeError ends the process with a code after everything has been said.
type outcomeError struct{ code int }

func (e outcomeError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exitCode tells what root returned to the user, as "error:" and "hint:", and
// returns the code to exit with.
func exitCode(env environment, root *cobra.Command, err error) int {
	if err == nil {
		return exitExpected
	}
	var outcome outcomeError
	if errors.As(err, &outcome) {
		return outcome.code
	}
	code, hint := exitHarness, ""
	if mistake := new(usageError); errors.As(err, &mistake) {
		code, hint = exitUsage, mistake.hint
	} else if rest, ok := strings.CutPrefix(err.Error(), `unknown command "`); ok { // cobra has no type for it
		word, _, _ := strings.Cut(rest, `"`)
		code, hint = exitUsage, commandHint(root, word)
	}
	say(env.err, err, hint)
	return code
}

// say prints an error and its hint. Nothing is left to do if that fails.
func say(w io.Writer, err error, hint string) {
	_, _ = fmt.Fprintf(w, "error: %s\n", err)
	if hint != "" {
		_, _ = fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

// commandHint names the subcommand of c that was most likely meant by word.
func commandHint(c *cobra.Command, word string) string {
	var known []string
	for _, sub := range c.Commands() {
		known = append(known, sub.Name())
	}
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "see " + c.CommandPath() + " --help"
}

// flagError turns what pflag says of the flags of c into a usageError.
func flagError(c *cobra.Command, err error) error {
	hint := "see " + c.CommandPath() + " --help"
	if missing := new(pflag.NotExistError); errors.As(err, &missing) {
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if near := nearest(missing.GetSpecifiedName(), known); near != "" {
			hint = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return &usageError{err: err, hint: hint}
}

// nearest returns the word of known that somebody who wrote word most likely
// meant: one that it is the beginning of, or one at most two letters away.
func nearest(word string, known []string) string {
	best, closest := 3, ""
	for _, candidate := range known {
		if len(word) > 2 && strings.HasPrefix(candidate, word) {
			return candidate
		}
		if d := levenshtein.Distance(word, candidate, nil); d < best && d < len(word) {
			best, closest = d, candidate
		}
	}
	return closest
}

// arguments checks the number of arguments in the words of the command.
func arguments(least, most int, hint string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage(hint, "%s needs an argument", c.CommandPath())
		case most >= 0 && len(args) > most:
			return usage(hint, "%s has no use for %q", c.CommandPath(), args[most])
		}
		return nil
	}
}
