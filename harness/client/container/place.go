package container

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tlsfault/tlsfault/harness/client"
)

// homeDir is the home of an attempt in a container. It is made from what is in
// homeFiles before each, and belongs to whoever the container's programs run as.
const (
	homeDir   = "/tmp/tlsfault-home"
	homeFiles = mountPoint + "/" + fileHome
	fileHome  = "home"
)

// inHome makes the home anew and runs a program in it.
const inHome = `rm -rf "$0" && cp -R ` + homeFiles + ` "$0" && cd "$0" && exec "$@"`

// home is what the home of an attempt holds.
type home struct{ files map[string][]byte }

// wrap returns the arguments that run a program in the home; none without one.
func (h *home) wrap(args []string) []string {
	if h == nil {
		return args
	}
	return append([]string{"sh", "-c", inHome, homeDir}, args...)
}

// furnish puts the files of a home where the container makes it from.
func (b *box) furnish(h *home) error {
	if h == nil {
		return nil
	}
	dir := filepath.Join(b.dir, "files", fileHome)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // its parent is for its owner alone; programs in the container run as others
		return err
	}
	for name, content := range h.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}

// place is a client's containers as the place where a preset runs.
type place struct{ client *Client }

// Find implements client.Place.
func (p place) Find(ctx context.Context, programs ...string) (string, error) {
	found, err := p.Output(ctx, append([]string{"sh", "-c", `for p; do command -v "$p" && exit; done; exit 127`, "sh"}, programs...)...)
	if err != nil {
		return "", fmt.Errorf("the image %s has no %s", p.client.image, strings.Join(programs, " or "))
	}
	return strings.TrimSpace(string(found)), nil
}

// Output implements client.Place.
func (p place) Output(ctx context.Context, args ...string) ([]byte, error) {
	kept := client.NewOutput(0)
	err := p.run(ctx, kept, nil, args)
	text, _ := kept.Kept()
	return text, err
}

// Make implements client.Place.
func (p place) Make(ctx context.Context, files map[string][]byte, pattern string, args ...string) (map[string][]byte, error) {
	var made bytes.Buffer
	script := append([]string{"sh", "-c", `"$@" && tar -cf - *`, "sh"}, args...)
	if err := p.run(ctx, &made, &home{files}, script); err != nil {
		return nil, fmt.Errorf("%w: %.500s", err, bytes.TrimSpace(made.Bytes()))
	}
	matching := make(map[string][]byte)
	for archive := tar.NewReader(&made); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return matching, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading what %s made: %w", args[0], err)
		}
		if ok, err := path.Match(pattern, header.Name); err != nil || !ok {
			continue
		}
		if matching[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, fmt.Errorf("reading what %s made: %w", args[0], err)
		}
	}
}

// run runs a program to its end in one of the containers.
func (p place) run(ctx context.Context, output io.Writer, home *home, args []string) error {
	b, err := p.client.take(ctx)
	if err != nil {
		return err
	}
	code := 0
	if err = b.furnish(home); err == nil {
		code, err = b.exec(ctx, process{args: home.wrap(args)}, output)
	}
	p.client.giveBack(b, err == nil)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s: exit status %d", args[0], code)
	}
	return err
}

// Run implements client.Place.
func (p place) Run(ctx context.Context, target client.Target, files map[string][]byte, command func(home string) *client.Command) client.Attempt {
	made := command(homeDir)
	made.Dir = "" // which is not there yet
	return p.client.attempt(ctx, target, made, &home{maps.Clone(files)})
}
