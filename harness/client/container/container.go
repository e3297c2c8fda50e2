// Package container runs a client under test in containers, by Docker 20.10 or
// later or by Podman's Docker API: a program in its own version with its own
// libraries, from an image or a Dockerfile, with the arguments of a
// client.Command and the files of the target mounted in.
//
// A container is on the host's network, as the servers listen on loopback alone,
// which the gateway of a bridge (host-gateway) does not reach. There the name of
// each target, and host.docker.internal and host.containers.internal as well,
// lead to the target's address by /etc/hosts. Docker Desktop does that where host networking is
// switched on (4.34 and later), rootless Podman always; rootless Docker has a
// loopback of its own, which no server here is on.
//
// A container serves one attempt at a time and then the next, unless each is to
// have its own: the program is run in it by exec, and what it leaves running is
// ended. Attempts at the same time have a container each.
//
// Nothing is left behind, without Ryuk, the reaper of testcontainers-go: what
// keeps a container running is cat, which reads what we hold open; when this
// process ends, however that happens, cat ends, the container with it, and the
// engine removes it. What never came that far, New removes by its labels.
package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Options says what runs in the containers: a Command or a Preset.
type Options struct {
	// Image is the image to run, which is pulled if it is not there. It needs cat.
	Image string
	// Dockerfile is a directory with a Dockerfile, which is built in place of Image.
	Dockerfile string
	// Files is the same as Dockerfile, of files that need not be on disk.
	Files fs.FS
	// Command is the program with its arguments, as inside the container: {ca},
	// {cert}, {key} and {crls} are files there. Its Dir is there as well; of this
	// process's environment nothing is passed on.
	Command *client.Command
	// Preset is a well-known program that the image has. It needs sh there, and is
	// given a home for each attempt.
	Preset *client.Preset
	// OnBuild is called before an image is built, which can take minutes; nil for nobody.
	OnBuild func()
	// PerAttempt gives each attempt a container of its own.
	PerAttempt bool
}

// Client is a client.Client in containers. It must be closed.
type Client struct {
	options Options
	preset  client.Client // runs the program of options.Preset here
	engine  *engine
	image   string

	mu      sync.Mutex
	idle    []*box
	pending int // starts that an attempt will come for, and attempts that wait for one
	closed  bool
	running sync.WaitGroup // attempts, starts and removals
}

// UnavailableError says why the machine runs no containers.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("no container engine to be had: %v", e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// Available returns an UnavailableError unless there is an engine that answers.
func Available(ctx context.Context) error {
	engine, err := connect(ctx)
	if err != nil {
		return err
	}
	return engine.close()
}

// Build makes the image of the files of a directory with a Dockerfile, as New does
// for Options.Files, so that several can be made at the same time before they are
// needed. What has been made of the same files before is not made again.
func Build(ctx context.Context, dir fs.FS, onBuild func()) error {
	engine, err := connect(ctx)
	if err != nil {
		return err
	}
	_, err = engine.buildFS(ctx, imageRepository, dir, onBuild)
	return errors.Join(err, engine.close())
}

// New gets the image and starts the first container, so that what is wrong with
// either is an error here. What runs that were killed have left is removed.
func New(ctx context.Context, options Options) (*Client, error) {
	if (options.Command == nil) == (options.Preset == nil) {
		return nil, errors.New("a container needs a command to run, or a preset")
	}
	if options.Command != nil {
		if _, err := options.Command.Expand(ctx, client.Target{}); err != nil {
			return nil, err
		}
	}
	if given := []bool{options.Image != "", options.Dockerfile != "", options.Files != nil}; !one(given) {
		return nil, errors.New("a container is made from an image or from the directory of a Dockerfile")
	}
	engine, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &Client{options: options, engine: engine, image: options.Image}
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// one reports whether exactly one of them is true.
func one(of []bool) bool {
	count := 0
	for _, is := range of {
		if is {
			count++
		}
	}
	return count == 1
}

func (c *Client) prepare(ctx context.Context) error {
	if err := c.engine.sweep(ctx); err != nil {
		return fmt.Errorf("removing what killed runs have left: %w", err)
	}
	var err error
	switch {
	case c.options.Dockerfile != "":
		c.image, err = c.engine.build(ctx, c.options.Dockerfile, c.options.OnBuild)
	case c.options.Files != nil:
		c.image, err = c.engine.buildFS(ctx, imageRepository, c.options.Files, c.options.OnBuild)
	}
	if err != nil {
		return err
	}
	b, err := c.engine.start(ctx, c.image)
	if err != nil {
		return err
	}
	c.idle = append(c.idle, b)
	if c.options.Preset == nil {
		return nil
	}
	if c.preset, err = c.options.Preset.ClientIn(place{c}); err != nil {
		return err
	}
	return client.Prepare(ctx, c.preset)
}

// Describe asks the preset's program in the container what it is.
func (c *Client) Describe(ctx context.Context) client.Info {
	return c.options.Preset.DescribeIn(ctx, place{c})
}

// NeedsPlainRoots reports whether the preset's program cannot read name constraints.
func (c *Client) NeedsPlainRoots() bool { return c.preset != nil && client.NeedsPlainRoots(c.preset) }

// Ready starts a container for the attempt that follows, if none is idle, so
// that this takes nothing from its time.
func (c *Client) Ready(ctx context.Context, _ client.Target) {
	c.mu.Lock()
	missing := !c.closed && len(c.idle) <= c.pending
	if missing {
		c.running.Add(1)
	}
	c.pending++
	c.mu.Unlock()
	if !missing {
		return
	}
	defer c.running.Done()
	if b, err := c.engine.start(ctx, c.image); err == nil { // else the attempt meets the same and says so
		c.put(b)
	}
}

// Attempt implements client.Client.
func (c *Client) Attempt(ctx context.Context, target client.Target) client.Attempt {
	start := time.Now()
	var a client.Attempt
	if c.preset != nil {
		a = c.preset.Attempt(ctx, target)
	} else {
		a = c.attempt(ctx, target, c.options.Command, nil)
	}
	a.Duration = time.Since(start)
	return a
}

// attempt runs a command once, in a home if there is one.
func (c *Client) attempt(ctx context.Context, target client.Target, command *client.Command, home *home) client.Attempt {
	b, err := c.take(ctx)
	if err != nil {
		return client.Attempt{NotStarted: true, Err: fmt.Errorf("starting a container: %w", err)}
	}
	a, clean := b.attempt(ctx, command, home, target)
	c.giveBack(b, clean && !c.options.PerAttempt)
	return a
}

// take returns a container for one attempt.
func (c *Client) take(ctx context.Context) (*box, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("the client is closed")
	}
	c.running.Add(1)
	c.pending = max(0, c.pending-1)
	if n := len(c.idle); n > 0 {
		b := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return b, nil
	}
	c.mu.Unlock()
	b, err := c.engine.start(ctx, c.image)
	c.mu.Lock()
	if err != nil {
		c.running.Done()
	}
	return b, err
}

// giveBack returns a container that take gave, to be used again if it is clean.
func (c *Client) giveBack(b *box, clean bool) {
	defer c.running.Done()
	if !clean {
		_ = b.remove() // it ends with what holds it, whatever the engine said
		return
	}
	c.put(b)
}

func (c *Client) put(b *box) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, b)
}

// Close ends all containers once the attempts are over.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
	var errs []error
	for _, b := range c.idle {
		errs = append(errs, b.remove())
	}
	c.idle = nil
	return errors.Join(append(errs, c.engine.close())...)
}
