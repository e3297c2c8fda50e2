package forge

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"github.com/tlsfault/tlsfault/pki"
)

// Spec describes one certificate: an honest request, and how what is made
// departs from it.
type Spec struct {
	pki.Request

	// Version is the version as people count it. Zero is 3; 1 writes no version
	// field, since that is its default (RFC 5280 4.1.2.1). The extensions stay,
	// whatever the version: a client that does not look at it sees an ordinary certificate.
	Version int
	// NoExtensions leaves the whole extensions field out.
	NoExtensions bool
	// PSS signs by RSASSA-PSS with a salt as long as the hash (RFC 4055 3.1); the
	// issuer's key must be RSA.
	PSS bool
	// PSSParameters is how its parameters depart from that.
	PSSParameters PSSParameters
	// Times is how the validity is encoded.
	Times TimeType
	// SubjectKeyID is written in place of the key's identifier; empty but not nil
	// leaves the extension out.
	SubjectKeyID []byte
	// AuthorityKeyID is written in place of the issuer's key identifier; empty but
	// not nil leaves the extension out.
	AuthorityKeyID []byte
	// Critical replaces the criticality of extensions by dotted object identifier.
	Critical map[string]bool
	// Surgery is done in this order.
	Surgery []Surgery
}

// TimeType is how notBefore and notAfter are encoded.
type TimeType string

// The encodings of time. RFC 5280 4.1.2.5 wants UTCTime through the year 2049
// and GeneralizedTime from 2050 on, and that is what the empty TimeType does.
const (
	UTCTime         TimeType = "utc"
	GeneralizedTime TimeType = "generalized"
	// What RFC 5280 4.1.2.5.1 and 4.1.2.5.2 forbid: fractions of a second, a zone
	// other than Zulu, no seconds, no zone.
	FractionalTime     TimeType = "fraction"   // GeneralizedTime, half a second on
	OffsetTime         TimeType = "offset"     // UTCTime, +0100
	TimeWithoutSeconds TimeType = "no-seconds" // UTCTime
	TimeWithoutZone    TimeType = "no-zone"    // UTCTime
)

// Stranger returns an issuer that has the name and key identifier of issuer, and another key.
func Stranger(issuer *pki.Certificate, key *pki.Key) *pki.Certificate {
	stranger := *issuer
	stranger.Key = key.Signer
	return &stranger
}

// Misnamed returns an issuer that has the key and key identifier of issuer, and another name.
func Misnamed(issuer *pki.Certificate, subject pki.Subject) (*pki.Certificate, error) {
	der, err := subject.DER()
	if err != nil {
		return nil, fmt.Errorf("renaming an issuer: %w", err)
	}
	misnamed := *issuer
	misnamed.Subject = der
	return &misnamed, nil
}

// Issue makes the certificate that s describes.
func Issue(s Spec) (*pki.Certificate, error) {
	s, err := s.complete()
	if err != nil {
		return nil, fmt.Errorf("forging a certificate: %w", err)
	}
	way, _ := s.way()
	certificate, err := s.issueBy(way)
	if err != nil {
		return nil, fmt.Errorf("forging a certificate by %s: %w", way, err)
	}
	return certificate, nil
}

func (s Spec) complete() (Spec, error) {
	var err error
	s.Request, err = s.Complete()
	return s, err
}

func (s Spec) issueBy(way Way) (*pki.Certificate, error) {
	if way == ByCFSSL {
		return pki.Issue(s.Request)
	}
	make := s.makeDER
	if way == ByStandardLibrary {
		make = s.makeByStandardLibrary
	}
	der, err := make()
	if err != nil {
		return nil, err
	}
	certificate, err := s.Issued(der)
	if err != nil {
		return nil, err
	}
	if s.SubjectKeyID != nil {
		certificate.KeyID = s.SubjectKeyID
	}
	if s.NoExtensions {
		certificate.KeyID = nil
	}
	if len(s.Surgery) > 0 {
		certificate.Subject, err = s.subjectDER()
	}
	return certificate, err
}

// extensions returns the extensions of the certificate, departures included.
func (s Spec) extensions() ([]pki.Extension, error) {
	list, err := s.ExtensionList()
	if err != nil {
		return nil, err
	}
	list = list[:len(list)-len(s.Extensions)] // an identifier among the further ones is meant as it stands
	if list, err = withKeyID(list, pki.OIDSubjectKeyIdentifier, s.SubjectKeyID); err != nil {
		return nil, err
	}
	if list, err = withKeyID(list, pki.OIDAuthorityKeyIdentifier, s.AuthorityKeyID); err != nil {
		return nil, err
	}
	list = append(list, s.Extensions...)
	for i := range list {
		if critical, ok := s.Critical[list[i].OID]; ok {
			list[i].Critical = critical
		}
	}
	return list, nil
}

// withKeyID puts another key identifier into the extension, adds it where the
// certificate had none (behind the ordinary ones), and takes it out for an empty one.
func withKeyID(list []pki.Extension, oid string, id []byte) ([]pki.Extension, error) {
	if id == nil {
		return list, nil
	}
	place := len(list)
	kept := make([]pki.Extension, 0, len(list)+1)
	for i, extension := range list {
		if extension.OID == oid {
			place = min(place, i)
			continue
		}
		kept = append(kept, extension)
	}
	if len(id) == 0 {
		return kept, nil
	}
	var value []byte
	var err error
	if oid == pki.OIDAuthorityKeyIdentifier {
		value, err = pki.AuthorityKeyIdentifier(id)
	} else {
		var b cryptobyte.Builder
		b.AddASN1OctetString(id)
		value, err = b.Bytes()
	}
	if err != nil {
		return nil, fmt.Errorf("encoding the extension %s: %w", oid, err)
	}
	place = min(place, len(kept))
	kept = append(kept[:place:place], append([]pki.Extension{{OID: oid, Value: value}}, kept[place:]...)...)
	return kept, nil
}
