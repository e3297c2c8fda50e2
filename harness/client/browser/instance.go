package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// startTime bounds how long a browser may take until it answers.
const startTime = time.Minute

// closeTime bounds how long it may take to end by itself.
const closeTime = 3 * time.Second

// instance is a running browser that trusts one set of roots.
type instance struct {
	home   string
	ctx    context.Context // of chromedp, for the browser
	cancel context.CancelFunc
	group  int // process group of the browser and its keeper; 0 before it runs

	closeOnce sync.Once
}

// start starts a browser that trusts rootsPEM alone. The instance is returned
// beside an error as well: close it.
func start(ctx context.Context, o Options, rootsPEM []byte) (*instance, error) {
	home, err := os.MkdirTemp(homes(), "tlsfault-browser-")
	if err != nil {
		return nil, err
	}
	i := &instance{home: home}
	ctx, cancelStart := context.WithTimeout(ctx, startTime)
	defer cancelStart()
	if err := writeTrust(ctx, home, rootsPEM); err != nil {
		return i, fmt.Errorf("giving the browser its roots: %w", err)
	}

	settings := append(options(flags(o.Insecure)),
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

// homes is the directory for the homes of browsers: Chromium makes a socket in
// its home, whose path may not be longer than some hundred bytes.
func homes() string {
	const longest = 30
	dir := os.TempDir()
	if info, err := os.Stat("/tmp"); len(dir) > longest && err == nil && info.IsDir() {
		return "/tmp"
	}
	return dir
}

// silent drops what chromedp has to say: events newer than itself, above all.
func silent(string, ...any) {}

// environment is what a browser sees of the world: a home of its own. Proxies and
// settings of the user, which would make it another client, stay out.
func environment(home string) []string {
	list := []string{
		"HOME=" + home, "TMPDIR=" + home, "LC_ALL=C", "LANGUAGE=en",
		"XDG_CONFIG_HOME=" + home, "XDG_CACHE_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_RUNTIME_DIR=" + home,
		"DBUS_SESSION_BUS_ADDRESS=disabled:", // no desktop to talk to
	}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "FONTCONFIG_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// alive reports whether the browser can still be used.
func (i *instance) alive() bool { return i.ctx.Err() == nil }

// close ends the browser with its children and removes its home.
func (i *instance) close() {
	if i == nil {
		return
	}
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
