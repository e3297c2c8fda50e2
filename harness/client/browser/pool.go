package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tlsfault/tlsfault/harness/client"
)

// instance is a running browser that trusts one set of roots.
type instance interface {
	// visit opens target's URL in a context without memory, and stays until all of it has loaded.
	visit(ctx context.Context, target client.Target) client.Attempt
	// alive reports whether the browser can still be used.
	alive() bool
	// close ends the browser with its children and removes its home.
	close()
}

// idleBrowsers is how many browsers are kept that nobody uses.
const idleBrowsers = 3

// pool holds the running browsers, which differ by the roots that they trust.
type pool struct {
	// start returns a browser beside an error as well, if there is one to be closed.
	start func(ctx context.Context, roots string) (instance, error)
	// alone is how many browsers may be in use at once where each is for one visitor
	// at a time; 0 where each takes any number.
	alone int

	ctx    context.Context // ends with the pool, and ends what is starting
	cancel context.CancelFunc
	starts sync.WaitGroup

	mu     sync.Mutex
	left   chan struct{} // closed and replaced whenever somebody leaves
	places []*place      // where visitors may enter, longest unused first
	closed bool
}

// place is one browser, or the room for it while it starts.
type place struct {
	roots string
	ready chan struct{} // closed once browser and err are set
	// browser may be there beside err.
	browser instance
	err     error
	users   int
}

func newPool(alone int, start func(ctx context.Context, roots string) (instance, error)) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	return &pool{start: start, alone: alone, ctx: ctx, cancel: cancel, left: make(chan struct{})}
}

// enter returns a running browser that trusts roots, started if there is none,
// and what must be called when it is no longer used.
func (p *pool) enter(ctx context.Context, roots string) (instance, func(), error) {
	spot, err := p.reserve(ctx, roots)
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-spot.ready:
	case <-ctx.Done():
		p.leave(spot)
		return nil, nil, fmt.Errorf("waiting for the browser to start: %w", ctx.Err())
	}
	if spot.err != nil {
		p.leave(spot)
		return nil, nil, spot.err
	}
	return spot.browser, func() { p.leave(spot) }, nil
}

// reserve counts one more user of a place for roots, and waits for one where no more browsers may be in use.
func (p *pool) reserve(ctx context.Context, roots string) (*place, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, errors.New("the browser is closed")
		}
		spot, left := p.vacant(roots), p.left
		if spot != nil {
			spot.users++
		}
		p.mu.Unlock()
		if spot != nil {
			return spot, nil
		}
		select {
		case <-left:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a browser to be free: %w", ctx.Err())
		case <-p.ctx.Done():
		}
	}
}

// vacant returns a place for one more visitor, nil where too many are in use.
func (p *pool) vacant(roots string) *place {
	used := 0
	for _, spot := range p.places {
		if spot.roots == roots && !spot.broken() && (p.alone == 0 || spot.users == 0) {
			return spot
		}
		used += min(spot.users, 1)
	}
	if p.alone > 0 && used >= p.alone {
		return nil
	}
	spot := &place{roots: roots, ready: make(chan struct{})}
	p.places = append(p.places, spot)
	p.starts.Go(func() {
		spot.browser, spot.err = p.start(p.ctx, roots)
		close(spot.ready)
	})
	return spot
}

// leave counts one user less, and ends what need not be kept: a browser that
// is dead, and the longest unused beyond a few.
func (p *pool) leave(spot *place) {
	p.mu.Lock()
	spot.users--
	close(p.left)
	p.left = make(chan struct{})
	broken := spot.broken()
	if i := slices.Index(p.places, spot); i >= 0 { // else it was broken before, or the pool is closed
		p.places = slices.Delete(p.places, i, i+1)
		if !broken {
			p.places = append(p.places, spot)
		}
	}
	var ended []*place
	if broken && spot.users == 0 {
		ended = append(ended, spot)
	}
	ended = append(ended, p.surplus()...)
	p.mu.Unlock()
	for _, e := range ended {
		<-e.ready
		e.end()
	}
}

// surplus takes the places away that nobody uses, but for the last few that are fit for use.
func (p *pool) surplus() []*place {
	var idle, gone []*place
	for _, spot := range p.places {
		switch {
		case spot.users > 0:
		case spot.broken():
			gone = append(gone, spot)
		default:
			idle = append(idle, spot)
		}
	}
	gone = append(gone, idle[:max(0, len(idle)-max(idleBrowsers, p.alone))]...)
	p.places = slices.DeleteFunc(p.places, func(spot *place) bool { return slices.Contains(gone, spot) })
	return gone
}

// broken reports whether the browser did not start or has ended.
func (s *place) broken() bool {
	select {
	case <-s.ready:
		return s.err != nil || !s.browser.alive()
	default:
		return false
	}
}

// end closes the browser, if there is one. It must be ready.
func (s *place) end() {
	if s.browser != nil {
		s.browser.close()
	}
}

// close ends all browsers, those in use as well.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	left := p.places
	p.places = nil
	p.mu.Unlock()
	p.cancel()
	p.starts.Wait()
	var ends sync.WaitGroup
	for _, spot := range left {
		ends.Go(spot.end)
	}
	ends.Wait()
}
