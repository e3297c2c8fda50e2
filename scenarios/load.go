package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// File is one YAML file: a family and its scenarios, matrices expanded.
type File struct {
	Name      string // as given to LoadFile
	Family    string
	Title     string // of the family, for tables; may be empty
	About     string // a paragraph on the family; may be empty
	Scenarios []Scenario
}

// Load reads the scenarios of one YAML file, name being what positions call it.
// The error joins an *Error for each mistake. Scenarios share what they have in
// common and must not be changed.
func Load(name string, data []byte) ([]Scenario, error) {
	file, err := LoadFile(name, data)
	return file.Scenarios, err
}

// LoadFile is Load with what the file says of the family.
func LoadFile(name string, data []byte) (File, error) {
	l := &loader{file: File{Name: name}, ids: make(map[string]Position)}
	l.decoder = yamltree.Decoder{Problems: &l.problems, Vocabularies: vocabularies(), Special: specials()}
	if root := yamltree.Read(data, &l.problems); root != nil {
		l.document(root)
	}
	if err := joined(name, &l.problems); err != nil {
		return File{Name: name}, err
	}
	return l.file, nil
}

// LoadFS reads every *.yaml and *.yml file of fsys. Ids must be unique in all of them.
func LoadFS(fsys fs.FS) ([]Scenario, error) {
	files, err := loadFiles(fsys)
	if err != nil {
		return nil, err
	}
	return Join(sets(files)...)
}

func sets(files []File) [][]Scenario {
	sets := make([][]Scenario, len(files))
	for i, file := range files {
		sets[i] = file.Scenarios
	}
	return sets
}

// loadFiles reads the files of fsys, several at once.
func loadFiles(fsys fs.FS) ([]File, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && isYAML(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for scenario files: %w", err)
	}
	return loadNamed(names, func(name string) ([]byte, error) { return readBounded(fsys.Open, name) })
}

// loadNamed loads files side by side; the error joins those of all files in their order.
func loadNamed(names []string, read func(string) ([]byte, error)) ([]File, error) {
	files, errs := make([]File, len(names)), make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		group.Go(func() error {
			data, err := read(name)
			if err != nil {
				errs[i] = err
				return nil
			}
			files[i], errs[i] = LoadFile(name, data)
			return nil
		})
	}
	_ = group.Wait() // its functions keep their errors in order instead of returning the first
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return files, nil
}

// LoadPaths reads scenario files, and every *.yaml and *.yml file under
// directories. A file that is named is read whatever its name ends in. Ids must
// be unique in all of them.
func LoadPaths(paths ...string) ([]Scenario, error) {
	var names []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading scenarios: %w", err)
		case !info.IsDir():
			names = append(names, path)
			continue
		}
		had := len(names)
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && isYAML(filepath.ToSlash(name)) {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for scenario files in %q: %w", path, err)
		}
		if len(names) == had {
			return nil, fmt.Errorf("no scenario file (*.yaml, *.yml) in %q", path)
		}
	}
	files, err := loadNamed(names, func(name string) ([]byte, error) {
		return readBounded(func(name string) (fs.File, error) { return os.Open(name) }, name)
	})
	if err != nil {
		return nil, err
	}
	return Join(sets(files)...)
}

// readBounded reads a file, and little more of it than Load accepts.
func readBounded(open func(string) (fs.File, error), name string) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(f, yamltree.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading scenarios from %q: %w", name, err)
	}
	return data, nil
}

// maxDuplicates bounds how many taken ids Join names.
const maxDuplicates = 20

// Join puts sets of scenarios together. An id that stands in more than one is
// an error that names both places, once for all scenarios of one matrix.
func Join(sets ...[]Scenario) ([]Scenario, error) {
	total := 0
	for _, set := range sets {
		total += len(set)
	}
	all := make([]Scenario, 0, total)
	first := make(map[string]Position, total)
	var errs []error
	told := make(map[Position]bool)
	for _, set := range sets {
		for i := range set {
			s := &set[i]
			if other, taken := first[s.ID]; taken {
				if !told[s.Source] && len(errs) < maxDuplicates {
					errs = append(errs, duplicate(s.ID, s.Source, other))
				}
				told[s.Source] = true
				continue
			}
			first[s.ID] = s.Source
			all = append(all, *s)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// duplicate is the error for an id that is taken.
func duplicate(id string, at, first Position) *Error {
	return &Error{at, fmt.Sprintf("the id %q is taken by the scenario at %s", id, first), "ids are unique over all files"}
}

// familyOf returns the part of an id before its first slash.
func familyOf(id string) string {
	family, _, _ := strings.Cut(id, "/")
	return family
}
