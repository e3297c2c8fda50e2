package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/report"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// The page of a matrix, opened from disk as its reader opens it.
func TestThePageOfAMatrixCanBeReadAndFiltered(t *testing.T) {
	tab := openPage(t, bigMatrix(30, 1500))
	tab.want("every scenario counted", `document.getElementById("count").value`, "1500 scenarios")
	tab.want("a column for each client", `document.querySelectorAll("#clients th").length - 2`, "30")
	tab.want("families folded", `document.querySelectorAll("#rows tr").length`, "3")

	tab.click("#fold")
	tab.want("only rows in view are drawn", `document.querySelectorAll("#rows tr").length < 120`, "true")
	tab.do(`document.getElementById("frame").scrollTop = 1e9; document.getElementById("frame").dispatchEvent(new Event("scroll"))`)
	tab.want("the last scenario comes into view", `!!document.querySelector('[data-id="usage/1499"]')`, "true")

	tab.write("#text", "leaf-expired-77")
	tab.want("text narrows", `document.getElementById("count").value`, "1 of 1500 scenarios")
	tab.want("what it found is open", `!!document.querySelector('[data-id="validity/leaf-expired-77"]')`, "true")
	tab.click(`[data-cell="4 77"]`)
	tab.want("a cell opens", `document.getElementById("detail").open`, "true")
	tab.want("its finding is there", `document.getElementById("facts").textContent.includes("accepted a broken server <b>bold</b>")`, "true")
	tab.want("the evidence is there", `document.getElementById("facts").textContent.includes("ClientHello TLS 1.3")`, "true")
	tab.want("what a client prints stays text", `document.querySelectorAll("b, img, [onerror]").length`, "0")
	tab.want("the address names the cell", `decodeURIComponent(location.hash)`, "#client-4/validity/leaf-expired-77")
	tab.click("#close")
	tab.want("it closes", `document.getElementById("detail").open`, "false")

	tab.click("#clear")
	tab.want("filters are cleared", `document.getElementById("count").value`, "1500 scenarios")
	tab.do(`const f = document.getElementById("family"); f.value = "names"; f.dispatchEvent(new Event("change"))`)
	tab.want("the family narrows", `document.getElementById("count").value`, "500 of 1500 scenarios")
	tab.click(`[data-verdict="fail"]`)
	tab.want("the verdict narrows further", `document.getElementById("count").value`, "50 of 1500 scenarios")
	tab.do(`const l = document.getElementById("level"); l.value = "should"; l.dispatchEvent(new Event("change"))`)
	tab.want("the level as well", `document.getElementById("count").value`, "0 of 1500 scenarios")
	tab.want("nothing is said to match", `document.getElementById("none").hidden`, "false")

	tab.phone()
	tab.click("#clear")
	tab.want("no sideways scrolling of the page on a phone", `document.documentElement.scrollWidth <= innerWidth`, "true")
	tab.quiet()
}

// The page of a single run says each finding in the row.
func TestThePageOfARunShowsItsFindings(t *testing.T) {
	tab := openPage(t, bigMatrix(5, 30)[4:])
	tab.want("one client", `document.querySelector("h1").textContent`, "client-4 1.4 (OpenSSL 3.0.4)")
	tab.want("the finding stands in the row", `document.querySelector('[data-id="validity/leaf-expired-7"] .rest').textContent`, "accepted a broken server <b>bold</b>")
	tab.quiet()
}

// bigMatrix is runs of some clients. Client 4 accepts every tenth scenario, from number 7.
func bigMatrix(clients, perClient int) []verdict.Run {
	families := []string{"validity", "names", "usage"}
	all := make([]*scenarios.Scenario, perClient)
	for i := range all {
		family := families[i*len(families)/perClient]
		all[i] = &scenarios.Scenario{
			ID: fmt.Sprintf("%s/%d", family, i), Title: fmt.Sprintf("The %s of server number %d is not what it should be", family, i), Family: family,
			Expect: scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.Expired, Level: scenarios.Must},
			Refs:   []string{"RFC 5280 6.1.3(a)(2)", "CVE-2014-0092"},
		}
		if family == "validity" {
			all[i].ID = fmt.Sprintf("validity/leaf-expired-%d", i)
		}
		if i == 3 {
			all[i].Expect.Level = scenarios.Should
		}
	}
	seen := evidence.Evidence{Connections: []evidence.Connection{{
		Remote: "127.0.0.1:4000", ClientHello: &evidence.ClientHello{Versions: []string{"TLS 1.3"}, ServerName: "localhost"},
	}}}
	runs := make([]verdict.Run, clients)
	for c := range runs {
		runs[c] = verdict.Run{
			Client:  verdict.ClientInfo{Name: fmt.Sprintf("client-%d", c), Version: fmt.Sprintf("1.%d", c), TLS: fmt.Sprintf("OpenSSL 3.0.%d", c)},
			Profile: verdict.Default, Started: time.Date(2031, time.May, 4, 10, 30, 0, 0, time.UTC), Selected: perClient,
		}
		for i, s := range all {
			r := verdict.Result{
				Scenario: s, Verdict: verdict.Pass, Evidence: seen, Control: verdict.Control{ID: "control/p256", Accepted: true},
				Observation: verdict.Observation{Connected: true, Reason: scenarios.Expired, Source: verdict.FromMessage, Message: fmt.Sprintf("error %d: certificate has expired <img src=x onerror=alert(1)>", c)},
			}
			if c == 4 && i%10 == 7 {
				r.Verdict = verdict.Fail
				r.Observation.Accepted = true
				r.Finding = &verdict.Finding{Kind: verdict.AcceptedBroken, Text: "accepted a broken server <b>bold</b>"}
			}
			runs[c].Results = append(runs[c].Results, r)
		}
	}
	return runs
}

// tab is a page in a browser, with all that went wrong in it.
type tab struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	problems []string
}

// openPage writes the page of runs to a file, and opens that.
func openPage(t *testing.T, runs []verdict.Run) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "matrix.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.MatrixHTML(file, runs); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(need.Tool(t, "chromium")), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))...)
	t.Cleanup(cancelAllocator)
	quiet := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancelTime)
	tb := &tab{t: t, ctx: ctx}
	if _, err := chromedp.CallBrowser(ctx, browser.GetVersion, cdp.Empty{}); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	if err := chromedp.Listen(ctx, tb.event); err != nil {
		t.Fatal(err)
	}
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := chromedp.Call(ctx, enable, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate("file://"+path)); err != nil {
		t.Fatalf("opening %s: %v", path, err)
	}
	return tb
}

// event notes what a page that stands alone never does: fail, or fetch anything.
func (tb *tab) event(ev any) {
	problem := ""
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		problem = "its script failed: " + ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			problem += " " + e.Description
		}
	case *log.EventEntryAdded:
		problem = "the console says: " + ev.Entry.Text
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(ev.Request.URL, "file://") {
			problem = "it fetched " + ev.Request.URL
		}
	}
	if problem != "" {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.problems = append(tb.problems, problem)
	}
}

func (tb *tab) quiet() {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, problem := range tb.problems {
		tb.t.Error(problem)
	}
}

// want checks what an expression comes to, written as a string.
func (tb *tab) want(what, js, want string) {
	tb.t.Helper()
	got, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil || got != want {
		tb.t.Errorf("%s: got %q, %v, want %q", what, got, err, want)
	}
}

// do runs statements in the page.
func (tb *tab) do(js string) {
	tb.t.Helper()
	if _, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("(() => {"+js+"; return ''})()")); err != nil {
		tb.t.Fatalf("%s: %v", js, err)
	}
}

// click presses the mouse on an element, where its reader would.
func (tb *tab) click(selector string) {
	tb.t.Helper()
	if _, err := chromedp.Run(tb.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		tb.t.Fatalf("clicking on %s: %v", selector, err)
	}
}

// write types text into an element.
func (tb *tab) write(selector, text string) {
	tb.t.Helper()
	tb.click(selector)
	if _, err := chromedp.Call(tb.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		tb.t.Fatalf("writing into %s: %v", selector, err)
	}
}

// phone gives the page the screen of one.
func (tb *tab) phone() {
	tb.t.Helper()
	if _, err := chromedp.Run(tb.ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile)); err != nil {
		tb.t.Fatal(err)
	}
}
