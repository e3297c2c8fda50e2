package evidence

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// Limits bounds what a Log keeps and a client may send. Zero values stand for
// the defaults.
type Limits struct {
	Connections int           // connections of one attempt; 256
	Bytes       int64         // bytes from the client per connection; 16 MiB
	Fetches     int           // of each kind of plain HTTP request; 1024
	Grace       time.Duration // how long Close waits for the owners of taps; 5 s
}

func (l Limits) withDefaults() Limits {
	l.Connections = cmp.Or(l.Connections, 256)
	l.Bytes = cmp.Or(l.Bytes, 16<<20)
	l.Fetches = cmp.Or(l.Fetches, 1024)
	l.Grace = cmp.Or(l.Grace, 5*time.Second)
	return l
}

// Log collects the connections and fetches of one attempt. It is safe for
// concurrent use.
type Log struct {
	limits Limits

	mu        sync.Mutex
	taps      []*Tap
	dropped   int
	cleartext fetches
	ocsp      fetches
	crl       fetches
	aia       fetches
	page      *Page // nil without a page
	loads     fetches
	open      int           // taps that their owners have not closed
	idle      chan struct{} // closed while open is 0
	closing   bool

	closeOnce sync.Once
	final     Evidence
}

// fetches is a bounded list.
type fetches struct {
	list    []Fetch
	dropped int
}

// NewLog returns an empty log.
func NewLog(limits Limits) *Log {
	l := &Log{limits: limits.withDefaults(), idle: make(chan struct{})}
	close(l.idle)
	return l
}

// Tap wraps an accepted connection and adds it to the log. It returns nil, with
// conn closed, beyond the limit of connections, which counts as Dropped, and
// after Close. The caller owns the tap and must close it when a read or write on
// it has failed, or when it is done.
func (l *Log) Tap(conn net.Conn) *Tap {
	l.mu.Lock()
	if l.closing || len(l.taps) >= l.limits.Connections {
		if !l.closing {
			l.dropped++
		}
		l.mu.Unlock()
		_ = conn.Close() // nobody is there to hear of it
		return nil
	}
	defer l.mu.Unlock()
	t := &Tap{conn: conn, log: l, conversation: newConversation(conn.RemoteAddr().String(), time.Now())}
	l.taps = append(l.taps, t)
	if l.open == 0 {
		l.idle = make(chan struct{})
	}
	l.open++
	return t
}

func (l *Log) tapClosed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.open == 0 {
		close(l.idle)
	}
}

// AddCleartext adds a request to the cleartext listener of the case. Plain HTTP
// that comes to a Tap is added by the tap.
func (l *Log) AddCleartext(f Fetch) { l.add(&l.cleartext, f) }

// AddOCSP adds a request to the OCSP responder.
func (l *Log) AddOCSP(f Fetch) { l.add(&l.ocsp, f) }

// AddCRL adds a request for a CRL.
func (l *Log) AddCRL(f Fetch) { l.add(&l.crl, f) }

// AddAIA adds a request for an issuer's certificate (RFC 5280 4.2.2.1).
func (l *Log) AddAIA(f Fetch) { l.add(&l.aia, f) }

// ServePage says that the case has a page, and whether that sets a cookie.
func (l *Log) ServePage(setsCookie bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.page = &Page{SetsCookie: setsCookie}
}

// AddPageLoad adds a request over TLS for what the page loads.
func (l *Log) AddPageLoad(f Fetch) { l.add(&l.loads, f) }

func (l *Log) add(to *fetches, f Fetch) {
	if f.At.IsZero() {
		f.At = time.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closing:
	case len(to.list) >= l.limits.Fetches:
		to.dropped++
	default:
		to.list = append(to.list, f)
	}
}

// Settled waits until the owners of all taps have closed them, so that nothing
// more is said of any connection accepted so far. It returns the error of ctx if
// that comes first.
func (l *Log) Settled(ctx context.Context) error {
	l.mu.Lock()
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitStep is how often Await looks.
const awaitStep = 10 * time.Millisecond

// Await waits until something has connected to any of logs, all connections have
// ended, and nothing more has come for quiet, or ctx is done. It reports whether
// anything connected, and whether all was over before ctx was done.
func Await(ctx context.Context, quiet time.Duration, logs ...*Log) (connected, over bool) {
	tick := time.NewTicker(awaitStep)
	defer tick.Stop()
	seen, looks := 0, 0 // counted, as in Settle
	for {
		came, open := 0, false
		for _, l := range logs {
			n, busy := l.traffic()
			came, open = came+n, open || busy
		}
		if came != seen || open {
			seen, looks = came, 0
		}
		if came > 0 && !open && looks >= int(quiet/awaitStep) {
			return true, true
		}
		select {
		case <-tick.C:
			looks++
		case <-ctx.Done():
			return came > 0, came > 0 && !open
		}
	}
}

// traffic counts what has come so far, and reports whether a connection is open.
func (l *Log) traffic() (came int, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taps) + len(l.cleartext.list), l.open > 0
}

// Close closes the connections that are still open, which count as EndOpen if
// nothing else ended them, and waits for their owners to close their taps, for
// Limits.Grace at most. What it returns no longer changes. Later calls return
// the same. The owner of a tap must not call it before closing the tap.
func (l *Log) Close() Evidence {
	l.closeOnce.Do(func() {
		l.mu.Lock()
		l.closing = true
		taps := l.taps
		l.mu.Unlock()
		for _, t := range taps {
			t.abandon()
		}
		ctx, cancel := context.WithTimeout(context.Background(), l.limits.Grace)
		defer cancel()
		_ = l.Settled(ctx) // an owner that does not come back is not waited for
		l.final = l.collect((*Tap).freeze)
	})
	return l.final.clone()
}

// Snapshot returns what was seen until now.
func (l *Log) Snapshot() Evidence { return l.collect((*Tap).snapshot) }

func (l *Log) collect(of func(*Tap, time.Time) (Connection, *Fetch)) Evidence {
	l.mu.Lock()
	e := Evidence{
		OCSPRequests:   slices.Clone(l.ocsp.list),
		CRLFetches:     slices.Clone(l.crl.list),
		AIAFetches:     slices.Clone(l.aia.list),
		CleartextHits:  slices.Clone(l.cleartext.list),
		Dropped:        l.dropped,
		DroppedFetches: l.cleartext.dropped + l.ocsp.dropped + l.crl.dropped + l.aia.dropped + l.loads.dropped,
	}
	if l.page != nil {
		e.Page = &Page{SetsCookie: l.page.SetsCookie, Loads: slices.Clone(l.loads.list)}
	}
	taps := l.taps
	l.mu.Unlock()
	now := time.Now()
	for _, t := range taps {
		connection, hit := of(t, now)
		e.Connections = append(e.Connections, connection)
		if hit != nil {
			e.CleartextHits = append(e.CleartextHits, *hit)
		}
	}
	slices.SortStableFunc(e.CleartextHits, func(a, b Fetch) int { return a.At.Compare(b.At) })
	return e
}
