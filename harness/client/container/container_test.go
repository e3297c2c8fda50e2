package container_test

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
)

func TestCommandSeesTheTarget(t *testing.T) {
	target := serve(t, "api.shop.test")
	command := newCommand(t, "sh", "-c", `cat; cmp {ca} /etc/ssl/certs/ca-certificates.crt && cmp {ca} "$TLSFAULT_CA_FILE" && cat {ca} && getent hosts {host} host.docker.internal && echo "$X {url}"`)
	command.Stdin, command.Env = "to {host}\n", []string{"X={port}"}
	a := attempt(t, start(t, container.Options{Command: command}), target)
	if !a.Succeeded() || a.Exit == nil || *a.Exit != 0 || a.Leftover != 0 {
		t.Fatalf("%+v: %s", a, a.Output)
	}
	said := strings.Join(strings.Fields(string(a.Output)), " ")
	for _, want := range []string{
		"to api.shop.test", strings.Join(strings.Fields(string(target.RootsPEM)), " "), "127.0.0.1 api.shop.test",
		"127.0.0.1 localhost host.docker.internal", strconv.Itoa(target.Port) + " " + target.URL,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not say %q", said, want)
		}
	}
}

func TestEachTargetComesWithItsOwnFiles(t *testing.T) {
	c := start(t, container.Options{Command: newCommand(t, "sh", "-c", `cat {ca} /etc/ssl/cert.pem; getent hosts one.test two.test`)})
	one, two := serve(t, "one.test"), serve(t, "two.test")
	two.RootsPEM = []byte("another\n")
	if err := os.WriteFile(two.CAFile, two.RootsPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if a := attempt(t, c, one); !strings.Contains(string(a.Output), "one.test") || strings.Contains(string(a.Output), "two.test") {
		t.Errorf("at first: %s", a.Output)
	}
	if a := attempt(t, c, two); !strings.HasPrefix(string(a.Output), "another\nanother\n") || strings.Contains(string(a.Output), "one.test") {
		t.Errorf("then: %s", a.Output)
	}
	if n := len(owned(t, os.Getpid())); n != 1 {
		t.Errorf("%d containers for one attempt after the other", n)
	}
}

func TestAttemptsMayHaveAContainerEach(t *testing.T) {
	for _, each := range []bool{false, true} {
		t.Run(strconv.FormatBool(each), func(t *testing.T) {
			c := start(t, container.Options{Command: newCommand(t, "sh", "-c", "test ! -e /seen && touch /seen"), PerAttempt: each})
			first, second := attempt(t, c, client.Target{Host: "localhost"}), attempt(t, c, client.Target{Host: "localhost"})
			if !first.Succeeded() || second.Succeeded() != each {
				t.Errorf("%v, then %v", first.Err, second.Err)
			}
		})
	}
}

func TestAttemptsAtTheSameTimeHaveContainersOfTheirOwn(t *testing.T) {
	gate, _ := openGate(t, 3)
	c := start(t, container.Options{Command: newCommand(t, "bash", "-c", "getent hosts {host}; cat <"+gate+"; getent hosts {host}")})
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			host := "host" + strconv.Itoa(i) + ".test"
			target := client.Target{Host: host, Addr: "127.0.0." + strconv.Itoa(i+1)}
			c.Ready(t.Context(), target)
			a := attempt(t, c, target)
			if !a.Succeeded() || strings.Count(string(a.Output), target.Addr) != 2 {
				t.Errorf("%s: %v: %s", host, a.Err, a.Output)
			}
		})
	}
	all.Wait()
	if n := len(owned(t, os.Getpid())); n != 3 {
		t.Errorf("%d containers", n)
	}
}

func TestWhatAProgramLeavesRunningIsEnded(t *testing.T) {
	c := start(t, container.Options{Command: newCommand(t, "sh", "-c", "test ! -e /seen || exit 9; touch /seen; sleep 300 </dev/null >/dev/null 2>&1 &")})
	for range 2 { // the second time in another container
		if a := attempt(t, c, client.Target{Host: "localhost"}); !a.Succeeded() || a.Leftover != 1 {
			t.Errorf("%v, left %d", a.Err, a.Leftover)
		}
	}
}

func TestProgramThatDoesNotEndIsEnded(t *testing.T) {
	gate, passed := openGate(t, 1)
	c := start(t, container.Options{Command: newCommand(t, "bash", "-c", "echo waiting; cat <"+gate+"; exec sleep 300")})
	a := c.Attempt(timeUp{t.Context(), passed}, client.Target{Host: "localhost"})
	if !a.TimedOut || a.Succeeded() || string(a.Output) != "waiting\n" || a.Exit != nil {
		t.Errorf("%+v", a)
	}
	if left := owned(t, os.Getpid()); len(left) > 0 {
		t.Errorf("it still runs in %q", left)
	}
}

func TestEndsAreTold(t *testing.T) {
	for _, c := range []struct {
		args   []string
		exit   int
		signal string
		none   bool
	}{
		{args: []string{"sh", "-c", "exit 3"}, exit: 3},
		{args: []string{"sh", "-c", "kill -SEGV $$"}, exit: -1, signal: "segmentation fault"},
		{args: []string{"no-such-program"}, none: true},
		{args: []string{"sh", "-c", "no-such-program"}, exit: 127},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			a := attempt(t, start(t, container.Options{Command: newCommand(t, c.args...)}), client.Target{Host: "localhost"})
			if a.NotStarted != c.none || a.Signal != c.signal || a.Err == nil || !c.none && *a.Exit != c.exit {
				t.Errorf("%+v: %s", a, a.Output)
			}
		})
	}
}

func TestKilledRunLeavesNothing(t *testing.T) {
	needEngine(t)
	for _, what := range []string{killedClient, killedShell} {
		t.Run(what, func(t *testing.T) { killARun(t, what) })
	}
}

func killARun(t *testing.T, what string) {
	t.Helper()
	run := exec.Command(os.Args[0])
	run.Env = append(os.Environ(), killedVariable+"="+what)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	said := lines.Text()
	before := owned(t, run.Process.Pid)
	_ = run.Process.Signal(syscall.SIGKILL)
	_ = run.Wait()
	if said != "ready" || len(before) != 1 {
		t.Fatalf("the run said %q and had %q", said, before)
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		left := owned(t, run.Process.Pid)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left behind: %q", left)
		}
	}
}

func TestContainersOfDeadRunsAreRemovedAtTheStartOfAnother(t *testing.T) {
	needEngine(t)
	dead := exec.Command("sleep", "300")
	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	create := func(owner string) string {
		out, err := exec.Command("docker", "create", "--label", container.LabelOwner+"="+owner, fixtures.BaseImage, "cat").Output()
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimSpace(string(out))
		t.Cleanup(func() { _ = exec.Command("docker", "rm", "-f", id).Run() })
		return id
	}
	ofDead, ofLiving, ofOthers := create(container.Owner(dead.Process.Pid)), create(container.Owner(os.Getppid())), create("elsewhere")
	_ = dead.Process.Kill()
	_ = dead.Wait()
	start(t, container.Options{Command: newCommand(t, "true")})
	for id, want := range map[string]bool{ofDead: false, ofLiving: true, ofOthers: true} {
		if there := exec.Command("docker", "inspect", id).Run() == nil; there != want {
			t.Errorf("of dead %.6s, living %.6s, others %.6s: %.6s is there: %v", ofDead, ofLiving, ofOthers, id, there)
		}
	}
}

func TestNewRefusesWhatCannotRun(t *testing.T) {
	needEngine(t)
	for _, c := range []struct {
		options container.Options
		want    string
	}{
		{container.Options{Image: fixtures.BaseImage}, "needs a command"},
		{container.Options{Command: newCommand(t, "true")}, "from an image or"},
		{container.Options{Dockerfile: t.TempDir(), Command: newCommand(t, "true")}, "reading the Dockerfile"},
		{container.Options{Image: fixtures.BaseImage, Command: &client.Command{Args: []string{"{hots}"}}}, "{host}"},
	} {
		if _, err := container.New(t.Context(), c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.options, err, c.want)
		}
	}
}

func TestDockerfileThatDoesNotBuildSaysWhy(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/Dockerfile", []byte("FROM "+fixtures.BaseImage+"\nRUN echo it is broken; false\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := container.New(t.Context(), container.Options{Dockerfile: dir, Command: newCommand(t, "true")})
	if err == nil || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("%v", err)
	}
}

func TestWithoutAnEngine(t *testing.T) {
	if os.Getenv(killedVariable+"_NONE") == "" { // in a process of its own: who finds an engine keeps to it
		run := exec.Command(os.Args[0], "-test.run=^TestWithoutAnEngine$", "-test.v")
		run.Env = append(os.Environ(), killedVariable+"_NONE=1", "DOCKER_HOST=tcp://127.0.0.1:1")
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	err := container.Available(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no container engine to be had") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}
