package container_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/container"
)

func startShell(t *testing.T) *container.Shell {
	t.Helper()
	needEngine(t)
	s, err := container.NewShell(t.Context(), "tlsfault-test", shellImage, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left := owned(t, os.Getpid()); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if _, err := os.Stat(filepath.Dir(s.Dir)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left behind: %v", s.Dir, err)
		}
	})
	return s
}

// awaitFile waits until what a shell writes is whole.
func awaitFile(t *testing.T, name, want string) {
	t.Helper()
	var text []byte
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, _ = os.ReadFile(name); string(text) == want { // not there yet is not whole
			return
		}
	}
	t.Errorf("%s holds %q, want %q", name, text, want)
}

func TestShellRunsLinesSideBySide(t *testing.T) {
	s := startShell(t)
	if err := os.WriteFile(filepath.Join(s.Dir, "in"), []byte("from the host\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"cat; sleep 600", // it reads nothing that is meant for the shell, and does not hold up what follows
		`cat ` + container.ShellDir + `/in >` + container.ShellDir + `/out; echo "it's \$HOME" >>` + container.ShellDir + `/out`,
	} {
		if err := s.Run(line); err != nil {
			t.Fatal(err)
		}
	}
	awaitFile(t, filepath.Join(s.Dir, "out"), "from the host\nit's $HOME\n")
	out, err := s.Output(t.Context(), "sh", "-c", "echo said")
	if err != nil || string(out) != "said\n" {
		t.Errorf("%q %v", out, err)
	}
	if _, err := s.Output(t.Context(), "sh", "-c", "echo why; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("a program that fails: %v", err)
	}
	if err := s.Run("a\nb"); err == nil {
		t.Error("two lines pass for one")
	}
}
