package forge_test

import (
	"crypto"
	"fmt"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
)

func ExampleIssue() {
	keys := pki.NewKeys("")
	key, err := keys.Get(pki.RSA2048, "leaf")
	if err != nil {
		fmt.Println(err)
		return
	}
	// A self-signed leaf, which cfssl can make, and the same signed with MD5, which nobody else makes.
	spec := forge.Spec{Request: pki.Request{Key: key, Names: []pki.Name{pki.HostName("localhost")}}}
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.MD5} {
		spec.Hash = hash
		if _, err := forge.Issue(spec); err != nil {
			fmt.Println(err)
			return
		}
		way, why := spec.Way()
		fmt.Println(way, len(why))
	}
	// Output:
	// cfssl 0
	// DER 2
}
