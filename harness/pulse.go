package harness

import "time"

// beat is how often a pulse beats on a machine that has time for it.
const beat = 20 * time.Millisecond

// pulse tells whether the machine has time for what waits for its turn: it does
// nothing but that, and notes how often it gets it.
type pulse struct {
	began time.Time
	over  chan struct{}
	beats chan int
}

func startPulse() *pulse {
	p := &pulse{began: time.Now(), over: make(chan struct{}), beats: make(chan int)}
	go p.run()
	return p
}

func (p *pulse) run() {
	beats := 0
	for {
		select {
		case <-p.over:
			p.beats <- beats
			return
		case <-time.After(beat):
			beats++
		}
	}
}

// stop ends the pulse and reports whether the machine was too busy: more than
// half of the beats were missed, of enough to tell.
func (p *pulse) stop() (starved bool) {
	close(p.over)
	due, beats := int(time.Since(p.began)/beat), <-p.beats
	return due >= fewestBeats && beats < due/2
}

// fewestBeats is how many beats are enough to tell: nobody's time is up before.
const fewestBeats = 10
