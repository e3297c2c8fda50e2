package suites_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// gravest are the faults that no client may overlook.
var gravest = []string{
	"validity/leaf-expired-ecdsa-p256-1.2", "trust/untrusted-root-ecdsa-p256-1.2", "chain/missing-intermediate-ecdsa-p256-1.2",
}

// careless are the clients that verify nothing as Debian has them: elinks until it
// is configured to, and botan's tls_client says what it thinks and goes on.
var careless = []string{"elinks", "botan"}

// stacks are words of what clients say of their TLS library, one for each stack.
var stacks = []string{"crypto/tls", "OpenSSL", "GnuTLS", "NSS", "SunJSSE", "Bouncy Castle", "Botan", "Erlang"}

// inContainers are words for the stacks that are met in containers alone.
var inContainers = []string{"Mbed TLS", "wolfSSL", "BearSSL", "rustls", "Haskell tls"}

// TestClientsOfTheWorld runs every client that is known by name against the
// gravest faults: 25 at least, of eight stacks, of which all but the careless
// refuse, and accept the control.
func TestClientsOfTheWorld(t *testing.T) {
	var seen census
	for _, preset := range client.Presets() {
		info := preset.Describe(t.Context())
		if !info.Installed {
			t.Logf("%s: %s", preset.Name, info.Problem)
			continue
		}
		seen.add(info)
		judge(t, preset.Name, native(t, preset))
	}
	seen.demand(t, 25, stacks, "few clients are installed: .ci/run names what Debian has")
}

// TestClientsInContainers runs all that there is an image for in that. What is
// installed here as well has to do the same there.
func TestClientsInContainers(t *testing.T) {
	needImages(t)
	var seen census
	t.Run("clients", func(t *testing.T) {
		for _, preset := range client.Presets() {
			if preset.Image() == "" {
				continue
			}
			t.Run(preset.Name, func(t *testing.T) {
				t.Parallel()
				files, err := fixtures.Image(preset.Image())
				if err != nil {
					t.Fatal(err)
				}
				c, err := container.New(t.Context(), container.Options{Files: files, Preset: &preset})
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := c.Close(); err != nil {
						t.Error(err)
					}
				}()
				info := c.Describe(t.Context())
				if !info.Installed {
					t.Fatal(info.Problem)
				}
				seen.add(info)
				inside := execute(t, c)
				judge(t, preset.Name, inside)
				if !preset.Describe(t.Context()).Installed {
					return
				}
				for i, here := range native(t, preset) {
					there := inside[i]
					if there.Verdict != here.Verdict || there.Observation.Accepted != here.Observation.Accepted || there.Observation.Reason != here.Observation.Reason {
						t.Errorf("%s: here %s for %q, in a container %s for %q", here.Scenario.ID, here.Verdict, here.Observation.Reason, there.Verdict, there.Observation.Reason)
					}
				}
			})
		}
	})
	seen.demand(t, 25, append(slices.Clone(stacks[1:]), inContainers...), "an image lacks its client")
}

// needImages skips or fails t without an engine that has what the images start
// from, and makes them.
func needImages(t *testing.T) {
	t.Helper()
	if err := container.Available(t.Context()); err != nil {
		need.Missing(t, err.Error())
	}
	docker := need.Tool(t, "docker")
	if err := exec.CommandContext(t.Context(), docker, "image", "inspect", fixtures.BaseImage).Run(); err != nil {
		need.Missing(t, "the image "+fixtures.BaseImage+" is not there: fixtures/images/base.sh makes it")
	}
	var builds errgroup.Group
	builds.SetLimit(3)
	var made []string
	for _, preset := range client.Presets() {
		name := preset.Image()
		if name == "" || slices.Contains(made, name) {
			continue
		}
		made = append(made, name)
		builds.Go(func() error {
			files, err := fixtures.Image(name)
			if err != nil {
				return err
			}
			return container.Build(t.Context(), files, nil)
		})
	}
	if err := builds.Wait(); err != nil {
		t.Fatal(err)
	}
}

// natives holds what the clients of this machine did, which is looked at twice.
var natives sync.Map // from a preset's name to func() []verdict.Result

func native(t *testing.T, preset client.Preset) []verdict.Result {
	t.Helper()
	run, _ := natives.LoadOrStore(preset.Name, sync.OnceValue(func() []verdict.Result { return execute(t, preset.Client()) }))
	return run.(func() []verdict.Result)() // nothing else is stored
}

func execute(t *testing.T, c client.Client) []verdict.Result {
	t.Helper()
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, gravest, nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := harness.Execute(t.Context(), harness.Config{Client: c, Scenarios: selected, Timeout: amply})
	if err != nil || len(run.Results) != len(gravest) {
		t.Fatalf("%d results, %v", len(run.Results), err)
	}
	return run.Results
}

// judge wants a client to refuse, unless it is careless.
func judge(t *testing.T, name string, results []verdict.Result) {
	t.Helper()
	want := verdict.Pass
	if slices.Contains(careless, name) {
		want = verdict.Fail
	}
	for _, r := range results {
		if r.Verdict != want {
			t.Errorf("%s, want %s:\n%s", name, want, harness.Describe(r))
		}
	}
}

// census counts clients and what they say of their TLS libraries.
type census struct {
	mu  sync.Mutex
	tls []string
}

func (c *census) add(info client.Info) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tls = append(c.tls, strings.ToLower(info.TLS))
}

// demand logs what is missing, and fails where nothing may be.
func (c *census) demand(t *testing.T, count int, stacks []string, otherwise string) {
	t.Helper()
	var missing []string
	for _, stack := range stacks {
		if !slices.ContainsFunc(c.tls, func(tls string) bool { return strings.Contains(tls, strings.ToLower(stack)) }) {
			missing = append(missing, stack)
		}
	}
	switch {
	case len(c.tls) >= count && missing == nil:
	case os.Getenv(need.RequireVariable) == "all":
		t.Errorf("%d clients, want %d; none with %q: %s", len(c.tls), count, missing, otherwise)
	default:
		t.Logf("%d clients, none with %q: %s", len(c.tls), missing, otherwise)
	}
}
