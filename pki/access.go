package pki

import (
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The object identifiers of extensions that say where a status is to be had.
const (
	OIDAuthorityInfoAccess   = "1.3.6.1.5.5.7.1.1"
	OIDCRLDistributionPoints = "2.5.29.31"
	OIDTLSFeature            = "1.3.6.1.5.5.7.1.24"
	OIDOCSPNoCheck           = "1.3.6.1.5.5.7.48.1.5"
)

// AccessMethod says what is to be had at a URL, RFC 5280 4.2.2.1.
type AccessMethod int

// The access methods: id-ad-ocsp and id-ad-caIssuers.
const (
	AccessOCSP AccessMethod = iota
	AccessIssuers
)

// AccessDescription is one entry of the authority information access extension.
type AccessDescription struct {
	Method AccessMethod
	URL    string
}

var accessMethods = map[AccessMethod]asn1.ObjectIdentifier{
	AccessOCSP:    {1, 3, 6, 1, 5, 5, 7, 48, 1},
	AccessIssuers: {1, 3, 6, 1, 5, 5, 7, 48, 2},
}

// uri is the tag of uniformResourceIdentifier in a GeneralName, RFC 5280 4.2.1.6.
var uri = cbasn1.Tag(6).ContextSpecific()

// AuthorityInfoAccess returns the extension of RFC 5280 4.2.2.1.
func AuthorityInfoAccess(list []AccessDescription) (Extension, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, access := range list {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(accessMethods[access.Method])
				b.AddASN1(uri, func(b *cryptobyte.Builder) { b.AddBytes([]byte(access.URL)) })
			})
		}
	})
	value, err := b.Bytes()
	if err != nil {
		return Extension{}, fmt.Errorf("encoding the authority information access: %w", err)
	}
	return Extension{OID: OIDAuthorityInfoAccess, Value: value}, nil
}

// CRLDistributionPoint returns the extension of RFC 5280 4.2.1.13 with one point of one URL.
func CRLDistributionPoint(url string) (Extension, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addPointName(b, url) })
	})
	value, err := b.Bytes()
	if err != nil {
		return Extension{}, fmt.Errorf("encoding the CRL distribution point: %w", err)
	}
	return Extension{OID: OIDCRLDistributionPoints, Value: value}, nil
}

// addPointName appends DistributionPointName with a fullName of one URL.
func addPointName(b *cryptobyte.Builder, url string) {
	b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) {
		b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) {
			b.AddASN1(uri, func(b *cryptobyte.Builder) { b.AddBytes([]byte(url)) })
		})
	})
}

// TLSFeature returns the extension of RFC 7633 that promises a stapled OCSP
// response: the feature status_request (5).
func TLSFeature() Extension {
	return Extension{OID: OIDTLSFeature, Value: []byte{0x30, 3, 2, 1, 5}}
}

// DistributionScope is the issuingDistributionPoint of a CRL, RFC 5280 5.2.5.
type DistributionScope struct {
	URL                                       string // of the distribution point; empty for none
	OnlyUser, OnlyCA, OnlyAttribute, Indirect bool
	SomeReasons                               bool // only for revocations because of keyCompromise
}

// DER returns the value of the extension.
func (s DistributionScope) DER() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if s.URL != "" {
			addPointName(b, s.URL)
		}
		flag := func(tag uint8, set bool) {
			if set {
				b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
			}
		}
		flag(1, s.OnlyUser)
		flag(2, s.OnlyCA)
		if s.SomeReasons {
			b.AddASN1(cbasn1.Tag(3).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte{6, 0x40}) })
		}
		flag(4, s.Indirect)
		flag(5, s.OnlyAttribute)
	})
	value, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding the issuing distribution point: %w", err)
	}
	return value, nil
}
