package browser

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// fake is a browser that counts who closes it.
type fake struct {
	roots  string
	dead   atomic.Bool
	closed atomic.Int32
}

func (f *fake) visit(context.Context, client.Target) client.Attempt { return client.Attempt{} }
func (f *fake) alive() bool                                         { return !f.dead.Load() }
func (f *fake) close()                                              { f.dead.Store(true); f.closed.Add(1) }

func newFakes(t *testing.T, alone int) *pool {
	t.Helper()
	p := newPool(alone, func(_ context.Context, roots string) (instance, error) { return &fake{roots: roots}, nil })
	t.Cleanup(p.close)
	return p
}

func enter(t *testing.T, p *pool, roots string) (*fake, func()) {
	t.Helper()
	browser, leave, err := p.enter(t.Context(), roots)
	if err != nil {
		t.Fatal(err)
	}
	return browser.(*fake), leave
}

func TestVisitorsShareABrowserWithTheirRoots(t *testing.T) {
	p := newFakes(t, 0)
	first, _ := enter(t, p, "a")
	second, _ := enter(t, p, "a")
	other, _ := enter(t, p, "b")
	if first != second || first == other {
		t.Error("a browser is for all visitors with the same roots, and for no others")
	}
}

func TestVisitorsAreAloneAndAsManyAsMayBe(t *testing.T) {
	p := newFakes(t, 2)
	first, leave := enter(t, p, "a")
	second, _ := enter(t, p, "a")
	if first == second {
		t.Fatal("two visitors at a time in one browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := p.enter(ctx, "b"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third visitor: %v, want to wait", err)
	}
	entered := make(chan *fake)
	go func() {
		browser, _, _ := p.enter(context.WithoutCancel(t.Context()), "a")
		entered <- browser.(*fake)
	}()
	leave()
	if third := <-entered; third != first {
		t.Error("the browser that is free was not used again")
	}
}

func TestUnusedBrowsersAreClosedButForAFew(t *testing.T) {
	p := newFakes(t, 0)
	var all []*fake
	for _, roots := range []string{"a", "b", "c", "d", "e"} {
		browser, leave := enter(t, p, roots)
		all = append(all, browser)
		leave()
	}
	for i, browser := range all {
		want := int32(0)
		if i < len(all)-idleBrowsers {
			want = 1
		}
		if got := browser.closed.Load(); got != want {
			t.Errorf("browser %d was closed %d times, want %d", i, got, want)
		}
	}
}

func TestDeadBrowserIsReplaced(t *testing.T) {
	for _, alone := range []int{0, 1} {
		p := newFakes(t, alone)
		browser, leave := enter(t, p, "a")
		leave()
		browser.dead.Store(true) // while nobody uses it
		next, leave := enter(t, p, "a")
		if next == browser {
			t.Error("a dead browser is handed out")
		}
		leave()
		if browser.closed.Load() != 1 {
			t.Error("a dead browser is not closed")
		}
	}
}
