// Package browser adapts Chromium to a client: an Attempt is a visit of the
// target's URL in a tab, and its error the browser's own net error.
//
// A browser trusts through an NSS database of its own, in a home directory of
// its own, and nothing of its user's. Since it reads the database when it
// starts, each set of roots gets its own browser; it is used again for every
// target with the same roots, each visit in a fresh context without memory of
// the others. Close ends the browsers; when the harness dies before that, they
// end by themselves. Either way no process and no file is left.
//
// What is switched off of Chromium, and why, is in flags.go.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Name is what the client is called on the command line.
const Name = "chromium"

// InsecureName is the client with its checks switched off.
const InsecureName = Name + ":insecure"

// Options says how Chromium is run. The zero value finds it on the PATH.
type Options struct {
	// Path is the browser's program; empty for the first that is found.
	Path string
	// Screenshots is a directory for pictures of what the browser showed where it
	// refused a page; empty for none.
	Screenshots string
	// Insecure switches off what Chromium checks: certificates, mixed content.
	Insecure bool
}

// Client is Chromium as a client. It is safe for concurrent use. Close it.
type Client struct {
	options Options
	pool    *pool
}

// New returns Chromium as a client. It starts nothing yet.
func New(options Options) (*Client, error) {
	if options.Path == "" {
		path, err := find()
		if err != nil {
			return nil, err
		}
		options.Path = path
	}
	if _, err := exec.LookPath(certutil); err != nil {
		return nil, fmt.Errorf("chromium gets its roots from %s, of Debian's libnss3-tools: %w", certutil, err)
	}
	return &Client{options: options, pool: newPool(func(ctx context.Context, roots string) (*instance, error) {
		return start(ctx, options, []byte(roots))
	})}, nil
}

// Close ends all browsers. An Attempt after it does not start.
func (c *Client) Close() error {
	c.pool.close()
	return nil
}

// programs are what Chromium is called, in the order of preference.
var programs = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"}

func find() (string, error) {
	var errs []error
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

var versionPattern = regexp.MustCompile(`(?m)^(?:Chromium|Google Chrome) (\S+)`)

// Describe looks for Chromium and asks it for its version.
func Describe(ctx context.Context) client.Info {
	c, err := New(Options{})
	if err != nil {
		return client.Info{Problem: strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	info := client.Info{Path: c.options.Path}
	home, err := os.MkdirTemp("", "tlsfault-browser-")
	if err != nil {
		info.Problem = err.Error()
		return info
	}
	defer func() { _ = os.RemoveAll(home) }() // a directory of ours in the temporary one
	cmd := exec.CommandContext(ctx, info.Path, "--version")
	cmd.Env = environment(home)
	cmd.WaitDelay = time.Second
	said, err := cmd.Output()
	match := versionPattern.FindSubmatch(said)
	if err != nil || match == nil {
		info.Problem = fmt.Sprintf("asking %s what it is: %v", info.Path, err)
		return info
	}
	info.Installed, info.Version, info.TLS = true, string(match[1]), "BoringSSL of Chromium"
	if withoutSandbox() {
		info.TLS += ", without sandbox (root)"
	}
	return info
}

// LoadsPages implements client.PageLoader.
func (c *Client) LoadsPages() bool { return true }

// Attempt implements client.Client: it visits target.URL.
func (c *Client) Attempt(ctx context.Context, target client.Target) client.Attempt {
	start := time.Now()
	a := c.attempt(ctx, target)
	a.Duration = time.Since(start)
	return a
}

// Ready starts the browser for target, if none is running for its roots. See client.Ready.
func (c *Client) Ready(ctx context.Context, target client.Target) {
	if _, leave, err := c.enter(ctx, target); err == nil {
		leave()
	}
}

func (c *Client) attempt(ctx context.Context, target client.Target) client.Attempt {
	browser, leave, err := c.enter(ctx, target)
	if err != nil {
		return client.Attempt{NotStarted: true, Err: err}
	}
	defer leave()
	return browser.visit(ctx, c.options, target.URL, target.Proxy)
}

// enter returns a running browser that trusts the roots of target, and what must
// be called when it is no longer used.
func (c *Client) enter(ctx context.Context, target client.Target) (*instance, func(), error) {
	roots := target.RootsPEM
	if len(roots) == 0 {
		var err error
		if roots, err = os.ReadFile(target.CAFile); err != nil {
			return nil, nil, fmt.Errorf("reading the roots: %w", err)
		}
	}
	return c.pool.enter(ctx, string(roots))
}
