package scenarios

import (
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// Select returns the scenarios whose id one of globs matches and that have one of
// tags, in their order; empty globs or tags mean any. * in a glob stands for
// anything but a slash, ** for anything; a plain id is a glob as well. A glob that
// matches no scenario, and a tag that none has, are errors that name the nearest
// right one.
func Select(all []Scenario, globs, tags []string) ([]Scenario, error) {
	if err := checkTags(all, tags); err != nil {
		return nil, err
	}
	chosen := make([]bool, len(all))
	for _, glob := range globs {
		if !doublestar.ValidatePattern(glob) {
			return nil, fmt.Errorf("selecting scenarios: %q is no pattern", glob)
		}
		matched := false
		for i := range all {
			if all[i].ID == glob || doublestar.MatchUnvalidated(glob, all[i].ID) {
				chosen[i], matched = true, true
			}
		}
		if !matched {
			return nil, noMatch(all, glob)
		}
	}
	var selected []Scenario
	for i := range all {
		hasTag := func(tag string) bool { return slices.Contains(all[i].Tags, tag) }
		if (len(globs) == 0 || chosen[i]) && (len(tags) == 0 || slices.ContainsFunc(tags, hasTag)) {
			selected = append(selected, all[i])
		}
	}
	return selected, nil
}

func noMatch(all []Scenario, glob string) error {
	var ids []string
	families := make(map[string]bool)
	for i := range all {
		ids = append(ids, all[i].ID)
		if family := all[i].Family; !families[family] {
			families[family] = true
			ids = append(ids, family+"/**")
		}
	}
	if near := yamltree.Nearest(glob, ids); near != "" {
		return fmt.Errorf("no scenario matches %q: did you mean %q?", glob, near)
	}
	return fmt.Errorf("no scenario matches %q", glob)
}

func checkTags(all []Scenario, tags []string) error {
	if len(tags) == 0 {
		return nil
	}
	known := make(map[string]bool)
	for i := range all {
		for _, tag := range all[i].Tags {
			known[tag] = true
		}
	}
	for _, tag := range tags {
		if known[tag] {
			continue
		}
		words := make([]string, 0, len(known))
		for word := range known {
			words = append(words, word)
		}
		slices.Sort(words)
		if near := yamltree.Nearest(tag, words); near != "" {
			return fmt.Errorf("no scenario has the tag %q: did you mean %q?", tag, near)
		}
		return fmt.Errorf("no scenario has the tag %q", tag)
	}
	return nil
}
