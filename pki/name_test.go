package pki_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/pki"
)

func TestParseName(t *testing.T) {
	for text, want := range map[string]pki.Name{
		"localhost":                {Type: pki.TypeDNS, Value: "localhost"},
		"127.0.0.1":                {Type: pki.TypeDNS, Value: "127.0.0.1"},
		"":                         {Type: pki.TypeDNS, Value: ""},
		"dns:127.0.0.1":            {Type: pki.TypeDNS, Value: "127.0.0.1"},
		"dns:a:b":                  {Type: pki.TypeDNS, Value: "a:b"},
		"ip:::1":                   {Type: pki.TypeIP, Value: "::1"},
		"email:a@b":                {Type: pki.TypeEmail, Value: "a@b"},
		"uri:https://localhost/":   {Type: pki.TypeURI, Value: "https://localhost/"},
		"dirname:O=tlsfault,CN=me": {Type: pki.TypeDirectory, Value: "O=tlsfault,CN=me"},
		"rid:1.2.3":                {Type: pki.TypeRegisteredID, Value: "1.2.3"},
		"raw:8200":                 {Type: pki.TypeRaw, Value: "8200"},
	} {
		if got, err := pki.ParseName(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"https://localhost", "IP:127.0.0.1", ":x"} {
		if name, err := pki.ParseName(text); err == nil || !strings.Contains(err.Error(), "unknown type") {
			t.Errorf("%q: got %v, %v, want an error", text, name, err)
		}
	}
}

// parseASN1 has openssl print the structure of der.
func parseASN1(t *testing.T, der []byte) string {
	t.Helper()
	return mustRun(t, der, "openssl", "asn1parse", "-inform", "der")
}

func TestSubjectAltNameInOtherHands(t *testing.T) {
	names, err := pki.ParseNames([]string{"a\x00b.test", "email:a@b", "ip:10.0.0.1", "ip:::ffff:10.0.0.2", "ip:fd00::1", "uri:x", "dirname:CN=me", "rid:1.2.3", "raw:8203616263"})
	if err != nil {
		t.Fatal(err)
	}
	der, err := pki.SubjectAltName(names)
	if err != nil {
		t.Fatal(err)
	}
	text := parseASN1(t, der)
	for _, want := range []struct{ structure, contents string }{
		{"l=   8 prim: cont [ 2 ]", "a\x00b.test"},
		{"l=   3 prim: cont [ 1 ]", "a@b"},
		{"l=   4 prim: cont [ 7 ]", "\x0a\x00\x00\x01"},
		{"l=   4 prim: cont [ 7 ]", "\x0a\x00\x00\x02"},
		{"l=  16 prim: cont [ 7 ]", "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"},
		{"l=   1 prim: cont [ 6 ]", "x"},
		{"l=  15 cons: cont [ 4 ]", ""},
		{"PRINTABLESTRING   :me", "me"},
		{"l=   2 prim: cont [ 8 ]", "\x2a\x03"},
		{"l=   3 prim: cont [ 2 ]", "abc"},
	} {
		if !strings.Contains(text, want.structure) || !bytes.Contains(der, []byte(want.contents)) {
			t.Errorf("want %q with %q in %x\n%s", want.structure, want.contents, der, text)
		}
	}
}

func TestNamesThatCannotBeEncoded(t *testing.T) {
	for _, text := range []string{"ip:1.2.3", "ip:fe80::1%eth0", "dirname:CN", "dirname:XX=y", "rid:x", "raw:0", "raw:zz"} {
		name, err := pki.ParseName(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pki.SubjectAltName([]pki.Name{name}); err == nil || !strings.Contains(err.Error(), "name ") {
			t.Errorf("%q: got error %v, want one that tells the name", text, err)
		}
	}
	if _, err := pki.SubjectAltName([]pki.Name{{Type: "x400", Value: "y"}}); err == nil {
		t.Error("encoded a name of unknown type")
	}
}

func TestNameConstraintsInOtherHands(t *testing.T) {
	parse := func(texts ...string) []pki.Name {
		names, err := pki.ParseNames(texts)
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	root := issue(t, pki.Request{Kind: pki.Root, Key: key(t, pki.ECDSAP256, "root"), NameConstraints: &pki.NameConstraints{
		Permitted:   parse("test", "ip:10.1.2.3/9", "ip:fd00::/8", "email:.test", "dirname:C=XX,O=tlsfault"),
		Excluded:    parse("bad.test", "uri:.bad.test", "ip:0.0.0.0/0"),
		NonCritical: true,
	}})
	text := mustRun(t, root.DER, "openssl", "x509", "-inform", "der", "-noout", "-text")
	for _, want := range []string{
		"X509v3 Name Constraints: \n", "Permitted:\n", "DNS:test\n", "IP:10.0.0.0/255.128.0.0\n", "IP:FD00:0:0:0:0:0:0:0/FF00:0:0:0:0:0:0:0\n", "email:.test\n",
		"DirName:C = XX, O = tlsfault\n", "Excluded:\n", "DNS:bad.test\n", "URI:.bad.test\n", "IP:0.0.0.0/0.0.0.0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestSubjects(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"CN=localhost":                 "CN=localhost",
		"C=XX,O=a b,CN=x":              "CN=x,O=a b,C=XX",
		`O=Acme\, Inc.,CN=x\\y`:        `CN=x\\y,O=Acme\, Inc.`,
		"1.2.3.4=v":                    "1.2.3.4=#130176",
		" DC=test,emailAddress=a@test": "1.2.840.113549.1.9.1=#0c06614074657374,0.9.2342.19200300.100.1.25=#130474657374",
		"CN=a=b":                       "CN=a=b",
	} {
		subject, err := pki.ParseSubject(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		der, err := subject.DER()
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var sequence pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &sequence); err != nil || len(rest) > 0 {
			t.Errorf("%q: reading it back: %v, %d bytes left", text, err, len(rest))
		}
		if got := sequence.String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"x", "CN=a,", ",CN=a"} {
		if subject, err := pki.ParseSubject(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, subject)
		}
	}
}

func TestStringTypes(t *testing.T) {
	for _, c := range []struct {
		attribute pki.Attribute
		want      string
	}{
		{pki.Attribute{Type: "CN", Value: "a.test"}, "PRINTABLESTRING   :a.test"},
		{pki.Attribute{Type: "CN", Value: "*.test"}, "UTF8STRING        :*.test"},
		{pki.Attribute{Type: "CN", Value: "a\x00b"}, "UTF8STRING        :a"},
		{pki.Attribute{Type: "DC", Value: "test"}, "IA5STRING         :test"},
		{pki.Attribute{Type: "emailAddress", Value: "a@test"}, "IA5STRING         :a@test"},
		{pki.Attribute{Type: "CN", Value: "a.test", String: pki.TeletexString}, "T61STRING         :a.test"},
		{pki.Attribute{Type: "CN", Value: "\x00a", String: pki.BMPString}, "BMPSTRING"},
	} {
		der, err := pki.Subject{c.attribute}.DER()
		if err != nil {
			t.Fatal(err)
		}
		if text := parseASN1(t, der); !strings.Contains(text, c.want) {
			t.Errorf("%v: want %q in\n%s", c.attribute, c.want, text)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"localhost", "ip:::1", "dirname:CN=a\\,b", "raw:8200", "rid:1.2.3", "email:", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := pki.ParseName(text)
		if err != nil {
			return
		}
		if again, err := pki.ParseName(name.String()); err != nil || again != name {
			t.Errorf("%q is %v, whose text is read as %v, %v", text, name, again, err)
		}
		der, err := pki.SubjectAltName([]pki.Name{name})
		if err != nil || name.Type == pki.TypeRaw {
			return
		}
		var parts []asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &parts); err != nil || len(rest) > 0 || len(parts) != 1 {
			t.Errorf("%q is encoded as %x: %v", text, der, err)
		}
	})
}

func FuzzParseSubject(f *testing.F) {
	for _, seed := range []string{"", "C=XX,O=tlsfault,CN=localhost", `CN=a\,b`, "1.2.3=x", "CN=\\", "=", ","} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		subject, err := pki.ParseSubject(text)
		if err != nil {
			return
		}
		der, err := subject.DER()
		if err != nil {
			return
		}
		var parts []asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &parts); err != nil || len(rest) > 0 || len(parts) != len(subject) {
			t.Errorf("%q is encoded as %x: %d attributes of %d, %v", text, der, len(parts), len(subject), err)
		}
	})
}
