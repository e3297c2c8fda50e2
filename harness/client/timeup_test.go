//go:build unix

package client_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// timeUp is a context whose time is up when over is closed.
type timeUp struct {
	context.Context
	over chan struct{}
}

func (c timeUp) Done() <-chan struct{} { return c.over }

func (c timeUp) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// endOnceReady runs a program whose time is up as soon as it says that it is ready.
func endOnceReady(t *testing.T, c *client.Command) client.Attempt {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	c.Env = append(c.Env, readyVariable+"="+ready)
	ctx := timeUp{t.Context(), make(chan struct{})}
	go func() {
		defer close(ctx.over)
		for t.Context().Err() == nil {
			if _, err := os.Stat(ready); err == nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	a := c.Attempt(ctx, target)
	<-ctx.over
	return a
}
