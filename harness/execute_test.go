package harness_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func some(t testing.TB, globs ...string) []scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, globs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return selected
}

func TestGoClientDoesAsItShould(t *testing.T) {
	results := harness.Run(t, client.Go(client.GoOptions{}), harness.WithScenarios("{validity,trust,names}/**"))
	if n := results.Count(verdict.Pass); n < 100 {
		t.Errorf("%d passes, want 100 or more", n)
	}
}

func TestAClientThatRefusesEverythingPassesNothing(t *testing.T) {
	c := client.Func(func(context.Context, client.Target) error { return errors.New("no") })
	run, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: some(t, "validity/**")})
	if err != nil {
		t.Fatal(err)
	}
	if n := run.Count(verdict.Inconclusive); n != len(run.Results) || n == 0 {
		t.Errorf("%d of %d inconclusive", n, len(run.Results))
	}
}

func TestEachControlRunsOnce(t *testing.T) {
	attempts := 0
	c := client.Func(func(context.Context, client.Target) error { attempts++; return nil })
	selected := some(t, "validity/leaf-*-ecdsa-p256-1.3")
	run, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: selected, Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	controls := make(map[string]bool)
	for _, r := range run.Results {
		controls[r.Control.ID] = true
	}
	if want := len(selected) + len(controls); attempts != want || len(controls) != 1 {
		t.Errorf("%d attempts for %d scenarios and %d controls", attempts, len(selected), len(controls))
	}
}

func TestResultsComeInTheOrderOfTheScenarios(t *testing.T) {
	selected := some(t, "validity/**")
	seen := 0
	run, err := harness.Execute(t.Context(), harness.Config{
		Client: client.Go(client.GoOptions{}), Scenarios: selected, OnResult: func(verdict.Result) { seen++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range run.Results {
		if r.Scenario.ID != selected[i].ID {
			t.Fatalf("result %d is of %s, want %s", i, r.Scenario.ID, selected[i].ID)
		}
	}
	if seen != len(selected) {
		t.Errorf("OnResult was called %d times for %d scenarios", seen, len(selected))
	}
}

func TestAnInterruptedRunKeepsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	selected := some(t, "validity/**")
	run, err := harness.Execute(ctx, harness.Config{
		Client: client.Go(client.GoOptions{}), Scenarios: selected, Jobs: 1, OnResult: func(verdict.Result) { cancel() },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !run.Interrupted || len(run.Results) != 1 || run.Selected != len(selected) {
		t.Errorf("interrupted %t with %d of %d results, want true with 1", run.Interrupted, len(run.Results), run.Selected)
	}
}

func TestAHungClientIsEndedAndReported(t *testing.T) {
	c := client.Func(func(ctx context.Context, _ client.Target) error { <-ctx.Done(); return ctx.Err() })
	result, err := harness.Case(t.Context(), c, "validity/leaf-expired-ecdsa-p256-1.3", 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict != verdict.Inconclusive || result.Control.Accepted {
		t.Errorf("verdict %s with control accepted %t: a client that hangs on the control proves nothing", result.Verdict, result.Control.Accepted)
	}
}

func TestStartServesOneScenario(t *testing.T) {
	f := harness.Start(t, "validity/leaf-expired-ecdsa-p256-1.3")
	a := client.Go(client.GoOptions{}).Attempt(t.Context(), f.Target())
	if a.Err == nil {
		t.Error("an expired certificate was accepted")
	}
}
