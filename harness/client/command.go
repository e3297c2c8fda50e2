package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/internal/grace"
	"github.com/tlsfault/tlsfault/harness/client/keeper"
)

// The environment that a Command gives to its program.
const (
	EnvURL      = "TLSFAULT_URL"       // https URL to fetch
	EnvHost     = "TLSFAULT_HOST"      // name or IP literal to verify
	EnvPort     = "TLSFAULT_PORT"      // TCP port
	EnvAddr     = "TLSFAULT_ADDR"      // IP address to dial
	EnvCAFile   = "TLSFAULT_CA_FILE"   // the only roots to trust
	EnvCRLFile  = "TLSFAULT_CRL_FILE"  // CRLs of the path's authorities, or empty
	EnvPins     = "TLSFAULT_PINS"      // keys to pin, as base64 of SHA-256, separated by commas, or empty
	EnvLogList  = "TLSFAULT_LOG_LIST"  // file of transparency logs, or empty
	EnvCertFile = "TLSFAULT_CERT_FILE" // client certificate, or empty
	EnvKeyFile  = "TLSFAULT_KEY_FILE"  // its key, or empty
	EnvProxy    = "TLSFAULT_PROXY"     // URL of the proxy to go through, or empty
	EnvDNS      = "TLSFAULT_DNS"       // address and port of a DNS server that knows the host, or empty
	EnvTimeout  = "TLSFAULT_TIMEOUT"   // seconds after which to give up by oneself
	EnvAttempt  = "TLSFAULT_ATTEMPT"   // ends in a word that is different for each attempt; processes that carry it belong to it
)

// killGrace is how long a program may take to end on SIGTERM once its time is up.
const killGrace = 250 * time.Millisecond

// Command is a Client that runs a program once per attempt: exit status 0 means
// that it fetched the resource. In Args, Env and Stdin the placeholders {url}
// {host} {port} {hostport} {addr} {addrport} {resolve} {path} {ca} {crls} {cert} {key}
// {dns} {proxy} {proxyaddr} {proxyport} {timeout} and {seconds} are replaced; {resolve} is host:port:addr as curl
// --resolve takes it. The same facts are in the environment.
//
// The program runs in a session of its own, without a terminal. When it exits,
// or its time is up, what is left of it is ended: its session and process group
// and, on Linux, every process that carries its EnvAttempt; these also when this
// process is killed. Out of reach are
// only children that left the session and emptied their environment as well,
// and, on Windows, all children. Processes and memory are not limited: a fork
// bomb lasts until its time is up.
type Command struct {
	// Args is the program and its arguments.
	Args []string
	// Env holds further variables, NAME=value.
	Env []string
	// OnlyEnv starts from an empty environment instead of this process's.
	OnlyEnv bool
	// Dir is the working directory; empty for this process's.
	Dir string
	// Stdin is written to the program's standard input, which then ends, or stays
	// open for as long as the program runs with HoldStdin.
	Stdin     string
	HoldStdin bool
	// OutputLimit is how many bytes of output are kept, half from its beginning
	// and half from its end; zero means the package's OutputLimit.
	OutputLimit int

	extra map[string]string // further placeholders, of a preset
	base  []string          // what OnlyEnv starts from, unexpanded
}

// NewCommand returns a Command for a program and its arguments. An unknown
// placeholder is an error that names the nearest right one.
func NewCommand(args ...string) (*Command, error) {
	c := &Command{Args: args}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Command) check() error {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return errors.New("a command needs a program to run")
	}
	for _, list := range [][]string{c.Args, c.Env, {c.Stdin}} {
		for _, text := range list {
			if err := checkPlaceholders(text, c.extra); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attempt implements Client.
func (c *Command) Attempt(ctx context.Context, target Target) Attempt {
	start := time.Now()
	var a Attempt
	if err := c.check(); err != nil {
		a = Attempt{NotStarted: true, Err: err}
	} else {
		a = c.run(ctx, values{target: target, patience: patience(ctx), extra: c.extra})
	}
	a.Duration = time.Since(start)
	return a
}

func (c *Command) run(ctx context.Context, v values) Attempt {
	marker := rand.Text()
	cmd := c.build(v, marker)
	name := filepath.Base(cmd.Path)
	if err := ctx.Err(); err != nil {
		return Attempt{NotStarted: true, Err: fmt.Errorf("%s: not started: %w", name, err)}
	}
	streams, err := openStreams(cmd, c.OutputLimit)
	if err != nil {
		return Attempt{NotStarted: true, Err: fmt.Errorf("starting %q: %w", c.Args[0], err)}
	}
	if err := cmd.Start(); err != nil {
		streams.abandon()
		return Attempt{NotStarted: true, Err: fmt.Errorf("starting %q: %w", c.Args[0], err)}
	}
	streams.pump(v.expand(c.Stdin), c.HoldStdin)

	group := newGroup(cmd, marker)
	stopped := supervise(ctx, group)
	a := Attempt{Leftover: group.sweep()}
	a.Output, a.OutputCut = streams.finish()
	c.conclude(&a, cmd, group.wait(), name)
	if stopped {
		a.TimedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
		a.Signal = ""
		a.Err = fmt.Errorf("%s: still running when it was ended: %w", name, ctx.Err())
	}
	return a
}

// supervise returns when the program has exited. It ends it, and reports so,
// when ctx is done first.
func supervise(ctx context.Context, group *group) (stopped bool) {
	exited := make(chan struct{})
	go func() {
		group.awaitExit()
		close(exited)
	}()
	select {
	case <-exited:
		return false
	case <-ctx.Done():
	}
	group.terminate()
	if !grace.Wait(exited, killGrace) {
		group.kill()
		<-exited
	}
	return true
}

// conclude fills in what the exit status of the program says.
func (c *Command) conclude(a *Attempt, cmd *exec.Cmd, err error, name string) {
	if err != nil {
		a.Err = fmt.Errorf("%s: %w", name, err)
	}
	if state := cmd.ProcessState; state != nil {
		code := state.ExitCode()
		a.Exit = &code
		a.CPU = state.UserTime() + state.SystemTime()
		a.Signal = signalName(state)
	}
}

func (c *Command) build(v values, marker string) *exec.Cmd {
	e := c.expanded(v)
	cmd := exec.Command(e.Args[0], e.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = append(cmd.Env, c.base...)
	if !c.OnlyEnv {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(append(cmd.Env, e.Env...),
		// Within an attempt of another harness the program belongs to both.
		EnvAttempt+"="+strings.TrimSpace(os.Getenv(EnvAttempt)+" "+keeper.Word()+marker))
	separate(cmd)
	return cmd
}

// Expanded is what a Command says for one target, for whoever runs it elsewhere.
type Expanded struct {
	Args  []string
	Env   []string // Command.Env and the facts of the target
	Stdin string
}

// Expand replaces the placeholders of the command for an attempt that ends with
// ctx. An unknown one is an error.
func (c *Command) Expand(ctx context.Context, target Target) (Expanded, error) {
	if err := c.check(); err != nil {
		return Expanded{}, err
	}
	return c.expanded(values{target: target, patience: patience(ctx), extra: c.extra}), nil
}

func (c *Command) expanded(v values) Expanded {
	e := Expanded{Stdin: v.expand(c.Stdin)}
	for _, arg := range c.Args {
		e.Args = append(e.Args, v.expand(arg))
	}
	for _, variable := range c.Env {
		e.Env = append(e.Env, v.expand(variable))
	}
	e.Env = append(e.Env,
		EnvURL+"="+v.target.URL,
		EnvHost+"="+v.target.Host,
		EnvPort+"="+strconv.Itoa(v.target.Port),
		EnvAddr+"="+v.addr(),
		EnvCAFile+"="+v.target.CAFile,
		EnvCRLFile+"="+v.target.CRLFile,
		EnvPins+"="+strings.Join(v.target.Pins, ","),
		EnvLogList+"="+v.target.LogListFile,
		EnvCertFile+"="+v.target.ClientCertFile,
		EnvKeyFile+"="+v.target.ClientKeyFile,
		EnvProxy+"="+v.target.Proxy,
		EnvDNS+"="+v.target.DNS,
		EnvTimeout+"="+v.expand("{timeout}"))
	e.Env = append(e.Env, proxyEnvironment(v.target.Proxy)...)
	return e
}
