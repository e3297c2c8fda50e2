package proxy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/proxy"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Presets that are told of a proxy; others cannot be, or nobody has said how yet.
var told = []string{"go", "curl", "wget", "openssl", "python", "java", "perl", "ruby", "php", "git"}

// PHP speaks TLS 1.2 at most through a proxy, so that is what the cases are of.
var forEveryPreset = []string{"baseline/key-ecdsa-p256-1.2", "validity/leaf-expired-ecdsa-p256-1.2", "trust/untrusted-root-ecdsa-p256-1.2"}

func TestPresetsGoThroughTheProxy(t *testing.T) {
	for _, preset := range client.Presets() {
		for _, kind := range []proxy.Kind{proxy.HTTP, proxy.SOCKS} {
			t.Run(preset.Name+" by "+string(kind), func(t *testing.T) {
				if err := preset.CheckProxy(kind.Scheme()); err != nil {
					if kind == proxy.HTTP && slices.Contains(told, preset.Name) {
						t.Error(err)
					}
					return
				}
				if info := preset.Describe(t.Context()); !info.Installed {
					need.Missing(t, info.Problem)
				}
				c := preset.Client()
				results := run(t, proxy.Client(c, kind))
				for _, r := range results {
					if r.Verdict != verdict.Pass || len(r.Observation.Elsewhere) > 0 {
						t.Errorf("%s: it asked for %q\n%s", r.Scenario.ID, r.Observation.Elsewhere, harness.Describe(r))
					}
				}
			})
		}
	}
}

// run meets the cases for every preset, at a name that does not resolve.
func run(t *testing.T, c client.Client) []verdict.Result {
	t.Helper()
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, forEveryPreset, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range selected {
		selected[i] = selected[i].Renamed("payments.example.com")
	}
	got, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: selected, Timeout: time.Minute})
	if err != nil || len(got.Results) != len(forEveryPreset) {
		t.Fatalf("%d results, %v", len(got.Results), err)
	}
	return got.Results
}

// A client that is told of a proxy, and goes straight to where the name would lead, finds nobody.
func TestNobodyIsThereWithoutTheProxy(t *testing.T) {
	straight := client.Func(func(ctx context.Context, target client.Target) error {
		target.Proxy = ""
		return client.Go(client.GoOptions{}).Attempt(ctx, target).Err
	})
	for _, r := range run(t, proxy.Client(straight, proxy.HTTP)) {
		if r.Verdict != verdict.Inconclusive || r.Observation.Connected {
			t.Error(harness.Describe(r))
		}
	}
}
