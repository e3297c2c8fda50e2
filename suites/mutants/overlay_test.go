package mutants

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/scenarios"
)

// mutant is Go's client without one check.
type mutant struct {
	name string
	// cuts take the check out: more than one where it stands in several places.
	cuts []cut
	// reasons are what the check finds: the scenarios that are to be refused for
	// them are its own.
	reasons []scenarios.Reason
	// also are globs of further scenarios of its own, whatever their reason.
	also []string
}

// cut changes one condition, or one other piece of Go's source.
type cut struct {
	// file is below GOROOT/src/crypto, in the beginning of the function that
	// holds the piece.
	file, in string
	// check is the piece as Go writes it, white space aside; it must stand there
	// once. A condition, after its initialisation if it has one, then no longer holds for the mutant.
	check string
	// with, where the piece is no condition, takes its place; LACKS in it
	// stands for whether it is this mutant that runs.
	with string
}

// variable tells the program which check to lack.
const variable = "TLSFAULT_MUTANT"

// hook is added to each package that is cut.
const hook = `package %s

import "os"

var tlsfaultMutant = os.Getenv(%q)

func tlsfaultLacks(name string) bool { return tlsfaultMutant == name }
`

// build builds the client with every mutant of table in it and returns the program.
func build(t *testing.T, table []mutant) string {
	t.Helper()
	dir := t.TempDir()
	crypto := filepath.Join(goroot(t), "src", "crypto")
	sources := make(map[string]string)
	for _, m := range table {
		for _, c := range m.cuts {
			if _, read := sources[c.file]; !read {
				text, err := os.ReadFile(filepath.Join(crypto, c.file))
				if err != nil {
					t.Fatalf("reading Go's source: %v", err)
				}
				sources[c.file] = string(text)
			}
			text, err := c.apply(sources[c.file], m.name)
			if err != nil {
				t.Fatalf("Go's source changed: update the table: mutant %s: %s: %v", m.name, c.file, err)
			}
			sources[c.file] = text
		}
	}
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	write := func(file, text string) {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(crypto, file)] = path
	}
	for file, text := range sources {
		write(file, text)
		pkg := filepath.Dir(file)
		write(pkg+"/tlsfault_mutant.go", fmt.Sprintf(hook, filepath.Base(pkg), variable))
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "client")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", list, "-o", program, "./client")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the mutants: %v\n%s", err, out)
	}
	return program
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("asking go for its GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// apply makes the cut in text for the mutant called name.
func (c cut) apply(text, name string) (string, error) {
	from := strings.Index(text, "\n"+c.in)
	if from < 0 {
		return "", fmt.Errorf("no %q", c.in)
	}
	end := strings.Index(text[from:], "\n}\n")
	if end < 0 {
		return "", fmt.Errorf("%q has no end", c.in)
	}
	body := text[from : from+end]
	places := anySpace(c.check).FindAllStringIndex(body, -1)
	if len(places) != 1 {
		return "", fmt.Errorf("in %q, %q stands %d times, not once", c.in, c.check, len(places))
	}
	at, to := places[0][0], places[0][1]
	return text[:from] + body[:at] + c.replacement(body[at:to], name) + body[to:] + text[from+end:], nil
}

// anySpace matches text with any white space where text has some.
func anySpace(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = regexp.QuoteMeta(w)
	}
	return regexp.MustCompile(strings.Join(words, `\s+`))
}

func (c cut) replacement(piece, name string) string {
	lacks := fmt.Sprintf("tlsfaultLacks(%q)", name)
	if c.with != "" {
		return strings.ReplaceAll(c.with, "LACKS", lacks)
	}
	init, condition := "", piece
	if i := strings.LastIndex(piece, ";"); i >= 0 {
		init, condition = piece[:i+1]+" ", piece[i+1:]
	}
	return init + "(" + strings.TrimSpace(condition) + ") && !" + lacks
}
