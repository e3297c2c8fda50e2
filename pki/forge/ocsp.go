package forge

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // RFC 6960 4.1.1: what CertIDs are made with
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/tlsfault/tlsfault/pki"
)

// OCSP describes an OCSP response that no honest authority would sign, RFC 6960 4.2.1.
type OCSP struct {
	pki.Status
	// Serial and Issuer identify the certificate.
	Serial *big.Int
	Issuer *pki.Certificate
	// Signer signs; its certificate goes along when Delegated.
	Signer    *pki.Certificate
	Delegated bool
	// Hash is what it signs with. Zero: the signer's DefaultHash.
	Hash crypto.Hash
	// Others are serial numbers of good certificates to put before this one.
	Others []*big.Int
}

// The responseStatus values of RFC 6960 4.2.1 that come without a response.
var ocspErrors = map[string]uint8{"malformedRequest": 1, "internalError": 2, "tryLater": 3, "sigRequired": 5, "unauthorized": 6}

// OCSPError returns the response that says nothing but the named error of RFC 6960 4.2.1.
func OCSPError(name string) ([]byte, error) {
	code, ok := ocspErrors[name]
	if !ok {
		return nil, fmt.Errorf("no OCSP response status is called %q", name)
	}
	return []byte{0x30, 3, 0x0a, 1, code}, nil
}

var (
	oidSHA1      = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidOCSPBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// DER makes the response.
func (o OCSP) DER() ([]byte, error) {
	data, err := o.responseData()
	if err != nil {
		return nil, fmt.Errorf("forging an OCSP response: %w", err)
	}
	algorithm, signature, err := signAs(o.Signer, o.Hash, data)
	if err != nil {
		return nil, fmt.Errorf("forging an OCSP response: %w", err)
	}
	var basic cryptobyte.Builder
	basic.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(data)
		b.AddBytes(algorithm)
		b.AddASN1BitString(signature)
		if o.Delegated {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(sequence(o.Signer.DER)) })
		}
	})
	response, err := basic.Bytes()
	if err != nil {
		return nil, fmt.Errorf("forging an OCSP response: %w", err)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPBasic)
				b.AddASN1OctetString(response)
			})
		})
	})
	return b.Bytes()
}

// signAs signs content as signer and returns the AlgorithmIdentifier as well.
func signAs(signer *pki.Certificate, hash crypto.Hash, content []byte) (algorithmDER, signature []byte, err error) {
	if hash == 0 {
		hash = pki.DefaultHash(signer.Key.Public())
	}
	algorithm, err := Spec{Request: pki.Request{Issuer: signer, Hash: hash}}.algorithm()
	if err != nil {
		return nil, nil, err
	}
	signature, err = algorithm.sign(signer.Key, content)
	return algorithm.der, signature, err
}

func explicit(tag uint8) cbasn1.Tag { return cbasn1.Tag(tag).ContextSpecific().Constructed() }

// responseData is ResponseData of RFC 6960 4.2.1, the responder identified by its name.
func (o OCSP) responseData() ([]byte, error) {
	hash, err := issuerKeyHash(o.Issuer)
	if err != nil {
		return nil, err
	}
	name := sha1.Sum(o.Issuer.Subject) //nolint:gosec // as above
	one := func(b *cryptobyte.Builder, serial *big.Int, s pki.Status) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSHA1); addNull(b) })
				b.AddASN1OctetString(name[:])
				b.AddASN1OctetString(hash)
				b.AddASN1BigInt(serial)
			})
			addStatus(b, s)
			b.AddASN1GeneralizedTime(s.ThisUpdate.UTC())
			if !s.NextUpdate.IsZero() {
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(s.NextUpdate.UTC()) })
			}
			if len(s.SCTs) > 0 {
				value, err := pki.SCTList(s.SCTs)
				if err != nil {
					b.SetError(err)
					return
				}
				b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						pki.Extension{OID: pki.OIDStapledSCTs, Value: value}.Add(b)
					})
				})
			}
		})
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(o.Signer.Subject) })
		b.AddASN1GeneralizedTime(o.ThisUpdate.UTC())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, other := range o.Others {
				one(b, other, pki.Status{CertStatus: "good", ThisUpdate: o.ThisUpdate, NextUpdate: o.NextUpdate})
			}
			one(b, o.Serial, o.Status)
		})
		if o.Nonce != nil {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					pki.Extension{OID: oidNonce.String(), Value: o.Nonce}.Add(b)
				})
			})
		}
	})
	return b.Bytes()
}

// addStatus appends CertStatus of RFC 6960 4.2.1.
func addStatus(b *cryptobyte.Builder, s pki.Status) {
	switch s.CertStatus {
	case "good", "":
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), addNothing)
	case "unknown":
		b.AddASN1(cbasn1.Tag(2).ContextSpecific(), addNothing)
	case "revoked":
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(s.RevokedAt.UTC())
			if s.Reason == "" {
				return
			}
			code, ok := pki.ReasonCode(s.Reason)
			if !ok {
				b.SetError(fmt.Errorf("unknown reason %q", s.Reason))
				return
			}
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(code)) })
		})
	default:
		b.SetError(fmt.Errorf("unknown certificate status %q", s.CertStatus))
	}
}

// issuerKeyHash is the hash of a key that a CertID has, RFC 6960 4.1.1: of the
// BIT STRING's contents.
func issuerKeyHash(issuer *pki.Certificate) ([]byte, error) {
	key, err := pki.NewKey(issuer.Key)
	if err != nil {
		return nil, err
	}
	return key.ID(), nil
}

// Damage changes octets of a signed response or list.
func Damage(how string, der []byte) ([]byte, error) {
	damaged := bytes.Clone(der)
	switch how {
	case "":
	case "signature":
		// The signature ends the list, and stands near the end of a response, before a delegate's certificate.
		at, err := signatureEnd(damaged)
		if err != nil {
			return nil, err
		}
		damaged[at] ^= 1
	case "truncated":
		damaged = damaged[:len(damaged)/2]
	case "garbage":
		damaged = bytes.Repeat([]byte{0xff}, len(damaged))
	case "empty":
		damaged = nil
	case "trailing":
		damaged = append(damaged, 5, 0)
	default:
		return nil, fmt.Errorf("unknown damage %q", how)
	}
	return damaged, nil
}

// signatureEnd returns the place of the last octet of the signature in a CRL or an OCSP response.
func signatureEnd(der []byte) (int, error) {
	signed := cryptobyte.String(der)
	if !signed.ReadASN1(&signed, cbasn1.SEQUENCE) {
		return 0, errors.New("nothing signed")
	}
	var status int
	if rest := signed; rest.ReadASN1Enum(&status) { // an OCSP response
		var oid asn1.ObjectIdentifier
		if !rest.ReadASN1(&rest, explicit(0)) || !rest.ReadASN1(&rest, cbasn1.SEQUENCE) || !rest.ReadASN1ObjectIdentifier(&oid) ||
			!rest.ReadASN1(&rest, cbasn1.OCTET_STRING) || !rest.ReadASN1(&rest, cbasn1.SEQUENCE) {
			return 0, errors.New("no basic OCSP response")
		}
		signed = rest
	}
	var value cryptobyte.String
	for range 2 { // what is signed, and the algorithm
		if !signed.SkipASN1(cbasn1.SEQUENCE) {
			return 0, errors.New("nothing signed")
		}
	}
	if !signed.ReadASN1(&value, cbasn1.BIT_STRING) || len(value) < 2 {
		return 0, errors.New("no signature")
	}
	end := bytes.LastIndex(der, value)
	return end + len(value) - 1, nil
}
