package forge

import (
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/pki"
)

// TestOddKeysIssue makes each key, certifies it and issues a leaf with it, and
// asks OpenSSL whether it finds the key and, where it knows it, the signature good.
func TestOddKeysIssue(t *testing.T) {
	// What OpenSSL 3.0 says when it does not accept; "" where it does.
	refusals := map[pki.KeyType]string{
		"rsa-exponent-2":  "signature failure", // while it takes an exponent of 1
		"ecdsa-off-curve": "unable to", "ecdsa-infinity": "signature failure",
		"ecdsa-explicit": "explicit ECC parameters",
		"ml-dsa-65":      "unable to", // OpenSSL 3.5 has it
	}
	root := mustIssue(t, Spec{Request: pki.Request{Kind: pki.Root, Key: key(t, pki.RSA2048, "root")}})
	for keyType := range oddKeys {
		if keyType == "rsa-16384" {
			continue // a second for each signature
		}
		t.Run(string(keyType), func(t *testing.T) {
			odd, err := OddKey(keyType, func(of pki.KeyType) (*pki.Key, error) { return key(t, of, "odd"), nil })
			if err != nil {
				t.Fatal(err)
			}
			spec := Spec{Request: pki.Request{Kind: pki.Intermediate, Key: odd, Issuer: root}}
			if way, why := spec.Way(); way != ByDER {
				t.Errorf("goes by %s: %v", way, why)
			}
			authority := mustIssue(t, spec)
			leaf := mustIssue(t, Spec{Request: pki.Request{Key: key(t, "", "leaf"), Issuer: authority, Names: []pki.Name{pki.HostName("localhost")}}})
			output, err := run(t, nil, "openssl", "verify", "-auth_level", "0", "-CAfile", write(t, "root.pem", pki.PEM(root)),
				"-untrusted", write(t, "chain.pem", pki.PEM(authority)), write(t, "leaf.pem", pki.PEM(leaf)))
			if want := refusals[keyType]; (err == nil) != (want == "") || !strings.Contains(output, want) {
				t.Errorf("want %q in %v\n%s", want, err, output)
			}
		})
	}
	if _, err := OddKey("rot13", nil); err == nil || IsOddKey("rot13") {
		t.Error("an unknown key is made")
	}
}
