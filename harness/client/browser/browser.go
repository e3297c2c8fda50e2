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

// entry is a browser for an attempt at url.
type entry struct {
	url     string
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
// it for the next attempt at that target. See client.Ready.
func (c *Client) Ready(ctx context.Context, target client.Target) {
	e, err := c.enter(ctx, target)
	if err != nil {
		return // the attempt will find out
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = append(c.ready, e)
}

func (c *Client) attempt(ctx context.Context, target client.Target) client.Attempt {
	e, ok := c.taken(target.URL)
	if ok && !e.browser.alive() {
		e.leave()
		ok = false
	}
	if !ok {
		var err error
		if e, err = c.enter(ctx, target); err != nil {
			return client.Attempt{NotStarted: true, Err: err}
		}
	}
	defer e.leave()
	return e.browser.visit(ctx, target)
}

// taken returns the browser that was got ready for url, if there is one.
func (c *Client) taken(url string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.ready, func(e entry) bool { return e.url == url })
	if i < 0 {
		return entry{}, false
	}
	e := c.ready[i]
	c.ready = slices.Delete(c.ready, i, i+1)
	return e, true
}

// enter returns a running browser that trusts the roots of target.
func (c *Client) enter(ctx context.Context, target client.Target) (entry, error) {
	roots := target.RootsPEM
	if len(roots) == 0 {
		var err error
		if roots, err = os.ReadFile(target.CAFile); err != nil {
			return entry{}, fmt.Errorf("reading the roots: %w", err)
		}
	}
	browser, leave, err := c.pool.enter(ctx, string(roots))
	return entry{target.URL, browser, leave}, err
}
