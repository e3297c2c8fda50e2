package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml"
)

// KnownEntry names findings that somebody has looked at and lives with.
type KnownEntry struct {
	// Scenario is a glob over scenario ids, in which * stops at a slash and ** does not.
	Scenario string `yaml:"scenario"`
	// Client is a glob over client names; every client when empty.
	Client string `yaml:"client"`
	// Reason says why it is so, Ref where that is written: a URL, a clause, a CVE.
	Reason string `yaml:"reason"`
	Ref    string `yaml:"ref"`
}

// String names the entry in messages.
func (e KnownEntry) String() string {
	if e.Client == "" {
		return e.Scenario
	}
	return e.Scenario + " of " + e.Client
}

// KnownList is a list of known findings. The nil list knows none.
type KnownList struct {
	name    string
	entries []KnownEntry
}

// LoadKnown reads a list of known findings from YAML: entries under the key
// "known", each with scenario and reason, and if need be client and ref. name is
// the file's, for messages. Unknown keys, missing ones, globs that are none and
// entries that occur twice are errors.
func LoadKnown(name string, text []byte) (*KnownList, error) {
	var file struct {
		Known []KnownEntry `yaml:"known"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading known findings: %w", positioned(name, err))
	}
	var second any
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("reading known findings: %s: a second document, which would be ignored", name)
	}
	var problems []error
	seen := make(map[KnownEntry]int)
	for i, e := range file.Known {
		if err := e.check(); err != nil {
			problems = append(problems, fmt.Errorf("%s: entry %d (%s): %w", name, i+1, e, err))
		}
		key := KnownEntry{Scenario: e.Scenario, Client: e.Client}
		if first, twice := seen[key]; twice {
			problems = append(problems, fmt.Errorf("%s: entry %d (%s): the same as entry %d", name, i+1, e, first))
			continue
		}
		seen[key] = i + 1
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("reading known findings: %w", err)
	}
	return &KnownList{name: name, entries: file.Known}, nil
}

func (e KnownEntry) check() error {
	switch {
	case e.Scenario == "":
		return errors.New("no scenario")
	case strings.TrimSpace(e.Reason) == "":
		return errors.New("no reason")
	case !doublestar.ValidatePattern(e.Scenario):
		return fmt.Errorf("scenario %q is not a glob", e.Scenario)
	case !doublestar.ValidatePattern(e.Client):
		return fmt.Errorf("client %q is not a glob", e.Client)
	}
	return nil
}

// positioned puts file, line and column before a YAML error.
func positioned(name string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		position := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, position.Line, position.Column, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (e KnownEntry) matches(client, scenario string) bool {
	return doublestar.MatchUnvalidated(e.Scenario, scenario) &&
		(e.Client == "" || doublestar.MatchUnvalidated(e.Client, client))
}

// Entries returns the entries in the order of the file.
func (k *KnownList) Entries() []KnownEntry {
	if k == nil {
		return nil
	}
	return append([]KnownEntry(nil), k.entries...)
}

// Excuse turns a fail or warn of client into Known if the list names it, and
// reports whether it did. The finding stays and says why it is known.
func (k *KnownList) Excuse(client string, r *Result) bool {
	if k == nil || r.Finding == nil || r.Verdict != Fail && r.Verdict != Warn {
		return false
	}
	for _, e := range k.entries {
		if e.matches(client, r.Scenario.ID) {
			finding := *r.Finding
			finding.Text += " (known: " + e.why() + ")"
			r.Verdict, r.Finding = Known, &finding
			return true
		}
	}
	return false
}

func (e KnownEntry) why() string {
	why := strings.TrimSpace(e.Reason)
	if e.Ref != "" {
		why += ", " + e.Ref
	}
	return why
}

// ApplyKnown excuses what the list knows among the results of client. Its error
// names every entry that is out of date: stale, as all that it matches passed, or
// superfluous, as earlier entries excuse all that it matches. Entries for other
// clients and for scenarios that did not run, or ran without a conclusion, are
// left alone.
func ApplyKnown(client string, results []Result, known *KnownList) error {
	excusable := make([]bool, len(results)) // before anything was excused
	for i := range results {
		excusable[i] = results[i].Verdict == Fail || results[i].Verdict == Warn || results[i].Verdict == Known
	}
	claimed := make([]bool, len(results)) // by an earlier entry
	var problems []error
	for n, e := range known.Entries() {
		ran, failed, fresh := false, false, false
		for i := range results {
			if !e.matches(client, results[i].Scenario.ID) {
				continue
			}
			if excusable[i] {
				failed = true
				fresh = fresh || !claimed[i]
				claimed[i] = true
			}
			ran = ran || excusable[i] || results[i].Verdict == Pass
		}
		switch {
		case ran && !failed:
			problems = append(problems, fmt.Errorf("%s: entry %d (%s) is stale: all that it names passed", known.name, n+1, e))
		case failed && !fresh:
			problems = append(problems, fmt.Errorf("%s: entry %d (%s) is superfluous: earlier entries excuse the same", known.name, n+1, e))
		}
	}
	for i := range results {
		known.Excuse(client, &results[i])
	}
	return errors.Join(problems...)
}

// CheckScenarios returns an error that names every entry that matches none of
// ids, the ids of the whole catalogue.
func (k *KnownList) CheckScenarios(ids []string) error {
	var problems []error
next:
	for n, e := range k.Entries() {
		for _, id := range ids {
			if doublestar.MatchUnvalidated(e.Scenario, id) {
				continue next
			}
		}
		problems = append(problems, fmt.Errorf("%s: entry %d (%s) matches no scenario", k.name, n+1, e))
	}
	return errors.Join(problems...)
}
