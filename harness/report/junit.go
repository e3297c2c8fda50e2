package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// JUnit writes run as JUnit XML: a suite for each family, a case for each
// scenario. Fail is a failure, error an error, inconclusive and known are
// skipped with their cause, warn passes with its finding as output. A run that
// was interrupted ends with a case of its own that is an error.
func JUnit(w io.Writer, run verdict.Run) error {
	suites := junit.Testsuites{Name: "tlsfault " + runName(run), Time: seconds(run.Duration)}
	for _, family := range families(run) {
		suites.AddSuite(familySuite(run, family, len(suites.Suites)))
	}
	if text := interruption(run); text != "" {
		suite := junit.Testsuite{Name: "run", ID: len(suites.Suites), Time: seconds(0)}
		suite.AddTestcase(junit.Testcase{
			Name: "complete", Classname: "run", Time: seconds(0),
			Error: &junit.Result{Message: text, Type: "interrupted", Data: text},
		})
		suites.AddSuite(suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	if err := suites.WriteXML(w); err != nil {
		return fmt.Errorf("writing the JUnit report: %w", err)
	}
	return nil
}

func familySuite(run verdict.Run, family string, id int) junit.Testsuite {
	suite := junit.Testsuite{Name: clean(family), ID: id}
	if !run.Started.IsZero() {
		suite.SetTimestamp(run.Started.UTC())
	}
	suite.AddProperty("client", clientName(run.Client))
	suite.AddProperty("profile", string(run.Profile))
	if run.Interrupted {
		suite.AddProperty("interrupted", "true")
	}
	var total time.Duration
	for i := range run.Results {
		if r := &run.Results[i]; r.Scenario.Family == family {
			suite.AddTestcase(testcase(r))
			total += r.Duration
		}
	}
	suite.Time = seconds(total)
	return suite
}

func testcase(r *verdict.Result) junit.Testcase {
	c := junit.Testcase{Name: clean(r.Scenario.ID), Classname: clean(r.Scenario.Family), Time: seconds(r.Duration)}
	result := &junit.Result{Message: findingText(r), Data: story(r)}
	if r.Finding != nil {
		result.Type = clean(string(r.Finding.Kind))
	}
	switch r.Verdict {
	case verdict.Fail:
		c.Failure = result
	case verdict.Error:
		c.Error = result
	case verdict.Inconclusive, verdict.Known:
		c.Skipped = result
	case verdict.Warn:
		c.SystemOut = &junit.Output{Data: "warn: " + story(r)}
	case verdict.Pass:
		if len(r.Notes) > 0 {
			c.SystemOut = &junit.Output{Data: story(r)}
		}
	}
	return c
}

// story tells a result on several lines, every one of them clean.
func story(r *verdict.Result) string {
	var b strings.Builder
	b.WriteString(clean(r.Scenario.Title))
	for _, l := range about(r) {
		fmt.Fprintf(&b, "\n%-8s  %s", l.label, l.text)
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
