package verdict_test

import (
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

const knownFile = `known:
  - scenario: dh/*
    client: curl*
    reason: accepts 1024 bits at SECLEVEL 0
    ref: https://example.test/1
  - scenario: "**/expired-*"
    reason: clock is wrong here
`

func loadKnown(t *testing.T, text string) *verdict.KnownList {
	t.Helper()
	known, err := verdict.LoadKnown("known.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func results(verdicts ...string) []verdict.Result {
	var list []verdict.Result
	for _, v := range verdicts {
		id, word, _ := strings.Cut(v, " ")
		r := verdict.Result{Scenario: &scenarios.Scenario{ID: id}, Verdict: verdict.Verdict(word)}
		if r.Verdict != verdict.Pass {
			r.Finding = &verdict.Finding{Kind: verdict.AcceptedBroken, Text: "accepted"}
		}
		list = append(list, r)
	}
	return list
}

func TestApplyKnown(t *testing.T) {
	tests := []struct {
		name, client string
		results      []string
		want         []string
		problem      string
	}{
		{"fail and warn become known", "curl", []string{"dh/1024 fail", "dh/deep/768 fail", "validity/expired-leaf warn"}, []string{"known", "fail", "known"}, ""},
		{"other clients fail", "wget", []string{"dh/1024 fail"}, []string{"fail"}, ""},
		{"inconclusive and error stay", "curl", []string{"dh/1024 inconclusive", "dh/768 error"}, []string{"inconclusive", "error"}, ""},
		{"what passes by now is stale", "curl", []string{"dh/1024 pass", "dh/768 pass"}, []string{"pass", "pass"},
			"known.yaml: entry 1 (dh/* of curl*) is stale: all that it names passed"},
		{"not stale while one fails", "curl", []string{"dh/1024 pass", "dh/768 fail"}, []string{"pass", "known"}, ""},
		{"an entry that earlier ones make superfluous", "curl", []string{"dh/expired-x fail"}, []string{"known"},
			"known.yaml: entry 2 (**/expired-*) is superfluous: earlier entries excuse the same"},
		{"what was excused one by one counts", "curl", []string{"dh/1024 known"}, []string{"known"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := results(test.results...)
			err := verdict.ApplyKnown(test.client, list, loadKnown(t, knownFile))
			for i, want := range test.want {
				if string(list[i].Verdict) != want {
					t.Errorf("%s: %s, want %s", list[i].Scenario.ID, list[i].Verdict, want)
				}
			}
			if problem := message(err); problem != test.problem {
				t.Errorf("error %q, want %q", problem, test.problem)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestKnownFindingSaysWhy(t *testing.T) {
	list := results("dh/1024 fail")
	if err := verdict.ApplyKnown("curl", list, loadKnown(t, knownFile)); err != nil {
		t.Fatal(err)
	}
	want := "accepted (known: accepts 1024 bits at SECLEVEL 0, https://example.test/1)"
	if list[0].Finding.Text != want {
		t.Errorf("%q, want %q", list[0].Finding.Text, want)
	}
}

func TestNoKnownList(t *testing.T) {
	list := results("dh/1024 fail")
	if err := verdict.ApplyKnown("curl", list, nil); err != nil || list[0].Verdict != verdict.Fail {
		t.Errorf("%s, %v", list[0].Verdict, err)
	}
}

func TestKnownCheckScenarios(t *testing.T) {
	known := loadKnown(t, knownFile)
	if err := known.CheckScenarios([]string{"dh/1024", "validity/expired-leaf"}); err != nil {
		t.Error(err)
	}
	want := "known.yaml: entry 1 (dh/* of curl*) matches no scenario"
	if got := message(known.CheckScenarios([]string{"validity/expired-leaf"})); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLoadKnownRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown key", "known:\n  - scenario: a\n    raeson: b\n", `reading known findings: known.yaml:3:5: unknown field "raeson"`},
		{"a key twice", "known:\n  - scenario: a\n    scenario: b\n    reason: c\n", `reading known findings: known.yaml:3:5: mapping key "scenario" already defined at [2:5]`},
		{"no reason", "known:\n  - scenario: a\n", "reading known findings: known.yaml: entry 1 (a): no reason"},
		{"no scenario", "known:\n  - reason: a\n", "reading known findings: known.yaml: entry 1 (): no scenario"},
		{"a broken glob", "known:\n  - scenario: 'a['\n    reason: b\n", `reading known findings: known.yaml: entry 1 (a[): scenario "a[" is not a glob`},
		{"a broken client", "known:\n  - scenario: a\n    client: '{'\n    reason: b\n", `reading known findings: known.yaml: entry 1 (a of {): client "{" is not a glob`},
		{"an entry twice", "known:\n  - {scenario: a, reason: b}\n  - {scenario: a, reason: c}\n", "reading known findings: known.yaml: entry 2 (a): the same as entry 1"},
		{"a second document", "known: []\n---\nknown: []\n", "reading known findings: known.yaml: a second document, which would be ignored"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := verdict.LoadKnown("known.yaml", []byte(test.text))
			if got := message(err); got != test.want {
				t.Errorf("%q\nwant %q", got, test.want)
			}
		})
	}
	if known, err := verdict.LoadKnown("known.yaml", nil); err != nil || len(known.Entries()) != 0 {
		t.Errorf("an empty file: %v, %v", known, err)
	}
}
