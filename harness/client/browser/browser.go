// Package browser adapts Chromium and Firefox to a client: an Attempt is a visit
// of the target's URL in a tab, and its error the browser's own.
//
// A browser trusts through an NSS database of its own, in a home directory of
// its own, and nothing of its user's. Since it reads the database when it
// starts, each set of roots gets its own browser; it is used again for every
// target with the same roots, each visit in a fresh context without memory of
// the others. Close ends the browsers; when the harness dies before that, they
// end by themselves. Either way no process and no file is left.
//
// What is switched off, and why, is in chromium_flags.go and firefox_prefs.go.
// Chromium is driven by its DevTools protocol, Firefox by WebDriver BiDi.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Options says how a browser is run. The zero value finds Chromium on the PATH.
type Options struct {
	// Kind is the browser.
	Kind Kind
	// Path is the browser's program; empty for the first that is found.
	Path string
	// Screenshots is a directory for pictures of what the browser showed where it
	// refused a page; empty for none.
	Screenshots string
	// Insecure switches off what the browser checks: certificates, mixed content.
	Insecure bool
}

// Client is a browser as a client. It is safe for concurrent use. Close it.
type Client struct {
	options Options
	pool    *pool

	mu    sync.Mutex
	ready []entry // got ready for attempts to come
}

// entry is a browser for an attempt.
type entry struct {
	roots   string
	browser instance
	leave   func() // must be called when it is no longer used
}

// New returns a browser as a client. It starts nothing yet.
func New(options Options) (*Client, error) {
	traits := options.Kind.traits()
	if options.Path == "" {
		path, err := options.Kind.find()
		if err != nil {
			return nil, err
		}
		options.Path = path
	}
	if _, err := exec.LookPath(certutil); err != nil {
		return nil, fmt.Errorf("%s gets its roots from %s, of Debian's libnss3-tools: %w", traits.name, certutil, err)
	}
	return &Client{options: options, pool: newPool(traits.alone, func(ctx context.Context, roots string) (instance, error) {
		return traits.start(ctx, options, []byte(roots))
	})}, nil
}

// Close ends all browsers. An Attempt after it does not start.
func (c *Client) Close() error {
	c.pool.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.ready {
		e.leave()
	}
	c.ready = nil
	return nil
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

// Ready starts the browser for target, if none is free for its roots, and keeps
// it for the next attempt with these roots. See client.Ready.
func (c *Client) Ready(ctx context.Context, target client.Target) {
	roots, err := rootsOf(target)
	if err != nil {
		return // the attempt will find out
	}
	e, err := c.enter(ctx, roots)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = append(c.ready, e)
}

func (c *Client) attempt(ctx context.Context, target client.Target) client.Attempt {
	roots, err := rootsOf(target)
	if err != nil {
		return client.Attempt{NotStarted: true, Err: err}
	}
	e, ok := c.taken(roots)
	if ok && (e.roots != roots || !e.browser.alive()) {
		e.leave() // another waits for it, perhaps
		ok = false
	}
	if !ok {
		if e, err = c.enter(ctx, roots); err != nil {
			return client.Attempt{NotStarted: true, Err: err}
		}
	}
	defer e.leave()
	return e.browser.visit(ctx, target)
}

// taken returns a browser that was got ready: for roots, or else the one that was
// so for the longest time, so that each attempt uses one up and none is kept for
// ever. It reports whether there was any.
func (c *Client) taken(roots string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ready) == 0 {
		return entry{}, false
	}
	i := max(0, slices.IndexFunc(c.ready, func(e entry) bool { return e.roots == roots }))
	e := c.ready[i]
	c.ready = slices.Delete(c.ready, i, i+1)
	return e, true
}

// enter returns a running browser that trusts roots.
func (c *Client) enter(ctx context.Context, roots string) (entry, error) {
	browser, leave, err := c.pool.enter(ctx, roots)
	return entry{roots, browser, leave}, err
}

// rootsOf returns the roots of target in PEM.
func rootsOf(target client.Target) (string, error) {
	if len(target.RootsPEM) > 0 {
		return string(target.RootsPEM), nil
	}
	roots, err := os.ReadFile(target.CAFile)
	if err != nil {
		return "", fmt.Errorf("reading the roots: %w", err)
	}
	return string(roots), nil
}
