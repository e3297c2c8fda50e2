package scenarios_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/scenarios"
)

func ids(all []scenarios.Scenario) string {
	var list []string
	for _, s := range all {
		list = append(list, s.ID)
	}
	return strings.Join(list, " ")
}

func TestMatrixMakesEveryCombination(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/one
    title: A {key} key over TLS {tls}
    matrix: { key: [ecdsa-p256, rsa-2048], tls: ["1.2", "1.3"] }
    given: { key: "{key}", tls: { versions: ["{tls}"] } }
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired }
`)
	if got, want := ids(all), "demo/one-ecdsa-p256-1.2 demo/one-ecdsa-p256-1.3 demo/one-rsa-2048-1.2 demo/one-rsa-2048-1.3"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	last := all[3]
	if last.Title != "A rsa-2048 key over TLS 1.3" || last.Given.Key != "rsa-2048" || last.Given.TLS.Versions[0] != "1.3" {
		t.Errorf("the last is %+v", last)
	}
}

// A placeholder that is all of a text stands for the value whatever that is.
func TestPlaceholdersKeepTheKindOfTheirValue(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/one
    title: "{count} names"
    matrix:
      count: [10, 20]
      bad: { sound: { hash: sha1 }, corrupt: { corrupt: true } }
      spoken: [["1.2"], ["1.2", "1.3"]]
      outcome: { good: accept, bad: { reject: bad-signature } }
    given: { tls: { versions: "{spoken}" } }
    fault: { leaf: { extraNames: "{count}", signature: "{bad}" } }
    expect: "{outcome}"
`)
	if len(all) != 16 {
		t.Fatalf("%d scenarios, want 16", len(all))
	}
	last := all[15]
	if last.ID != "demo/one-20-corrupt-1.2-1.3-bad" {
		t.Errorf("the last is called %s", last.ID)
	}
	if last.Title != "20 names" || last.Fault.Leaf.ExtraNames != 20 || !last.Fault.Leaf.Signature.Corrupt ||
		len(last.Given.TLS.Versions) != 2 || last.Expect.Reason != scenarios.BadSignature {
		t.Errorf("the last is %+v", last)
	}
	if all[0].Expect.Outcome != scenarios.Accept {
		t.Errorf("the first expects %+v", all[0].Expect)
	}
}

// Labels go into ids, and into text where the value is no text; fields are asked for by name.
func TestLabelsAndFields(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/{when}-ago
    title: The leaf expired {when.said}, {when.label} or {when}
    matrix: { when: { second: { at: -1s, said: a second ago }, "Half Day": { at: -12h, said: half a day ago } } }
    fault: { leaf: { notAfter: "{when.at}" } }
    expect: { reject: expired }
`)
	if got, want := ids(all), "demo/second-ago demo/half-day-ago"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := all[1].Title, "The leaf expired half a day ago, Half Day or Half Day"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := all[1].Fault.Leaf.NotAfter; got != "-12h" {
		t.Errorf("notAfter is %q", got)
	}
}

func TestDoubledBracesStandForThemselves(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - { id: demo/one, title: "Write {{url}}, {} or { x }", expect: accept }
  - id: demo/two
    title: "{{port}} of {port}"
    matrix: { port: [a, b] }
    given: { name: "{port}.test" }
    expect: accept
`)
	if got, want := all[0].Title, "Write {url}, {} or { x }"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := all[2].Title, "{port} of b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Of the axes that a file gives all its scenarios, each has those that it uses.
func TestDefaultAxesThatAScenarioDoesNotUseDropOut(t *testing.T) {
	all := mustLoad(t, `
family: demo
defaults:
  matrix: { key: [ecdsa-p256, rsa-2048], tls: ["1.2", "1.3"] }
  given: { key: "{key}", tls: { versions: ["{tls}"] } }
scenarios:
  - { id: demo/both, title: Both, fault: { leaf: { notAfter: -1d } }, expect: { reject: expired } }
  - { id: demo/tls, title: "TLS {tls}", given: { tls: { versions: ["{tls}"] } }, fault: { leaf: { notAfter: -1d } }, expect: { reject: expired } }
  - { id: demo/none, title: None, given: { key: ed25519 }, fault: { leaf: { notAfter: -1d } }, expect: { reject: expired } }
  - { id: demo/own, title: Own, matrix: { key: [ecdsa-p384] }, given: { key: "{key}" }, fault: { leaf: { notAfter: -1d } }, expect: { reject: expired } }
`)
	want := "demo/both-ecdsa-p256-1.2 demo/both-ecdsa-p256-1.3 demo/both-rsa-2048-1.2 demo/both-rsa-2048-1.3 " +
		"demo/tls-1.2 demo/tls-1.3 demo/none demo/own-ecdsa-p384"
	if got := ids(all); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// An alias of the id must not grow with the axes.
func TestIDIsItsOwnEvenWhenAliased(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - { id: &name demo/one, title: *name, matrix: { tls: ["1.2"] }, given: { tls: { versions: ["{tls}"] } }, expect: accept }
`)
	if all[0].ID != "demo/one-1.2" || all[0].Title != "demo/one" {
		t.Errorf("got %+v", all[0])
	}
}

// What is the same in all scenarios of a matrix is kept once.
func TestMatrixSharesWhatDoesNotChange(t *testing.T) {
	all := mustLoad(t, largeMatrix(100))
	a, b := &all[0], &all[99]
	if &a.Covers[0] != &b.Covers[0] || &a.Refs[0] != &b.Refs[0] || &a.Tags[0] != &b.Tags[0] {
		t.Error("lists are copied")
	}
	if a.Fault.Intermediate != b.Fault.Intermediate {
		t.Error("certificates are copied")
	}
	if reflect.DeepEqual(a.Fault, b.Fault) {
		t.Error("the faults are the same")
	}
}

// largeMatrix is a file that makes n scenarios of one entry.
func largeMatrix(n int) string {
	var values strings.Builder
	for i := range n {
		fmt.Fprintf(&values, "%d, ", i+1)
	}
	return `
family: demo
scenarios:
  - id: demo/one
    title: A leaf of {number} names
    matrix: { number: [` + values.String() + `] }
    given: { key: ecdsa-p256, tls: { versions: ["1.2", "1.3"] } }
    fault: { leaf: { extraNames: "{number}", notAfter: -1d }, intermediate: { notAfter: -1d } }
    expect: { reject: expired, level: must }
    remedy: Renew the certificate, install it on every listener, and alert 30 days ahead.
    refs: ["RFC 5280 6.1.3(a)(2)"]
    covers: ["badssl:expired", "x509-limbo:rfc5280::validity::expired-leaf"]
    tags: [certificate, webhook]
`
}

// writtenOut is a file of n entries.
func writtenOut(n int) string {
	var b strings.Builder
	b.WriteString("family: demo\nscenarios:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - id: demo/leaf-expired-%d
    title: The leaf expired yesterday
    given: { key: ecdsa-p256, tls: { versions: ["1.2", "1.3"] } }
    fault: { leaf: { notAfter: -1d } }
    expect: { reject: expired, level: must }
    remedy: Renew the certificate, install it on every listener, and alert 30 days ahead.
    refs: ["RFC 5280 6.1.3(a)(2)"]
    covers: ["badssl:expired"]
    tags: [certificate, webhook]
`, i)
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"10000 of a matrix", largeMatrix(10_000)},
		{"10000 written out", writtenOut(9_000)}, // the most that 4 MiB hold, nearly
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if all, err := scenarios.Load("demo.yaml", []byte(c.text)); err != nil || len(all) < 9_000 {
					b.Fatal(len(all), err)
				}
			}
		})
	}
}

// What to expect may depend on the axes; of several cases the first that fits counts.
func TestExpectationsByCase(t *testing.T) {
	all := mustLoad(t, `
family: demo
scenarios:
  - id: demo/names
    title: Names {dns.label} and {ip.label}
    matrix:
      dns: { none: [], right: [localhost], wrong: [other.test] }
      ip: { none: [], some: ["ip:127.0.0.1"] }
      constraint: { none: [], given: [localhost] }
    fault:
      leaf: { commonName: x, names: ["{dns}", "{ip}"] }
      intermediate: { nameConstraints: { permitted: ["{constraint}"] } }
    expect:
      - { when: { dns: [none, wrong] }, reject: name-mismatch, or: name-constraint }
      - { when: { constraint: given, ip: some }, accept: true, level: may }
      - accept
`)
	got := make(map[string]scenarios.Expect)
	for _, s := range all {
		got[s.ID] = s.Expect
	}
	mismatch := scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.NameMismatch, Or: scenarios.NameConstraint, Level: scenarios.Must, Basis: scenarios.ClientMustCheck}
	for id, want := range map[string]scenarios.Expect{
		"demo/names-none-some-given": mismatch, "demo/names-wrong-none-none": mismatch,
		"demo/names-right-some-given": {Outcome: scenarios.Accept, Level: scenarios.May, Basis: scenarios.ClientMustCheck},
		"demo/names-right-none-given": {Outcome: scenarios.Accept, Level: scenarios.Must, Basis: scenarios.ClientMustCheck},
	} {
		if got[id] != want {
			t.Errorf("%s: got %+v, want %+v", id, got[id], want)
		}
	}
	// All of an item, a placeholder for a list stands for its items; constraints of nothing are none.
	for _, s := range all {
		switch s.ID {
		case "demo/names-right-some-given":
			if names := *s.Fault.Leaf.Names; strings.Join(names, " ") != "localhost ip:127.0.0.1" {
				t.Errorf("%s: names %q", s.ID, names)
			}
		case "demo/names-none-none-none":
			if s.Fault.Leaf.Names == nil || len(*s.Fault.Leaf.Names) != 0 || s.Fault.Intermediate != nil {
				t.Errorf("%s: %+v", s.ID, s.Fault)
			}
		}
	}
}

// The product of BetterTLS is as large as its generator makes it, six probes aside, which controls stand for.
func TestProductOfBetterTLS(t *testing.T) {
	all, err := scenarios.CatalogueWith(nil, []string{"bettertls"})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(all) - len(catalogue); n != 9491-6 {
		t.Errorf("%d scenarios", n)
	}
	outcomes := make(map[scenarios.Outcome]int)
	for _, s := range all[len(catalogue):] {
		outcomes[s.Expect.Outcome]++
	}
	// Right by the host's own kind is a third; of those, constraints let 4 of 9 pass, and 17 of 27 of the other kind.
	if accepted := 2 * 6 * 4 * 17; outcomes[scenarios.Accept] != accepted {
		t.Errorf("%d are to be accepted, want %d", outcomes[scenarios.Accept], accepted)
	}
}
