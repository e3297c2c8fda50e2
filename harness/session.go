package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Session runs cases of one client one by one: what a suite needs that decides
// itself when each runs. It remembers the controls and shares keys and roots
// between cases, and is safe for concurrent use. It holds nothing that must be
// closed.
type Session struct {
	client  client.Client
	factory *server.Factory
	dict    *verdict.Dictionary
	known   *verdict.KnownList
	name    string // of the client, in the list of known findings
	profile verdict.Profile
	timeout time.Duration
	jobs    int

	mu       sync.Mutex
	controls map[string]*controlRun
}

// controlRun is one control, run by whoever needs it first.
type controlRun struct {
	done    chan struct{}
	outcome verdict.Control
	// aborted reports that the run was interrupted before the control was done.
	aborted bool
}

// NewSession prepares to run cases; Config.Scenarios, Jobs and OnResult do not
// matter to it.
func NewSession(cfg Config) (*Session, error) {
	if cfg.Client == nil {
		return nil, errors.New("starting a run: no client")
	}
	s := &Session{
		client: cfg.Client, factory: server.NewFactory(server.Config{
			Seed: cfg.Seed, Port: cfg.Port, Twin: cfg.Twin, PlainRoots: cfg.PlainRoots || client.NeedsPlainRoots(cfg.Client),
		}),
		dict: verdict.Builtin(), known: cfg.Known, name: cfg.Info.Name,
		profile: cfg.Profile, timeout: cfg.Timeout, jobs: cfg.Jobs, controls: make(map[string]*controlRun),
	}
	if s.profile == "" {
		s.profile = verdict.Default
	}
	if s.timeout <= 0 {
		s.timeout = DefaultTimeout
	}
	switch {
	case cfg.Port != 0:
		s.jobs = 1
	case s.jobs <= 0:
		s.jobs = 2 * runtime.NumCPU()
	}
	return s, nil
}

// Case runs one scenario and, unless it has run before, its control; a scenario
// without a fault is its own. Its error is that of ctx, when it ended before the case was done.
func (s *Session) Case(ctx context.Context, sc *scenarios.Scenario) (Result, error) {
	start := time.Now()
	result := verdict.Result{Scenario: sc}
	if sc.Faulty() {
		control, err := s.control(ctx, sc)
		if err != nil {
			return result, err
		}
		result.Control = control
	}
	obs, ev, err := s.meet(ctx, sc)
	if ctx.Err() != nil {
		return result, context.Cause(ctx)
	}
	if !sc.Faulty() { // the same server without its fault is this very one
		result.Control = verdict.ControlOf(sc.ID, obs)
	}
	result.Observation, result.Evidence = obs, ev
	result.Duration = time.Since(start)
	if err != nil {
		result.Verdict = verdict.Error
		result.Finding = &verdict.Finding{Kind: verdict.HarnessFailed, Text: err.Error()}
		return result, nil
	}
	result.Verdict, result.Finding, result.Notes = verdict.Judge(sc, obs, result.Control, s.profile)
	s.known.Excuse(s.name, &result)
	return result, nil
}

// meet lets the client meet one scenario and observes it.
func (s *Session) meet(ctx context.Context, sc *scenarios.Scenario) (verdict.Observation, Evidence, error) {
	srv, err := s.factory.Start(ctx, sc)
	if cannot := new(server.CannotError); errors.As(err, &cannot) {
		return verdict.Observation{NotServed: cannot.Error()}, Evidence{}, nil
	}
	if err != nil {
		return verdict.Observation{}, Evidence{}, err
	}
	client.Ready(ctx, s.client, srv.Target())
	attemptCtx, cancel := context.WithTimeout(ctx, s.timeout)
	pulse := startPulse()
	attempt := s.client.Attempt(attemptCtx, srv.Target())
	attempt.Starved = pulse.stop()
	cancel()
	ev := srv.Close()
	if err := srv.Err(); err != nil {
		return verdict.Observation{}, ev, fmt.Errorf("serving %s: %w", sc.ID, err)
	}
	return verdict.Observe(ev, attempt, sc.Expect, s.dict), ev, nil
}

// control returns what the client does with the control of sc. Each distinct
// control runs once; whoever comes second waits for the first.
func (s *Session) control(ctx context.Context, sc *scenarios.Scenario) (verdict.Control, error) {
	c := sc.Control()
	s.mu.Lock()
	run, running := s.controls[c.ID]
	if !running {
		run = &controlRun{done: make(chan struct{})}
		s.controls[c.ID] = run
	}
	s.mu.Unlock()
	if running {
		select {
		case <-run.done:
			if run.aborted {
				return verdict.Control{}, context.Canceled
			}
			return run.outcome, nil
		case <-ctx.Done():
			return verdict.Control{}, context.Cause(ctx)
		}
	}
	defer close(run.done)
	obs, _, err := s.meet(ctx, &c)
	if ctx.Err() != nil {
		run.aborted = true
		return run.outcome, context.Cause(ctx)
	}
	if err != nil {
		obs.HarnessError = err.Error()
	}
	run.outcome = verdict.ControlOf(c.ID, obs)
	return run.outcome, nil
}
