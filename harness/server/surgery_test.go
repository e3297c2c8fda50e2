package server_test

import (
	"fmt"
	"testing"

	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// TestEverySurgeryCanBeAskedFor holds the words of scenarios against the
// operations of package forge: those that have a word of their own aside.
func TestEverySurgeryCanBeAskedFor(t *testing.T) {
	for _, surgery := range forge.Surgeries() {
		if surgery == forge.CorruptSignature || surgery == forge.AlgorithmMismatch {
			continue
		}
		text := fmt.Sprintf("family: a\nscenarios:\n  - id: a/b\n    title: T\n    fault: { leaf: { surgery: %s } }\n    expect: accept\n", surgery)
		if _, err := scenarios.Load("a.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", surgery, err)
		}
	}
}
