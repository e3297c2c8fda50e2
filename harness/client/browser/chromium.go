package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// nssDirectory is where Chromium looks for the user's own certificates, below the home directory.
const nssDirectory = ".pki/nssdb"

// chromium is a running Chromium that trusts one set of roots.
type chromium struct {
	options Options
	home    string
	ctx     context.Context // of chromedp, for the browser
	cancel  context.CancelFunc
	group   int // process group of the browser and its keeper; 0 before it runs

	closeOnce sync.Once
}

// startChromium starts a browser that trusts rootsPEM alone. It is returned beside
// an error as well: close it.
func startChromium(ctx context.Context, o Options, rootsPEM []byte) (instance, error) {
	home, err := os.MkdirTemp(homes(), "tlsfault-browser-")
	if err != nil {
		return nil, err
	}
	i := &chromium{options: o, home: home}
	ctx, cancelStart := context.WithTimeout(ctx, startTime)
	defer cancelStart()
	if err := writeTrust(ctx, filepath.Join(home, nssDirectory), rootsPEM); err != nil {
		return i, fmt.Errorf("giving the browser its roots: %w", err)
	}

	settings := append(options(chromiumFlags(o.Insecure)),
		chromedp.ExecPath(o.Path),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.NoInheritEnv,
		chromedp.Env(environment(home)...),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { keep(cmd, home) }))
	// The browser lives on after ctx; only its start is bounded.
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), settings...)
	browserCtx, cancelBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(silent), chromedp.WithLogf(silent))
	i.ctx, i.cancel = browserCtx, func() { cancelBrowser(); cancelAllocator() }
	stop := context.AfterFunc(ctx, cancelBrowser)
	_, err = chromedp.CallBrowser(browserCtx, browser.GetVersion, cdp.Empty{})
	if c := chromedp.FromContext(browserCtx); c.Browser != nil && c.Browser.Process() != nil {
		i.group = c.Browser.Process().Pid
	}
	if !stop() {
		err = errors.Join(err, context.Cause(ctx))
	}
	if err != nil {
		return i, fmt.Errorf("starting %s: %w", o.Path, err)
	}
	return i, nil
}

// silent drops what chromedp has to say: events newer than itself, above all.
func silent(string, ...any) {}

// alive implements instance.
func (i *chromium) alive() bool { return i.ctx.Err() == nil }

// close implements instance.
func (i *chromium) close() {
	i.closeOnce.Do(func() {
		if i.cancel != nil {
			// Asked to, a browser collects its children; killed, it leaves them to others.
			ctx, cancel := context.WithTimeout(i.ctx, closeTime)
			_ = chromedp.Cancel(ctx) // what does not end by itself is ended below
			cancel()
			i.cancel()
		}
		if i.group != 0 {
			killGroup(i.group)
		}
		_ = os.RemoveAll(i.home) // the keeper may be at it as well
	})
}
