package harness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// DefaultTimeout bounds one attempt of a client.
const DefaultTimeout = 10 * time.Second

// Config says what a run consists of. Client and Scenarios are required.
type Config struct {
	Client    client.Client
	Scenarios []scenarios.Scenario
	// Info names the client in reports.
	Info verdict.ClientInfo
	// Profile is verdict.Default when empty.
	Profile verdict.Profile
	// Jobs is how many cases run at once; two per processor when 0.
	Jobs int
	// Timeout bounds one attempt; DefaultTimeout when 0.
	Timeout time.Duration
	// Seed asks for the same roots and keys as another run with that seed; fresh ones when empty.
	Seed string
	// Port is what every server listens on, one case at a time; a free one for each when 0.
	Port int
	// Twin is the server that serves in place of our own, as far as it can be set to; nil for ours.
	Twin server.Twin
	// PlainRoots leaves the name constraints (RFC 5280 4.2.1.10) out of the roots, for a
	// client that cannot read them and so accepts nothing. It goes without saying for
	// one that is known to be so. Whoever has such a root must not let others trust it.
	PlainRoots bool
	// Known names findings that are known; nil for none.
	Known *verdict.KnownList
	// OnResult is called with each result as it comes, never concurrently.
	OnResult func(verdict.Result)
}

// Execute runs a client against scenarios and their controls. Results come in
// the order of the scenarios. When ctx is cancelled it returns what there is,
// marked as interrupted, and no error: an error means that the harness itself
// could not do its work.
func Execute(ctx context.Context, cfg Config) (verdict.Run, error) {
	run := verdict.Run{Client: cfg.Info, Profile: cfg.Profile, Started: time.Now(), Selected: len(cfg.Scenarios)}
	if run.Profile == "" {
		run.Profile = verdict.Default
	}
	if cfg.Twin != nil {
		run.Server = cfg.Twin.Name() + " " + cfg.Twin.Version()
	}
	session, err := NewSession(cfg)
	if err != nil {
		return run, err
	}
	if err := client.Prepare(ctx, cfg.Client); err != nil && ctx.Err() == nil {
		return run, fmt.Errorf("preparing the client: %w", err)
	}
	results := make([]*verdict.Result, len(cfg.Scenarios))
	var report sync.Mutex
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range min(session.jobs, max(1, len(cfg.Scenarios))) {
		workers.Go(func() {
			for i := range jobs {
				result, err := session.Case(ctx, &cfg.Scenarios[i])
				if err != nil {
					continue // interrupted: the run says so
				}
				report.Lock()
				results[i] = &result
				if cfg.OnResult != nil {
					cfg.OnResult(result)
				}
				report.Unlock()
			}
		})
	}
	for _, i := range slowFirst(cfg.Scenarios) {
		if ctx.Err() != nil {
			break
		}
		select {
		case jobs <- i:
		case <-ctx.Done():
		}
	}
	close(jobs)
	workers.Wait()
	run.Interrupted = ctx.Err() != nil
	for _, result := range results {
		if result != nil {
			run.Results = append(run.Results, *result)
		}
	}
	run.Duration = time.Since(run.Started)
	return run, nil
}

// slowFirst orders cases so that those in which a client waits for its own
// time-out start first and overlap with all others.
func slowFirst(all []scenarios.Scenario) []int {
	order := make([]int, 0, len(all))
	waits := func(s *scenarios.Scenario) bool {
		return s.Expect.Reason == scenarios.Stalled
	}
	for _, slow := range []bool{true, false} {
		for i := range all {
			if waits(&all[i]) == slow {
				order = append(order, i)
			}
		}
	}
	return order
}
