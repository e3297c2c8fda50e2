package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

func TestWriters(t *testing.T) {
	run, part := everyVerdict(), interrupted()
	passed := verdict.Run{Client: run.Client, Profile: verdict.Strict, Started: start, Duration: run.Duration, Selected: 1, Results: run.Results[:1]}
	for _, test := range []struct {
		golden string
		run    verdict.Run
		write  func(io.Writer, verdict.Run) error
	}{
		{"console.txt", run, Console},
		{"console-color.txt", run, ColorConsole},
		{"console-interrupted.txt", part, Console},
		{"console-passed.txt", passed, Console},
		{"report.json", run, JSON},
		{"junit.xml", run, JUnit},
		{"junit-interrupted.xml", part, JUnit},
		{"github.txt", run, GitHub},
		{"github-interrupted.txt", part, GitHub},
		{"github-passed.txt", passed, GitHub},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var got bytes.Buffer
			if err := test.write(&got, test.run); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", test.golden)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s differs (-want +got); run the test with -update if that is meant:\n%s", golden, diff)
			}
		})
	}
}
