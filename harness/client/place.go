package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/keeper"
)

// Place is where the program of a preset runs: this machine, or what stands for
// another one, such as a container. Its methods may be called concurrently.
type Place interface {
	// Find returns where the first of the programs is that is there.
	Find(ctx context.Context, programs ...string) (string, error)
	// Output runs a program for what it prints on either stream.
	Output(ctx context.Context, args ...string) ([]byte, error)
	// Make runs a program in a directory with files, and returns what it makes there
	// that matches pattern, as [path.Match] has it.
	Make(ctx context.Context, files map[string][]byte, pattern string, args ...string) (map[string][]byte, error)
	// Run makes one attempt, with the command for a home: a directory with files that
	// is this attempt's alone.
	Run(ctx context.Context, target Target, files map[string][]byte, command func(home string) *Command) Attempt
}

// local is this machine.
type local struct{}

// Find implements Place.
func (local) Find(_ context.Context, programs ...string) (string, error) {
	var errs []error
	for _, program := range programs {
		found, err := exec.LookPath(program)
		if err == nil {
			return found, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

// Output implements Place. The program has the user's home, which version
// managers need to find the real program.
func (local) Output(ctx context.Context, args ...string) ([]byte, error) {
	return toldOf(ctx, args).CombinedOutput()
}

func toldOf(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(inheritedEnvironment("HOME", "USERPROFILE"), "LC_ALL=C", EnvAttempt+"="+keeper.Word())
	cmd.WaitDelay = time.Second // children that hold its output must not hold us
	return cmd
}

// Make implements Place.
func (local) Make(ctx context.Context, files map[string][]byte, pattern string, args ...string) (map[string][]byte, error) {
	home, err := newHome(files)
	if home != "" {
		defer func() { _ = os.RemoveAll(home) }() // a directory of ours in the temporary one
	}
	if err != nil {
		return nil, err
	}
	cmd := toldOf(ctx, args)
	cmd.Dir = home
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, firstLine(said))
	}
	made, err := os.ReadDir(home)
	if err != nil {
		return nil, err
	}
	matching := make(map[string][]byte)
	for _, entry := range made {
		if ok, err := path.Match(pattern, entry.Name()); err != nil || !ok {
			continue
		}
		if matching[entry.Name()], err = os.ReadFile(filepath.Join(home, entry.Name())); err != nil {
			return nil, err
		}
	}
	return matching, nil
}

// Run implements Place.
func (local) Run(ctx context.Context, target Target, files map[string][]byte, command func(home string) *Command) Attempt {
	home, err := newHome(files)
	if home != "" {
		defer func() { _ = os.RemoveAll(home) }() // a directory of ours in the temporary one
	}
	if err != nil {
		return Attempt{NotStarted: true, Err: fmt.Errorf("making a home for it: %w", err)}
	}
	return command(home).Attempt(ctx, target)
}

// newHome makes the directory that is home, working directory and place for
// temporary files of one attempt. It is returned beside an error as well.
func newHome(files map[string][]byte) (string, error) {
	home, err := keeper.MkdirTemp("client")
	if err != nil {
		return "", err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(home, name), content, 0o600); err != nil {
			return home, err
		}
	}
	return home, nil
}

// inheritedEnvironment returns the variables without which programs do not
// start, and those named, from this process's environment.
func inheritedEnvironment(names ...string) []string {
	var environment []string
	for _, name := range append(names, "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT") {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
