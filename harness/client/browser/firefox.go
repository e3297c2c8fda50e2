package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tlsfault/tlsfault/harness/client/browser/bidi"
)

// firefox is a running Firefox that trusts one set of roots. It is for one visit at a time.
type firefox struct {
	options Options
	home    string
	cmd     *exec.Cmd // nil before it runs
	leash   io.Closer
	output  sync.WaitGroup // reads what it prints
	conn    *bidi.Conn
	window  *window

	mu    sync.Mutex
	watch *firefoxWatch // of the visit, nil between visits
	spent bool          // it is not fit for another visit, see remove

	closeOnce sync.Once
}

// startFirefox starts a browser that trusts rootsPEM, and what Firefox itself
// trusts. It is returned beside an error as well: close it.
func startFirefox(ctx context.Context, o Options, rootsPEM []byte) (instance, error) {
	home, err := os.MkdirTemp(homes(), "tlsfault-browser-")
	if err != nil {
		return nil, err
	}
	f := &firefox{options: o, home: home}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	profile := filepath.Join(home, "profile")
	if err := writeTrust(ctx, profile, rootsPEM); err != nil {
		return f, fmt.Errorf("giving the browser its roots: %w", err)
	}
	text, err := userJS(firefoxPrefs(o.Insecure))
	if err != nil {
		return f, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), text, 0o600); err != nil {
		return f, err
	}
	address, err := f.run(ctx, profile)
	if err == nil {
		err = f.connect(ctx, address)
	}
	if err != nil {
		return f, fmt.Errorf("starting %s: %w", o.Path, err)
	}
	return f, nil
}

// run starts the program and returns the address at which it can be driven.
func (f *firefox) run(ctx context.Context, profile string) (string, error) {
	// The browser lives on after ctx; only its start is bounded.
	cmd := exec.Command(f.options.Path, "--headless", "--no-remote", "--profile", profile,
		"--remote-debugging-port=0", "--remote-allow-system-access") // the latter is for its window
	cmd.Env = append(environment(f.home), "MOZ_CRASHREPORTER_DISABLE=1",
		// It would rather end than leave the machine. Without it a release does not leave its vendor's lists alone either.
		"MOZ_DISABLE_NONLOCAL_CONNECTIONS=1")
	tie(cmd)
	keep(cmd, f.home)
	leash, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	f.cmd, f.leash = cmd, leash
	address := make(chan string, 1)
	f.output.Go(func() { read(said, address) })
	select {
	case found := <-address:
		if found == "" {
			return "", errors.New("it ended before it could be driven")
		}
		return found, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// announcement is what Firefox prints before the address at which it listens.
const announcement = "WebDriver BiDi listening on "

// read hands on the address that the browser prints, or nothing when it ends without, and drops the rest.
func read(said io.Reader, address chan<- string) {
	defer close(address)
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found, ok := strings.CutPrefix(lines.Text(), announcement); ok {
			address <- found + "/session"
			break
		}
	}
	_, _ = io.Copy(io.Discard, said) // until it ends
}

// events are what the browser is asked to tell of its pages.
var events = []string{
	"browsingContext.contextCreated", "browsingContext.navigationStarted", "browsingContext.navigationCommitted",
	"browsingContext.navigationFailed", "browsingContext.domContentLoaded",
	"browsingContext.load", "browsingContext.downloadWillBegin",
	"network.beforeRequestSent", "network.responseStarted", "network.responseCompleted", "network.fetchError",
	"log.entryAdded",
}

func (f *firefox) connect(ctx context.Context, address string) error {
	var err error
	if f.conn, err = bidi.Dial(ctx, address, f.event); err != nil {
		return err
	}
	wanted := map[string]any{
		"acceptInsecureCerts":     f.options.Insecure,
		"unhandledPromptBehavior": map[string]any{"default": "ignore"}, // the window sees to them
	}
	session := map[string]any{"capabilities": map[string]any{"alwaysMatch": wanted}}
	if err := f.conn.Call(ctx, "session.new", session, nil); err != nil {
		return err
	}
	if err := f.conn.Call(ctx, "session.subscribe", map[string]any{"events": events}, nil); err != nil {
		return err
	}
	f.window, err = openWindow(ctx, f.conn)
	return err
}

// event hands an event to the visit that is under way.
func (f *firefox) event(method string, params json.RawMessage) {
	f.mu.Lock()
	watch := f.watch
	f.mu.Unlock()
	if watch != nil {
		watch.event(method, params)
	}
}

// alive implements instance.
func (f *firefox) alive() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.spent && f.conn.Context().Err() == nil
}

// close implements instance.
func (f *firefox) close() {
	f.closeOnce.Do(func() {
		if f.conn != nil {
			// Asked to, a browser collects its children; killed, it leaves them to others.
			ctx, cancel := context.WithTimeout(context.Background(), closeTime)
			if f.conn.Call(ctx, "browser.close", nil, nil) == nil {
				select {
				case <-f.conn.Context().Done():
				case <-ctx.Done():
				}
			}
			cancel()
			f.conn.Close()
		}
		if f.cmd != nil {
			_ = f.leash.Close() // ends it, if it still runs
			_ = f.cmd.Process.Kill()
			killGroup(f.cmd.Process.Pid)
			f.output.Wait()
			_ = f.cmd.Wait() // killed
		}
		_ = os.RemoveAll(f.home) // the keeper may be at it as well
	})
}
