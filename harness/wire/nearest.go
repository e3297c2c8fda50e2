package wire

import "strings"

// nearest returns the word of a list that takes the fewest changed letters to reach, case aside.
func nearest(word string, list []string) string {
	best, least := "", -1
	for _, candidate := range list {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); least < 0 || d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
