package scenarios

import (
	"embed"
	"slices"
	"sync"
)

//go:embed catalogue/*.yaml
var catalogueFS embed.FS

// Catalogue returns the scenarios that come with tlsfault.
func Catalogue() ([]Scenario, error) {
	all, err := catalogue()
	return slices.Clone(all), err
}

// CatalogueFiles returns the files of the catalogue, one for each family, called
// "catalogue/FAMILY.yaml".
func CatalogueFiles() ([]File, error) {
	return loadFiles(catalogueFS)
}

// catalogue loads the embedded files once; they never change.
var catalogue = sync.OnceValues(func() ([]Scenario, error) {
	files, err := CatalogueFiles()
	if err != nil {
		return nil, err
	}
	return Join(sets(files)...)
})
