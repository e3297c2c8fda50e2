package container_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"encoding/pem"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
)

// killedVariable makes the test program a run that waits to be killed, by what it says.
const (
	killedVariable = "TLSFAULT_TEST_KILLED"
	killedClient   = "client"
	killedShell    = "shell"
)

func TestMain(m *testing.M) {
	switch os.Getenv(killedVariable) {
	case killedClient:
		waitToBeKilled()
	case killedShell:
		waitWithAShell()
	}
	os.Exit(inTempDir(m.Run))
}

// inTempDir runs the tests with a directory of their own for temporary files, so
// that what other processes have there is not taken for theirs.
func inTempDir(run func() int) int {
	dir, err := os.MkdirTemp("", "tlsfault-test-")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left in it, the tests have told
	return run()
}

// waitToBeKilled runs an attempt that never ends.
func waitToBeKilled() {
	command, err := client.NewCommand("sh", "-c", "echo started; sleep 600")
	if err == nil {
		var c *container.Client
		if c, err = container.New(context.Background(), container.Options{Image: fixtures.BaseImage, Command: command}); err == nil {
			fmt.Println("ready")
			c.Attempt(context.Background(), client.Target{Host: "localhost"})
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// shellImage is an image for a Shell.
var shellImage = fstest.MapFS{"Dockerfile": {Data: []byte("FROM " + fixtures.BaseImage + "\n")}}

// waitWithAShell holds a shell in which something runs.
func waitWithAShell() {
	s, err := container.NewShell(context.Background(), "tlsfault-test", shellImage, nil)
	if err == nil {
		if err = s.Run("sleep 600"); err == nil {
			fmt.Println("ready")
			select {}
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// needEngine skips or fails t unless there is an engine with the base image.
func needEngine(t testing.TB) {
	t.Helper()
	if err := container.Available(t.Context()); err != nil {
		need.Missing(t, err.Error())
	}
	docker := need.Tool(t, "docker")
	if err := exec.CommandContext(t.Context(), docker, "image", "inspect", fixtures.BaseImage).Run(); err != nil {
		need.Missing(t, "the image "+fixtures.BaseImage+" is not there: fixtures/images/base.sh makes it")
	}
}

// start returns a command in containers of the base image.
func start(t testing.TB, options container.Options) *container.Client {
	t.Helper()
	needEngine(t)
	if options.Dockerfile == "" {
		options.Image = fixtures.BaseImage
	}
	c, err := container.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left := owned(t, os.Getpid()); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "tlsfault-container-*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	return c
}

// owned lists the containers of the process pid.
func owned(t testing.TB, pid int) []string {
	t.Helper()
	out, err := exec.Command("docker", "ps", "-a", "--no-trunc", "--filter", "label="+container.LabelOwner,
		"--format", `{{.ID}} {{.Label "`+container.LabelOwner+`"}}`).Output()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 5 && f[3] == strconv.Itoa(pid) {
			ids = append(ids, f[0])
		}
	}
	return ids
}

// attempt makes one attempt that may take a minute.
func attempt(t testing.TB, c client.Client, target client.Target) client.Attempt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	return c.Attempt(ctx, target)
}

// openGate returns a name of bash's for a connection that ends once as many have
// come as are expected, and what is closed then: programs in containers, which
// share our network, wait there for each other, or say that they have come so far.
func openGate(t *testing.T, expected int) (name string, passed <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	over := make(chan struct{})
	go func() {
		for range expected {
			conn, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			defer conn.Close() //nolint:errcheck // nothing was said on it
		}
		close(over)
	}()
	return "/dev/tcp/127.0.0.1/" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port), over
}

// timeUp is a context whose time is up when over is closed.
type timeUp struct {
	context.Context
	over <-chan struct{}
}

func (c timeUp) Done() <-chan struct{} { return c.over }

func (c timeUp) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func newCommand(t testing.TB, args ...string) *client.Command {
	t.Helper()
	c, err := client.NewCommand(args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts an https server on loopback and returns it as a target called host.
func serve(t testing.TB, host string) client.Target {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, roots, 0o600); err != nil {
		t.Fatal(err)
	}
	return client.Target{
		URL: "https://" + host + ":" + u.Port() + "/", Host: host, Port: port, Addr: u.Hostname(), CAFile: file, RootsPEM: roots,
	}
}
