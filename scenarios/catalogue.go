package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed catalogue/*.yaml catalogue/onrequest/*.yaml
var catalogueFS embed.FS

// onRequest holds the families that are not run unless they are named: products
// of thousands of scenarios that tell little more than the catalogue does.
const onRequest = "catalogue/onrequest"

// Catalogue returns the scenarios that come with tlsfault, without the families
// that are run on request.
func Catalogue() ([]Scenario, error) {
	all, err := catalogue()
	return slices.Clone(all), err
}

// CatalogueWith returns the catalogue with those of the families run on request
// that a tag names, or that a glob begins with.
func CatalogueWith(globs, tags []string) ([]Scenario, error) {
	sets := make([][]Scenario, 1)
	var err error
	if sets[0], err = catalogue(); err != nil {
		return nil, err
	}
	for _, family := range FamiliesOnRequest() {
		if !slices.Contains(tags, family) && !slices.ContainsFunc(globs, func(glob string) bool { return strings.HasPrefix(glob, family+"/") }) {
			continue
		}
		name := path.Join(onRequest, family+".yaml")
		data, err := catalogueFS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		set, err := Load(name, data)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return Join(sets...)
}

// FamiliesOnRequest names the families that are not run unless they are named.
func FamiliesOnRequest() []string {
	entries, err := catalogueFS.ReadDir(onRequest)
	if err != nil {
		return nil // it is embedded
	}
	var families []string
	for _, entry := range entries {
		families = append(families, strings.TrimSuffix(entry.Name(), ".yaml"))
	}
	return families
}

// CatalogueFiles returns the files of the catalogue, one for each family, called
// "catalogue/FAMILY.yaml", those on request aside.
func CatalogueFiles() ([]File, error) {
	return loadFiles(notOnRequest{catalogueFS})
}

// notOnRequest is the catalogue without the families on request.
type notOnRequest struct{ embed.FS }

// ReadDir implements fs.ReadDirFS.
func (f notOnRequest) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := f.FS.ReadDir(name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return path.Join(name, e.Name()) == onRequest }), err
}

// catalogue loads the embedded files once; they never change.
var catalogue = sync.OnceValues(func() ([]Scenario, error) {
	files, err := CatalogueFiles()
	if err != nil {
		return nil, err
	}
	all, err := Join(sets(files)...)
	if err != nil {
		return nil, err
	}
	return all, tagEssential(all)
})

// Essential is the tag of the scenarios that a client is first asked: one of each
// kind, some hundred, so that many clients can be compared in minutes.
const Essential = "essential"

//go:embed catalogue/essential.txt
var essentialList string

// tagEssential gives the tag to the scenarios of the list, which it says by id
// because a matrix makes several of one entry.
func tagEssential(all []Scenario) error {
	index := make(map[string]*Scenario, len(all))
	for i := range all {
		index[all[i].ID] = &all[i]
	}
	for line := range strings.Lines(essentialList) {
		id := strings.TrimSpace(line)
		if id == "" || strings.HasPrefix(id, "#") {
			continue
		}
		s := index[id]
		if s == nil || slices.Contains(s.Tags, Essential) {
			return fmt.Errorf("catalogue/essential.txt: %q is there twice, or no scenario", id)
		}
		s.Tags = append(slices.Clip(s.Tags), Essential) // others share them
	}
	return nil
}
