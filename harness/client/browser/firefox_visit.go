package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/browser/bidi"
)

// firefoxTab is a tab in a context of its own.
type firefoxTab struct {
	user, id string // the user context, and the browsing context in it
	watch    *firefoxWatch
}

// visit implements instance. The tab is in a context of its own: no cookie, cached
// answer or TLS session of another visit is known to it, and what contexts share
// is forgotten before. The tab is gone when visit returns.
func (f *firefox) visit(ctx context.Context, target client.Target) client.Attempt {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	connection := f.conn.Context()
	defer context.AfterFunc(connection, func() { cancel(context.Cause(connection)) })()

	tab, err := f.open(ctx, target.Proxy)
	if tab.user != "" {
		defer func() { f.remove(tab, ctx.Err() != nil) }()
	}
	var saw told
	if err == nil {
		err = f.load(ctx, tab, target.URL)
	}
	if err == nil {
		saw, err = f.window.told(ctx)
	}
	var a client.Attempt
	switch {
	case connection.Err() != nil:
		a.Signal, a.Err = "the end of its process", fmt.Errorf("firefox: the browser ended: %w", context.Cause(connection))
	case ctx.Err() != nil:
		a.Err = fmt.Errorf("firefox: still loading when it was ended: %w", ctx.Err())
		a.TimedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
	case err != nil:
		a.Err, a.NotStarted = fmt.Errorf("firefox: driving the browser: %w", err), true
	case tab.watch.hasCrashed():
		a.Signal, a.Err = "a crash of its renderer", errors.New("firefox: the renderer crashed")
	default:
		a.Err = tab.watch.outcome()
		if a.Err == nil && saw.Insecure {
			a.Err = errors.New("firefox: the page is shown as not secure")
		}
	}
	if tab.watch != nil {
		a.Output = []byte(tab.watch.words(saw))
	}
	if f.options.Screenshots != "" && a.Err != nil && !a.NotStarted && ctx.Err() == nil {
		if a.Screenshot, err = f.screenshot(ctx, tab, target.URL); err != nil {
			a.Output = append(a.Output, "no screenshot: "+err.Error()+"\n"...)
		}
	}
	return a
}

// open makes a tab. It is returned beside an error as well: remove it, if it has a user context.
func (f *firefox) open(ctx context.Context, proxy string) (tab firefoxTab, err error) {
	if err := f.window.forget(ctx); err != nil {
		return tab, err
	}
	settings := make(map[string]any)
	if proxy != "" {
		if settings["proxy"], err = proxySettings(proxy); err != nil {
			return tab, err
		}
	}
	var user struct{ UserContext string }
	if err := f.conn.Call(ctx, "browser.createUserContext", settings, &user); err != nil {
		return tab, err
	}
	tab.user = user.UserContext
	var made struct{ Context string }
	if err := f.conn.Call(ctx, "browsingContext.create", map[string]any{"type": "tab", "userContext": tab.user}, &made); err != nil {
		return tab, err
	}
	tab.id = made.Context
	tab.watch = newFirefoxWatch(tab.id, f.options.Screenshots != "")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch = tab.watch
	return tab, nil
}

// proxySettings leads a context through a proxy, loopback as well, names unresolved.
func proxySettings(proxy string) (map[string]any, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		return nil, fmt.Errorf("the proxy: %w", err)
	}
	settings := map[string]any{"proxyType": "manual", "noProxy": []string{}}
	if strings.HasPrefix(u.Scheme, "socks") {
		settings["socksProxy"], settings["socksVersion"] = u.Host, 5
	} else {
		settings["httpProxy"], settings["sslProxy"] = u.Host, u.Host
	}
	return settings, nil
}

// remove ends what is left of a visit. A browser that does not manage to is not
// used again, nor is one whose visit was cut short: it may still be searching for a
// path through the server's certificates.
func (f *firefox) remove(tab firefoxTab, short bool) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := f.conn.Call(ctx, "browser.removeUserContext", map[string]any{"userContext": tab.user}, nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch = nil
	f.spent = f.spent || short || err != nil
}

// load opens address in the tab and waits until all has loaded. What the server
// makes of it is in the tab's watch.
func (f *firefox) load(ctx context.Context, tab firefoxTab, address string) error {
	err := f.conn.Call(ctx, "browsingContext.navigate", map[string]any{"context": tab.id, "url": address, "wait": "none"}, nil)
	if refusal := new(bidi.Error); errors.As(err, &refusal) {
		tab.watch.refused(strings.TrimPrefix(refusal.Message, "Error: "), address)
	} else if err != nil {
		return err
	}
	if err := tab.watch.settle(ctx); err != nil {
		return err
	}
	if tab.watch.standsIn() {
		code, err := evaluate(ctx, f.conn, tab.id, errorScript)
		if err != nil {
			return err
		}
		tab.watch.refine(code)
	}
	return nil
}

// errorScript asks an error page for the code of its error.
const errorScript = `(() => {
	for (const ask of ["getFailedCertSecurityInfo", "getNetErrorInfo"]) {
		try { return document[ask]().errorCodeString } catch {}
	}
	return "";
})()`

// screenshot keeps a picture of what the tab shows, and returns its file.
func (f *firefox) screenshot(ctx context.Context, tab firefoxTab, address string) (string, error) {
	var picture struct{ Data []byte } // base64
	if err := f.conn.Call(ctx, "browsingContext.captureScreenshot", map[string]any{"context": tab.id}, &picture); err != nil {
		return "", err
	}
	return keepScreenshot(picture.Data, f.options.Screenshots, address)
}
