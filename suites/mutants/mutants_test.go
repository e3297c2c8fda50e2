package mutants

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// unflipped are scenarios that Go refuses and no mutant need accept, by glob or
// by reason, and why.
var unflipped = []struct {
	glob   string
	reason scenarios.Reason
	why    string
}{
	{glob: "transport/**", why: "the server ends or stalls the connection: there is nothing to accept"},
	{glob: "http/truncated-body*", why: "net/http counts the octets of an answer, not crypto/tls"},
	{glob: "http/trickling-body*", why: "it is net/http that limits the time of an answer, not crypto/tls"},
	{glob: "negotiation/**", why: "it is the server that refuses"},
	{glob: "protocol/**", why: "it is the server that refuses a client that does not offer what is obsolete"},
	{glob: "dh/**", why: "Go has no finite-field Diffie-Hellman: the client of ours in harness/wire/wiretest has"},
	{glob: "handshake/key-share-ffdhe-*", why: "likewise"},
	{glob: "handshake/server-key-exchange-export-rsa", why: "Go offers no static RSA"},
	{glob: "handshake/server-key-exchange-{explicit-curve,group-not-offered}", why: "Go has no such curve to compute with"},
	{glob: "handshake/server-key-exchange-point*", why: "Go's curves compute with no such point"},
	{glob: "handshake/key-share-{off-curve,length*}", why: "likewise"},
	{glob: "handshake/{key-share-group-not-offered,hello-retry-request-group-not-offered,hello-retry-request-then-other-group,key-share-missing,psk-unasked}", why: "Go has no key for what was not offered"},
	{glob: "handshake/server-key-exchange-scheme-rsa-2048", why: "Go does not know the algorithm"},
	{glob: "handshake/certificate-verify-scheme-not-of-key-rsa-2048", why: "likewise"},
	{glob: "handshake/{certificate-not-rsa-in-rsa-exchange,compressed-certificate-*,certificate-status-*}", why: "Go has nothing to read it with"},
	{glob: "handshake/{alpn-empty,certificate-trailing-bytes-*,certificate-request-*,hello-retry-request-cookie-empty}", why: "not a check but a parser"},
	{glob: "handshake/server-key-exchange-{trailing-bytes,signature-missing-nothing}", why: "likewise"},
	{glob: "handshake/message-unexpected-unknown-*", why: "likewise"},
	{glob: "handshake/certificate-empty-*", why: "without a certificate Go has no key to verify with"},
	{glob: "handshake/{certificate,server-key-exchange,encrypted-extensions}-skipped*", why: "Go waits for one message after the other: there is no check to leave out, and no key to go on with"},
	{glob: "handshake/{finished-early,server-hello-done-twice,ticket-unpromised,server-hello-twice-1.3}", why: "Go waits for one message after the other: there is no check to leave out"},
	{glob: "handshake/{change-cipher-spec-skipped,change-cipher-spec-early-empty-master,finished-before-change-cipher-spec}", why: "Go has no keys to change to, or none to read with, before ChangeCipherSpec"},
	{glob: "handshake/finished-with-trailing-data", why: "what trails is refused as a message as well"},
	{glob: "handshake/hello-retry-request-twice", why: "Go's client keeps no transcript of two"},
	{glob: "record/plaintext-after-keys-{1.2,application}", why: "TLS 1.2 does not tell plaintext from ciphertext by the record"},
	{glob: "record/bad-padding", why: "Go finds the MAC by the padding"},
	{glob: "cve/{2014-3466,2014-3572,2014-6593,2014-8730,2015-0204,2015-4000,2014-1491,2018-0732,2018-9988,2021-34558,2023-3724,2014-0224,2025-66199}*", why: "as the scenario of handshake, record or dh that it replays"},
	{glob: "cve/2025-58188*", why: "Go does not know the algorithm"},
	{glob: "cve/2014-3566*", why: "the server drops the connection"},
	{glob: "chain/expired-and-incomplete*", why: "broken in two ways on purpose: each check finds one of them"},
	{glob: "paths/maze-*", why: "Go ends its search after a hundred signatures, before it knows that there is no path"},
	{glob: "keys/**", why: "Go does not know or does not read such keys: there is no one check to leave out"},
	{glob: "profile/dns-name-u-label", why: "not a check but a parser"},
	{glob: "algorithms/*-md{2,4}-*", why: "Go does not know the algorithm"},
	{reason: scenarios.MalformedCertificate, why: "no one check of Go's parser is about it; suites/proof has a client that reads past each mistake"},
}

// TestEachMutantFlipsItsOwnScenarios proves rule 1 with Go's own client: without
// a check it accepts the scenarios about that check and nothing else that Go refuses.
func TestEachMutantFlipsItsOwnScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: builds crypto/tls anew")
	}
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	table := slices.Concat(ofX509, ofTLS)
	cases := cast(t, table, scenarios.WithoutPages(all))
	meetAll(t, table, cases)
	for _, m := range table {
		t.Run(m.name, func(t *testing.T) { check(t, m, cases) })
	}
	t.Run("every refusal is explained", func(t *testing.T) { explained(t, cases) })
}

// encounter is one scenario and how the clients fared that met it.
type encounter struct {
	*scenarios.Scenario
	owner   string // the mutant that should accept it; empty for none
	excused bool   // no mutant need accept it
	index   int    // of all scenarios, which it is
	variant int    // of the scenarios that were authored as one, which it is
	of      int    // how many these are
	broken  error  // what the harness or the server has to object

	original error            // Go as it is
	mutants  map[string]error // those that met it, by name; nil where one accepted
}

// otherLayer is of how many scenarios about certificates a mutant of crypto/tls
// meets one that has nothing to do with its check, and of crypto/x509 the other way round.
const otherLayer = 5

// ofWire reports whether the fault is in the handshake or the records.
func (e *encounter) ofWire() bool { return len(e.Fault.Edits()) > 0 }

// cast says of every scenario which mutant it is about.
func cast(t *testing.T, table []mutant, all []scenarios.Scenario) []*encounter {
	t.Helper()
	var cases []*encounter
	byID := make(map[string]*encounter)
	variants := make(map[scenarios.Position][]*encounter)
	for i := range all {
		e := &encounter{Scenario: &all[i], index: i, excused: all[i].NotIsolated != "", mutants: make(map[string]error)}
		cases = append(cases, e)
		byID[e.ID] = e
		e.variant = len(variants[e.Source])
		variants[e.Source] = append(variants[e.Source], e)
		for _, sibling := range variants[e.Source] {
			sibling.of = len(variants[e.Source])
		}
	}
	of := func(glob string) []scenarios.Scenario {
		if glob == "" {
			return nil
		}
		list, err := scenarios.Select(all, []string{glob}, nil)
		if err != nil {
			t.Error(err)
		}
		return list
	}
	for _, u := range unflipped {
		for _, s := range of(u.glob) {
			byID[s.ID].excused = true
		}
		for _, e := range cases {
			e.excused = e.excused || e.Expect.Reason == u.reason && u.reason != ""
		}
	}
	named := make(map[string]bool)
	for _, m := range table {
		for _, glob := range m.also {
			for _, s := range of(glob) {
				if named[s.ID] {
					t.Errorf("%s is claimed by the mutants %s and %s", s.ID, byID[s.ID].owner, m.name)
				}
				byID[s.ID].owner, named[s.ID] = m.name, true
			}
		}
	}
	for _, m := range table {
		for _, e := range cases {
			switch {
			case named[e.ID] || e.Expect.Outcome != scenarios.Reject || !slices.Contains(m.reasons, e.Expect.Reason):
			case e.owner != "":
				t.Errorf("%s is claimed by the mutants %s and %s", e.ID, e.owner, m.name)
			default:
				e.owner = m.name
			}
		}
	}
	return cases
}

// meetAll lets Go as it is meet every scenario, and each mutant those about its
// check and, of scenarios that were authored as one, one of the others.
func meetAll(t *testing.T, table []mutant, cases []*encounter) {
	t.Helper()
	program := build(t, table)
	original := start(t, program, "")
	var mutants []*remote
	for _, m := range table {
		r := start(t, program, m.name)
		r.ofTLS = !slices.ContainsFunc(ofX509, func(x mutant) bool { return x.name == m.name })
		mutants = append(mutants, r)
	}
	factory := server.NewFactory(server.Config{})
	next := make(chan *encounter)
	var workers sync.WaitGroup
	for range 2 * runtime.NumCPU() {
		workers.Go(func() {
			for e := range next {
				e.broken = e.meet(t, factory, original, mutants)
			}
		})
	}
	for _, e := range cases {
		if e.Fault.Transport == nil && e.Expect.Reason != scenarios.Stalled { // for the time of a client to be up nobody waits here
			next <- e
		}
	}
	close(next)
	workers.Wait()
}

func (e *encounter) meet(t *testing.T, factory *server.Factory, original *remote, mutants []*remote) error {
	srv, err := factory.Start(t.Context(), e.Scenario)
	if err != nil {
		return err
	}
	defer srv.Close()
	answered := 0
	meet := func(r *remote) error {
		err := r.meet(srv.Target())
		if err == nil {
			answered++
		}
		return err
	}
	e.original = meet(original)
	for i, m := range mutants {
		if m.name == e.owner || i%e.of == e.variant && (e.ofWire() == m.ofTLS || i%otherLayer == e.index%otherLayer) {
			e.mutants[m.name] = meet(m)
		}
	}
	seen := 0
	for _, c := range srv.Close().Connections {
		if c.Answered {
			seen++
		}
	}
	if seen < answered {
		return fmt.Errorf("%d clients say that they were answered, the server answered %d", answered, seen)
	}
	return nil
}

// check checks that a mutant accepted what it should, and nothing else.
func check(t *testing.T, m mutant, cases []*encounter) {
	flipped := 0
	for _, e := range cases {
		err, met := e.mutants[m.name]
		switch {
		case !met:
		case e.original == nil && err != nil:
			t.Errorf("%s: Go accepts it, the mutant refuses: %v", e.ID, err)
		case e.original == nil || err != nil && e.excused:
		case e.owner == m.name && err != nil:
			t.Errorf("%s: the mutant refuses as well: %v", e.ID, err)
		case e.NotIsolated != "": // another check may be the only one of several that Go has
		case e.owner != m.name && err == nil && e.Expect.Outcome == scenarios.Reject && !slices.Contains(m.reasons, e.Expect.Or):
			t.Errorf("%s: the mutant accepts it, and it is not about its check; Go says: %v", e.ID, e.original)
		case err == nil:
			flipped++
		}
	}
	if flipped == 0 {
		t.Error("the mutant flips no scenario")
	}
	t.Logf("flips %d scenarios", flipped)
}

// explained checks that each scenario that Go refuses for what is wrong with it
// is about a mutant's check, or says why not.
func explained(t *testing.T, cases []*encounter) {
	for _, e := range cases {
		switch {
		case e.broken != nil:
			t.Errorf("%s: %v", e.ID, e.broken)
		case e.original == nil || e.Expect.Outcome == scenarios.Accept:
		case e.owner == "" && !e.excused:
			t.Errorf("%s: no mutant is about it; Go says: %v", e.ID, e.original)
		}
	}
	for _, u := range unflipped {
		if strings.TrimSpace(u.why) == "" {
			t.Errorf("%s%s: no reason why no mutant flips it", u.glob, u.reason)
		}
	}
}
