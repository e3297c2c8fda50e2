package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/browser"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// What every browser must get right, a few of each kind.
var representative = []string{
	"validity/leaf-{expired,not-yet-valid}-ecdsa-p256-1.3", "validity/leaf-expired-rsa-2048-1.2",
	"names/{wrong-name,ip-mismatch}-ecdsa-p256-1.3", "names/{wildcard-too-deep,common-name-only-rsa-2048}-1.3",
	"names/wildcard-one-label-ecdsa-p256-1.3",
	"trust/{self-signed-leaf,untrusted-root,same-name-root}-ecdsa-p256-1.3",
	"chain/missing-intermediate-ecdsa-p256-1.3", "chain/missing-intermediate-rsa-2048-1.2",
	"http/*-ecdsa-p256-1.3", "transport/cleartext",
	// Their controls are served by harness/wire, TLS 1.2 with ECDHE and TLS 1.3.
	"handshake/server-key-exchange-signature-corrupted-ecdsa-p256", "handshake/certificate-skipped-1.{2,3}",
	"page/{mixed-active-script,mixed-passive-image,mixed-form,cleartext-document,upgrade-insecure-script}",
	"page/{strict-transport,strict-transport-subdomain,secure-cookie}",
}

func TestRefusesForTheRightReason(t *testing.T) {
	forEach(t, refusesForTheRightReason)
}

func refusesForTheRightReason(t *testing.T, kind browser.Kind) {
	c := open(t, browser.Options{Kind: kind})
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, representative, nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: selected, Jobs: 2, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		want := r.Scenario.Expect.Reason
		if want.IsPagePolicy() || r.Scenario.Expect.Level == scenarios.May {
			want = r.Observation.Reason // nobody is refused for it, or need be
		}
		if !r.Control.Accepted || r.Verdict != verdict.Pass || r.Observation.Reason != want {
			t.Errorf("%s: control accepted: %t, reason %q\n%s", r.Scenario.ID, r.Control.Accepted, r.Observation.Reason, harness.Describe(r))
		}
	}
}

func TestInsecureAcceptsWhatItDoesNotCheck(t *testing.T) {
	forEach(t, acceptsWhatItDoesNotCheck)
}

func acceptsWhatItDoesNotCheck(t *testing.T, kind browser.Kind) {
	c := open(t, browser.Options{Kind: kind, Insecure: true})
	fault := harness.Start(t, "validity/leaf-expired-ecdsa-p256-1.3")
	if a := c.Attempt(t.Context(), fault.Target()); !a.Succeeded() {
		t.Errorf("got %v, want the page", a.Err)
	}
}

// expiredError is how each calls an expired certificate.
var expiredError = map[browser.Kind]string{browser.Chromium: "net::ERR_CERT_DATE_INVALID", browser.Firefox: "SEC_ERROR_EXPIRED_CERTIFICATE"}

func TestScreenshotShowsWhatStoodInForThePage(t *testing.T) {
	forEach(t, showsWhatStoodInForThePage)
}

func showsWhatStoodInForThePage(t *testing.T, kind browser.Kind) {
	dir := filepath.Join(t.TempDir(), "shots")
	c := open(t, browser.Options{Kind: kind, Screenshots: dir})
	a := c.Attempt(t.Context(), harness.Start(t, "validity/leaf-expired-ecdsa-p256-1.3").Target())
	if a.Succeeded() || !strings.Contains(a.Err.Error(), expiredError[kind]) {
		t.Fatalf("got %v", a.Err)
	}
	file, err := os.Open(a.Screenshot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read-only
	if _, err := png.DecodeConfig(file); err != nil || filepath.Dir(a.Screenshot) != dir {
		t.Errorf("%s: %v", a.Screenshot, err)
	}
	a = c.Attempt(t.Context(), harness.Start(t, "baseline/key-ecdsa-p256-1.3").Target())
	if a.Err != nil || a.Screenshot != "" {
		t.Errorf("a page that came: %v, screenshot %q", a.Err, a.Screenshot)
	}
}

func TestStalledServerIsLeftWhenTheTimeIsUp(t *testing.T) {
	forEach(t, leavesStalledServer)
}

func leavesStalledServer(t *testing.T, kind browser.Kind) {
	c := open(t, browser.Options{Kind: kind})
	fine, stalled := harness.Start(t, "baseline/key-ecdsa-p256-1.3").Target(), harness.Start(t, "transport/stall-after-handshake").Target()
	fine.RootsPEM, stalled.RootsPEM = roots(t, fine, stalled), roots(t, fine, stalled)
	if a := c.Attempt(t.Context(), fine); a.Err != nil { // starts the browser, for which there is no time below
		t.Fatal(a.Err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if a := c.Attempt(ctx, stalled); !a.TimedOut || !errors.Is(a.Err, context.DeadlineExceeded) || a.NotStarted {
		t.Errorf("got %+v, want a time-out", a)
	}
}

func TestBrowserThatIsKilledIsReplaced(t *testing.T) {
	forEach(t, isReplacedWhenKilled)
}

func isReplacedWhenKilled(t *testing.T, kind browser.Kind) {
	home := temporary(t)
	c := open(t, browser.Options{Kind: kind})
	stalled := harness.Start(t, "transport/stall-after-handshake")
	target := stalled.Target()
	fine := harness.Start(t, "baseline/key-ecdsa-p256-1.3").Target()
	fine.RootsPEM, target.RootsPEM = roots(t, fine, target), roots(t, fine, target)
	go func() {
		for len(stalled.Evidence().Connections) == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		for _, pid := range processes(home) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	if a := c.Attempt(t.Context(), target); !a.Crashed() || a.Succeeded() {
		t.Errorf("got %+v, want a crash", a)
	}
	if a := c.Attempt(t.Context(), fine); !a.Succeeded() {
		t.Errorf("after a crash: %v", a.Err)
	}
}

// The host that asks for TLS only in one visit is reached in cleartext in the next,
// and no session is resumed.
func TestVisitsHaveNoMemoryOfOthers(t *testing.T) {
	forEach(t, hasNoMemoryOfOtherVisits)
}

func hasNoMemoryOfOtherVisits(t *testing.T, kind browser.Kind) {
	c := open(t, browser.Options{Kind: kind})
	strict, cookie := harness.Start(t, "page/strict-transport"), harness.Start(t, "page/secure-cookie")
	fine := harness.Start(t, "baseline/key-ecdsa-p256-1.3")
	all := roots(t, strict.Target(), cookie.Target(), fine.Target())
	for _, fault := range []*harness.Fault{strict, cookie, fine, fine} {
		target := fault.Target()
		target.RootsPEM = all
		if a := c.Attempt(t.Context(), target); a.NotStarted {
			t.Fatal(a.Err)
		}
	}
	if ev := strict.Evidence(); len(ev.CleartextHits) > 0 || len(ev.Page.Loads) == 0 {
		t.Errorf("the host was not kept within the visit: %d loads over TLS, in cleartext %v", len(ev.Page.Loads), ev.CleartextHits)
	}
	if len(cookie.Evidence().CleartextHits) == 0 {
		t.Error("the next visit still knows that the host wants TLS only")
	}
	hellos := 0
	for _, connection := range fine.Evidence().Connections {
		if connection.ClientHello == nil {
			continue
		}
		hellos++
		if slices.Contains(connection.ClientHello.Extensions, preSharedKey) {
			t.Error("a session of another visit is resumed")
		}
	}
	if hellos < 2 {
		t.Errorf("%d handshakes, want one for each visit", hellos)
	}
}

// preSharedKey is the extension by which a client resumes a session, RFC 8446 4.2.11.
const preSharedKey = 41

// roots joins the roots of targets, so that one browser serves them all.
func roots(t *testing.T, targets ...client.Target) []byte {
	t.Helper()
	var all []byte
	for _, target := range targets {
		all = append(all, target.RootsPEM...)
	}
	return all
}

func TestCloseLeavesNothing(t *testing.T) {
	forEach(t, closeLeavesNothing)
}

func closeLeavesNothing(t *testing.T, kind browser.Kind) {
	home := temporary(t)
	c := open(t, browser.Options{Kind: kind})
	if a := c.Attempt(t.Context(), harness.Start(t, "baseline/key-ecdsa-p256-1.3").Target()); a.Err != nil {
		t.Fatal(a.Err)
	}
	if len(processes(home)) == 0 {
		t.Fatal("no browser is found: the test looks in the wrong place")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	nothingIsLeft(t, home)
	if a := c.Attempt(t.Context(), client.Target{RootsPEM: []byte("x")}); !a.NotStarted {
		t.Errorf("after Close: %+v", a)
	}
}

func TestKilledHarnessLeavesNothing(t *testing.T) {
	forEach(t, killedHarnessLeavesNothing)
}

func killedHarnessLeavesNothing(t *testing.T, kind browser.Kind) {
	home := temporary(t)
	target := harness.Start(t, "baseline/key-ecdsa-p256-1.3").Target()
	victim := exec.Command(os.Args[0], "-test.run=^$")
	victim.Env = append(os.Environ(), victimVariable+"="+target.URL, victimVariable+"_NAME="+kind.Name(), victimVariable+"_ROOTS="+target.CAFile)
	said, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if killErr := victim.Process.Kill(); err != nil || killErr != nil || line != "visited: <nil>\n" {
		t.Errorf("it said %q, %v, %v", line, err, killErr)
	}
	_ = victim.Wait() // killed
	if len(processes(home))+len(entries(t, home)) > 0 {
		t.Log("the browser outlived the harness for a moment")
	}
	nothingIsLeft(t, home)
}

// temporary makes a directory for the temporary files of the test, by which its browsers are told from others.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tlsfault-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	return dir
}

// nothingIsLeft waits until no browser lives below home and its files are gone.
func nothingIsLeft(t *testing.T, home string) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		pids, files := processes(home), entries(t, home)
		if len(pids) == 0 && len(files) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left: processes %v, files %v", pids, files)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// entries lists what browsers have below home.
func entries(t *testing.T, home string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "tlsfault-browser-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// processes lists the live processes that have home on their command line or as their home.
func processes(home string) []int {
	var pids []int
	for pid := range allProcesses() {
		environ, _ := os.ReadFile(procFile(pid, "environ"))
		ours := bytes.Contains(environ, []byte("HOME="+home)) || strings.Contains(commandLine(pid), home)
		if ours && pid != os.Getpid() && commandLine(pid) != "" {
			pids = append(pids, pid)
		}
	}
	return pids
}
