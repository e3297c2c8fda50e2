package harness

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPulseTellsABusyMachine(t *testing.T) {
	for _, c := range []struct {
		lasts, lost time.Duration
		starved     bool
	}{
		{10 * time.Second, 0, false},
		{10 * time.Second, 9 * time.Second, false},
		{10 * time.Second, 11 * time.Second, true},
		{100 * time.Millisecond, 150 * time.Millisecond, true},
		{60 * time.Millisecond, 100 * time.Millisecond, false}, // too short to tell
	} {
		synctest.Test(t, func(t *testing.T) {
			p := startPulse()
			time.Sleep(c.lasts)
			p.began = p.began.Add(-c.lost) // as if nobody had had a turn for so long
			if starved := p.stop(); starved != c.starved {
				t.Errorf("%v, of which %v without a turn: starved %t", c.lasts+c.lost, c.lost, starved)
			}
		})
	}
}
