package eyes_test

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
	"github.com/tlsfault/tlsfault/suites/internal/checker"
)

// certificate is a Certificate by RFC 5280 4.1, as far as its fields matter here.
type certificate struct {
	TBS struct {
		Version            int `asn1:"optional,explicit,default:0,tag:0"`
		Serial             *big.Int
		SignatureAlgorithm asn1.RawValue
		Issuer             asn1.RawValue
		Validity           struct{ NotBefore, NotAfter time.Time }
		Subject            asn1.RawValue
		Key                asn1.RawValue
		IssuerUID          asn1.RawValue `asn1:"optional,tag:1"`
		SubjectUID         asn1.RawValue `asn1:"optional,tag:2"`
		Extensions         []extension   `asn1:"optional,explicit,tag:3"`
	}
	SignatureAlgorithm asn1.RawValue
	Signature          asn1.BitString
}

type extension struct {
	OID      asn1.RawValue
	Critical bool `asn1:"optional"`
	Value    []byte
}

// encoding is the name under which it counts that a certificate is not the DER of what it says.
const encoding = "encoding"

// apart is the name under which it counts that hardly a moment lies in the validity of both.
const apart = "whole validity"

// age is how far apart two moments may lie that were both meant to be the
// ordinary one: the certificates are not made in the same second.
const age = time.Hour

// fieldsThatDiffer returns the names of the fields in which faulty is not as
// control. A signature always differs and is not among them.
func fieldsThatDiffer(control, faulty []byte) (map[string]bool, error) {
	was, is := map[string]string{}, map[string]string{}
	a, err := readFields(control, was)
	if err != nil {
		return nil, fmt.Errorf("reading the control: %w", err)
	}
	b, err := readFields(faulty, is)
	if err != nil {
		return nil, err
	}
	differs := make(map[string]bool)
	for name := range was {
		differs[name] = was[name] != is[name]
	}
	for name := range is {
		differs[name] = was[name] != is[name]
	}
	for name, moments := range map[string][2]time.Time{
		"notBefore": {a.TBS.Validity.NotBefore, b.TBS.Validity.NotBefore},
		"notAfter":  {a.TBS.Validity.NotAfter, b.TBS.Validity.NotAfter},
	} {
		differs[name] = moments[0].Sub(moments[1]).Abs() > age
	}
	differs[apart] = b.TBS.Validity.NotAfter.Before(a.TBS.Validity.NotBefore.Add(age)) || b.TBS.Validity.NotBefore.After(a.TBS.Validity.NotAfter.Add(-age))
	for name, is := range differs {
		if !is {
			delete(differs, name)
		}
	}
	return differs, nil
}

// readFields reads a certificate as it is meant, and its fields by name into fields.
func readFields(der []byte, fields map[string]string) (*certificate, error) {
	meant, err := checker.Meant(der)
	if err != nil {
		return nil, err
	}
	c := new(certificate)
	if rest, err := asn1.Unmarshal(meant, c); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("reading a certificate, %d octets left: %w", len(rest), err)
	}
	if !bytes.Equal(meant, der) {
		fields[encoding] = "not DER"
	}
	fields["version"] = fmt.Sprint(c.TBS.Version)
	fields["serial"] = c.TBS.Serial.String()
	for name, value := range map[string]asn1.RawValue{
		"signatureAlgorithm": c.TBS.SignatureAlgorithm, "outer signatureAlgorithm": c.SignatureAlgorithm, "issuer": c.TBS.Issuer,
		"subject": c.TBS.Subject, "key": c.TBS.Key, "issuerUniqueID": c.TBS.IssuerUID, "subjectUniqueID": c.TBS.SubjectUID,
	} {
		fields[name] = string(value.FullBytes)
	}
	for _, x := range c.TBS.Extensions {
		name := extensionField(dotted(x.OID.Bytes))
		fields[name] += fmt.Sprintf("%t %x;", x.Critical, x.Value)
	}
	return c, nil
}

// dotted writes an object identifier with arcs of any size.
func dotted(content []byte) string {
	var arcs []string
	arc := new(big.Int)
	for _, octet := range content {
		arc.Or(arc.Lsh(arc, 7), big.NewInt(int64(octet&0x7f)))
		if octet >= 0x80 {
			continue
		}
		if len(arcs) == 0 {
			first := min(arc.Int64()/40, 2)
			arcs = append(arcs, fmt.Sprint(first))
			arc.Sub(arc, big.NewInt(40*first))
		}
		arcs = append(arcs, arc.String())
		arc.SetInt64(0)
	}
	return strings.Join(arcs, ".")
}

// surgeryFields are fields that a surgery changes besides the encoding.
var surgeryFields = map[scenarios.Surgery][]string{
	"subject-nul": {"subject"}, "subject-bad-character": {"subject"}, "subject-invalid-utf8": {"subject"},
	"subject-odd-bmp": {"subject"}, "subject-no-text": {"subject"}, "subject-nested": {"subject"},
	"key-endless-curve":     {"key"},
	"key-usage-unused-bits": {keyUsageField},
	"unique-identifiers":    {"issuerUniqueID", "subjectUniqueID"},
	// These add an extension to have something to operate on.
	"extension-nested": {extensionField("1.3.6.1.4.1.32473.1")}, "oid-padded": {extensionField("1.3.6.1.4.1.32473.1")},
	"oid-unfinished": {extensionField("1.3.6.1.4.1.32473.1")}, "oid-empty": {extensionField("1.2.3")},
}

// allowedFields returns the fields that may differ at a place: what the fault
// declares there, and what follows from it and from what differs above.
func allowedFields(t *testing.T, s *scenarios.Scenario, place string, differs, above map[string]bool) map[string]bool {
	t.Helper()
	allowed := map[string]bool{"serial": true} // a random one each time
	allow := func(when bool, fields ...string) {
		for _, field := range fields {
			allowed[field] = allowed[field] || when
		}
	}
	fault, given := declaredAt(s.Fault.Certificates, place), declaredAt(s.Given.Certificates, place)
	for _, fields := range declaredFields(t, fault) {
		allow(true, fields...)
	}
	authority := place != "leaf"
	if fault != nil {
		// An ordinary leaf is named after its first name.
		allow(!authority && (fault.Names != nil || fault.ExtraNames > 0), "subject")
		// An empty subject makes subjectAltName critical, RFC 5280 4.2.1.6.
		allow(fault.Subject != nil || fault.CommonName != nil, altName)
		// A certificate that would end before it begins begins earlier, and the other way around.
		allow(fault.NotAfter != "" && differs[apart], "notBefore", apart)
		allow(fault.NotBefore != "" && differs[apart], "notAfter", apart)
		allow(fault.Issuer != "", "issuer", authorityKeyID, "signatureAlgorithm", "outer signatureAlgorithm")
		allow(fault.Signature != nil, "signatureAlgorithm", "outer signatureAlgorithm")
		// What is written byte for byte may be no DER.
		allow(fault.Surgery != "" || fault.Times != "" || fault.Key != "" || fault.Extensions != nil, encoding)
		allow(true, surgeryFields[fault.Surgery]...)
	}
	if place == "root" && (s.Fault.Trust != "" || s.NeedsUnconstrainedRoot() != s.Control().NeedsUnconstrainedRoot()) {
		allow(true, "key", "subject")
		allow(s.Fault.Trust == "", extensionNames["nameConstraints"])
	}
	// The identifier of a key follows the key, and an authority is named after it.
	allow(differs["key"], subjectKeyID)
	allow(differs["key"] && authority, "subject")
	// What an RSA key may be used for is another thing.
	allow(differs["key"], keyUsageField)
	allow(above["subject"], "issuer")
	if issuer := declaredAt(s.Fault.Certificates, placeAbove(place)); issuer != nil {
		allow(strings.HasPrefix(string(issuer.Surgery), "subject-"), encoding) // of the issuer's name
	}
	allow(above[subjectKeyID], authorityKeyID)
	allow(above["key"], "signatureAlgorithm", "outer signatureAlgorithm")
	// Where a status is to be had has a port of its own, and timestamps have their time and signature.
	for _, c := range []*scenarios.Certificate{fault, given} {
		if c != nil {
			allow(c.OCSP != nil || c.Issuers != nil, access)
			allow(c.CRL != nil, crlPoints)
			allow(c.SCTs != nil, scts)
		}
	}
	return allowed
}

// TestFieldsAreTold proves that the comparison tells what differs, and nothing
// else: certificates that differ in one thing differ in the fields for it.
func TestFieldsAreTold(t *testing.T) {
	text := func(s string) *string { return &s }
	list := func(s ...string) *[]string { return &s }
	truth := true
	for _, test := range []struct {
		name string
		leaf scenarios.Certificate
		want []string
	}{
		{"nothing", scenarios.Certificate{Version: 3}, nil},
		{"notAfter", scenarios.Certificate{NotAfter: "+3d"}, []string{"notAfter"}},
		{"notBefore", scenarios.Certificate{NotBefore: "-9d"}, []string{"notBefore"}},
		{"long ago", scenarios.Certificate{NotAfter: "-9d"}, []string{"notAfter", "notBefore", apart}},
		{"version", scenarios.Certificate{Version: 2}, []string{"version"}},
		{"common name", scenarios.Certificate{CommonName: text("somebody")}, []string{"subject"}},
		{"names", scenarios.Certificate{Names: list("localhost", "a.localhost")}, []string{altName}},
		{"key", scenarios.Certificate{Key: "ecdsa-p384"}, []string{subjectKeyID, "key"}},
		{"key usage", scenarios.Certificate{KeyUsage: list("keyAgreement")}, []string{keyUsageField}},
		{"criticality", scenarios.Certificate{NotCritical: []string{"keyUsage"}}, []string{keyUsageField}},
		{"authority", scenarios.Certificate{BasicConstraints: &scenarios.BasicConstraints{CA: &truth}}, []string{extensionNames["basicConstraints"]}},
		{"authority key", scenarios.Certificate{AuthorityKeyID: text("")}, []string{authorityKeyID}},
		{"extension", scenarios.Certificate{Extensions: []scenarios.Extension{{OID: "2.999.1"}}}, []string{extensionField("2.999.1")}},
		{"issuer", scenarios.Certificate{Issuer: scenarios.IssuerRoot}, []string{authorityKeyID, "issuer"}},
		{"hash", scenarios.Certificate{Signature: &scenarios.Signature{Hash: "sha512"}}, []string{"outer signatureAlgorithm", "signatureAlgorithm"}},
		{"mismatch", scenarios.Certificate{Signature: &scenarios.Signature{Mismatch: true}}, []string{"signatureAlgorithm"}},
		{"form", scenarios.Certificate{Surgery: "non-minimal-length"}, []string{encoding}},
	} {
		t.Run(test.name, func(t *testing.T) {
			plain := scenarios.Scenario{ID: "test/plain"}
			other := scenarios.Scenario{ID: "test/other"}
			other.Fault.Leaf = &test.leaf
			var paths [2][]byte
			for i, s := range []*scenarios.Scenario{&plain, &other} {
				made, err := authority().Certificates(s)
				if err != nil {
					t.Fatal(err)
				}
				paths[i] = made.Path[0]
			}
			differs, err := fieldsThatDiffer(paths[0], paths[1])
			if err != nil {
				t.Fatal(err)
			}
			delete(differs, "serial")
			if got := slices.Sorted(maps.Keys(differs)); !slices.Equal(got, test.want) {
				t.Errorf("%v are said to differ, want %v", got, test.want)
			}
		})
	}
}
