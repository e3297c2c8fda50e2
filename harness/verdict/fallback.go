package verdict

import (
	"slices"

	"github.com/tlsfault/tlsfault/harness/evidence"
)

// versionOrder lists the protocol versions by strength, as evidence names them.
var versionOrder = []string{"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}

// fallbackSCSV is the signal of a client that knows it is retrying, RFC 7507.
const fallbackSCSV = "TLS_FALLBACK_SCSV"

// highestOffered returns the index in versionOrder of the highest version of a
// ClientHello, -1 for none. Without supported_versions it is the legacy version.
func highestOffered(hello *evidence.ClientHello) int {
	highest := -1
	for _, v := range hello.Versions {
		highest = max(highest, slices.Index(versionOrder, v))
	}
	if highest < 0 {
		highest = slices.Index(versionOrder, hello.LegacyVersion)
	}
	return highest
}

// versionFallback says from which version to which the client fell back after a
// connection that came to nothing; empty when it did not.
func versionFallback(conns []evidence.Connection) string {
	failed := -1 // highest version offered on a connection that came to nothing
	for _, c := range conns {
		if c.ClientHello == nil {
			continue
		}
		offered := highestOffered(c.ClientHello)
		if failed >= 0 && offered >= 0 && offered < failed {
			return "from " + versionOrder[failed] + " to " + versionOrder[offered]
		}
		if failed >= 0 && slices.Contains(c.ClientHello.CipherSuites, fallbackSCSV) {
			return "with " + fallbackSCSV
		}
		if !sentRequest(c) {
			failed = max(failed, offered)
		}
	}
	return ""
}

// cleartextFallback reports whether a plain HTTP request came after a TLS
// connection had been tried and had come to nothing.
func cleartextFallback(conns []evidence.Connection, hits []evidence.Fetch) bool {
	if anySentRequest(conns) {
		return false
	}
	for _, c := range conns {
		if c.ClientHello == nil {
			continue
		}
		for _, hit := range hits {
			if !hit.At.Before(c.Start) {
				return true
			}
		}
	}
	return false
}
