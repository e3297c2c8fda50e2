// Package grace waits a while for what should be over any moment.
package grace

import "time"

// step is how long one turn of waiting lasts on a machine that has time.
const step = 10 * time.Millisecond

// Wait returns once done is closed, and reports so, or when limit is over. Turns
// are counted and not time: in each of them whoever closes done has its turn as
// well, however busy the machine.
func Wait(done <-chan struct{}, limit time.Duration) bool {
	tick := time.NewTicker(step)
	defer tick.Stop()
	for range limit / step {
		select {
		case <-done:
			return true
		case <-tick.C:
		}
	}
	select {
	case <-done: // both may have come at once
		return true
	default:
		return false
	}
}
