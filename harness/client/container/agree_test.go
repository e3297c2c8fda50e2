package container_test

import (
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// The same version of curl, of Debian, in a container and on the machine.
func TestCurlInAContainerJudgesAsCurlDoes(t *testing.T) {
	needEngine(t)
	command := newCommand(t, need.Tool(t, "curl"), "-q", "-sS", "--fail", "--max-time", "{timeout}", "--cacert", "{ca}", "--resolve", "{resolve}", "{url}")
	catalogue, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	var some []scenarios.Scenario
	for _, s := range catalogue {
		if s.Family == "names" {
			some = append(some, s)
		}
	}
	contained := start(t, container.Options{Dockerfile: "../../../fixtures/images/curl", Command: newCommand(t, "curl",
		"-q", "-sS", "--fail", "--max-time", "{timeout}", "--cacert", "{ca}", "{url}")})
	native, inside := execute(t, command, some), execute(t, contained, some)
	for id, want := range native {
		got := inside[id]
		if got.Verdict != want.Verdict || got.Observation.Accepted != want.Observation.Accepted || got.Observation.Reason != want.Observation.Reason {
			t.Errorf("%s: in a container %s %+v, natively %s %+v", id, got.Verdict, got.Observation, want.Verdict, want.Observation)
		}
	}
	if len(native) < 20 || len(inside) != len(native) {
		t.Errorf("%d results natively, %d in a container", len(native), len(inside))
	}
}

func execute(t *testing.T, c client.Client, some []scenarios.Scenario) map[string]verdict.Result {
	t.Helper()
	run, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: some})
	if err != nil {
		t.Fatal(err)
	}
	results := make(map[string]verdict.Result)
	for _, r := range run.Results {
		results[r.Scenario.ID] = r
	}
	return results
}
