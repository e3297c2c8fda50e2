package scenarios_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/scenarios"
)

func TestRenamed(t *testing.T) {
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	again, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	find := func(id string) scenarios.Scenario {
		for _, s := range all {
			if s.ID == id {
				return s.Renamed("payments.example.com")
			}
		}
		t.Fatalf("no scenario %s", id)
		return scenarios.Scenario{}
	}
	for _, s := range all {
		renamed := s.Renamed("payments.example.com")
		host := renamed.Given.HostName()
		if renamed.Faulty() != s.Faulty() || renamed.ID != s.ID {
			t.Errorf("%s is another scenario", s.ID)
		}
		if host != s.Given.HostName() && !strings.HasSuffix(host, "payments.example.com") {
			t.Errorf("%s: its host is %q", s.ID, host)
		}
		if strings.HasSuffix(host, "payments.example.com") && !renamed.NeedsUnconstrainedRoot() {
			t.Errorf("%s: a constrained root would refuse %s", s.ID, host)
		}
	}
	if !reflect.DeepEqual(all, again) {
		t.Error("the scenarios themselves were changed")
	}
	if s := find("validity/leaf-expired-ecdsa-p256-1.3"); s.Given.Name != "payments.example.com" || s.Fault.Leaf.NotAfter == "" {
		t.Errorf("got %+v", s)
	}
	if s := find("names/upper-case-1.3"); (*s.Fault.Leaf.Names)[0] != "API.Shop.PAYMENTS.EXAMPLE.COM" || s.Given.Name != "api.shop.payments.example.com" {
		t.Errorf("got %q for %q", *s.Fault.Leaf.Names, s.Given.Name)
	}
	// A domain that is not at the top may have a wildcard directly below it.
	if s := find("names/wildcard-in-public-suffix-1.3"); s.Given.Name != "shop.localhost" || (*s.Fault.Leaf.Names)[0] != "*.localhost" {
		t.Errorf("got %q for %q", *s.Fault.Leaf.Names, s.Given.Name)
	}
	if s := find("names/critical-1.3"); s.Given.Name != "api.shop.localhost" {
		t.Errorf("the host is %q and the names in the extension's bytes are others", s.Given.Name)
	}
}

func TestCheckDomain(t *testing.T) {
	for _, good := range []string{"payments.example.com", "example", "xn--bcher-kva.example", "a-b.test"} {
		if err := scenarios.CheckDomain(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "127.0.0.1", "::1", "a b", "*.example.com", "Example.com", "bücher.example", "a..b", "example.com.", "a/b", strings.Repeat("a.", 61) + "com"} {
		if err := scenarios.CheckDomain(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
