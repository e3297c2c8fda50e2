package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultQuiet is how long a Trigger waits for more once all connections have ended.
const DefaultQuiet = time.Second

// Trigger is a Client that does not connect itself: it asks a system under test,
// which runs elsewhere and goes on running, to send something to the target, as
// one asks an application to call a webhook. The attempt lasts until the sender
// has connected and then left the server in peace for Quiet, or time is up.
//
// What the sender made of the answer is not known, unless Result tells: without
// it a case that only the sender's own words can decide stays inconclusive. The
// sender must trust the roots of the target, in {ca}, for this attempt.
type Trigger struct {
	// Start asks for the sending, and exits 0 once that is taken in. What it leaves
	// running is ended with it.
	Start *Command
	// Result is run after the sending and exits 0 if the system under test counts
	// it as done; nil where nobody can be asked.
	Result *Command
	// Quiet is DefaultQuiet when zero. A sender that tries again after longer
	// pauses is not seen doing so.
	Quiet time.Duration
}

// Attempt implements Client.
func (t *Trigger) Attempt(ctx context.Context, target Target) Attempt {
	start := time.Now()
	a := t.attempt(ctx, target)
	a.Duration = time.Since(start)
	return a
}

func (t *Trigger) attempt(ctx context.Context, target Target) Attempt {
	if target.Await == nil {
		return Attempt{NotStarted: true, Err: errors.New("nobody watches the target, so that the end of the sending cannot be told")}
	}
	asked := t.Start.Attempt(ctx, target)
	if asked.Err != nil {
		return Attempt{NotStarted: true, Err: fmt.Errorf("asking for the webhook: %w: %s", asked.Err, strings.TrimSpace(string(asked.Output)))}
	}
	quiet := t.Quiet
	if quiet <= 0 {
		quiet = DefaultQuiet
	}
	connected, over := target.Await(ctx, quiet)
	switch {
	case connected && !over:
		return Attempt{TimedOut: true, Err: fmt.Errorf("the sender was still connected when time was up: %w", ctx.Err())}
	case t.Result == nil || !over:
		return Attempt{Unclaimed: true}
	}
	return t.Result.Attempt(ctx, target)
}
