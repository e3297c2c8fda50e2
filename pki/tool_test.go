package pki_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/pki"
)

// seeded is the pool of the tests that do not care about their keys.
var seeded = pki.NewKeys("pki tests")

func key(t testing.TB, keyType pki.KeyType, slot string) *pki.Key {
	t.Helper()
	k, err := seeded.Get(keyType, slot)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func issue(t testing.TB, r pki.Request) *pki.Certificate {
	t.Helper()
	c, err := pki.Issue(r)
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
