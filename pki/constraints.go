package pki

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// NameConstraints is the extension of RFC 5280 4.2.1.10. The value of an IP
// name in it is a prefix such as "10.0.0.0/8".
type NameConstraints struct {
	Permitted, Excluded []Name
	NonCritical         bool
}

// PrivateConstraints returns the constraints of an ordinary root: names that
// never leave a machine or a private network (RFC 6761, RFC 1918, RFC 4193, and
// the internal top-level domain that ICANN reserved in 2024). A DNS name stands
// for itself and everything below it.
func PrivateConstraints() *NameConstraints {
	c := new(NameConstraints)
	for _, name := range []string{"localhost", "test", "internal", "host.docker.internal"} {
		c.Permitted = append(c.Permitted, Name{Type: TypeDNS, Value: name})
	}
	for _, prefix := range []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"} {
		c.Permitted = append(c.Permitted, Name{Type: TypeIP, Value: prefix})
	}
	return c
}

// DER returns the value of the extension.
func (c *NameConstraints) DER() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addSubtrees(b, 0, c.Permitted)
		addSubtrees(b, 1, c.Excluded)
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding nameConstraints: %w", err)
	}
	return der, nil
}

func addSubtrees(b *cryptobyte.Builder, tag uint8, names []Name) {
	if len(names) == 0 {
		return
	}
	b.AddASN1(cbasn1.Tag(tag).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		for _, name := range names {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { name.add(b, true) })
		}
	})
}
