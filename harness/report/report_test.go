package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

func written(t *testing.T, write func(io.Writer, verdict.Run) error, run verdict.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNoFormatLetsAClientSpeakToTheTerminal(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			for _, r := range written(t, f.Write, interrupted()) {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
					t.Fatalf("holds the unprintable %q", r)
				}
			}
		})
	}
}

func TestANewLineOfAClientStartsNoWorkflowCommand(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSuffix(written(t, GitHub, everyVerdict()), "\n"), "\n") {
		if strings.HasPrefix(line, "::error::no") || !strings.HasPrefix(line, "::") {
			t.Errorf("line %q is not a command of ours", line)
		}
	}
}

func TestJUnitIsWellFormedAndCounts(t *testing.T) {
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	document := written(t, JUnit, interrupted())
	for dec := xml.NewDecoder(strings.NewReader(document)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := xml.Unmarshal([]byte(document), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 8 || suites.Failures != 1 || suites.Errors != 2 || suites.Skipped != 3 {
		t.Errorf("got %+v, want 8 tests, 1 failure, 2 errors (one of them the interruption), 3 skipped", suites)
	}
}

func TestJSONHoldsTheContract(t *testing.T) {
	var report map[string]any
	if err := json.Unmarshal([]byte(written(t, JSON, everyVerdict())), &report); err != nil {
		t.Fatal(err)
	}
	requireKeys(t, report, "schema", "client", "summary", "results")
	if report["schema"] != "tlsfault/report/v1" {
		t.Errorf("schema is %v", report["schema"])
	}
	requireKeys(t, report["summary"], "pass", "fail", "warn", "inconclusive", "known", "error")
	for _, result := range report["results"].([]any) {
		requireKeys(t, result, "scenario", "title", "family", "expect", "verdict", "finding", "outcome", "control", "evidence", "durationMs", "remedy")
		fields := result.(map[string]any)
		requireKeys(t, fields["expect"], "outcome", "reason", "level")
		requireKeys(t, fields["outcome"], "accepted", "reason", "source", "alert", "plaintextAlert", "leaked", "message", "exit")
		requireKeys(t, fields["control"], "id", "accepted")
		requireKeys(t, fields["evidence"], "connections")
	}
}

func requireKeys(t *testing.T, object any, keys ...string) {
	t.Helper()
	fields, ok := object.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", object)
	}
	for _, key := range keys {
		if _, ok := fields[key]; !ok {
			t.Errorf("%q is missing", key)
		}
	}
}

func TestJSONFollowsItsSchema(t *testing.T) {
	source, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]verdict.Run{"every verdict": everyVerdict(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			instance, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, JSON, run)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance); err != nil {
				t.Error(err)
			}
		})
	}
	broken, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"schema": "tlsfault/report/v0"}`))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(broken) == nil {
		t.Error("another schema's report is valid")
	}
}

func TestAReportReadBackWritesTheSame(t *testing.T) {
	run := everyVerdictSaying(strings.ToValidUTF8(hostile, "")) // JSON has no way to write what is not UTF-8
	run.Interrupted = true
	read, err := ReadJSON(strings.NewReader(written(t, JSON, run)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if diff := cmp.Diff(written(t, f.Write, run), written(t, f.Write, read.Run())); diff != "" {
			t.Errorf("%s differs (-before +after):\n%s", f.Name, diff)
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "reading a JSON report: it is empty"},
		{"no schema", "{}", `it has no schema, want "tlsfault/report/v1"`},
		{"another schema", `{"schema":"tlsfault/report/v2"}`, `its schema is "tlsfault/report/v2", want "tlsfault/report/v1"`},
		{"an unknown verdict", `{"schema":"tlsfault/report/v1","results":[{"scenario":"a/b","verdict":"fine"}]}`, `a/b has the unknown verdict "fine"`},
		{"two reports", `{"schema":"tlsfault/report/v1"} {}`, "there is something after its end"},
		{"half a report", `{"schema":`, "unexpected EOF"},
		{"another type", `{"schema":"tlsfault/report/v1","results":3}`, "results"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadJSON(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

func FuzzReadJSON(f *testing.F) {
	var seed bytes.Buffer
	if err := JSON(&seed, interrupted()); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.String())
	f.Add(`{"schema":"tlsfault/report/v1","results":[{"verdict":"pass"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ReadJSON(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, format := range Formats() {
			if err := format.Write(io.Discard, r.Run()); err != nil && format.Name != "json" {
				t.Errorf("%s cannot write what was read: %v", format.Name, err)
			}
		}
	})
}

// failAfter is a writer that fails once it has taken n bytes.
type failAfter struct{ n int }

var errFull = errors.New("disk full")

func (f *failAfter) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return f.n, errFull
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	formats := append(Formats(), Format[verdict.Run]{Name: "color console", Write: ColorConsole})
	for _, format := range formats {
		for _, room := range []int{0, 10, 50} {
			if err := format.Write(&failAfter{room}, interrupted()); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: error is %v, want %v", format.Name, room, err, errFull)
			}
		}
	}
}

func TestFormatNamed(t *testing.T) {
	for _, f := range Formats() {
		if got, err := FormatNamed(Formats(), f.Name); err != nil || got.Name != f.Name {
			t.Errorf("FormatNamed(%q) = %q, %v", f.Name, got.Name, err)
		}
	}
	for name, nearest := range map[string]string{"jsno": "json", "junitt": "junit", "git-hub": "github", "spreadsheet": ""} {
		_, err := FormatNamed(Formats(), name)
		var unknown *UnknownFormatError
		if !errors.As(err, &unknown) || unknown.Nearest != nearest {
			t.Errorf("FormatNamed(%q): error is %v, want the nearest to be %q", name, err, nearest)
		}
	}
}

func TestClean(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"plain text, ünïcode ✓", "plain text, ünïcode ✓"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"two\nlines\r\n", `two\nlines\r\n`},
		{"\u202eright to left", `\u202eright to left`},
		{"\xff\xfe", `\xff\xfe`},
		{"\u009b31m", `\u009b31m`},
		{"\U000e0041", `\U000e0041`},
	} {
		if got := clean(test.in); got != test.want {
			t.Errorf("clean(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func part(run verdict.Run, results ...int) Report {
	p := run
	p.Results, p.Selected = nil, len(results)
	for _, i := range results {
		p.Results = append(p.Results, run.Results[i])
	}
	return From(p)
}

func TestMerge(t *testing.T) {
	run := everyVerdict()
	first, second := part(run, 4, 1), part(run, 0)
	second.Started = start.Add(-time.Second)
	second.DurationMs = 9000
	whole, err := Merge(first, second)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range whole.Results {
		ids = append(ids, r.Scenario)
	}
	if diff := cmp.Diff([]string{"protocol/tls10-rsa", "validity/leaf-expired", "validity/root-expired"}, ids); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if want := (Summary{Pass: 1, Fail: 1, Inconclusive: 1}); whole.Summary != want {
		t.Errorf("summary is %+v, want %+v", whole.Summary, want)
	}
	if whole.Selected != 3 || whole.Interrupted {
		t.Errorf("selected %d, interrupted %t, want 3 and false", whole.Selected, whole.Interrupted)
	}
	if !whole.Started.Equal(second.Started) || whole.DurationMs != 9000 {
		t.Errorf("started %v for %d ms, want %v for 9000 ms", whole.Started, whole.DurationMs, second.Started)
	}
	backwards, err := Merge(second, first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, backwards); diff != "" {
		t.Errorf("the order of the parts matters (-one +other):\n%s", diff)
	}
}

// Every report that names the client names the server, and one that was read back too.
func TestServerIsNamed(t *testing.T) {
	run := everyVerdict()
	run.Server = "nginx 1.22.1 (OpenSSL 3.0.17)"
	var encoded bytes.Buffer
	if err := JSON(&encoded, run); err != nil {
		t.Fatal(err)
	}
	read, err := ReadJSON(&encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats() {
		if format.Name == "github" { // annotations name no client either
			continue
		}
		var b strings.Builder
		if err := format.Write(&b, read.Run()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "nginx 1.22.1") {
			t.Errorf("%s does not name the server", format.Name)
		}
	}
}

func TestMergeKeepsAnInterruption(t *testing.T) {
	first, second := part(everyVerdict(), 0), part(interrupted(), 1)
	whole, err := Merge(first, second)
	if err != nil || !whole.Interrupted {
		t.Errorf("interrupted is %t, error %v, want true and none", whole.Interrupted, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	run := everyVerdict()
	other := part(run, 1)
	other.Client.Name = "wget"
	served := part(run, 1)
	served.Server = "nginx 1.22.1"
	strict := part(run, 1)
	strict.Profile = verdict.Strict
	for _, test := range []struct {
		name  string
		parts []Report
		want  string
	}{
		{"nothing", nil, "there are none"},
		{"a scenario twice", []Report{part(run, 0), part(run, 0)}, "validity/leaf-expired is in more than one"},
		{"two clients", []Report{part(run, 0), other}, "different clients, curl 7.88.1 (OpenSSL 3.0.17) and wget 7.88.1 (OpenSSL 3.0.17)"},
		{"two servers", []Report{part(run, 0), served}, "different servers, tlsfault's own and nginx 1.22.1"},
		{"two profiles", []Report{part(run, 0), strict}, "different profiles, default and strict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Merge(test.parts...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that says %q", err, test.want)
			}
		})
	}
}
