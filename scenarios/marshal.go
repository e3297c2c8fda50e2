package scenarios

import (
	"errors"
	"fmt"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// Marshal writes a file of scenarios that Load reads back as they are. All must
// be of one family.
func Marshal(all []Scenario) ([]byte, error) {
	if len(all) == 0 {
		return nil, errors.New("writing scenarios: there are none")
	}
	file := struct {
		Family    string     `yaml:"family"`
		Scenarios []Scenario `yaml:"scenarios"`
	}{all[0].Family, all}
	for i := range all {
		if all[i].Family != file.Family {
			return nil, fmt.Errorf("writing scenarios: %q is not of the family %q", all[i].ID, file.Family)
		}
	}
	text, err := yamltree.Encode(file, escapeTemplate)
	if err != nil {
		return nil, fmt.Errorf("writing scenarios: %w", err)
	}
	return text, nil
}
