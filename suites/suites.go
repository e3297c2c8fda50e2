// Package suites binds the catalogue to clients as Ginkgo specs. Bind declares
// a container with one spec per scenario, labelled with its family and tags, so
// that ginkgo can select, order, shard and parallelise them; its own tests bind
// the built-in client and the real clients that the machine has.
//
// In a suite of your own:
//
//	var _ = suites.Bind("my webhook sender", client.Func(send))
//
//	func TestSender(t *testing.T) {
//		gomega.RegisterFailHandler(ginkgo.Fail)
//		ginkgo.RunSpecs(t, "webhook sender")
//	}
package suites

import (
	"fmt"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Options narrows and adjusts what Bind declares. The zero value binds the whole catalogue.
type Options struct {
	// Scenarios are ids or globs; Tags select scenarios that have any of them.
	Scenarios, Tags []string
	// Catalogue adds scenarios of your own, from files or directories of YAML.
	Catalogue []string
	// Profile is verdict.Default when empty.
	Profile verdict.Profile
	// Timeout bounds one attempt; harness.DefaultTimeout when 0.
	Timeout time.Duration
	// Known names findings that are known; nil for none. ClientName is the client's name in it.
	Known      *verdict.KnownList
	ClientName string
	// MustConclude fails a spec whose result is inconclusive instead of skipping it. Faults of the handshake and
	// the record layer are left out of that: many need what only some clients offer.
	MustConclude bool
}

// Bind declares a container named name with a spec for every selected scenario.
// It panics when the catalogue does not load or nothing is selected, as Ginkgo's
// own functions do for what is wrong while the tree is built.
func Bind(name string, c client.Client, opts Options) bool {
	selected, err := load(opts, c)
	if err != nil {
		panic(fmt.Sprintf("binding %s: %v", name, err))
	}
	session, err := harness.NewSession(harness.Config{
		Client: c, Profile: opts.Profile, Timeout: opts.Timeout, Known: opts.Known,
		Info: verdict.ClientInfo{Name: opts.ClientName},
	})
	if err != nil {
		panic(fmt.Sprintf("binding %s: %v", name, err))
	}
	return ginkgo.Describe(name, func() {
		for i := range selected {
			s := &selected[i]
			labels := ginkgo.Label(append([]string{s.Family}, s.Tags...)...)
			ginkgo.It(s.ID+": "+s.Title, labels, func(ctx ginkgo.SpecContext) {
				result, err := session.Case(ctx, s)
				if err != nil {
					ginkgo.Fail(err.Error())
				}
				conclude(result, opts.MustConclude)
			})
		}
	})
}

// conclude ends a spec as the verdict asks.
func conclude(r harness.Result, mustConclude bool) {
	text := harness.Describe(r)
	switch r.Verdict {
	case verdict.Fail, verdict.Error:
		ginkgo.Fail(text)
	case verdict.Inconclusive:
		if mustConclude && len(r.Scenario.Fault.Edits()) == 0 {
			ginkgo.Fail(text)
		}
		ginkgo.Skip(text)
	case verdict.Warn, verdict.Known:
		ginkgo.AddReportEntry(string(r.Verdict), text)
	case verdict.Pass:
	}
}

// load selects from the catalogue and what was added to it. What needs a browser
// is left out for other clients unless opts name it.
func load(opts Options, c client.Client) ([]scenarios.Scenario, error) {
	all, err := scenarios.CatalogueWith(opts.Scenarios, opts.Tags)
	if err != nil {
		return nil, err
	}
	if len(opts.Catalogue) > 0 {
		own, err := scenarios.LoadPaths(opts.Catalogue...)
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	if len(opts.Scenarios)+len(opts.Tags) == 0 {
		all = scenarios.WithoutPins(all)
		if !client.LoadsPages(c) {
			all = scenarios.WithoutPages(all)
		}
	}
	return scenarios.Select(all, opts.Scenarios, opts.Tags)
}
