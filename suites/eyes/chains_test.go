package eyes_test

import (
	"encoding/json"
	"reflect"
	"sync"
	"testing"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// chain is one chain of the catalogue, and the scenarios that have it.
type chain struct {
	server.Certificates
	host string
	// scenarios have this chain; they differ in what is not about certificates.
	scenarios []*scenarios.Scenario
}

// authority makes all chains of this test binary, so that each key is made once.
var authority = sync.OnceValue(func() *server.Factory { return server.NewFactory(server.Config{}) })

// subjects are the scenarios and their chains: every distinct chain of the catalogue and its controls once.
type subjects struct {
	chains []*chain
	of     map[string]*chain // by the id of the scenario
}

// catalogue issues the chains of the catalogue.
var catalogue = sync.OnceValues(func() (subjects, error) {
	all, err := scenarios.Catalogue()
	if err != nil {
		return subjects{}, err
	}
	// The controls stand beside the scenarios they belong to, so that both are as old.
	for _, s := range all[:len(all):len(all)] {
		all = append(all, s.Control())
	}
	made := subjects{of: make(map[string]*chain)}
	distinct := make(map[string]*chain)
	for i := range all {
		s := &all[i]
		if made.of[s.ID] != nil {
			continue // a control of several
		}
		what := certificateSide(s)
		c := distinct[what]
		if c == nil {
			c = &chain{host: s.Given.HostName()}
			if c.Certificates, err = authority().Certificates(s); err != nil {
				return subjects{}, err
			}
			distinct[what] = c
			made.chains = append(made.chains, c)
		}
		c.scenarios = append(c.scenarios, s)
		made.of[s.ID] = c
	}
	return made, nil
})

func loadChains(t *testing.T) subjects {
	t.Helper()
	made, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// certificateSide is all of a scenario that its certificates depend on.
func certificateSide(s *scenarios.Scenario) string {
	given := s.Given.WithDefaults()
	text, err := json.Marshal([]any{
		given.Name, given.Key, given.Intermediates, s.Given.Certificates,
		s.Fault.Certificates, s.Fault.Chain, s.Fault.Trust, s.NeedsUnconstrainedRoot(),
	})
	if err != nil {
		panic(err) // the types of a scenario are always JSON
	}
	return string(text)
}

// breaksCertificates reports whether the fault lies in certificates, or in which of them are sent or trusted.
func breaksCertificates(s *scenarios.Scenario) bool {
	return !reflect.ValueOf(s.Fault.Certificates).IsZero() || s.Fault.Chain != nil || s.Fault.Trust != ""
}
