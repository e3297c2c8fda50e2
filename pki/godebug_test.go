package pki_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportingLeavesGODEBUGAlone starts this test program anew under several
// values of GODEBUG and asks it what it sees.
func TestImportingLeavesGODEBUGAlone(t *testing.T) {
	const asked = "TLSFAULT_TEST_GODEBUG"
	if os.Getenv(asked) != "" {
		value, set := os.LookupEnv("GODEBUG")
		_, err := rsa.GenerateKey(rand.Reader, 768)
		fmt.Printf("answer: %q %t %t\n", value, set, err == nil)
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environment := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GODEBUG=") })
	for _, c := range []struct {
		add  []string
		want string // value, whether it is set, whether crypto/rsa makes a key of 768 bits
	}{
		{nil, `answer: "" false false`},
		{[]string{"GODEBUG="}, `answer: "" true false`},
		{[]string{"GODEBUG=http2debug=0"}, `answer: "http2debug=0" true false`},
		{[]string{"GODEBUG=rsa1024min=0"}, `answer: "rsa1024min=0" true true`},
	} {
		command := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
		command.Env = slices.Concat(environment, []string{asked + "=1"}, c.add)
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), c.want) {
			t.Errorf("with %q: %v, want %q in\n%s", c.add, err, c.want, output)
		}
	}
}
