package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// quietTime is how long nothing may happen after a page of HTML has loaded until it is taken to be done.
const quietTime = 500 * time.Millisecond

// firefoxWatch is what the browser tells of one tab.
type firefoxWatch struct {
	drawn bool // wait until a page that stands in for one that did not come can be seen

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something below changes
	last    time.Time     // when it did

	top    string          // the tab's browsing context
	frames map[string]bool // the tab's contexts, the top one included

	started     bool              // a navigation was asked for
	navigations map[string]bool   // those of the tab that are under way, by id
	requests    map[string]bool   // those for whatever the tab loads, by id
	shown       string            // URL of the document that the tab shows
	committed   string            // the navigation that led to it
	stand       bool              // it is the browser's own page that stands in for one that did not come
	parsed      bool              // its content is there
	loaded      bool              // all of it has loaded
	html        bool              // it is HTML, which may load and do more
	status      int               // HTTP status of it; 0 while unknown
	broken      bool              // a document did not come, or not whole
	codes       map[string]string // code of the error of each navigation
	failed      []failure         // in their order
	lines       []string          // what the browser's console says
	download    bool
	crashed     bool
}

// failure is a document that did not come, or not whole.
type failure struct{ code, url string }

func newFirefoxWatch(top string, drawn bool) *firefoxWatch {
	return &firefoxWatch{
		drawn: drawn, changed: make(chan struct{}), last: time.Now(), top: top, frames: map[string]bool{top: true},
		navigations: make(map[string]bool), requests: make(map[string]bool), codes: make(map[string]string),
	}
}

// happening is what the events have in common, and some have alone.
type happening struct {
	Context    string `json:"context"`
	Parent     string `json:"parent"`
	Navigation string `json:"navigation"`
	URL        string `json:"url"`
	ErrorText  string `json:"errorText"`
	Text       string `json:"text"`
	Request    struct {
		ID  string `json:"request"`
		URL string `json:"url"`
	} `json:"request"`
	Response struct {
		Status   int    `json:"status"`
		MimeType string `json:"mimeType"`
	} `json:"response"`
	Source struct {
		Context string `json:"context"`
	} `json:"source"`
}

// event takes in an event. It is called in order, never concurrently, and must not wait.
func (w *firefoxWatch) event(method string, params json.RawMessage) {
	var h happening
	if json.Unmarshal(params, &h) != nil {
		return // nothing that we read
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if method == "browsingContext.contextCreated" && w.frames[h.Parent] {
		w.frames[h.Context] = true
	}
	if !w.frames[h.Context] && !w.frames[h.Source.Context] {
		return // of another tab, or of the browser itself
	}
	switch subject, name, _ := strings.Cut(method, "."); {
	case subject == "network":
		w.network(name, h)
	case subject == "log":
		w.say(h.Text)
	case h.Context == w.top:
		w.navigated(name, h)
	}
	w.change()
}

func (w *firefoxWatch) change() {
	w.last = time.Now()
	close(w.changed)
	w.changed = make(chan struct{})
}

// network takes in what becomes of a request.
func (w *firefoxWatch) network(name string, h happening) {
	document := h.Navigation != "" && h.Context == w.top
	switch name {
	case "beforeRequestSent":
		w.requests[h.Request.ID] = true
	case "responseStarted":
		if document {
			w.status, w.html = h.Response.Status, strings.HasPrefix(h.Response.MimeType, "text/html")
		}
	case "responseCompleted":
		delete(w.requests, h.Request.ID)
	case "fetchError":
		delete(w.requests, h.Request.ID)
		if document {
			delete(w.navigations, h.Navigation)
			w.fail(h.Navigation, nssCode(h.ErrorText), h.Request.URL)
		}
	}
}

// aborted is the error of what the browser itself gave up, for something else as a rule.
const aborted = "NS_BINDING_ABORTED"

func (w *firefoxWatch) fail(navigation, code, url string) {
	if code != aborted && w.codes[navigation] == "" {
		w.broken = true
		w.codes[navigation] = code
		w.failed = append(w.failed, failure{code, url})
	}
}

// nssCode takes the code of NSS out of an error of the network.
func nssCode(text string) string {
	if rest, ok := strings.CutPrefix(text, "NS_ERROR_GENERATE_FAILURE(NS_ERROR_MODULE_SECURITY, "); ok {
		return strings.TrimSuffix(rest, ")")
	}
	return text
}

// navigated takes in what becomes of a navigation of the tab.
func (w *firefoxWatch) navigated(name string, h happening) {
	switch name {
	case "navigationStarted":
		w.started = true
		w.navigations[h.Navigation] = true
	case "navigationCommitted":
		w.show(h)
	case "navigationFailed":
		delete(w.navigations, h.Navigation)
	case "domContentLoaded":
		w.parsed = w.parsed || h.URL == w.shown
	case "load":
		// An event of a document may name the navigation away from it.
		if h.URL == w.shown || h.Navigation == w.committed {
			w.loaded = true
			delete(w.navigations, w.committed)
		}
	case "downloadWillBegin":
		w.download = true
	}
}

// show notes what the tab shows.
func (w *firefoxWatch) show(h happening) {
	w.started = true
	w.shown, w.committed, w.parsed, w.loaded = h.URL, h.Navigation, false, false
	page, query, _ := strings.Cut(h.URL, "?")
	switch page {
	case "about:tabcrashed":
		w.crashed = true
	case "about:certerror", "about:neterror":
		w.stand = true
		delete(w.navigations, h.Navigation)
		if said, err := url.ParseQuery(query); err == nil {
			w.fail(h.Navigation, said.Get("e"), said.Get("u"))
		}
	default:
		w.stand = false
	}
}

func (w *firefoxWatch) say(line string) {
	if len(w.lines) < maxLines {
		w.lines = append(w.lines, strings.ReplaceAll(line, "\n", " "))
	}
}

// settle waits until the document shown has loaded and no other is under way;
// after HTML, which may load and navigate by script, until it has been quiet for a while.
func (w *firefoxWatch) settle(ctx context.Context) error {
	for {
		w.mu.Lock()
		done, quiet, changed := w.settled(), time.Until(w.last.Add(quietTime)), w.changed
		w.mu.Unlock()
		if done {
			return nil
		}
		again := time.NewTimer(max(quiet, 0))
		if quiet <= 0 {
			again.Stop() // only an event helps
		}
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		}
		again.Stop()
	}
}

func (w *firefoxWatch) settled() bool {
	switch {
	case w.crashed || w.download:
		return true
	case !w.started || len(w.navigations) > 0 || len(w.requests) > 0:
		return false
	case w.stand:
		return w.parsed || !w.drawn
	case w.shown != "" && !w.html:
		return w.loaded || w.broken
	}
	// HTML, or an answer without a page.
	return (w.loaded || w.broken || w.shown == "") && time.Since(w.last) >= quietTime
}

// refused notes that the browser did not open address, unless it is known already why.
func (w *firefoxWatch) refused(why, address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = true
	if len(w.failed) == 0 {
		w.fail("", nssCode(why), address)
	}
	w.change()
}

// standsIn reports whether the tab shows the browser's own page in place of another.
func (w *firefoxWatch) standsIn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stand && len(w.failed) > 0
}

// refine adds what the error page itself has for a code.
func (w *firefoxWatch) refine(code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := &w.failed[len(w.failed)-1]; code != "" && code != last.code {
		last.code += " (" + code + ")"
	}
}

func (w *firefoxWatch) hasCrashed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.crashed
}

// words is what the browser said of the page, a line each.
func (w *firefoxWatch) words(saw told) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, line := range w.lines {
		fmt.Fprintln(&b, line)
	}
	for _, question := range saw.Questions {
		fmt.Fprintf(&b, "asked its user: %s\n", strings.Join(strings.Fields(question), " "))
	}
	if saw.Shown != "" && len(w.failed) == 0 {
		fmt.Fprintf(&b, "shown as: %s\n", saw.Shown)
	}
	return b.String()
}

// outcome is the error of a visit that came to an end.
func (w *firefoxWatch) outcome() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case len(w.failed) > 0:
		var all []string
		for _, f := range w.failed {
			all = append(all, f.code+" at "+f.url)
		}
		return fmt.Errorf("firefox: %s", strings.Join(all, ", "))
	case w.download:
		return errors.New("firefox: the answer is a download, not a page")
	case w.status >= 400:
		return fmt.Errorf("firefox: the server answered %d", w.status)
	}
	return nil
}
