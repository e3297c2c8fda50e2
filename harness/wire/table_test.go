package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

func TestTheTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range wire.Edits() {
		name := string(e.Area) + "/" + e.Name
		if seen[name] {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
		if !strings.HasSuffix(e.Causes, ".") || e.RFC == "" {
			t.Errorf("%s: no sentence or no clause", name)
		}
		if e.Legal && (e.NotIsolated != "" || e.AlertNamed) {
			t.Errorf("%s is legal, and yet %q, alert %t", name, e.NotIsolated, e.AlertNamed)
		}
		if e.AlertNamed && len(e.Alerts) == 0 {
			t.Errorf("%s: the named alert is missing", name)
		}
		for _, a := range e.Alerts {
			if _, ok := iana.AlertByName(a); !ok {
				t.Errorf("%s: no alert %q", name, a)
			}
		}
		for _, p := range e.Params {
			if p.Doc == "" || p.Default == nil {
				t.Errorf("%s.%s: no description or no default", name, p.Name)
			}
			if _, err := wire.ParseEdit(e.Area, e.Name, map[string]any{p.Name: p.Default}); err != nil {
				t.Errorf("%s: its default is refused: %v", name, err)
			}
		}
		edit, err := wire.ParseEdit(e.Area, e.Name, nil)
		if err != nil || edit.Info().Causes != e.Causes {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseEditSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		area   wire.Area
		name   string
		values any
		want   string // "" for none
	}{
		{"dh", "bits", 512, ""},
		{"dh", "bits", "768", ""},
		{"dh", "bits", map[string]any{"bits": uint64(1024)}, ""},
		{"dh", "composite-p", true, ""},
		{"handshake", "certificate-verify-scheme", "ecdsa_sha1", ""},
		{"dh", "bits", 500, `dh.bits: bits: 500 is not one of 480, 512, 768, 1024, 1536, 2048, 3072, 4096`},
		{"dh", "bits", "many", `dh.bits: bits: "many" is no whole number`},
		{"dh", "bits", map[string]any{"bit": 512}, `dh.bits: no parameter "bit"; did you mean "bits"?`},
		{"dh", "bitz", 512, `no edit of dh "bitz"; did you mean "bits"?`},
		{"dh", "composite-p", 3, `dh.composite-p: takes no value, not 3`},
		{"dh", "composite-p", map[string]any{"x": 1}, `dh.composite-p: takes no parameter, not "x"`},
		{"dh", "composite-p", false, `dh.composite-p: false means nothing here; leave the edit out`},
		{"dh", "g", "2", `dh.g: value: no value "2"; did you mean "0"?`},
		{"protocol", "suite", "TLS_RSA_WITH_RC4_128_SHA1", `protocol.suite: suite: no value "TLS_RSA_WITH_RC4_128_SHA1"; did you mean "TLS_RSA_WITH_RC4_128_SHA"?`},
		{"handshake", "certificate-verfy-corrupted", nil, `no edit of handshake "certificate-verfy-corrupted"; did you mean "certificate-verify-corrupted"?`},
		{"handshake", "key-update-flood", 1 << 30, `handshake.key-update-flood: count: 1073741824 is not between 1 and 1048576`},
		{"handshakes", "finished-wrong", nil, `no area "handshakes"; did you mean "handshake"?`},
		{"record", "version", "0x0500", ""},
	} {
		_, err := wire.ParseEdit(c.area, c.name, c.values)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s.%s %v: %v", c.area, c.name, c.values, err)
		case c.want != "" && (err == nil || !errors.Is(err, wire.ErrEdit) || err.Error() != "no such edit: "+c.want):
			t.Errorf("%s.%s %v:\n%v, want\nno such edit: %s", c.area, c.name, c.values, err, c.want)
		}
	}
}

func TestEditsThatNobodyParsedAreRefused(t *testing.T) {
	conn := wire.Server(&tape{Reader: strings.NewReader("")}, &wire.Config{Edits: []wire.Edit{{Area: wire.AreaRecord, Name: "one-byte"}}})
	if err := conn.Handshake(t.Context()); err == nil || !strings.Contains(err.Error(), `"one-byte" was not made by ParseEdit`) {
		t.Errorf("%v", err)
	}
}

func TestNamesAndNumbers(t *testing.T) {
	if id, err := wire.CipherSuiteID("TLS_AES_128_GCM_SHA256"); err != nil || id != 0x1301 || wire.CipherSuiteName(id) != "TLS_AES_128_GCM_SHA256" {
		t.Errorf("%04x %v", id, err)
	}
	if id, err := wire.GroupID("secp256r1"); err != nil || id != 23 || wire.GroupName(id) != "secp256r1" {
		t.Errorf("%d %v", id, err)
	}
	if id, err := wire.SignatureSchemeID("ed25519"); err != nil || id != 0x0807 {
		t.Errorf("%04x %v", id, err)
	}
	for _, err := range []error{
		second(wire.CipherSuiteID("TLS_AES_128_GCM_SHA265")), second(wire.GroupID("secp255r1")), second(wire.SignatureSchemeID("ed25591")),
	} {
		if err == nil || !strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%v", err)
		}
	}
	if wire.VersionName(0x0300) != "SSL 3.0" || wire.CipherSuiteName(0xeaea) != "0xeaea" {
		t.Error("names")
	}
}

func second[T any](_ T, err error) error { return err }
