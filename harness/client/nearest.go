package client

import (
	"strings"

	"github.com/agext/levenshtein"
)

// nearest returns the word of known that somebody who wrote word has most likely
// meant: the longest one that it begins with (hostname: host) or that begins with
// it (time: timeout), else one that is at most two letters away. It is empty when
// there is none.
func nearest(word string, known []string) string {
	best, bestLength := "", 0
	for _, candidate := range known {
		common := min(len(word), len(candidate))
		if common > bestLength && (strings.HasPrefix(word, candidate) || strings.HasPrefix(candidate, word)) {
			best, bestLength = candidate, common
		}
	}
	if best != "" {
		return best
	}
	bestDistance := min(3, len(word)) // from here on it is another word
	for _, candidate := range known {
		if distance := levenshtein.Distance(word, candidate, nil); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}
