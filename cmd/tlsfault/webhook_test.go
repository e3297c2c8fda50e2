package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

// TestWebhookExample runs the example of the README with the sender that stands there.
func TestWebhookExample(t *testing.T) {
	need.Tool(t, "python3")
	need.Tool(t, "curl")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```python\n(# sender.py:.*?)```").FindSubmatch(readme)
	if example == nil {
		t.Fatal("the README has no sender.py")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/webhook",
		Setup: func(env *testscript.Env) error {
			env.Values[interruptedKey{}] = nil
			return os.WriteFile(env.WorkDir+"/sender.py", example[1], 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": scriptExitCode, "freeport": scriptFreePort,
		},
	})
}
