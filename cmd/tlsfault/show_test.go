package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tlsfault/tlsfault/scenarios"
)

func TestFieldsAreWhatTheAuthorWrote(t *testing.T) {
	names := []string{"a.test", "b.test"}
	none := []string{}
	isCA := false
	fault := scenarios.Fault{
		Certificates: scenarios.Certificates{
			Leaf:         &scenarios.Certificate{NotAfter: "-1d", Names: &names, Extensions: []scenarios.Extension{{OID: "1.2.3", Critical: true}}},
			Intermediate: &scenarios.Certificate{KeyUsage: &none, BasicConstraints: &scenarios.BasicConstraints{CA: &isCA}},
		},
		Chain: []scenarios.ChainElement{scenarios.ChainLeaf, scenarios.ChainRoot},
		Trust: scenarios.TrustStranger,
	}
	got, err := fields(fault)
	if err != nil {
		t.Fatal(err)
	}
	want := []field{
		{"leaf.names", "[a.test, b.test]"},
		{"leaf.notAfter", "-1d"},
		{"leaf.extensions", "[{ oid: 1.2.3, critical: true }]"},
		{"intermediate.basicConstraints.ca", "false"},
		{"intermediate.keyUsage", "[]"},
		{"chain", "[leaf, root]"},
		{"trust", "stranger"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(field{})); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestEveryFaultOfTheCatalogueIsMarkedInItsDrawing(t *testing.T) {
	all, err := catalogue(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		s := &all[i]
		faults, err := fields(s.Fault)
		if err != nil {
			t.Fatal(err)
		}
		given, err := fields(s.Given)
		if err != nil {
			t.Fatal(err)
		}
		marked := 0
		for _, line := range drawing(s, given, faults) {
			if line.broken {
				marked++
			}
		}
		if len(s.Served().Further) > 0 {
			// Of a hierarchy a certificate is drawn wherever it leads.
			if (marked > 0) != s.Faulty() {
				t.Errorf("%s: %d broken fields are marked", s.ID, marked)
			}
			continue
		}
		if marked != len(faults) {
			t.Errorf("%s: %d of %d broken fields are marked", s.ID, marked, len(faults))
		}
	}
}
