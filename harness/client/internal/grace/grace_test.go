package grace_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/internal/grace"
)

func TestWait(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {990 * time.Millisecond, true}, {time.Hour, false}} {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan struct{})
			time.AfterFunc(c.after, func() { close(done) })
			if got := grace.Wait(done, time.Second); got != c.want {
				t.Errorf("after %v: %t", c.after, got)
			}
			<-done
		})
	}
}
