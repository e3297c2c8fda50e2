package forge

import (
	"crypto"
	"crypto/rsa"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// PSSParameters is how the parameters of RSASSA-PSS depart from those of RFC
// 4055 3.1: hash, MGF1 with the same hash, and a salt as long as the hash.
type PSSParameters string

// The departures. What the parameters say is what is done.
const (
	ShortSalt    PSSParameters = "salt-20"       // a salt of 20 octets, against RFC 8446 4.2.3
	OtherTrailer PSSParameters = "trailer-2"     // trailerField 2, which nothing defines
	NoParameters PSSParameters = "no-parameters" // none at all
)

// shortSalt is the default of RFC 4055, the length of SHA-1.
const shortSalt = 20

// of returns how the parameters are written, and the length of the salt.
func (p PSSParameters) of(hash crypto.Hash) (write func(*cryptobyte.Builder), salt int, err error) {
	switch p {
	case "":
		return pssParameters(hash, hash.Size(), 1), rsa.PSSSaltLengthEqualsHash, nil
	case ShortSalt:
		return pssParameters(hash, shortSalt, 1), shortSalt, nil
	case OtherTrailer:
		return pssParameters(hash, hash.Size(), 2), rsa.PSSSaltLengthEqualsHash, nil
	case NoParameters:
		return addNothing, rsa.PSSSaltLengthEqualsHash, nil
	}
	return nil, 0, fmt.Errorf("unknown parameters %q of RSASSA-PSS", string(p))
}

// pssParameters are the RSASSA-PSS-params of RFC 4055 3.1.
func pssParameters(hash crypto.Hash, salt, trailer int) func(*cryptobyte.Builder) {
	addHash := func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(hashOIDs[hash])
			addNull(b)
		})
	}
	explicit := func(tag uint8) cbasn1.Tag { return cbasn1.Tag(tag).ContextSpecific().Constructed() }
	return func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), addHash)
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidMGF1)
					addHash(b)
				})
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(salt)) })
			if trailer != 1 { // the default
				b.AddASN1(explicit(3), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(trailer)) })
			}
		})
	}
}
