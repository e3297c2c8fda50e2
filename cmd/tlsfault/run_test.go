package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func named(ids ...string) []scenarios.Scenario {
	all := make([]scenarios.Scenario, len(ids))
	for i, id := range ids {
		all[i].ID = id
	}
	return all
}

func TestPartsAreTheWholeAndNothingTwice(t *testing.T) {
	all := named("c/1", "a/1", "b/1", "a/2", "c/2", "b/2", "a/3")
	for _, shards := range [][]string{{""}, {"1/1"}, {"1/2", "2/2"}, {"1/3", "2/3", "3/3"}, {"1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"}} {
		var together []string
		for _, shard := range shards {
			kept, err := part(all, shard)
			if err != nil {
				t.Fatal(err)
			}
			ids := idsOf(kept)
			if !slices.IsSortedFunc(ids, func(a, b string) int { return slices.Index(idsOf(all), a) - slices.Index(idsOf(all), b) }) {
				t.Errorf("%s: %v is not in the order of the whole", shard, ids)
			}
			together = append(together, ids...)
		}
		slices.Sort(together)
		if want := []string{"a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "c/2"}; !slices.Equal(together, want) {
			t.Errorf("%v make %v, want %v", shards, together, want)
		}
	}
}

func TestAPartDependsOnIDsAlone(t *testing.T) {
	one, err := part(named("a", "b", "c", "d"), "1/2")
	if err != nil {
		t.Fatal(err)
	}
	other, err := part(named("d", "c", "b", "a"), "1/2")
	if err != nil {
		t.Fatal(err)
	}
	if slices.Reverse(other); !slices.Equal(idsOf(one), idsOf(other)) {
		t.Errorf("parts are %v and %v, want the same ids", idsOf(one), idsOf(other))
	}
}

func TestPartRefuses(t *testing.T) {
	for _, shard := range []string{"0/1", "2/1", "-1/2", "1", "1/", "/1", "a/b", "1/2/3", "1/0"} {
		if _, err := part(named("a"), shard); !isUsage(err) {
			t.Errorf("part %q: error is %v, want one of usage", shard, err)
		}
	}
}

func isUsage(err error) bool {
	mistake := new(usageError)
	return errors.As(err, &mistake)
}

func TestConclude(t *testing.T) {
	for _, test := range []struct {
		name        string
		verdicts    []verdict.Verdict
		interrupted bool
		stale       bool
		want        int
	}{
		{"all pass", []verdict.Verdict{verdict.Pass, verdict.Pass}, false, false, exitExpected},
		{"known and warn are no findings", []verdict.Verdict{verdict.Known, verdict.Warn}, false, false, exitExpected},
		{"some inconclusive", []verdict.Verdict{verdict.Pass, verdict.Inconclusive}, false, false, exitExpected},
		{"a fail", []verdict.Verdict{verdict.Pass, verdict.Fail}, false, false, exitFindings},
		{"nothing but inconclusive", []verdict.Verdict{verdict.Inconclusive, verdict.Inconclusive}, false, false, exitFindings},
		{"a stale entry", []verdict.Verdict{verdict.Pass}, false, true, exitFindings},
		{"an error of the harness", []verdict.Verdict{verdict.Fail, verdict.Error}, false, false, exitHarness},
		{"interrupted", []verdict.Verdict{verdict.Fail, verdict.Error}, true, false, exitInterrupted},
		{"interrupted before anything", nil, true, false, exitInterrupted},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := verdict.Run{Interrupted: test.interrupted}
			for _, v := range test.verdicts {
				run.Results = append(run.Results, verdict.Result{Verdict: v})
			}
			env := environment{err: io.Discard}
			if got := exitCode(env, newRoot(env), conclude(env, run, test.stale)); got != test.want {
				t.Errorf("exit code is %d, want %d", got, test.want)
			}
		})
	}
}

func TestErrorsAreToldWithTheirHint(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		code int
		want string
	}{
		{"none", nil, exitExpected, ""},
		{"an outcome", outcomeError{exitFindings}, exitFindings, ""},
		{"usage", usage("do this", "that is wrong"), exitUsage, "error: that is wrong\nhint: do this\n"},
		{"usage without a hint", usage("", "that is wrong"), exitUsage, "error: that is wrong\n"},
		{"anything else", errors.New("no more ports"), exitHarness, "error: no more ports\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			env := environment{err: &said}
			if code := exitCode(env, newRoot(env), test.err); code != test.code || said.String() != test.want {
				t.Errorf("exit code %d and %q, want %d and %q", code, said.String(), test.code, test.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"scenario", "seed", "shard", "tag"}
	for word, want := range map[string]string{"scenari": "scenario", "sceanrio": "scenario", "sede": "seed", "shrad": "shard", "tga": "tag", "x": "", "frobnicate": "", "": ""} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestTheConsoleReportHasColorsOnlyOnATerminal(t *testing.T) {
	run := verdict.Run{Results: []verdict.Result{{Scenario: &scenarios.Scenario{ID: "a/b"}, Verdict: verdict.Fail}}}
	for _, color := range []bool{false, true} {
		var out bytes.Buffer
		r, err := newReports(environment{out: &out, color: color}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.write(run); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != color {
			t.Errorf("color %t: escapes are there: %t", color, got)
		}
	}
}

func TestAFileIsReplacedAsAWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report")
	for _, text := range []string{"first and longer", "second"} {
		if err := writeFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("file holds %q, error %v, want %q", got, err, text)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("directory holds %v, error %v, want the report alone", entries, err)
	}
	if err := writeFile(filepath.Join(dir, "nowhere", "report"), nil); err == nil {
		t.Error("a report is written into a directory that is not there")
	}
}

func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var shown bytes.Buffer
		bar := newProgress(environment{err: &shown, progress: terminal}, 2)
		bar.step(verdict.Result{Verdict: verdict.Pass})
		bar.step(verdict.Result{Verdict: verdict.Fail})
		bar.finish()
		if got := shown.Len() > 0; got != terminal {
			t.Errorf("terminal %t: shown %q", terminal, shown.String())
		}
	}
}

// brokenPipe fails on every write.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestAClosedPipeIsNoticedByEveryCommand(t *testing.T) {
	for _, args := range [][]string{
		{"list"}, {"list", "--format", "json"}, {"list", "--format", "markdown"}, {"show", "validity/leaf-expired"},
		{"schema"}, {"schema", "report"}, {"new", "a/b"}, {"explain", "certificate has expired"},
		{"run", "--client", "list"}, {"run", "--scenario", "validity/leaf-expired"},
		{"serve", "--scenario", "validity/leaf-expired"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			var said bytes.Buffer
			env := environment{in: strings.NewReader(""), out: brokenPipe{}, err: &said}
			root := newRoot(env)
			root.SetArgs(args)
			if code := exitCode(env, root, root.Execute()); code != exitHarness || !strings.HasPrefix(said.String(), "error: ") {
				t.Errorf("exit code %d and %q, want %d and an error", code, said.String(), exitHarness)
			}
		})
	}
}

func FuzzConfigure(f *testing.F) {
	for _, text := range []string{
		"client: curl\njobs: 2\n", "scenario: [a, b]\n", "command: [curl, '{url}']", "a: &x 1\nb: *x\n", "- a\n", "? [a]\n: b\n", "--- |\n x\n", "{", "timeout: !!str 3s", "<<: {jobs: 1}", "# only a comment\n",
	} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "tlsfault.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var o runOptions
		c := &cobra.Command{}
		o.register(c)
		o.config = path
		if err := o.configure(c); err != nil && !isUsage(err) {
			t.Errorf("error is %v, want one of usage", err)
		}
	})
}
