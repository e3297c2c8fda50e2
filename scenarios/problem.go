package scenarios

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// Error is one mistake in a scenario file, for its author. Load joins several;
// errors.As finds the first, Errors all of them.
type Error struct {
	Position
	Message string
	Hint    string // what to do about it, such as the nearest right word; may be empty
}

// Error returns "file:line:column: message", and the hint on a line of its own.
func (e *Error) Error() string {
	text := e.Position.String() + ": " + e.Message
	if e.Hint != "" {
		text += "\n    hint: " + e.Hint
	}
	return text
}

// String returns "file:line:column", as editors and terminals make a link of it.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Errors returns every *Error in err, which may join and wrap them, in order.
func Errors(err error) []*Error {
	switch err := err.(type) { //nolint:errorlint // walks the tree that errors.As would walk only to the first match
	case nil:
		return nil
	case *Error:
		return []*Error{err}
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, one := range err.Unwrap() {
			all = append(all, Errors(one)...)
		}
		return all
	}
	return Errors(errors.Unwrap(err))
}

// joined turns the problems of a file into one error, nil when there are none.
func joined(file string, problems *yamltree.Problems) error {
	var errs []error
	for _, p := range problems.List() {
		errs = append(errs, &Error{Position{file, p.Line, p.Column}, p.Message, p.Hint})
	}
	return errors.Join(errs...)
}

// isYAML reports whether a file name says that it holds scenarios.
func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}
