package eyes_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

// TestFaultyChainsDifferAsDeclared parses the chain of every scenario that breaks
// certificates and that of its control, and holds what differs against what the
// scenario declares.
func TestFaultyChainsDifferAsDeclared(t *testing.T) {
	all := loadChains(t)
	for _, faulty := range all.chains {
		s := faulty.scenarios[0]
		if !breaksCertificates(s) {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			control := s.Control()
			compareChains(t, s, faulty, all.of[control.ID])
		})
	}
}

func compareChains(t *testing.T, s *scenarios.Scenario, faulty, control *chain) {
	t.Helper()
	if len(faulty.Path) != len(control.Path) {
		t.Fatalf("the path has %d certificates, that of the control %d", len(faulty.Path), len(control.Path))
	}
	above := map[string]bool{} // what differs in the certificate above
	for i := len(faulty.Path) - 1; i >= 0; i-- {
		place := placeOf(i, len(faulty.Path))
		differs, err := fieldsThatDiffer(control.Path[i], faulty.Path[i])
		if err != nil {
			if d := declaredAt(s.Fault.Certificates, place); d != nil && d.Surgery != "" {
				continue // there is nothing left to compare
			}
			t.Fatalf("%s: %v", place, err)
		}
		root := i == len(faulty.Path)-1
		if root {
			above = differs // it issues itself
		}
		allowed := allowedFields(t, s, place, differs, above)
		for _, field := range slices.Sorted(maps.Keys(differs)) {
			if !allowed[field] {
				t.Errorf("%s: %s differs from the control's, which the fault does not declare", place, field)
			}
		}
		demandDeclared(t, s.Fault.Certificates, place, differs)
		above = differs
	}
	compareSent(t, s, faulty)
}

// compareSent looks at what is sent and what is to be trusted.
func compareSent(t *testing.T, s *scenarios.Scenario, c *chain) {
	t.Helper()
	last := len(c.Path) - 1
	leaf := s.Served().Leaf
	if s.Fault.Chain == nil && s.Given.Chain == nil && s.Fault.Maze == nil && (leaf == nil || leaf.Issuer == "" || leaf.Issuer == scenarios.IssuerStranger) {
		if !slices.EqualFunc(c.Sent, c.Path[:last], bytes.Equal) {
			t.Error("what is sent is not the path without its root, and no chain is declared")
		}
	}
	if s.Given.Anchors != nil {
		return
	}
	if trusted := bytes.Equal(c.Anchors[0], c.Path[last]); trusted != (s.Fault.Trust == "") {
		t.Errorf("the path ends in what is to be trusted: %t; the fault's trust is %q", trusted, s.Fault.Trust)
	}
}

// placeOf names certificate i of a path of n as authors do.
func placeOf(i, n int) string {
	switch {
	case i == 0:
		return "leaf"
	case i == n-1:
		return "root"
	case i == 1:
		return "intermediate"
	}
	return fmt.Sprintf("intermediate%d", i)
}

// placeAbove is the place of what issues the certificate at a place, as far as faults can be there.
func placeAbove(place string) string {
	return map[string]string{"leaf": "intermediate", "intermediate": "intermediate2"}[place]
}

// declaredAt is what is said of the certificate at a place, nil for nothing.
func declaredAt(c scenarios.Certificates, place string) *scenarios.Certificate {
	return map[string]*scenarios.Certificate{
		"leaf": c.Leaf, "intermediate": c.Intermediate, "intermediate2": c.Intermediate2, "root": c.Root,
	}[place]
}

// Names of extensions as fields.
var (
	subjectKeyID   = extensionField(pki.OIDSubjectKeyIdentifier)
	authorityKeyID = extensionField(pki.OIDAuthorityKeyIdentifier)
	altName        = extensionField(pki.OIDSubjectAltName)
	keyUsageField  = extensionField(pki.OIDKeyUsage)
	access         = extensionField("1.3.6.1.5.5.7.1.1") // authorityInfoAccess, RFC 5280 4.2.2.1
	crlPoints      = extensionField("2.5.29.31")
	tlsFeature     = extensionField("1.3.6.1.5.5.7.1.24")
	scts           = extensionField("1.3.6.1.4.1.11129.2.4.2")
)

func extensionField(oid string) string { return "extension " + oid }

// extensionNames maps the words of Certificate.Critical and NotCritical to fields.
var extensionNames = map[string]string{
	"keyUsage": keyUsageField, "extKeyUsage": extensionField(pki.OIDExtKeyUsage), "basicConstraints": extensionField(pki.OIDBasicConstraints),
	"subjectKeyIdentifier": subjectKeyID, "authorityKeyIdentifier": authorityKeyID, "subjectAltName": altName,
	"nameConstraints": extensionField(pki.OIDNameConstraints),
}

// declares maps what an author can say of a certificate to the fields that it is
// about. Of some nothing is to be seen in the fields.
var declares = map[string][]string{
	"key": {"key"}, "rekey": {"key"},
	"subject": {"subject"}, "commonName": {"subject"}, "names": {altName}, "extraNames": {altName},
	"notBefore": {"notBefore"}, "notAfter": {"notAfter"}, "times": {"notBefore", "notAfter"},
	"version": {"version"}, "serial": {"serial"},
	"issuer": {}, "signature": {}, "surgery": {},
	"basicConstraints": {extensionField(pki.OIDBasicConstraints)}, "keyUsage": {keyUsageField},
	"extKeyUsage": {extensionField(pki.OIDExtKeyUsage)}, "nameConstraints": {extensionField(pki.OIDNameConstraints)},
	"subjectKeyID": {subjectKeyID}, "authorityKeyID": {authorityKeyID},
	"critical": {}, "notCritical": {}, "extensions": {}, // by what they name
	"mustStaple": {tlsFeature}, "staple": {}, "scts": {},
	// Of what is served to be asked the port is all that shows, and by chance it is the control's.
	"ocsp": {}, "issuers": {}, "crl": {},
}

// declaredFields returns the fields that a fault declares at a place, by the word that does.
func declaredFields(t *testing.T, c *scenarios.Certificate) map[string][]string {
	t.Helper()
	fields := make(map[string][]string)
	if c == nil {
		return fields
	}
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		word, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if v.Field(i).IsZero() {
			continue
		}
		list, known := declares[word]
		if !known {
			t.Fatalf("declares does not have %q", word)
		}
		fields[word] = list
	}
	for _, name := range append(slices.Clone(c.Critical), c.NotCritical...) {
		fields["critical "+name] = []string{extensionNames[name]}
	}
	for _, x := range c.Extensions {
		fields["extensions "+x.OID] = []string{extensionField(x.OID)}
	}
	return fields
}

// demandDeclared complains where a fault declares something of a certificate and
// none of that differs. Some of it may be as in the control: a common name, say,
// that is only spelt out.
func demandDeclared(t *testing.T, fault scenarios.Certificates, place string, differs map[string]bool) {
	t.Helper()
	var visible []string
	for _, fields := range declaredFields(t, declaredAt(fault, place)) {
		visible = append(visible, fields...)
	}
	if len(visible) > 0 && !differs[encoding] && !slices.ContainsFunc(visible, func(f string) bool { return differs[f] }) {
		t.Errorf("%s: the fault declares one of %v, and all are as in the control", place, visible)
	}
}
