package verdict

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// needle is what a regular expression needs: every match contains, in lower
// case, one of these texts. An empty needle is in every text.
type needle []string

// sieve rules out most entries of a dictionary for a line before any of their
// patterns is tried, by looking for all their needles at once.
type sieve struct {
	byStart map[[startLen]byte][]sieved
	always  []int // entries whose needle is too short to look for
}

// sieved is a needle's text and the entry that needs it.
type sieved struct {
	text  string
	entry int
}

// startLen is the number of bytes that needles are looked up by.
const startLen = 4

func newSieve(entries []Entry) sieve {
	s := sieve{byStart: make(map[[startLen]byte][]sieved)}
	for i := range entries {
		n := needleOf(entries[i].Pattern)
		if n.shortest() < startLen {
			s.always = append(s.always, i)
			continue
		}
		for _, text := range n {
			start := [startLen]byte([]byte(text))
			s.byStart[start] = append(s.byStart[start], sieved{text, i})
		}
	}
	return s
}

// candidates returns the entries that may match line, in order.
func (s sieve) candidates(line string) []int {
	lower := strings.ToLower(line)
	found := slices.Clone(s.always)
	var start [startLen]byte
	for i := 0; i+startLen <= len(lower); i++ {
		copy(start[:], lower[i:])
		for _, c := range s.byStart[start] {
			if strings.HasPrefix(lower[i:], c.text) {
				found = append(found, c.entry)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// shortest returns the length of the shortest text: the longer, the more telling.
func (n needle) shortest() int {
	if len(n) == 0 {
		return 0
	}
	shortest := len(n[0])
	for _, text := range n[1:] {
		shortest = min(shortest, len(text))
	}
	return shortest
}

// needleOf returns the most telling needle of a pattern.
func needleOf(pattern string) needle {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	return needleIn(parsed)
}

func needleIn(re *syntax.Regexp) needle {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if !isASCII(text) {
			return nil // lower case is a matter of language there
		}
		return needle{strings.ToLower(text)}
	case syntax.OpCapture, syntax.OpPlus:
		return needleIn(re.Sub[0])
	case syntax.OpConcat:
		var best needle
		for _, sub := range re.Sub {
			if n := needleIn(sub); n.shortest() > best.shortest() {
				best = n
			}
		}
		return best
	case syntax.OpAlternate:
		var all needle
		for _, sub := range re.Sub {
			n := needleIn(sub)
			if len(n) == 0 {
				return nil
			}
			all = append(all, n...)
		}
		return all
	}
	return nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}
