package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/keeper"
)

// ShellDir is where the directory of a Shell is in its container.
const ShellDir = mountPoint

// shellLoop runs each line that comes, in the background. It ends with its
// input, and the container, with all that runs in it, ends with it.
const shellLoop = `while IFS= read -r line; do bash -c "$line" </dev/null & done`

// Shell is a container for programs that serve: it runs commands in the
// background for as long as it is held, on the host's network, and shares a
// directory with the host. Like a Client it leaves nothing behind. It must be
// closed, and is safe for concurrent use.
type Shell struct {
	// Dir is the host's name for ShellDir.
	Dir string

	box *box
	mu  sync.Mutex // of what holds the box
}

// NewShell starts a container of the image that a directory with a Dockerfile
// makes, which needs bash. The image is called repository, and made once; onBuild,
// if it is not nil, is called before that.
func NewShell(ctx context.Context, repository string, dockerfile fs.FS, onBuild func()) (*Shell, error) {
	engine, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Shell{box: &box{engine: engine}}
	if err := s.start(ctx, repository, dockerfile, onBuild); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Shell) start(ctx context.Context, repository string, dockerfile fs.FS, onBuild func()) error {
	engine := s.box.engine
	if err := engine.sweep(ctx); err != nil {
		return fmt.Errorf("removing what killed runs have left: %w", err)
	}
	image, err := engine.buildFS(ctx, repository, dockerfile, onBuild)
	if err != nil {
		return err
	}
	if s.box.dir, err = keeper.MkdirTemp("container"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.box.dir, fileOwner), []byte(owner(os.Getpid())), 0o600); err != nil {
		return err
	}
	s.Dir = filepath.Join(s.box.dir, "files")
	if err := os.Mkdir(s.Dir, 0o755); err != nil { //nolint:gosec // its parent is for its owner alone; programs in the container run as others
		return err
	}
	return s.box.run(ctx, image, []string{"bash", "-c", shellLoop}, []string{s.Dir + ":" + mountPoint})
}

// Run runs one line of bash in the background. What it prints is lost.
func (s *Shell) Run(line string) error {
	if strings.Contains(line, "\n") {
		return errors.New("a line for a shell has a line break")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.box.hold.Conn.Write([]byte(line + "\n")); err != nil {
		return fmt.Errorf("telling the container what to run: %w", err)
	}
	return nil
}

// Output runs a program to its end and returns what it printed.
func (s *Shell) Output(ctx context.Context, args ...string) ([]byte, error) {
	kept := client.NewOutput(0)
	code, err := s.box.exec(ctx, process{args: args}, kept)
	text, _ := kept.Kept()
	if err == nil && code != 0 {
		err = fmt.Errorf("%s: exit status %d: %s", args[0], code, strings.TrimSpace(string(text)))
	}
	return text, err
}

// Close ends the container and what runs in it, and returns when nothing is left.
func (s *Shell) Close() error {
	return errors.Join(s.box.remove(), s.box.engine.close())
}
