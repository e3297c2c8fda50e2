package harness

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Option changes what Run does.
type Option func(*options)

type options struct {
	globs, tags []string
	catalogues  []string
	profile     verdict.Profile
	timeout     time.Duration
	jobs        int
	known       *verdict.KnownList
}

// WithScenarios selects scenarios by id or glob, such as "validity/**".
func WithScenarios(globs ...string) Option {
	return func(o *options) { o.globs = append(o.globs, globs...) }
}

// WithTags selects scenarios that have any of the tags.
func WithTags(tags ...string) Option {
	return func(o *options) { o.tags = append(o.tags, tags...) }
}

// WithCatalogue adds scenarios of your own, from files or directories of YAML.
func WithCatalogue(paths ...string) Option {
	return func(o *options) { o.catalogues = append(o.catalogues, paths...) }
}

// WithProfile sets the profile; verdict.Default unless set.
func WithProfile(p verdict.Profile) Option { return func(o *options) { o.profile = p } }

// WithTimeout bounds one attempt; DefaultTimeout unless set.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithJobs sets how many cases run at once.
func WithJobs(n int) Option { return func(o *options) { o.jobs = n } }

// WithKnown tolerates the findings that list names.
func WithKnown(list *verdict.KnownList) Option { return func(o *options) { o.known = list } }

// Run runs a client against the catalogue, or what options select of it, with a
// subtest for each scenario. A subtest fails on a finding, is skipped with the
// reason when its result is inconclusive, and passes otherwise.
func Run(t *testing.T, c Client, opts ...Option) Results {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	selected, err := selection(o, c)
	if err != nil {
		t.Fatalf("selecting scenarios: %v", err)
	}
	results, err := Execute(t.Context(), Config{
		Client: c, Scenarios: selected, Profile: o.profile, Timeout: o.timeout, Jobs: o.jobs, Known: o.known,
	})
	if err != nil {
		t.Fatalf("running the harness: %v", err)
	}
	if err := verdict.ApplyKnown(results.Client.Name, results.Results, o.known); err != nil {
		t.Errorf("the list of known findings is out of date: %v", err)
	}
	for i := range results.Results {
		r := &results.Results[i]
		t.Run(r.Scenario.ID, func(t *testing.T) {
			t.Helper()
			switch r.Verdict {
			case verdict.Fail, verdict.Error:
				t.Error(Describe(*r))
			case verdict.Inconclusive:
				t.Skip(Describe(*r))
			case verdict.Warn, verdict.Known:
				t.Log(Describe(*r))
			case verdict.Pass:
			}
		})
	}
	return results
}

// selection loads the catalogue and what was added to it, and selects from both.
// What needs a browser is left out for other clients unless the options name it.
func selection(o options, c Client) ([]scenarios.Scenario, error) {
	all, err := scenarios.CatalogueWith(o.globs, o.tags)
	if err != nil {
		return nil, err
	}
	if len(o.catalogues) > 0 {
		own, err := scenarios.LoadPaths(o.catalogues...)
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	if len(o.globs)+len(o.tags) == 0 {
		all = scenarios.WithoutPins(all)
		if !client.LoadsPages(c) {
			all = scenarios.WithoutPages(all)
		}
	}
	return scenarios.Select(all, o.globs, o.tags)
}

// evidenceLines bounds how much of the evidence a failure text shows.
const evidenceLines = 4

// Describe says in a few lines what was expected, what happened, what the
// server side saw, and what to do about it.
func Describe(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Verdict, r.Scenario.Title)
	fmt.Fprintf(&b, "  expected: %s\n", Expectation(r.Scenario.Expect))
	if r.Finding != nil {
		fmt.Fprintf(&b, "  happened: %s\n", r.Finding.Text)
	}
	for _, line := range r.Evidence.Lines(evidenceLines) {
		fmt.Fprintf(&b, "  evidence: %s\n", line)
	}
	if m := firstLine(r.Observation.Message); m != "" {
		fmt.Fprintf(&b, "  client:   %s\n", m)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "  note:     %s\n", note.Text)
	}
	if r.Scenario.Remedy != "" {
		fmt.Fprintf(&b, "  remedy:   %s\n", r.Scenario.Remedy)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Expectation says what a scenario asks of a client.
func Expectation(e scenarios.Expect) string {
	if e.Outcome == scenarios.Accept {
		return fmt.Sprintf("a client %s accept", e.Level)
	}
	return fmt.Sprintf("a client %s refuse, because %s", e.Level, e.Reason)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// Start starts the server of one scenario for a test that drives its client by
// hand; it is closed when the test ends.
func Start(t testing.TB, id string) *Fault {
	t.Helper()
	f, err := start(t.Context(), id)
	if err != nil {
		t.Fatalf("starting %s: %v", id, err)
	}
	t.Cleanup(f.Close)
	return f
}

// Case runs one scenario and its control against a client and returns the
// result: what Run does for each.
func Case(ctx context.Context, c Client, id string, timeout time.Duration) (Result, error) {
	selected, err := one(id)
	if err != nil {
		return Result{}, err
	}
	run, err := Execute(ctx, Config{Client: c, Scenarios: selected, Timeout: timeout, Jobs: 1})
	if err != nil {
		return Result{}, err
	}
	if len(run.Results) != 1 {
		return Result{}, fmt.Errorf("running %s: %w", id, context.Cause(ctx))
	}
	return run.Results[0], nil
}

// one returns the scenario of an id.
func one(id string) ([]scenarios.Scenario, error) {
	all, err := scenarios.CatalogueWith([]string{id}, nil)
	if err != nil {
		return nil, err
	}
	selected, err := scenarios.Select(all, []string{id}, nil)
	if err != nil {
		return nil, err
	}
	if len(selected) != 1 {
		return nil, fmt.Errorf("%q selects %d scenarios, want one", id, len(selected))
	}
	return selected, nil
}
