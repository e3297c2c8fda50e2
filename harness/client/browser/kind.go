package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// Kind is one of the browsers that there are.
type Kind int

// The browsers.
const (
	Chromium Kind = iota
	Firefox
)

// Kinds returns the browsers, in the order in which they are listed.
func Kinds() []Kind { return []Kind{Chromium, Firefox} }

// insecureSuffix makes a client's name that of its twin with its checks switched off.
const insecureSuffix = ":insecure"

// Lookup returns the browser that is called name on the command line, and
// whether its checks are to be switched off. It is not ok if no browser is called so.
func Lookup(name string) (kind Kind, insecure, ok bool) {
	name, insecure = strings.CutSuffix(name, insecureSuffix)
	for _, kind := range Kinds() {
		if name == kind.Name() {
			return kind, insecure, true
		}
	}
	return 0, false, false
}

// Name is what the browser is called on the command line.
func (k Kind) Name() string { return k.traits().name }

// InsecureName is the browser with its checks switched off.
func (k Kind) InsecureName() string { return k.Name() + insecureSuffix }

// About says in a line what the client is.
func (k Kind) About() string { return k.traits().about }

// traits are what differs between browsers before they run.
type traits struct {
	name, about string
	programs    []string       // what it is called, in the order of preference
	version     *regexp.Regexp // finds its version in what it says of itself
	tls         func() string
	alone       int // see pool
	start       func(ctx context.Context, o Options, rootsPEM []byte) (instance, error)
}

func (k Kind) traits() traits {
	if k == Firefox {
		return traits{
			name:     "firefox",
			about:    "Firefox, headless. Needs certutil of NSS",
			programs: []string{"firefox-esr", "firefox"},
			version:  regexp.MustCompile(`(?m)^Mozilla Firefox (\S+)`),
			tls:      func() string { return "NSS of Firefox" },
			// What HSTS says is not kept apart by its contexts.
			alone: max(2, runtime.NumCPU()),
			start: startFirefox,
		}
	}
	return traits{
		name:     "chromium",
		about:    "Chromium, headless; as root without its sandbox. Needs certutil of NSS",
		programs: []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"},
		version:  regexp.MustCompile(`(?m)^(?:Chromium|Google Chrome) (\S+)`),
		tls: func() string {
			if withoutSandbox() {
				return "BoringSSL of Chromium, without sandbox (root)"
			}
			return "BoringSSL of Chromium"
		},
		start: startChromium,
	}
}

// find returns the path of the browser's program.
func (k Kind) find() (string, error) {
	var errs []error
	for _, name := range k.traits().programs {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

// Describe looks for the browser and asks it for its version.
func (k Kind) Describe(ctx context.Context) client.Info {
	c, err := New(Options{Kind: k})
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
	match := k.traits().version.FindSubmatch(said)
	if err != nil || match == nil {
		info.Problem = fmt.Sprintf("asking %s what it is: %v", info.Path, err)
		return info
	}
	info.Installed, info.Version, info.TLS = true, string(match[1]), k.traits().tls()
	return info
}
