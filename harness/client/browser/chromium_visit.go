package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/tlsfault/tlsfault/harness/client"
)

// visit opens the target's URL in a tab of its own and stays until the page, and what it
// navigates to by itself, has loaded. The tab is in a context of its own: no
// cookie, cached answer, HSTS entry or TLS session of another visit is known to
// it. The tab is gone when visit returns.
func (i *chromium) visit(ctx context.Context, to client.Target) client.Attempt {
	url, o := to.URL, i.options
	tab, closeTab := chromedp.NewContext(i.ctx, chromedp.WithNewBrowserContext(through(to.Proxy)))
	defer closeTab()
	defer context.AfterFunc(ctx, closeTab)()

	w := newChromiumWatch()
	text, err := w.navigate(tab, url)
	if err == nil && (text == "" || o.Screenshots != "") { // its own error page is worth a picture alone
		err = w.settle(tab)
	}
	a := client.Attempt{Output: []byte(w.words())}
	switch {
	case w.hasCrashed():
		a.Signal, a.Err = "a crash of its renderer", errors.New("chromium: the renderer crashed")
	case !i.alive():
		a.Signal, a.Err = "the end of its process", fmt.Errorf("chromium: the browser ended: %w", err)
	case ctx.Err() != nil:
		a.Err = fmt.Errorf("chromium: still loading when it was ended: %w", ctx.Err())
		a.TimedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
	case err != nil:
		a.Err, a.NotStarted = fmt.Errorf("chromium: driving the browser: %w", err), true
	default:
		a.Err = w.outcome(text, url)
	}
	if o.Screenshots != "" && a.Err != nil && !a.NotStarted && ctx.Err() == nil && i.alive() {
		var picture []byte
		if picture, err = chromedp.Run(tab, chromedp.CaptureScreenshot()); err == nil {
			a.Screenshot, err = keepScreenshot(picture, o.Screenshots, url)
		}
		if err != nil {
			a.Output = append(a.Output, "no screenshot: "+err.Error()+"\n"...)
		}
	}
	return a
}

// through leads the tab through a proxy, loopback as well; an empty one is none.
func through(proxy string) chromedp.CreateBrowserContextOption {
	return func(p *target.CreateBrowserContextParams) {
		if proxy != "" {
			p.ProxyServer = strings.Replace(proxy, "socks5h:", "socks5:", 1) // names are for the proxy anyway
			p.ProxyBypassList = "<-loopback>"
		}
	}
}

// navigate opens url and returns the browser's error of it, empty for none.
func (w *chromiumWatch) navigate(tab context.Context, url string) (string, error) {
	if err := chromedp.Listen(tab, w.event); err != nil {
		return "", err
	}
	w.follow(cdp.FrameID(chromedp.FromContext(tab).Target.TargetID)) // a page's main frame is called as its target
	for _, enable := range []func() error{
		func() error { return call(tab, network.Enable, network.EnableParams{}) },
		func() error { return call(tab, log.Enable, cdp.Empty{}) },
		func() error { return call(tab, security.Enable, cdp.Empty{}) },
		func() error {
			return call(tab, page.SetLifecycleEventsEnabled, page.SetLifecycleEventsEnabledParams{Enabled: true})
		},
	} {
		if err := enable(); err != nil {
			return "", err
		}
	}
	result, err := chromedp.Call(tab, page.Navigate, page.NavigateParams{URL: url})
	if err != nil {
		return "", err
	}
	if result.IsDownload {
		return "", errors.New("the answer is a download, not a page")
	}
	return result.ErrorText, nil
}

// call runs a command that has no result.
func call[P any](tab context.Context, command cdp.Command[P, cdp.Empty], params P) error {
	_, err := chromedp.Call(tab, command, params)
	return err
}

// outcome is the error of a visit that came to an end; text is that of its first navigation.
func (w *chromiumWatch) outcome(text, url string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case text != "":
		return fmt.Errorf("chromium: %s at %s", text, url)
	case len(w.failed) > 0:
		return fmt.Errorf("chromium: %s", strings.Join(w.failed, ", "))
	case w.status >= 400:
		return fmt.Errorf("chromium: the server answered %d", w.status)
	case w.marked:
		return errors.New("chromium: the page is shown as not secure")
	}
	return nil
}
