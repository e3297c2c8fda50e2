package forge

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/pki"
)

func mustIssue(t testing.TB, s Spec) *pki.Certificate {
	t.Helper()
	c, err := Issue(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a program with input and returns what it printed on both streams.
func run(t testing.TB, input []byte, program string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), need.Tool(t, program), arguments...)
	command.Stdin = bytes.NewReader(input)
	output, err := command.CombinedOutput()
	return string(output), err
}

// mustRun is run for a program that has to succeed.
func mustRun(t testing.TB, input []byte, program string, arguments ...string) string {
	t.Helper()
	output, err := run(t, input, program, arguments...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, arguments, err, output)
	}
	return output
}

// write puts contents into a file of the test's own and returns its path.
func write(t testing.TB, name string, contents []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
