package yamltree

import (
	"strings"

	"github.com/agext/levenshtein"
)

// The bounds on what a hint lists: known words when none is near, and near ones.
const (
	maxListed = 24
	maxNear   = 3
)

// Nearest returns the word among known that an author who wrote word most
// likely meant, or "" when none is near.
func Nearest(word string, known []string) string {
	if near := nearest(word, known); len(near) > 0 {
		return near[0]
	}
	return ""
}

// nearest returns those of known that differ from word in the fewest letters,
// if they are few; when none does, those that begin with it.
func nearest(word string, known []string) []string {
	lower := strings.ToLower(word)
	var best []string
	least := len(word)/3 + 1
	for _, candidate := range known {
		if d := len(candidate) - len(lower); d > least || -d > least {
			continue
		}
		other := strings.ToLower(candidate)
		distance := levenshtein.Distance(lower, other, nil)
		switch {
		case distance > least || distance >= len(other):
		case distance < least:
			best, least = []string{candidate}, distance
		default:
			best = append(best, candidate)
		}
	}
	const beginning = 4 // letters of a word that say enough
	if len(best) == 0 && len(lower) >= beginning {
		for _, candidate := range known {
			if strings.HasPrefix(strings.ToLower(candidate), lower) {
				best = append(best, candidate)
			}
		}
	}
	return best
}

// Suggest returns a hint for an unknown word: the nearest known ones, or all
// known ones where they are few.
func Suggest(word string, known []string) string {
	near := nearest(word, known)
	switch {
	case len(near) > 0 && len(near) <= maxNear:
		return "did you mean \"" + strings.Join(near, "\" or \"") + "\"?"
	case len(known) > 0 && len(known) <= maxListed:
		return "known: " + strings.Join(known, ", ")
	case len(near) > 0:
		return "did you mean \"" + near[0] + "\"?"
	}
	return ""
}
