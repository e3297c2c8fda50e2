package client

import (
	"context"
	"time"
)

const (
	usualPatience    = 5 * time.Second // with the time limit that there is by default, and without any
	longestPatience  = 15 * time.Second
	shortestPatience = 50 * time.Millisecond
)

// patience is how long a client that has a time limit of its own waits for a
// server: half of what ctx leaves, and 15 s at most. A client that gives up on a
// stalled server by itself is then seen to do so before the harness ends it for
// having hung, and who gives clients more time, on a busy machine, gives it to all.
func patience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return usualPatience
	}
	return min(max(time.Until(deadline)/2, shortestPatience), longestPatience)
}
