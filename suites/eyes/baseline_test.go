package eyes_test

import (
	"slices"
	"testing"

	"github.com/tlsfault/tlsfault/scenarios"
)

// TestValidChainsHaveNoLint lints a plain chain of every key type that the
// catalogue has for whole servers. What fails must be among what words.tsv says
// of authorities that are nobody's business but ours, or listed here.
func TestValidChainsHaveNoLint(t *testing.T) {
	ours := make(map[string]bool)
	for _, word := range loadWords(t) {
		if word.tool == "zlint" && word.means == private {
			ours[word.text] = true
		}
	}
	exempt := map[scenarios.KeyType][]string{
		// RFC 8410 has them; the CA/Browser Forum's Baseline Requirements 6.1.1.3 do not.
		"ed25519": {"e_algorithm_identifier_improper_encoding", "e_signature_algorithm_not_supported"},
	}
	types := keyTypes(t)
	if len(types) < 5 {
		t.Fatalf("the catalogue has servers of no more than %v", types)
	}
	for _, keyType := range types {
		t.Run(string(keyType), func(t *testing.T) {
			s := scenarios.Scenario{ID: "test/plain", Given: scenarios.Given{Key: keyType}}
			made, err := authority().Certificates(&s)
			if err != nil {
				t.Fatal(err)
			}
			failed := lints(&chain{Certificates: made})
			for _, name := range failed {
				if !ours[name] && !slices.Contains(exempt[keyType], name) {
					t.Errorf("a valid chain fails %s", name)
				}
			}
			for _, name := range exempt[keyType] {
				if !slices.Contains(failed, name) {
					t.Errorf("%s is exempt, and nothing fails it", name)
				}
			}
		})
	}
}

// keyTypes returns the key types of servers in the catalogue.
func keyTypes(t *testing.T) []scenarios.KeyType {
	t.Helper()
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	var types []scenarios.KeyType
	for _, s := range all {
		types = append(types, s.Given.KeyType())
	}
	slices.Sort(types)
	return slices.Compact(types)
}
