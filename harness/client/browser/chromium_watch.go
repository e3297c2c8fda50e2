package browser

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/security"
)

// chromiumWatch is what the browser tells of one tab.
type chromiumWatch struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something else below changes

	main    cdp.FrameID
	shown   cdp.LoaderID // the document that the main frame shows
	html    bool         // it is HTML, which may load and do more
	stand   bool         // it is the browser's own page that stands in for one that did not come
	status  int64        // HTTP status of it; 0 while unknown
	reached map[cdp.LoaderID]map[string]bool
	// pending holds the documents for the main frame that are under way.
	pending map[network.RequestID]document
	broken  map[cdp.LoaderID]bool // documents that did not come whole
	numbers map[cdp.LoaderID]int
	failed  []string // "net::ERR_… at URL" of those that did not come, in their order
	lines   []string // what the browser's console says
	state   security.State
	marked  bool // the browser has shown a page as not secure
	crashed bool
}

// document is one for the main frame.
type document struct {
	url    string
	loader cdp.LoaderID
	number int // in the order in which they were asked for
}

func newChromiumWatch() *chromiumWatch {
	return &chromiumWatch{
		changed: make(chan struct{}),
		reached: make(map[cdp.LoaderID]map[string]bool),
		pending: make(map[network.RequestID]document),
		broken:  make(map[cdp.LoaderID]bool),
		numbers: make(map[cdp.LoaderID]int),
	}
}

// follow says which frame is the tab's main one.
func (w *chromiumWatch) follow(main cdp.FrameID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.main = main
}

// event takes in an event. It is called in order, never concurrently, and must not wait.
func (w *chromiumWatch) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if ev.Type == network.ResourceTypeDocument && ev.FrameID == w.main {
			if w.numbers[ev.LoaderID] == 0 { // else it was redirected
				w.numbers[ev.LoaderID] = len(w.numbers) + 1
			}
			w.pending[ev.RequestID] = document{ev.Request.URL, ev.LoaderID, w.numbers[ev.LoaderID]}
		}
	case *network.EventResponseReceived:
		if _, ours := w.pending[ev.RequestID]; ours {
			w.status, w.html = ev.Response.Status, ev.Response.MimeType == "text/html"
		}
	case *network.EventLoadingFinished:
		delete(w.pending, ev.RequestID)
	case *network.EventLoadingFailed:
		if d, ours := w.pending[ev.RequestID]; ours && !ev.Canceled {
			w.broken[d.loader] = true
			w.failed = append(w.failed, ev.ErrorText+" at "+d.url)
		}
		delete(w.pending, ev.RequestID)
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" {
			w.show(ev.Frame)
		}
	case *page.EventLifecycleEvent:
		if w.reached[ev.LoaderID] == nil {
			w.reached[ev.LoaderID] = make(map[string]bool)
		}
		w.reached[ev.LoaderID][ev.Name] = true
	case *log.EventEntryAdded:
		w.say(strings.TrimSpace(ev.Entry.Text + " " + ev.Entry.URL))
	case *security.EventVisibleSecurityStateChanged:
		w.state = ev.VisibleSecurityState.SecurityState
		w.marked = w.marked || w.state == security.StateInsecure
	case *inspector.EventTargetCrashed:
		w.crashed = true
	default:
		return
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// show notes what the main frame shows. Nothing more is heard of the documents
// asked for before, that a script left before they were whole.
func (w *chromiumWatch) show(frame *cdp.Frame) {
	w.shown, w.stand = frame.LoaderID, frame.UnreachableURL != ""
	for id, d := range w.pending {
		if d.number < w.numbers[w.shown] {
			delete(w.pending, id)
		}
	}
}

// maxLines bounds what is kept of the console.
const maxLines = 100

func (w *chromiumWatch) say(line string) {
	if len(w.lines) < maxLines {
		w.lines = append(w.lines, strings.ReplaceAll(line, "\n", " "))
	}
}

// settle waits until the document shown has loaded and no other is under way;
// after HTML, which may load and navigate by script, until the network is idle.
func (w *chromiumWatch) settle(tab context.Context) error {
	for {
		w.mu.Lock()
		done, changed := w.settled(), w.changed
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-tab.Done():
			return context.Cause(tab)
		}
	}
}

func (w *chromiumWatch) settled() bool {
	if w.crashed {
		return true
	}
	switch {
	case w.shown == "" || len(w.pending) > 0:
		return false
	case w.stand || !w.html:
		return w.reached[w.shown]["load"] || w.broken[w.shown] && !w.stand
	}
	return w.reached[w.shown]["networkIdle"] || w.broken[w.shown]
}

func (w *chromiumWatch) hasCrashed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.crashed
}

// words is what the browser said of the page, a line each.
func (w *chromiumWatch) words() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, line := range w.lines {
		fmt.Fprintln(&b, line)
	}
	if w.state != "" {
		fmt.Fprintf(&b, "security state: %s\n", w.state)
	}
	return b.String()
}
