package verdict

import (
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// pageAccepted decides what a client did with a page. Where it must accept, it
// must have loaded over TLS what the page refers to, with the cookie that the
// page set: else it is no client that the page's policies could hold back.
// Where it must not, what counts is what went out in cleartext.
func pageAccepted(ev evidence.Evidence, expect scenarios.Expect, succeeded bool) bool {
	switch {
	case expect.Outcome == scenarios.Accept:
		return loadedOverTLS(*ev.Page)
	case expect.Reason == scenarios.CookieExposed:
		for _, hit := range ev.CleartextHits {
			if hit.Cookie != "" {
				return true
			}
		}
		return false
	case expect.Reason == scenarios.Cleartext:
		return succeeded && len(ev.CleartextHits) > 0 // and showed it as if nothing were amiss
	}
	return len(ev.CleartextHits) > 0
}

func loadedOverTLS(page evidence.Page) bool {
	for _, load := range page.Loads {
		if load.Cookie != "" || !page.SetsCookie {
			return true
		}
	}
	return false
}
