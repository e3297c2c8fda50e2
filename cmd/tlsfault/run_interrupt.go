package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// interruptible returns a context that ends with the first SIGINT or SIGTERM.
// From then on signals have their usual effect, so that a second one quits.
func interruptible(ctx context.Context, env environment) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	told := context.AfterFunc(ctx, func() {
		stop()
		_, _ = fmt.Fprintln(env.err, "interrupted: finishing what runs; once more quits at once")
	})
	return ctx, func() {
		told()
		stop()
	}
}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct {
	bar   *progressbar.ProgressBar
	fails int
}

func newProgress(env environment, total int) *progress {
	if !env.progress {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(env.err),
		progressbar.OptionSetDescription("scenarios"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// step is told of each result.
func (p *progress) step(r verdict.Result) {
	if p.bar == nil {
		return
	}
	if r.Verdict == verdict.Fail {
		p.fails++
		p.bar.Describe(fmt.Sprintf("scenarios (%d failed)", p.fails))
	}
	_ = p.bar.Add(1) // it is only a bar
}

// finish takes the bar off the terminal.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
