package suites_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// gravest are the faults that no client may overlook.
var gravest = []string{
	"validity/leaf-expired-ecdsa-p256-1.2", "trust/untrusted-root-ecdsa-p256-1.2", "chain/missing-intermediate-ecdsa-p256-1.2",
}

// careless are the clients that verify nothing as Debian has them: elinks until it
// is configured to, and botan's tls_client says what it thinks and goes on.
var careless = map[string]bool{"elinks": true, "botan": true}

// stacks are words of what clients say of their TLS library, one for each stack.
var stacks = []string{"crypto/tls", "OpenSSL", "GnuTLS", "NSS", "SunJSSE", "Bouncy Castle", "Botan", "Erlang"}

// TestClientsOfTheWorld runs every client that is known by name against the
// gravest faults: 25 at least, of eight stacks, of which all but the careless
// refuse, and accept the control.
func TestClientsOfTheWorld(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, gravest, nil)
	if err != nil {
		t.Fatal(err)
	}
	met := make(map[string]bool)
	count := 0
	for _, preset := range client.Presets() {
		info := preset.Describe(t.Context())
		if !info.Installed {
			t.Logf("%s: %s", preset.Name, info.Problem)
			continue
		}
		count++
		for _, stack := range stacks {
			if strings.Contains(strings.ToLower(info.TLS), strings.ToLower(stack)) {
				met[stack] = true
			}
		}
		run, err := harness.Execute(t.Context(), harness.Config{Client: preset.Client(), Scenarios: selected, Timeout: 30 * time.Second})
		if err != nil {
			t.Errorf("%s: %v", preset.Name, err)
			continue
		}
		want := verdict.Pass
		if careless[preset.Name] {
			want = verdict.Fail
		}
		for _, r := range run.Results {
			if r.Verdict != want {
				t.Errorf("%s %s, %s: %s, want %s: %+v", preset.Name, info.Version, r.Scenario.ID, r.Verdict, want, r.Finding)
			}
		}
	}
	if count < 25 || len(met) < len(stacks) {
		text := "few clients are installed: .ci/run names what Debian has"
		if os.Getenv(need.RequireVariable) == "all" {
			t.Fatalf("%d clients, stacks %v: %s", count, met, text)
		}
		t.Logf("%d clients, stacks %v: %s", count, met, text)
	}
}
