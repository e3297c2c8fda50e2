package forge

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/tlsfault/tlsfault/pki"
)

// TestSurgeryIsSigned issues a leaf by each operation: it differs from the
// honest one, and what was done before the signing is signed.
func TestSurgeryIsSigned(t *testing.T) {
	p := newPath(t, pki.Ed25519) // whose signatures are the same every time
	honest := mustIssue(t, base(p)).DER
	public := p.leaf.Issuer.Key.Public().(ed25519.PublicKey)
	for _, o := range operations {
		spec := base(p)
		spec.Surgery = []Surgery{o.name}
		der := mustIssue(t, spec).DER
		if bytes.Equal(der, honest) {
			t.Errorf("%s changes nothing", o.name)
		}
		var certificate, tbs cryptobyte.String
		var signature []byte
		input := cryptobyte.String(der)
		if o.whole != nil || o.signed != nil || strings.HasPrefix(string(o.name), "tbs-") {
			continue
		}
		if !input.ReadASN1(&certificate, cbasn1.SEQUENCE) || !input.Empty() || !certificate.ReadASN1Element(&tbs, cbasn1.SEQUENCE) ||
			!certificate.SkipASN1(cbasn1.SEQUENCE) || !certificate.ReadASN1BitStringAsBytes(&signature) || !certificate.Empty() {
			t.Errorf("%s: the certificate's own parts are not DER\n%x", o.name, der)
		} else if !ed25519.Verify(public, tbs, signature) {
			t.Errorf("%s: the signature does not verify", o.name)
		}
	}
}

// TestSurgeryOnSubjectsBinds issues below an authority with a broken name: the
// leaf names its issuer just so.
func TestSurgeryOnSubjectsBinds(t *testing.T) {
	p := newPath(t, "")
	for _, o := range operations {
		if o.subject == nil {
			continue
		}
		spec := Spec{Request: pki.Request{Kind: pki.Intermediate, Key: key(t, "", "second"), Issuer: p.root}, Surgery: []Surgery{o.name}}
		odd := mustIssue(t, spec)
		leaf := p.leaf
		leaf.Issuer = odd
		if !bytes.Contains(odd.DER, odd.Subject) || !bytes.Contains(mustIssue(t, Spec{Request: leaf}).DER, odd.Subject) {
			t.Errorf("%s: the leaf's issuer is not the authority's subject", o.name)
		}
	}
}

func TestSurgeriesAreNamedOnce(t *testing.T) {
	names := Surgeries()
	slices.Sort(names)
	if len(slices.Compact(names)) != len(operations) {
		t.Errorf("two operations have one name among %q", names)
	}
	if _, err := Issue(Spec{Request: newPath(t, "").leaf, Surgery: []Surgery{"appendectomy"}}); err == nil {
		t.Error("an unknown operation is done")
	}
}

func TestNestedElements(t *testing.T) {
	for _, depth := range []int{1, 60, 70, 300} {
		der := nested(depth)
		for range depth {
			list, err := children(der)
			if err != nil || len(list) != 1 {
				t.Fatalf("of %d: %d within, %v", depth, len(list), err)
			}
			der = list[0]
		}
		if !bytes.Equal(der, []byte{tagNull, 0}) {
			t.Errorf("of %d: innermost is %x", depth, der)
		}
	}
}
