package client

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// scripts are the clients for interpreters. They read the target from the
// environment that a Command gives to its program.
//
//go:embed scripts
var scripts embed.FS

// Client returns the preset as a client. What it needs to know of its program,
// or to compile, it finds out at its first attempt, unless Prepare or Ready has been called.
func (p Preset) Client() Client {
	if p.builtIn() {
		return p.builtin()
	}
	return p.clientIn(local{})
}

// ClientIn returns the preset as a client whose program runs in a place. The
// built-in client, which is no program, runs in none.
func (p Preset) ClientIn(place Place) (Client, error) {
	if p.builtIn() {
		return nil, fmt.Errorf("the client %q is built in: it is no program that could run elsewhere", p.Name)
	}
	return p.clientIn(place), nil
}

func (p Preset) clientIn(place Place) *presetClient {
	return &presetClient{preset: p, place: place, turn: make(chan struct{}, 1)}
}

// Prepare lets c get ready before its first attempt, so that getting ready takes
// nothing from an attempt's time. It does nothing for a client that has nothing
// to prepare.
func Prepare(ctx context.Context, c Client) error {
	if preset, ok := c.(*presetClient); ok {
		_, err := preset.prepare(ctx)
		return err
	}
	return nil
}

type presetClient struct {
	preset Preset
	place  Place
	turn   chan struct{} // one at a time prepares
	ready  *preparation

	wrapper []string // program and arguments that run the preset's program
}

// preparation is what the attempts of a preset share.
type preparation struct {
	program string
	script  string
	files   map[string][]byte // put into each attempt's home
}

func (c *presetClient) prepare(ctx context.Context) (*preparation, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.ready != nil {
		return c.ready, nil
	}
	info := c.preset.DescribeIn(ctx, c.place)
	if !info.Installed {
		return nil, errors.New(info.Problem)
	}
	ready := &preparation{program: info.Path}
	if c.preset.script != "" {
		text, err := scripts.ReadFile("scripts/" + c.preset.script)
		if err != nil {
			return nil, err
		}
		ready.script = string(text)
		if c.preset.java {
			if ready.files, err = compileJava(ctx, c.place, info.Path, text); err != nil {
				return nil, err
			}
		}
	}
	c.ready = ready
	return ready, nil
}

// compileJava compiles once, as each attempt would otherwise, and keeps the
// classes in memory, where they end with the client.
func compileJava(ctx context.Context, place Place, java string, source []byte) (map[string][]byte, error) {
	classes, err := place.Make(ctx, map[string][]byte{"Fetch.java": source}, "*.class",
		java, "-XX:-UsePerfData", "-m", "jdk.compiler/com.sun.tools.javac.Main", "Fetch.java")
	if err != nil {
		return nil, fmt.Errorf("compiling the Java client: %w", err)
	}
	return classes, nil
}

// Ready prepares, so that the first attempt has the time that all others have. Why it
// could not, the attempt says. See the function Ready.
func (c *presetClient) Ready(ctx context.Context, _ Target) { _, _ = c.prepare(ctx) }

// NeedsPlainRoots reports whether the program cannot read name constraints.
func (c *presetClient) NeedsPlainRoots() bool { return c.preset.plainRoots }

// Attempt implements Client.
func (c *presetClient) Attempt(ctx context.Context, target Target) Attempt {
	ready, err := c.prepare(ctx)
	if err != nil {
		return Attempt{NotStarted: true, Err: fmt.Errorf("client %q: %w", c.preset.Name, err)}
	}
	files := ready.files
	if c.preset.java {
		files = maps.Clone(files)
		files["hosts"] = []byte(values{target: target}.addr() + " " + target.Host + "\n")
	}
	a := c.place.Run(ctx, target, files, func(home string) *Command {
		command := c.preset.command(ready, home, target)
		command.Args = append(slices.Clone(c.wrapper), command.Args...)
		return command
	})
	if a.NotStarted {
		a.Err = fmt.Errorf("client %q: %w", c.preset.Name, a.Err)
	}
	return c.conclude(a)
}

// conclude lets the words of the few programs have their say whose exit status does not tell.
func (c *presetClient) conclude(a Attempt) Attempt {
	p := c.preset
	if a.Exit == nil || a.TimedOut || a.Crashed() {
		return a
	}
	switch {
	case p.fetched != nil && p.fetched.Match(a.Output):
		a.Err = nil
	case a.Err == nil && p.failed != nil && p.failed.Match(a.Output):
		a.Err = fmt.Errorf("%s: it exits with 0, but says that it failed", p.programs[0])
	}
	return a
}

// command is the preset's command for one attempt.
func (p Preset) command(ready *preparation, home string, target Target) *Command {
	trust, host, cert, way := p.verify, p.name, "", p.direct
	if target.Proxy != "" {
		way = p.proxied
	}
	if p.lax {
		trust = p.insecure
	}
	if _, err := netip.ParseAddr(target.Host); err == nil {
		host = p.literal
	}
	if target.ClientCertFile != "" {
		cert = p.cert
	}
	if p.chosen.args != "" {
		trust = strings.TrimSpace(trust + " " + p.chosen.args)
	}
	args := strings.NewReplacer("[trust]", trust, "[host]", host, "[cert]", cert, "[way]", way).Replace(p.args)
	return &Command{
		Args:      append([]string{ready.program}, strings.Fields(args)...),
		OnlyEnv:   true,
		base:      inheritedEnvironment(),
		Env:       append(privateEnvironment(), p.env...),
		Dir:       home,
		Stdin:     p.stdin,
		HoldStdin: p.hold,
		extra:     map[string]string{"home": home, "tmp": filepath.Dir(home), "script": ready.script, "space": " "},
	}
}

// privateEnvironment is what a preset's program sees of the world beside
// inheritedEnvironment: a home of its own, and OpenSSL's default trust replaced
// by the target's. Proxies, options and configuration files of the user, which
// would make it another client, stay out.
func privateEnvironment() []string {
	return []string{
		"LC_ALL=C", // messages in the words that the error dictionary knows
		"HOME={home}", "USERPROFILE={home}", "XDG_CONFIG_HOME={home}", "XDG_CACHE_HOME={home}", "XDG_DATA_HOME={home}",
		"TMPDIR={home}", "TEMP={home}", "TMP={home}",
		"SSL_CERT_FILE={ca}", "SSL_CERT_DIR={home}",
	}
}
