package evidence

import (
	"context"
	"time"
)

// A client that has ended has left a connection open if in settleLooks looks, one
// after the other, nothing came of what the owner waits for. Looks are counted
// and not time: between two of them the owner had its turn, however busy the machine.
const (
	settleStep  = 10 * time.Millisecond
	settleLooks = 50
)

// Settle waits, after the client has ended, until all that it said was read: until
// the owners of all taps have closed them, or wait in vain for more, or ctx is done.
func (l *Log) Settle(ctx context.Context) {
	tick := time.NewTicker(settleStep)
	defer tick.Stop()
	before := 0
	for looks := 0; looks < settleLooks; {
		l.mu.Lock()
		idle := l.idle
		l.mu.Unlock()
		select {
		case <-idle:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		calls, waiting := l.calls()
		if !waiting || calls != before {
			looks = 0
		} else {
			looks++
		}
		before = calls
	}
}

// calls counts what reads and writes have returned so far, and reports whether
// all owners that have not closed their taps are in the middle of one.
func (l *Log) calls() (returned int, waiting bool) {
	l.mu.Lock()
	taps := l.taps
	l.mu.Unlock()
	waiting = true
	for _, t := range taps {
		t.mu.Lock()
		returned += t.returned
		waiting = waiting && (t.closed || t.pending > 0)
		t.mu.Unlock()
	}
	return returned, waiting
}
