package scenarios_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
)

func TestTimesResolve(t *testing.T) {
	now := time.Date(2025, 6, 15, 12, 30, 45, 678, time.FixedZone("", 7200))
	for text, want := range map[scenarios.Time]string{
		"-1s": "2025-06-15T10:30:44Z", "+2m": "2025-06-15T10:32:45Z", "-2h": "2025-06-15T08:30:45Z", "+0s": "2025-06-15T10:30:45Z",
		"-1d": "2025-06-14T10:30:45Z", "+90d": "2025-09-13T10:30:45Z", "-1y": "2024-06-15T10:30:45Z",
		"1963-01-01": "1963-01-01T00:00:00Z", "2050-01-01T00:00:00Z": "2050-01-01T00:00:00Z", "2049-12-31T23:59:59.5-01:00": "2050-01-01T00:59:59Z",
	} {
		got, err := text.Resolve(now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []scenarios.Time{"", "1d", "-d", "- 1d", "-1w", "-1.5d", "+251y", "-99999999999s", "1963", "1963-02-30", "yesterday", "--1d"} {
		if got, err := text.Resolve(now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestGivenHasDefaults(t *testing.T) {
	var g scenarios.Given
	if g.HostName() != "localhost" || g.KeyType() != "ecdsa-p256" || g.IntermediateCount() != 1 {
		t.Errorf("got %q, %q, %d", g.HostName(), g.KeyType(), g.IntermediateCount())
	}
	if got := g.TLS.Spoken(); !reflect.DeepEqual(got, []scenarios.Version{"1.2", "1.3"}) {
		t.Errorf("speaks %v", got)
	}
	if got := (scenarios.TLS{Versions: []scenarios.Version{"1.3", "1.1", "1.2", "1.1"}}).Spoken(); !reflect.DeepEqual(got, []scenarios.Version{"1.1", "1.2", "1.3"}) {
		t.Errorf("speaks %v", got)
	}
}

func TestServedIsGivenWithTheFault(t *testing.T) {
	s := mustLoad(t, `
family: demo
scenarios:
  - id: demo/one
    title: One
    given: { leaf: { notBefore: -2d, names: [localhost, api.test] }, tls: { versions: ["1.2"], groups: [x25519] }, alpn: [h2] }
    fault: { leaf: { notAfter: -1d }, tls: { versions: ["1.0"] }, alpn: [http/1.0], clientAuth: require }
    expect: { reject: expired }
`)[0]
	got := s.Served()
	if got.Leaf.NotBefore != "-2d" || got.Leaf.NotAfter != "-1d" || len(*got.Leaf.Names) != 2 ||
		got.TLS.Versions[0] != "1.0" || got.TLS.Groups[0] != "x25519" || got.ALPN[0] != "http/1.0" || got.ClientAuth != scenarios.ClientAuthRequire {
		t.Errorf("got %+v", got)
	}
	if s.Given.Leaf.NotAfter != "" || s.Given.TLS.Versions[0] != "1.2" {
		t.Errorf("given itself was changed: %+v", s.Given)
	}
}

// controlOf returns the control of a scenario with the given environment.
func controlOf(t testing.TB, given string) scenarios.Scenario {
	t.Helper()
	text := "family: demo\nscenarios:\n  - { id: demo/one, title: One, given: " + given + ", fault: { chain: [stray] }, expect: { reject: missing-intermediate } }\n"
	if given == "" {
		text = "family: demo\nscenarios:\n  - { id: demo/one, title: One, fault: { chain: [stray] }, expect: { reject: missing-intermediate } }\n"
	}
	return mustLoad(t, text)[0].Control()
}

func TestControlIsTheServerWithoutItsFault(t *testing.T) {
	got := controlOf(t, "{ key: rsa-2048 }")
	if !reflect.DeepEqual(got.Fault, scenarios.Fault{}) || got.Expect != (scenarios.Expect{Outcome: scenarios.Accept, Level: scenarios.Must, Basis: scenarios.ClientMustCheck}) {
		t.Errorf("got %+v", got)
	}
	if got.Given.Key != "rsa-2048" || got.Family != "control" || got.Title == "" || got.Remedy == "" {
		t.Errorf("got %+v", got)
	}
	if again := got.Control(); !reflect.DeepEqual(again, got) {
		t.Errorf("the control of a control is %+v, want itself", again)
	}
}

func TestControlIsNamedAfterItsEnvironment(t *testing.T) {
	for given, want := range map[string]string{
		"":                               "control/ecdsa-p256+tls1.2+tls1.3",
		`{ tls: { versions: ["1.3"] } }`: "control/ecdsa-p256+tls1.3",
		`{ key: rsa-2048, tls: { versions: ["1.2"], keyExchange: rsa } }`:       "control/rsa-2048+tls1.2+kx-rsa",
		`{ name: api.test, intermediates: 2, alpn: [h2], clientAuth: request }`: "control/ecdsa-p256+tls1.2+tls1.3+name-api.test+intermediates-2+alpn-h2+client-auth-request",
		`{ tls: { versions: [ssl3, "1.0"], groups: [secp256r1] } }`:             "control/ecdsa-p256+ssl3+tls1.0+group-secp256r1",
	} {
		if got := controlOf(t, given).ID; got != want {
			t.Errorf("given: %s\n got %s\nwant %s", given, got, want)
		}
	}
}

func TestEqualEnvironmentsHaveEqualControls(t *testing.T) {
	plain := controlOf(t, "")
	for _, given := range []string{
		"{ name: localhost }", "{ key: ecdsa-p256 }", "{ intermediates: 1 }", `{ tls: { versions: ["1.3", "1.2"] } }`,
		"{ tls: { keyExchange: ecdhe } }", "{ clientAuth: none }", "{ leaf: { key: ecdsa-p256 } }", "{ leaf: { names: [localhost] } }",
		"{ root: { version: 3 } }",
	} {
		if got := controlOf(t, given); !reflect.DeepEqual(got, plain) {
			t.Errorf("given: %s\n got %+v\nwant %+v", given, got, plain)
		}
	}
}

func TestDifferentEnvironmentsHaveDifferentControls(t *testing.T) {
	seen := make(map[string]string)
	for _, given := range []string{
		"{ key: rsa-2048 }", "{ key: rsa-3072 }", "{ name: api.test }", "{ name: 127.0.0.1 }", `{ name: "::1" }`, `{ name: "fd00::1" }`, "{ name: API.test }", "{ name: a_b.test }", "{ name: a-b.test }",
		"{ intermediates: 0 }", "{ intermediates: 2 }", `{ tls: { versions: ["1.2"] } }`, `{ tls: { versions: ["1.3"] } }`,
		"{ tls: { groups: [x25519] } }", "{ tls: { groups: [X25519MLKEM768] } }", "{ tls: { groups: [x25519, secp256r1] } }", "{ tls: { groups: [secp256r1, x25519] } }",
		`{ tls: { versions: ["1.2"], cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] } }`,
		`{ tls: { versions: ["1.2"], cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] } }`,
		"{ alpn: [h2] }", "{ alpn: [http/1.1] }", "{ alpn: [http-1.1] }", "{ alpn: [h2, http/1.1] }", "{ alpn: [H2] }",
		"{ clientAuth: request }", "{ clientAuth: require }",
		"{ leaf: { key: rsa-2048 } }", "{ intermediate: { key: rsa-2048 } }", "{ root: { key: rsa-2048 } }",
		"{ leaf: { commonName: a } }", "{ leaf: { commonName: b } }", `{ leaf: { commonName: "" } }`, "{ leaf: { names: [a.test] } }", "{ leaf: { names: [b.test] } }",
		"{ name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.test }",
		"{ name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc.test }",
	} {
		id := controlOf(t, given).ID
		if other, taken := seen[id]; taken {
			t.Errorf("%s is the control of %s and of %s", id, other, given)
		}
		if len(id) > 130 {
			t.Errorf("%s is %d characters long", id, len(id))
		}
		seen[id] = given
	}
}

func TestScenariosAboutNamesNeedTheUnconstrainedRoot(t *testing.T) {
	for text, want := range map[string]bool{
		"fault: { leaf: { notAfter: -1d } }":                                     false,
		"fault: { leaf: { names: [api.test] } }":                                 true,
		"fault: { leaf: { commonName: api.test } }":                              true,
		"fault: { leaf: { extraNames: 3 } }":                                     true,
		"fault: { intermediate: { nameConstraints: { excluded: [api.test] } } }": true,
		`fault: { leaf: { extensions: [{ oid: 2.5.29.17, value: "3000" }] } }`:   true,
		`fault: { leaf: { extensions: [{ oid: 2.5.29.99, value: "3000" }] } }`:   false,
		"given: { leaf: { names: [api.test] } }, fault: { trust: stranger }":     true,
		"given: { name: api.test }, fault: { trust: stranger }":                  false,
		"given: { name: A.B.LOCALHOST. }, fault: { trust: stranger }":            false,
		"given: { name: host.docker.internal }, fault: { trust: stranger }":      false,
		"given: { name: 127.0.0.1 }, fault: { trust: stranger }":                 false,
		`given: { name: "::1" }, fault: { trust: stranger }`:                     false,
		"given: { name: 192.168.1.1 }, fault: { trust: stranger }":               false,
		"given: { name: 192.0.2.1 }, fault: { trust: stranger }":                 true,
		"given: { name: shop.example }, fault: { trust: stranger }":              true,
		"given: { name: nottest }, fault: { trust: stranger }":                   true,
		"given: { name: localhost.example }, fault: { trust: stranger }":         true,
	} {
		s := mustLoad(t, "family: demo\nscenarios:\n  - { id: demo/one, title: One, "+text+", expect: { reject: expired } }\n")[0]
		if got := s.NeedsUnconstrainedRoot(); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}
