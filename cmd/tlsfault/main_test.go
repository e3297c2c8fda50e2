package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/fixtures/need"
)

var update = flag.Bool("update", false, "rewrite the files in the scripts that cmp compares with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tlsfault": main, "fetch": fetchMain})
}

// TestScripts runs testdata/script, a script for each subcommand and its ways
// to go wrong. Beside the usual commands they have:
//
//	exitcode N PROGRAM ARG...   run a program, which has to exit with N
//	interrupt PROGRAM           send SIGINT to what runs in the background
//	exitcode N                  what was interrupted has exited with N
//	waitfor FILE                wait until there is a file
//	freeport NAME               set a variable to a port that nobody uses
//
// the conditions program:NAME, an installed program, and isolation, namespaces
// to run in, which fail where nothing may be skipped,
//
// and the program fetch, which gets a URL as soon as something answers there.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Condition:          scriptCondition,
		Setup: func(env *testscript.Env) error {
			env.Values[interruptedKey{}] = new(*exec.Cmd)
			env.Setenv("TMPDIR", env.WorkDir+"/tmp")
			return os.MkdirAll(env.WorkDir+"/tmp", 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": scriptExitCode, "interrupt": scriptInterrupt, "waitfor": scriptWaitFor, "freeport": scriptFreePort,
		},
	})
}

// scriptCondition tells what the machine has.
func scriptCondition(condition string) (bool, error) {
	kind, name, _ := strings.Cut(condition, ":")
	var err error
	switch kind {
	case "program":
		_, err = exec.LookPath(name)
	case "isolation":
		err = exec.Command("unshare", "--user", "--map-root-user", "--net", "--mount", "true").Run()
	case "container":
		err = exec.Command("docker", "image", "inspect", fixtures.BaseImage).Run()
	default:
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	if err != nil && os.Getenv(need.RequireVariable) == "all" {
		return false, fmt.Errorf("%s is needed, and %s=all: %w", condition, need.RequireVariable, err)
	}
	return err == nil, nil
}

type interruptedKey struct{}

func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exitcode N [PROGRAM ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if len(args) == 1 {
		cmd := *ts.Value(interruptedKey{}).(**exec.Cmd)
		if cmd == nil || cmd.ProcessState == nil {
			ts.Fatalf("nothing was interrupted and waited for")
		}
		got = cmd.ProcessState.ExitCode()
	} else if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code is %d, want %d", got, want)
	}
}

func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	running := ts.BackgroundCmds()
	if neg || len(args) != 0 || len(running) != 1 {
		ts.Fatalf("interrupt takes no argument, and one program has to run in the background; %d do", len(running))
	}
	*ts.Value(interruptedKey{}).(**exec.Cmd) = running[0]
	ts.Check(running[0].Process.Signal(os.Interrupt))
}

// patience bounds every wait in a script; none waits for it to pass.
const patience = 2 * time.Minute

func scriptWaitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s has not come", args[0])
}

func scriptFreePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport NAME")
	}
	for range 100 {
		port := strconv.Itoa(firstFreePort + rand.IntN(freePorts))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			ts.Check(l.Close())
			ts.Setenv(args[0], port)
			return
		}
	}
	ts.Fatalf("no port is free")
}

// Where freeport looks: nobody is given such a port unasked, neither by the system,
// whose own begin at 32768, nor by servers of ours, which begin at 10000.
const (
	firstFreePort = 30000
	freePorts     = 2768
)

// fetchMain is a small HTTPS client for scripts.
func fetchMain() {
	roots := flag.String("roots", "", "trust the roots in this file")
	connect := flag.String("connect", "", "connect to this address, whatever the URL says")
	flag.Parse()
	if err := fetch(flag.Arg(0), *roots, *connect); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fetch(url, roots, connect string) error {
	pool := x509.NewCertPool()
	if roots != "" {
		pem, err := os.ReadFile(roots)
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: no roots: %w", roots, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if connect != "" {
				addr = connect
			}
			for {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				if err == nil || ctx.Err() != nil {
					return conn, err
				}
				time.Sleep(10 * time.Millisecond)
			}
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}
