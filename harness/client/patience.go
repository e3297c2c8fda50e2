package client

import (
	"context"
	"time"
)

const (
	longestPatience  = 5 * time.Second
	shortestPatience = 50 * time.Millisecond
)

// patience is how long a client that has a time limit of its own waits for a
// server: three fifths of what ctx leaves, and 5 s at most. A client that gives
// up on a stalled server by itself is then seen to do so before the harness
// ends it for having hung.
func patience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return longestPatience
	}
	return min(max(time.Until(deadline)*3/5, shortestPatience), longestPatience)
}
