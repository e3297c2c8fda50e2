package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// idleBrowsers is how many browsers are kept that nobody uses.
const idleBrowsers = 3

// pool holds the running browsers, one for each set of roots.
type pool struct {
	start func(ctx context.Context, roots string) (*instance, error)

	ctx    context.Context // ends with the pool, and ends what is starting
	cancel context.CancelFunc
	starts sync.WaitGroup

	mu     sync.Mutex
	places map[string]*place // by roots
	idle   []*place          // that nobody uses, longest unused first
	closed bool
}

// place is one browser, or the room for it while it starts.
type place struct {
	roots string
	ready chan struct{} // closed once browser and err are set
	// browser may be there beside err.
	browser *instance
	err     error
	users   int
}

func newPool(start func(ctx context.Context, roots string) (*instance, error)) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	return &pool{start: start, ctx: ctx, cancel: cancel, places: make(map[string]*place)}
}

// enter returns a running browser that trusts roots, started if there is none,
// and what must be called when it is no longer used.
func (p *pool) enter(ctx context.Context, roots string) (*instance, func(), error) {
	spot, err := p.reserve(roots)
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

// reserve counts one more user of the place for roots.
func (p *pool) reserve(roots string) (*place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the browser is closed")
	}
	spot := p.places[roots]
	if spot == nil {
		spot = &place{roots: roots, ready: make(chan struct{})}
		p.places[roots] = spot
		p.starts.Go(func() {
			spot.browser, spot.err = p.start(p.ctx, roots)
			close(spot.ready)
		})
	}
	spot.users++
	p.idle = without(p.idle, spot)
	return spot, nil
}

// leave counts one user less, and ends what need not be kept: a browser that
// is dead, and the longest unused beyond a few.
func (p *pool) leave(spot *place) {
	var ended []*place
	p.mu.Lock()
	if spot.users--; spot.users == 0 {
		p.idle = append(p.idle, spot)
	}
	if spot.broken() && p.places[spot.roots] == spot {
		delete(p.places, spot.roots)
	}
	if spot.broken() && spot.users == 0 {
		p.idle = without(p.idle, spot)
		ended = append(ended, spot)
	}
	for len(p.idle) > idleBrowsers && !p.closed {
		oldest := p.idle[0]
		p.idle = p.idle[1:]
		if p.places[oldest.roots] == oldest {
			delete(p.places, oldest.roots)
		}
		ended = append(ended, oldest)
	}
	p.mu.Unlock()
	for _, e := range ended {
		<-e.ready
		e.browser.close()
	}
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

func without(list []*place, spot *place) []*place {
	var rest []*place
	for _, s := range list {
		if s != spot {
			rest = append(rest, s)
		}
	}
	return rest
}

// close ends all browsers, those in use as well.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	left := p.idle
	for _, spot := range p.places {
		left = append(without(left, spot), spot)
	}
	p.places, p.idle = make(map[string]*place), nil
	p.mu.Unlock()
	p.cancel()
	p.starts.Wait()
	var ends sync.WaitGroup
	for _, spot := range left {
		ends.Go(spot.browser.close)
	}
	ends.Wait()
}
