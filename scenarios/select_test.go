package scenarios_test

import (
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/scenarios"
)

func some() []scenarios.Scenario {
	var all []scenarios.Scenario
	for _, line := range []string{
		"validity/leaf-expired-1.2 certificate webhook", "validity/leaf-expired-1.3 certificate", "validity/deep/one certificate",
		"chain/missing chain webhook", "http/truncated http",
	} {
		fields := strings.Fields(line)
		family, _, _ := strings.Cut(fields[0], "/")
		all = append(all, scenarios.Scenario{ID: fields[0], Family: family, Tags: fields[1:], Covers: []string{"badssl:expired"}})
	}
	return all
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		globs, tags []string
		want        string
	}{
		{nil, nil, "validity/leaf-expired-1.2 validity/leaf-expired-1.3 validity/deep/one chain/missing http/truncated"},
		{[]string{"chain/missing"}, nil, "chain/missing"},
		{[]string{"validity/*"}, nil, "validity/leaf-expired-1.2 validity/leaf-expired-1.3"},
		{[]string{"validity/**"}, nil, "validity/leaf-expired-1.2 validity/leaf-expired-1.3 validity/deep/one"},
		{[]string{"**/*1.3"}, nil, "validity/leaf-expired-1.3"},
		{[]string{"{chain,http}/*"}, nil, "chain/missing http/truncated"},
		{[]string{"http/*", "chain/*", "chain/missing"}, nil, "chain/missing http/truncated"},
		{nil, []string{"webhook"}, "validity/leaf-expired-1.2 chain/missing"},
		{nil, []string{"chain", "http"}, "chain/missing http/truncated"},
		{[]string{"validity/**"}, []string{"webhook", "http"}, "validity/leaf-expired-1.2"},
		{[]string{"http/*"}, []string{"webhook"}, ""},
	} {
		got, err := scenarios.Select(some(), c.globs, c.tags)
		if err != nil || ids(got) != c.want {
			t.Errorf("globs %q, tags %q: got %s, %v\nwant %s", c.globs, c.tags, ids(got), err, c.want)
		}
	}
}

func TestSelectNamesTheNearestRightWord(t *testing.T) {
	for _, c := range []struct {
		globs, tags []string
		want        string
	}{
		{[]string{"chain/*", "chain/mising"}, nil, `no scenario matches "chain/mising": did you mean "chain/missing"?`},
		{[]string{"validty/**"}, nil, `no scenario matches "validty/**": did you mean "validity/**"?`},
		{[]string{"validity"}, nil, `no scenario matches "validity": did you mean "validity/**"?`},
		{[]string{"nothing/of/the/sort"}, nil, `no scenario matches "nothing/of/the/sort"`},
		{[]string{"chain/["}, nil, `selecting scenarios: "chain/[" is no pattern`},
		{nil, []string{"webhok"}, `no scenario has the tag "webhok": did you mean "webhook"?`},
		{nil, []string{"x"}, `no scenario has the tag "x"`},
	} {
		_, err := scenarios.Select(some(), c.globs, c.tags)
		if err == nil || err.Error() != c.want {
			t.Errorf("globs %q, tags %q: got %v\nwant %s", c.globs, c.tags, err, c.want)
		}
	}
}

func TestJoinRefusesAnIDThatIsTaken(t *testing.T) {
	all := some()
	if got, err := scenarios.Join(all[:2], all[2:]); err != nil || ids(got) != ids(all) {
		t.Errorf("got %s, %v", ids(got), err)
	}
	all[0].Source, all[4].Source = scenarios.Position{File: "a.yaml", Line: 3, Column: 5}, scenarios.Position{File: "b.yaml", Line: 9, Column: 5}
	all[4].ID = all[0].ID
	_, err := scenarios.Join(all[:2], all[2:])
	want := "b.yaml:9:5: the id \"validity/leaf-expired-1.2\" is taken by the scenario at a.yaml:3:5\n    hint: ids are unique over all files"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// A file that is loaded twice is one mistake, or a few.
func TestJoinTellsOnceForAMatrix(t *testing.T) {
	all := mustLoad(t, largeMatrix(1000))
	if _, err := scenarios.Join(all, all); len(scenarios.Errors(err)) != 1 {
		t.Errorf("%d errors for one entry", len(scenarios.Errors(err)))
	}
	all = mustLoad(t, writtenOut(1000))
	if _, err := scenarios.Join(all, all); len(scenarios.Errors(err)) != 20 {
		t.Errorf("%d errors for a thousand entries, want 20", len(scenarios.Errors(err)))
	}
}

func TestCoverageNamesWhatStandsForACaseOrWhyNothingDoes(t *testing.T) {
	all := some()
	all[0].Covers = []string{"badssl:expired", "limbo:rfc5280::validity::expired-leaf", "bettertls:nameconstraints/17"}
	all[1].Covers = []string{"badssl:expired"}
	all[2].Covers, all[3].Covers, all[4].Covers = nil, nil, nil
	got, err := scenarios.Coverage(all, "badssl")
	if err != nil || len(got) != 80 {
		t.Fatalf("%d cases, %v", len(got), err)
	}
	for _, c := range got {
		switch c.Case {
		case "expired":
			if strings.Join(c.Scenarios, " ") != "validity/leaf-expired-1.2 validity/leaf-expired-1.3" || c.Reason != "" {
				t.Errorf("got %+v", c)
			}
		case "lock-title":
			if len(c.Scenarios) != 0 || c.Scenarios == nil || c.Reason == "" {
				t.Errorf("got %+v", c)
			}
		}
	}
	for _, name := range []string{"limbo", "x509-limbo"} {
		got, err := scenarios.Coverage(all, name)
		covered := 0
		for _, c := range got {
			if c.Project != "x509-limbo" {
				t.Fatalf("got %+v", c)
			}
			covered += len(c.Scenarios)
		}
		if err != nil || len(got) != 184 || covered != 1 {
			t.Errorf("%s: %d of %d, %v", name, covered, len(got), err)
		}
	}
	// What somebody covers and no list has stands behind the list.
	if got, err := scenarios.Coverage(all, "bettertls"); err != nil || len(got) != 8 || got[7].Case != "nameconstraints/17" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := scenarios.Coverage(all, "badsll"); err == nil || err.Error() != `unknown project "badsll": did you mean "badssl"?` {
		t.Errorf("got %v", err)
	}
}
