package proof_test

import (
	"testing"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
	"github.com/tlsfault/tlsfault/suites/internal/checker"
)

// pagePolicies are the reasons for which a browser withholds something from a page.
var pagePolicies = []scenarios.Reason{
	scenarios.MixedContent, scenarios.StrictTransport, scenarios.CookieExposed, scenarios.Cleartext,
}

// TestEveryPageFaultIsAlone proves rule 1 for what only browsers meet: a browser
// with every policy sends nothing in cleartext, one that lacks just the policy in
// question does, lacking another does not help, and all accept the control.
func TestEveryPageFaultIsAlone(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	factory := server.NewFactory(server.Config{})
	met := 0
	for i := range all {
		s := &all[i]
		if !s.NeedsBrowser() {
			continue
		}
		met++
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			rejects := s.Expect.Outcome == scenarios.Reject
			if got := meet(t, factory, s, checker.Browser()); got.Accepted == rejects {
				t.Errorf("a browser with every policy: accepted is %t, %v", got.Accepted, got.err)
			}
			for _, policy := range pagePolicies {
				got := meet(t, factory, s, checker.Browser(policy))
				if want := policy == s.Expect.Reason || !rejects && policy != scenarios.MixedContent; got.Accepted != want {
					t.Errorf("a browser without the policy for %s: accepted is %t, want %t: %v", policy, got.Accepted, want, got.err)
				}
			}
			control := s.Control()
			for _, off := range [][]scenarios.Reason{nil, pagePolicies} {
				if got := meet(t, factory, &control, checker.Browser(off...)); !got.Accepted || !got.Succeeded {
					t.Errorf("a browser without %v refused the control: %v", off, got.err)
				}
			}
		})
	}
	if met < 20 {
		t.Errorf("%d scenarios need a browser", met)
	}
}
