//go:build unix

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
)

// program returns a Command that runs this test binary in a role.
func program(t testing.TB, role string, args ...string) *client.Command {
	t.Helper()
	c, err := client.NewCommand(append([]string{os.Args[0]}, args...)...)
	must(t, err)
	// A race-detecting binary would sleep for a second at its exit.
	c.Env = []string{roleVariable + "=" + role, "GORACE=atexit_sleep_ms=0"}
	return c
}

func TestExitStatusZeroIsSuccess(t *testing.T) {
	a := program(t, "good").Attempt(t.Context(), target)
	if !a.Succeeded() || a.Exit == nil || *a.Exit != 0 || a.Leftover != 0 {
		t.Errorf("got %+v, want success", a)
	}
	if a.Message() != "fetched "+target.URL+"\n" {
		t.Errorf("got output %q", a.Message())
	}
}

func TestAnyOtherExitStatusIsFailureInItsOwnWords(t *testing.T) {
	a := program(t, "refuse").Attempt(t.Context(), target)
	if a.Err == nil || a.Exit == nil || *a.Exit != 60 || a.TimedOut || a.Crashed() {
		t.Errorf("got %+v, want exit status 60", a)
	}
	if a.Message() != "certificate has expired\n" {
		t.Errorf("got output %q", a.Message())
	}
}

// The program burns processor time until it has measured some itself.
func TestProcessorTimeOfAProgramIsMeasured(t *testing.T) {
	idle := program(t, "good").Attempt(t.Context(), target)
	busy := program(t, "spin").Attempt(t.Context(), target)
	if !busy.Succeeded() || busy.CPU < spinTime {
		t.Errorf("got %v for %+v, want at least %v", busy.CPU, busy, spinTime)
	}
	if idle.CPU <= 0 {
		t.Errorf("a program that did nothing used %v", idle.CPU)
	}
}

func TestProgramThatDoesNotExistIsNotStarted(t *testing.T) {
	for _, name := range []string{"tlsfault-no-such-program", "/nonexistent/program", os.TempDir()} {
		c, err := client.NewCommand(name)
		must(t, err)
		a := c.Attempt(t.Context(), target)
		if !a.NotStarted || a.Exit != nil || a.Err == nil || !strings.Contains(a.Err.Error(), strconv.Quote(name)) {
			t.Errorf("%s: got %+v, want not started, and why", name, a)
		}
	}
	a := (&client.Command{}).Attempt(t.Context(), target)
	if !a.NotStarted || a.Err == nil {
		t.Errorf("without arguments: got %+v, want not started", a)
	}
}

func TestCommandIsNotStartedWhenItsTimeIsUpAlready(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := program(t, "good").Attempt(ctx, target)
	if !a.NotStarted || !errors.Is(a.Err, context.Canceled) {
		t.Errorf("got %+v, want not started", a)
	}
}

func TestPlaceholdersAreReplaced(t *testing.T) {
	tests := map[string]string{
		"{url}":                   target.URL,
		"{host}":                  "api.shop.localhost",
		"{port}":                  "4433",
		"{hostport}":              "api.shop.localhost:4433",
		"{addr}":                  "127.0.0.1",
		"{addrport}":              "127.0.0.1:4433",
		"{resolve}":               "api.shop.localhost:4433:127.0.0.1",
		"{path}":                  "/a/b?c=d",
		"{ca}":                    "/tmp/roots.pem",
		"{cert}":                  "/tmp/cert.pem",
		"{key}":                   "/tmp/key.pem",
		"{timeout}":               "5.0",
		"{seconds}":               "5",
		"--connect={host}:{port}": "--connect=api.shop.localhost:4433",
		"${url} %{url} #{url}":    "${url} %{url} #{url}",
		"{{url}}":                 "{url}",
		`{"host": "{host}"}`:      `{"host": "api.shop.localhost"}`,
		"{} {1} {A} {a b}":        "{} {1} {A} {a b}",
	}
	for text, want := range tests {
		a := program(t, "arguments", text).Attempt(context.Background(), target)
		if got := strings.TrimSuffix(a.Message(), "\n"); got != want || a.Err != nil {
			t.Errorf("%s: got %q (%v), want %q", text, got, a.Err, want)
		}
	}
}

func TestPlaceholdersOfAnIPv6Target(t *testing.T) {
	six := client.Target{URL: "https://[::1]:4433", Host: "::1", Port: 4433}
	a := program(t, "arguments", "{host} {hostport} {addr} {addrport} {resolve} {path}").Attempt(t.Context(), six)
	if want := "::1 [::1]:4433 ::1 [::1]:4433 *:4433:[::1] /\n"; a.Message() != want {
		t.Errorf("got %q, want %q", a.Message(), want)
	}
}

func TestUnknownPlaceholdersAreRefused(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"{ulr}", `unknown placeholder {ulr} in "{ulr}": did you mean {url}? (write {{ulr}} for the word in braces itself)`},
		{"--ca={cafile}", `unknown placeholder {cafile} in "--ca={cafile}": did you mean {ca}? (write {{cafile}} for the word in braces itself)`},
		{"{quux}", `unknown placeholder {quux} in "{quux}": the placeholders are {addr} {addrport} {ca} {cert} {crls} {ctlogs} {dns} {host} {hostport} {key} {loglist} {path} {pins} {port} {proxy} {proxyaddr} {proxyport} {resolve} {seconds} {timeout} {url} (write {{quux}} for the word in braces itself)`},
	}
	for _, test := range tests {
		_, err := client.NewCommand("program", test.arg)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.arg, err, test.want)
		}
		a := (&client.Command{Args: []string{"program", test.arg}}).Attempt(t.Context(), target)
		if !a.NotStarted || a.Err == nil || a.Err.Error() != test.want {
			t.Errorf("%s: attempted all the same: %v", test.arg, a.Err)
		}
	}
}

func TestEnvironmentTellsTheTarget(t *testing.T) {
	c := program(t, "environment")
	c.Env = append(c.Env, "SSL_CERT_FILE={ca}")
	a := c.Attempt(t.Context(), target)
	lines := strings.Split(a.Message(), "\n")
	for _, want := range []string{
		"TLSFAULT_URL=" + target.URL,
		"TLSFAULT_HOST=api.shop.localhost",
		"TLSFAULT_PORT=4433",
		"TLSFAULT_ADDR=127.0.0.1",
		"TLSFAULT_CA_FILE=/tmp/roots.pem",
		"TLSFAULT_CERT_FILE=/tmp/cert.pem",
		"TLSFAULT_KEY_FILE=/tmp/key.pem",
		"TLSFAULT_TIMEOUT=5.0",
		"SSL_CERT_FILE=/tmp/roots.pem",
		"PATH=" + os.Getenv("PATH"),
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the environment lacks %s", want)
		}
	}
}

func TestOnlyEnvLeavesOursOut(t *testing.T) {
	c := program(t, "environment")
	c.OnlyEnv = true
	if a := c.Attempt(t.Context(), target); strings.Contains(a.Message(), "PATH=") || !strings.Contains(a.Message(), "TLSFAULT_URL=") {
		t.Errorf("got environment\n%s", a.Message())
	}
}

func TestStdinIsGivenAndEnds(t *testing.T) {
	c := program(t, "echo")
	if a := c.Attempt(t.Context(), target); a.Message() != `""` {
		t.Errorf("without Stdin: got %s", a.Message())
	}
	c.Stdin = "GET {path} HTTP/1.1\r\nHost: {hostport}\r\n\r\n"
	if a, want := c.Attempt(t.Context(), target), `"GET /a/b?c=d HTTP/1.1\r\nHost: api.shop.localhost:4433\r\n\r\n"`; a.Message() != want {
		t.Errorf("got %s, want %s", a.Message(), want)
	}
}

func TestStdinStaysOpenWhenHeld(t *testing.T) {
	c := program(t, "first-line")
	c.Stdin, c.HoldStdin = "hello\n", true
	if a := c.Attempt(t.Context(), target); a.Message() != "read hello\n" || a.Err != nil {
		t.Errorf("got %+v", a)
	}
	c = program(t, "echo") // reads to the end, which never comes
	c.HoldStdin = true
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if a := c.Attempt(ctx, target); !a.TimedOut {
		t.Errorf("got %+v, want timed out", a)
	}
}

func TestLargeStdinThatNobodyReadsIsNoTrouble(t *testing.T) {
	c := program(t, "good")
	c.Stdin = strings.Repeat("x", 1<<20)
	if a := c.Attempt(t.Context(), target); !a.Succeeded() {
		t.Errorf("got %+v", a)
	}
}

func TestCrashIsNamed(t *testing.T) {
	c, err := client.NewCommand(need.Tool(t, "sh"), "-c", "kill -SEGV $$")
	must(t, err)
	a := c.Attempt(t.Context(), target)
	if !a.Crashed() || a.Signal != "segmentation fault" || a.Exit == nil || *a.Exit != -1 || a.TimedOut {
		t.Errorf("got %+v, want a segmentation fault", a)
	}
}

func TestHangingProgramIsEnded(t *testing.T) {
	for _, role := range []string{"hang", "stubborn"} {
		t.Run(role, func(t *testing.T) {
			a := endOnceReady(t, program(t, role))
			if !a.TimedOut || a.Crashed() || a.NotStarted || a.Leftover != 0 || a.Succeeded() {
				t.Errorf("got %+v, want timed out", a)
			}
			if a.Message() != "hanging\n" {
				t.Errorf("got output %q", a.Message())
			}
		})
	}
}

func TestCancelledProgramIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	a := program(t, "hang").Attempt(ctx, target)
	if a.TimedOut || a.Crashed() || !errors.Is(a.Err, context.Canceled) {
		t.Errorf("got %+v, want cancelled", a)
	}
}

func TestFloodOfOutputIsCut(t *testing.T) {
	for _, role := range []string{"flood", "flood-errors"} {
		t.Run(role, func(t *testing.T) {
			a := program(t, role).Attempt(t.Context(), target)
			if !a.OutputCut || len(a.Output) > client.OutputLimit || !a.Succeeded() {
				t.Errorf("got %d bytes, cut %v, error %v", len(a.Output), a.OutputCut, a.Err)
			}
			if !bytes.HasPrefix(a.Output, []byte("the first words\n")) || !bytes.HasSuffix(a.Output, []byte("the last words\n")) {
				t.Error("neither end of the output may be lost")
			}
			if !bytes.Contains(a.Output, []byte(" bytes left out]\n")) {
				t.Error("the output does not say that something is missing")
			}
		})
	}
}

func TestOutputLimitIsTheCommandsOwn(t *testing.T) {
	c := program(t, "flood")
	c.OutputLimit = 1000
	if a := c.Attempt(t.Context(), target); len(a.Output) > 1000 || !a.OutputCut {
		t.Errorf("got %d bytes, cut %v", len(a.Output), a.OutputCut)
	}
}

func TestChildrenDoNotOutliveTheAttempt(t *testing.T) {
	tests := []struct {
		role  string
		left  int
		scope string // "linux" where only Linux can find them
	}{
		{"child", 1, ""},
		{"child-in-session", 1, "linux"},
		{"child-clean", 1, "linux"},
		{"forks", 20, "linux"},
	}
	for _, test := range tests {
		t.Run(test.role, func(t *testing.T) {
			if test.scope != "" && runtime.GOOS != test.scope {
				need.Missing(t, "processes that left their group are found on Linux only")
			}
			a := program(t, test.role).Attempt(t.Context(), target)
			if a.Leftover != test.left || !a.Succeeded() {
				t.Errorf("got %+v, want success and %d left over", a, test.left)
			}
			expectGone(t, a.Message(), test.left)
		})
	}
}

func TestChildrenDoNotOutliveATimedOutAttempt(t *testing.T) {
	if runtime.GOOS != "linux" {
		need.Missing(t, "processes that left their group are found on Linux only")
	}
	a := endOnceReady(t, program(t, "child-in-session-hang"))
	if !a.TimedOut || a.Leftover != 1 {
		t.Errorf("got %+v, want timed out and one left over", a)
	}
	expectGone(t, a.Message(), 1)
}

func TestNestedAttemptsAreFoundByBothHarnesses(t *testing.T) {
	t.Setenv("TLSFAULT_ATTEMPT", "OUTER")
	c := program(t, "environment")
	c.OnlyEnv = true
	if a := c.Attempt(t.Context(), target); !regexp.MustCompile(`(?m)^TLSFAULT_ATTEMPT=OUTER \w{20,}$`).Match(a.Output) {
		t.Errorf("got environment\n%s", a.Output)
	}
}

// expectGone checks that the children that a program printed are no more.
func expectGone(t *testing.T, output string, count int) {
	t.Helper()
	children := regexp.MustCompile(`child (\d+)`).FindAllStringSubmatch(output, -1)
	if len(children) != count {
		t.Fatalf("want %d children in output:\n%s", count, output)
	}
	for _, child := range children {
		pid, err := strconv.Atoi(child[1])
		must(t, err)
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
			if !bytes.Contains(stat, []byte(") Z ")) {
				t.Errorf("child %d is still there: %s", pid, stat)
			}
		} else if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("child %d is still there", pid)
		}
	}
}

func TestAttemptsAtTheSameTimeLeaveEachOtherAlone(t *testing.T) {
	c := program(t, "child")
	results := make(chan client.Attempt)
	for range 8 {
		go func() { results <- c.Attempt(t.Context(), target) }()
	}
	for range 8 {
		if a := <-results; !a.Succeeded() || a.Leftover != 1 {
			t.Errorf("got %+v, want success and one left over", a)
		}
	}
}

func TestOtherProcessesAreLeftAlone(t *testing.T) {
	bystander := exec.Command(os.Args[0])
	bystander.Env = append(os.Environ(), roleVariable+"=echo")
	input, err := bystander.StdinPipe()
	must(t, err)
	var output bytes.Buffer
	bystander.Stdout = &output
	program(t, "child").Attempt(t.Context(), target)
	must(t, bystander.Start())
	program(t, "child").Attempt(t.Context(), target)
	_, err = io.WriteString(input, "alive")
	must(t, err)
	must(t, input.Close())
	must(t, bystander.Wait())
	if output.String() != `"alive"` {
		t.Errorf("the bystander said %s", output.String())
	}
}

func ExampleNewCommand() {
	curl, err := client.NewCommand("curl", "--silent", "--show-error", "--cacert", "{ca}", "--resolve", "{resolve}", "{url}")
	if err != nil {
		fmt.Println(err)
	}
	var underTest client.Client = curl
	_ = underTest

	_, err = client.NewCommand("curl", "--cacert", "{cafile}", "{url}")
	fmt.Println(err)
	// Output:
	// unknown placeholder {cafile} in "{cafile}": did you mean {ca}? (write {{cafile}} for the word in braces itself)
}

// BenchmarkCommand runs a program that does nothing, and bare the same without containment.
func BenchmarkCommand(b *testing.B) {
	path := need.Tool(b, "true")
	c, err := client.NewCommand(path)
	must(b, err)
	b.Run("contained", func(b *testing.B) {
		for b.Loop() {
			if a := c.Attempt(b.Context(), target); !a.Succeeded() {
				b.Fatal(a.Err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := exec.Command(path).CombinedOutput(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
