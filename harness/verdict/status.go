package verdict

import (
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// StatusAsked says how a client asked whether certificates are revoked.
type StatusAsked struct {
	Staple bool // its ClientHello has status_request
	OCSP   int  // requests to the responder
	CRL    int  // requests for lists
}

// statusText says, of a server that a client should have refused for its status,
// what the client did to learn of it; "" where the scenario is not about that.
func statusText(s *scenarios.Scenario, obs Observation) string {
	if s.Expect.Reason != scenarios.Revoked && s.Expect.Reason != scenarios.RevocationUnknown {
		return ""
	}
	served := s.Served()
	var asked []string
	if obs.Status.Staple && anyOf(served, func(c scenarios.Certificate) bool { return c.Staple != nil }) {
		asked = append(asked, "asked for a stapled response"+got(served, func(c scenarios.Certificate) *scenarios.OCSP { return c.Staple }))
	}
	if obs.Status.OCSP > 0 {
		asked = append(asked, "asked by OCSP"+got(served, func(c scenarios.Certificate) *scenarios.OCSP { return c.OCSP }))
	}
	if obs.Status.CRL > 0 {
		asked = append(asked, "fetched a CRL")
	}
	if len(asked) == 0 {
		return "; it never asked for status"
	}
	return "; it " + strings.Join(asked, ", ") + ", and went on"
}

func anyOf(g scenarios.Given, has func(scenarios.Certificate) bool) bool {
	for _, c := range []*scenarios.Certificate{g.Leaf, g.Intermediate, g.Intermediate2} {
		if c != nil && has(*c) {
			return true
		}
	}
	return false
}

// got says what the worst response of a kind was.
func got(g scenarios.Given, of func(scenarios.Certificate) *scenarios.OCSP) string {
	text := ""
	for _, c := range []*scenarios.Certificate{g.Intermediate2, g.Intermediate, g.Leaf} {
		if c == nil {
			continue
		}
		switch o := of(*c); {
		case o == nil:
		case o.Absent:
			text = ", got none"
		case o.Responder != "" && o.Responder != scenarios.ResponderRedirects:
			text = ", got no answer"
		case o.Error != "":
			text = ", got " + o.Error
		case o.Status == scenarios.StatusRevoked || o.Status == scenarios.StatusUnknown:
			return ", got " + string(o.Status)
		}
	}
	return text
}
