package scenarios_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tlsfault/tlsfault/scenarios"
)

// mistakes returns the archives of testdata/mistakes: what is wrong in a sentence,
// the file, and the messages that its author gets.
func mistakes(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	paths, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archives := make(map[string]*txtar.Archive)
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.Files) != 2 || archive.Files[0].Name != "demo.yaml" || archive.Files[1].Name != "want" {
			t.Fatalf("%s: want the files demo.yaml and want", path)
		}
		archives[path] = archive
	}
	return archives
}

func TestMistakes(t *testing.T) {
	archives := mistakes(t)
	if len(archives) < 40 {
		t.Errorf("there are %d mistakes, want 40 or more", len(archives))
	}
	for path, archive := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			loaded, err := scenarios.Load("demo.yaml", archive.Files[0].Data)
			if err == nil {
				t.Fatalf("it loads, as %d scenarios", len(loaded))
			}
			if loaded != nil {
				t.Errorf("%d scenarios beside an error", len(loaded))
			}
			for _, e := range scenarios.Errors(err) {
				if e.File != "demo.yaml" || e.Line < 1 || e.Column < 1 || e.Message == "" {
					t.Errorf("incomplete: %+v", e)
				}
			}
			got := []byte(err.Error() + "\n")
			if scenarios.Update() {
				archive.Files[1].Data = got
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := archive.Files[1].Data; !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
