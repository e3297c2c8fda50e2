package pki

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// usage is a purpose by its name in RFC 5280 and, where cfssl knows it, there.
type usage struct{ name, cfssl string }

// keyUsages are in the order of their bits, RFC 5280 4.2.1.3.
var keyUsages = []usage{
	{"digitalSignature", "digital signature"},
	{"nonRepudiation", "content commitment"},
	{"keyEncipherment", "key encipherment"},
	{"dataEncipherment", "data encipherment"},
	{"keyAgreement", "key agreement"},
	{"keyCertSign", "cert sign"},
	{"cRLSign", "crl sign"},
	{"encipherOnly", "encipher only"},
	{"decipherOnly", "decipher only"},
}

// extKeyUsages are the purposes of RFC 5280 4.2.1.12 and those that it inherits.
var extKeyUsages = []struct {
	usage
	oid string
}{
	{usage{"serverAuth", "server auth"}, "1.3.6.1.5.5.7.3.1"},
	{usage{"clientAuth", "client auth"}, "1.3.6.1.5.5.7.3.2"},
	{usage{"codeSigning", "code signing"}, "1.3.6.1.5.5.7.3.3"},
	{usage{"emailProtection", "email protection"}, "1.3.6.1.5.5.7.3.4"},
	{usage{"timeStamping", "timestamping"}, "1.3.6.1.5.5.7.3.8"},
	{usage{"OCSPSigning", "ocsp signing"}, "1.3.6.1.5.5.7.3.9"},
	{usage{"anyExtendedKeyUsage", "any"}, "2.5.29.37.0"},
	{usage{"ipsecEndSystem", "ipsec end system"}, "1.3.6.1.5.5.7.3.5"},
	{usage{"ipsecTunnel", "ipsec tunnel"}, "1.3.6.1.5.5.7.3.6"},
	{usage{"ipsecUser", "ipsec user"}, "1.3.6.1.5.5.7.3.7"},
	{usage{"msSGC", "microsoft sgc"}, "1.3.6.1.4.1.311.10.3.3"},
	{usage{"nsSGC", "netscape sgc"}, "2.16.840.1.113730.4.1"},
}

// keyUsageDER returns the value of a keyUsage extension: a named bit list
// without trailing zero bits, X.690 11.2.2.
func keyUsageDER(names []string) ([]byte, error) {
	var bits [2]byte
	last := -1
	for _, name := range names {
		bit := -1
		for i, known := range keyUsages {
			if known.name == name {
				bit = i
			}
		}
		if bit < 0 {
			return nil, fmt.Errorf("unknown key usage %q", name)
		}
		bits[bit/8] |= 0x80 >> (bit % 8)
		last = max(last, bit)
	}
	size := last/8 + 1
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(8*size - last - 1))
		b.AddBytes(bits[:size])
	})
	return b.Bytes()
}

// extKeyUsageDER returns the value of an extKeyUsage extension.
func extKeyUsageDER(names []string) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, name := range names {
			dotted := name
			for _, known := range extKeyUsages {
				if known.name == name {
					dotted = known.oid
				}
			}
			oid, err := oidBytes(dotted)
			if err != nil {
				b.SetError(fmt.Errorf("unknown extended key usage %q", name))
				return
			}
			b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oid) })
		}
	})
	return b.Bytes()
}

// cfsslUsages translates usages into cfssl's words for a signing profile.
func cfsslUsages(keyUsage, extKeyUsage []string) ([]string, error) {
	words := make(map[string]string)
	for _, known := range keyUsages {
		words[known.name] = known.cfssl
	}
	var usages []string
	for _, name := range keyUsage {
		word, ok := words[name]
		if !ok {
			return nil, fmt.Errorf("cfssl has no key usage %q", name)
		}
		usages = append(usages, word)
	}
	clear(words)
	for _, known := range extKeyUsages {
		words[known.name], words[known.oid] = known.cfssl, known.cfssl
	}
	for _, name := range extKeyUsage {
		word, ok := words[name]
		if !ok {
			return nil, fmt.Errorf("cfssl has no extended key usage %q", name)
		}
		usages = append(usages, word)
	}
	if len(usages) == 0 {
		return nil, fmt.Errorf("cfssl makes no certificate without any usage")
	}
	return usages, nil
}
