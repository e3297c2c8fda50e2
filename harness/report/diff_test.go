package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func result(id string, expect scenarios.Outcome, v verdict.Verdict, accepted bool) Result {
	return Result{Scenario: id, Expect: Expect{Outcome: expect}, Verdict: v, Outcome: Outcome{Accepted: accepted}}
}

func TestDiff(t *testing.T) {
	const reject, accept = scenarios.Reject, scenarios.Accept
	for _, test := range []struct {
		name     string
		old, new Result
		want     ChangeKind
	}{
		{"same", result("a", reject, verdict.Pass, false), result("a", reject, verdict.Pass, false), ""},
		{"still accepted", result("a", reject, verdict.Fail, true), result("a", reject, verdict.Fail, true), ""},
		{"newly accepted", result("a", reject, verdict.Pass, false), result("a", reject, verdict.Fail, true), NewlyAccepted},
		{"newly accepted, tolerated", result("a", reject, verdict.Pass, false), result("a", reject, verdict.Warn, true), NewlyAccepted},
		{"unclear before", result("a", reject, verdict.Inconclusive, false), result("a", reject, verdict.Fail, true), NewlyAccepted},
		{"unclear now", result("a", reject, verdict.Pass, false), result("a", reject, verdict.Inconclusive, false), Unclear},
		{"unclear twice", result("a", reject, verdict.Inconclusive, false), result("a", reject, verdict.Inconclusive, false), ""},
		{"now refused", result("a", reject, verdict.Fail, true), result("a", reject, verdict.Pass, false), NowRefused},
		{"newly refused", result("a", accept, verdict.Pass, true), result("a", accept, verdict.Fail, false), NewlyRefused},
		{"now accepted", result("a", accept, verdict.Fail, false), result("a", accept, verdict.Pass, true), NowAccepted},
		{"other reason", result("a", reject, verdict.Pass, false), result("a", reject, verdict.Warn, false), Worse},
		{"right reason", result("a", reject, verdict.Warn, false), result("a", reject, verdict.Pass, false), Better},
		{"gone", result("a", reject, verdict.Fail, true), Result{}, OnlyOld},
		{"added", Result{}, result("a", reject, verdict.Fail, true), OnlyNew},
	} {
		var old, now Report
		if test.old.Scenario != "" {
			old.Results = []Result{test.old}
		}
		if test.new.Scenario != "" {
			now.Results = []Result{test.new}
		}
		got := ChangeKind("")
		if changes := Diff(old, now); len(changes) == 1 {
			got = changes[0].Kind
		} else if len(changes) > 1 {
			t.Errorf("%s: %d changes of one scenario", test.name, len(changes))
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestWriteDiff(t *testing.T) {
	old, now := From(everyVerdict()), From(everyVerdict())
	now.Client.Version = "8.0"
	now.Results[0], now.Results[1] = now.Results[1], now.Results[0]
	now.Results[1].Verdict, now.Results[1].Outcome.Accepted = verdict.Fail, true
	now.Results[1].Finding = &verdict.Finding{Kind: verdict.AcceptedBroken, Text: "accepted\x1b[2J"}
	var got bytes.Buffer
	if err := WriteDiff(&got, Pair{&old, &now}); err != nil {
		t.Fatal(err)
	}
	want := "old  curl 7.88.1 (OpenSSL 3.0.17), 7 scenarios\nnew  curl 8.0 (OpenSSL 3.0.17), 7 scenarios\n\n" +
		"newly accepted\n  validity/leaf-expired  The leaf expired yesterday\n    pass → fail: accepted\\x1b[2J\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got.Reset()
	if err := WriteDiff(&got, Pair{&old, &old}); err != nil || !strings.HasSuffix(got.String(), "\nno difference\n") {
		t.Errorf("two that are the same: %q, %v", got.String(), err)
	}
	if err := WriteDiff(&failAfter{3}, Pair{&old, &now}); !errors.Is(err, errFull) {
		t.Errorf("error is %v, want %v", err, errFull)
	}
}

func TestClientsOfTwoMatricesArePaired(t *testing.T) {
	matrix := func(names ...string) []Report {
		all := make([]Report, len(names))
		for i, name := range names {
			all[i].Client.Name = name
		}
		return all
	}
	for _, test := range []struct {
		old, now []Report
		want     string
	}{
		{matrix("curl"), matrix("wget"), "curl-wget"},
		{matrix("curl", "wget"), matrix("wget", "curl"), "wget-wget curl-curl"},
		{matrix("curl", "wget"), matrix("curl@container"), "curl-curl@container wget-"},
		{matrix("curl"), matrix("curl", "curl@container"), "curl-curl -curl@container"},
		{nil, matrix("curl"), "-curl"},
	} {
		var got []string
		for _, pair := range Pairs(test.old, test.now) {
			old, now := "", ""
			if pair.Old != nil {
				old = pair.Old.Client.Name
			}
			if pair.New != nil {
				now = pair.New.Client.Name
			}
			got = append(got, old+"-"+now)
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("got %q, want %q", text, test.want)
		}
	}
}
