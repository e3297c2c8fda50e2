package suites_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tlsfault/tlsfault/"

// storeys says on which storey a package stands; it imports only lower ones. The
// longest prefix counts; internal packages and the parts of a package belong to it.
var storeys = map[string]int{
	"cmd/tlsfault":             5,
	"suites":                   5,
	"harness/matchers":         4,
	"harness":                  3,
	"harness/report":           3,
	"harness/server":           2,
	"harness/verdict":          2,
	"scenarios":                1,
	"pki/forge":                1,
	"harness/evidence":         1,
	"harness/client/container": 1,
	"harness/client/browser":   1,
	"pki":                      0,
	"harness/wire":             0,
	"harness/client":           0,
	"fixtures":                 0,
}

// homes says where alone a heavy or delicate module may be imported, tests aside.
var homes = map[string][]string{
	"github.com/cloudflare/cfssl/":  {"pki"},
	"github.com/testcontainers/":    {"harness/client/container"},
	"github.com/moby/":              {"harness/client/container"},
	"github.com/chromedp/":          {"harness/client/browser"},
	"github.com/miekg/dns":          {"harness/client"},
	"github.com/onsi/ginkgo/":       {"suites"},
	"github.com/onsi/gomega/":       {"suites", "harness/matchers"},
	"github.com/spf13/cobra":        {"cmd/tlsfault"},
	"github.com/goccy/go-yaml":      {"scenarios", "harness/verdict", "cmd/tlsfault"},
	"github.com/zmap/zlint/":        nil,
	"github.com/rogpeppe/go-intern": nil,
}

// home returns the package of the layout that dir belongs to.
func home(dir string) string {
	for dir = filepath.ToSlash(dir); dir != "." && dir != "/"; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if _, ok := storeys[dir]; ok {
			return dir
		}
	}
	return ""
}

// It parses the files itself: a test that asked the go command would be served
// from the test cache after the rule is broken.
func TestPackagesImportOnlyLowerStoreys(t *testing.T) {
	root := ".."
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files++
		checkFile(t, path, filepath.Dir(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files read: is this the repository?", files)
	}
}

func checkFile(t *testing.T, path, dir string) {
	t.Helper()
	test := strings.HasSuffix(path, "_test.go")
	own := home(dir)
	if own == "" {
		t.Errorf("%s: its package is not in the layout", path)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if rest, ours := strings.CutPrefix(name, module); ours {
			of := home(rest)
			if of != own && storeys[of] >= storeys[own] && !test {
				t.Errorf("%s: %s (storey %d) imports %s (storey %d)", path, own, storeys[own], of, storeys[of])
			}
		}
		for prefix, allowed := range homes {
			if !test && strings.HasPrefix(name+"/", prefix) && !within(own, allowed) {
				t.Errorf("%s: %s may only be imported in %v", path, name, allowed)
			}
		}
	}
}

func within(own string, allowed []string) bool {
	for _, a := range allowed {
		if own == a || strings.HasPrefix(own, a+"/") {
			return true
		}
	}
	return false
}
