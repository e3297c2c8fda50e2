package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// Merge makes one report of the parts of one run, as --shard makes them: the
// same client, version for version, the same server and the same profile, and no scenario
// twice. The results are in the order of their ids, whatever the order of the
// parts; the time is from the earliest start to the latest end; and one
// interrupted part makes the whole interrupted.
func Merge(parts ...Report) (Report, error) {
	if len(parts) == 0 {
		return Report{}, errors.New("merging reports: there are none")
	}
	first := parts[0]
	whole := Report{Schema: Schema, Client: first.Client, Server: first.Server, Profile: first.Profile, Started: first.Started}
	end := endOf(first)
	seen := make(map[string]bool)
	for _, part := range parts {
		if part.Client != first.Client {
			return Report{}, fmt.Errorf("merging reports: they are of different clients, %s and %s", first.Client, part.Client)
		}
		if part.Server != first.Server {
			return Report{}, fmt.Errorf("merging reports: they are of different servers, %s and %s", cmp.Or(first.Server, "tlsfault's own"), cmp.Or(part.Server, "tlsfault's own"))
		}
		if part.Profile != first.Profile {
			return Report{}, fmt.Errorf("merging reports: they have different profiles, %s and %s", first.Profile, part.Profile)
		}
		for _, result := range part.Results {
			if seen[result.Scenario] {
				return Report{}, fmt.Errorf("merging reports: %s is in more than one", result.Scenario)
			}
			seen[result.Scenario] = true
			whole.Results = append(whole.Results, result)
		}
		whole.Selected += part.Selected
		whole.Interrupted = whole.Interrupted || part.Interrupted
		if part.Started.Before(whole.Started) {
			whole.Started = part.Started
		}
		if e := endOf(part); e.After(end) {
			end = e
		}
	}
	whole.DurationMs = end.Sub(whole.Started).Milliseconds()
	slices.SortStableFunc(whole.Results, func(a, b Result) int { return strings.Compare(a.Scenario, b.Scenario) })
	whole.Summary = summarize(whole.Run())
	return whole, nil
}

func endOf(r Report) time.Time {
	return r.Started.Add(time.Duration(r.DurationMs) * time.Millisecond)
}

// String names the client with what is known of it: "curl 7.88.1 (OpenSSL 3.0.17)".
func (c Client) String() string { return clientName(verdict.ClientInfo(c)) }

func clientName(c verdict.ClientInfo) string {
	name := c.Name
	if name == "" {
		name = "client"
	}
	if c.Version != "" {
		name += " " + c.Version
	}
	if c.TLS != "" {
		name += " (" + c.TLS + ")"
	}
	return clean(name)
}

// runName names the client and, where that is not our own, the server.
func runName(run verdict.Run) string {
	if run.Server == "" {
		return clientName(run.Client)
	}
	return clientName(run.Client) + ", served by " + clean(run.Server)
}
