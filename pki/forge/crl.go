package forge

import (
	"crypto"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/tlsfault/tlsfault/pki"
)

// CRL describes a certificate revocation list that no honest authority would
// sign, RFC 5280 5.
type CRL struct {
	pki.RevocationList
	// Signer signs, in its own name.
	Signer *pki.Certificate
	// Hash is what it signs with. Zero: the signer's DefaultHash.
	Hash crypto.Hash
	// Extensions stand behind authorityKeyIdentifier and cRLNumber.
	Extensions []pki.Extension
	// EntryExtensions stand in the first entry.
	EntryExtensions []pki.Extension
	// NoNumber leaves cRLNumber out, CriticalNumber marks it critical.
	NoNumber, CriticalNumber bool
	// Bulk is how many entries more there are, with serial numbers from 1<<60 on.
	Bulk int
}

// The object identifiers of RFC 5280 5.2 and 5.3.
const (
	OIDCRLNumber                = "2.5.29.20"
	OIDDeltaCRLIndicator        = "2.5.29.27"
	OIDIssuingDistributionPoint = "2.5.29.28"
	oidReasonCode               = "2.5.29.21"
)

// DER makes the list.
func (c CRL) DER() ([]byte, error) {
	hash := c.Hash
	if hash == 0 {
		hash = pki.DefaultHash(c.Signer.Key.Public())
	}
	algorithm, err := Spec{Request: pki.Request{Issuer: c.Signer, Hash: hash}}.algorithm()
	if err != nil {
		return nil, fmt.Errorf("forging a CRL: %w", err)
	}
	tbs, err := c.tbs(algorithm.der)
	if err != nil {
		return nil, fmt.Errorf("forging a CRL: %w", err)
	}
	signature, err := algorithm.sign(c.Signer.Key, tbs)
	if err != nil {
		return nil, fmt.Errorf("forging a CRL: %w", err)
	}
	return signedParts{tbs: tbs, algorithm: algorithm.der, signature: signature}.join()
}

// tbs is TBSCertList of RFC 5280 5.1.
func (c CRL) tbs(algorithm []byte) ([]byte, error) {
	entries, err := c.entries()
	if err != nil {
		return nil, err
	}
	extensions, err := c.extensions()
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(entries)+1024))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1) // version 2
		b.AddBytes(algorithm)
		b.AddBytes(c.Signer.Subject)
		TimeType("").add(b, c.ThisUpdate.UTC())
		if !c.NextUpdate.IsZero() {
			TimeType("").add(b, c.NextUpdate.UTC())
		}
		if len(entries) > 0 {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(entries) })
		}
		if len(extensions) > 0 {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, e := range extensions {
						e.Add(b)
					}
				})
			})
		}
	})
	return b.Bytes()
}

func (c CRL) extensions() ([]pki.Extension, error) {
	var list []pki.Extension
	if len(c.Signer.KeyID) > 0 {
		value, err := pki.AuthorityKeyIdentifier(c.Signer.KeyID)
		if err != nil {
			return nil, err
		}
		list = append(list, pki.Extension{OID: pki.OIDAuthorityKeyIdentifier, Value: value})
	}
	if !c.NoNumber {
		number, err := integer(big.NewInt(c.Number))
		if err != nil {
			return nil, err
		}
		list = append(list, pki.Extension{OID: OIDCRLNumber, Critical: c.CriticalNumber, Value: number})
	}
	return append(list, c.Extensions...), nil
}

// entries are the contents of revokedCertificates.
func (c CRL) entries() ([]byte, error) {
	var b cryptobyte.Builder
	for i, e := range c.Entries {
		extensions, err := reasonExtension(e.Reason)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			extensions = append(extensions, c.EntryExtensions...)
		}
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(e.Serial)
			TimeType("").add(b, e.RevokedAt.UTC())
			if len(extensions) > 0 {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, x := range extensions {
						x.Add(b)
					}
				})
			}
		})
	}
	listed, err := b.Bytes()
	if err != nil || c.Bulk == 0 {
		return listed, err
	}
	return append(listed, c.bulk()...), nil
}

// bulk are the entries of which there are many: written into place, since a
// million of them through a builder take seconds.
func (c CRL) bulk() []byte {
	moment := c.ThisUpdate.UTC().Format("060102150405Z")
	const size = 2 + 2 + 8 + 2 + 13 // SEQUENCE, INTEGER, UTCTime
	all := make([]byte, 0, c.Bulk*size)
	for i := range c.Bulk {
		n := uint64(i) | 1<<60 // so that every number has eight octets
		all = append(all, 0x30, size-2, 0x02, 8,
			byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n),
			0x17, byte(len(moment)))
		all = append(all, moment...)
	}
	return all
}

func reasonExtension(reason string) ([]pki.Extension, error) {
	if reason == "" {
		return nil, nil
	}
	code, ok := pki.ReasonCode(reason)
	if !ok {
		return nil, fmt.Errorf("unknown reason %q", reason)
	}
	var b cryptobyte.Builder
	b.AddASN1Enum(int64(code))
	value, err := b.Bytes()
	return []pki.Extension{{OID: oidReasonCode, Value: value}}, err
}
