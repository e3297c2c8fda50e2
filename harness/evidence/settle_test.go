package evidence

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestSettleWaitsForAnOwnerThatIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := NewLog(Limits{})
		tap, client := pipe(t, log)
		go func() { _, _ = client.Write([]byte("last words")) }()
		read := 0
		go func() {
			time.Sleep(time.Minute) // as if it signed with a very long key
			read, _ = tap.Read(make([]byte, 100))
			_ = tap.Close()
		}()
		log.Settle(t.Context())
		if read != len("last words") {
			t.Errorf("%d bytes were read", read)
		}
	})
}

func TestSettleWaitsForNoClientThatLeftItsConnectionOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := NewLog(Limits{})
		tap, client := pipe(t, log)
		over := make(chan int)
		go func() {
			read := 0
			for {
				n, err := tap.Read(make([]byte, 1))
				read += n
				if err != nil {
					over <- read
					return
				}
			}
		}()
		go func() {
			for range 3 {
				time.Sleep(settleStep * settleLooks / 2)
				_, _ = client.Write([]byte("."))
			}
		}()
		log.Settle(t.Context())
		_ = tap.Close()
		if read := <-over; read != 3 {
			t.Errorf("%d of 3 bytes were read", read)
		}
	})
}

func TestSettleEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := NewLog(Limits{})
		tap, _ := pipe(t, log) // whose owner does nothing
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		log.Settle(ctx)
		if ctx.Err() == nil {
			t.Error("it did not wait")
		}
		_ = tap.Close()
	})
}
