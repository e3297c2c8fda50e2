package forge

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// tbsFields are the fields of a TBSCertificate (RFC 5280 4.1), each the whole
// DER of its element with its tag, or empty where it is absent.
type tbsFields struct {
	version    []byte // [0] EXPLICIT INTEGER
	serial     []byte
	algorithm  []byte // the signature field: the inner AlgorithmIdentifier
	issuer     []byte
	validity   []byte
	subject    []byte
	spki       []byte
	extensions []byte // [3] EXPLICIT SEQUENCE
}

// signedParts are the three parts of a Certificate (RFC 5280 4.1).
type signedParts struct {
	tbs       []byte
	algorithm []byte // the signatureAlgorithm field: the outer AlgorithmIdentifier
	signature []byte // contents of the BIT STRING, without the count of unused bits
	value     []byte // the signatureValue field; made of signature when nil
}

// makeDER writes the certificate field by field, signs it and does the surgery
// of each stage.
func (s Spec) makeDER() ([]byte, error) {
	operations, err := lookUp(s.Surgery)
	if err != nil {
		return nil, err
	}
	algorithm, err := s.algorithm()
	if err != nil {
		return nil, err
	}
	fields, err := s.fields(algorithm)
	if err != nil {
		return nil, err
	}
	parts := signedParts{algorithm: algorithm.der}
	var der []byte
	for _, stage := range []struct {
		operate func(operation) error
		after   func() error
	}{
		{func(o operation) error { return o.onFields(s, &fields) }, func() error { parts.tbs = fields.join(); return nil }},
		{func(o operation) error { return o.onBytes(o.tbs, &parts.tbs) }, func() (err error) {
			parts.signature, err = algorithm.sign(s.SigningKey(), parts.tbs)
			return err
		}},
		{func(o operation) error { return o.onSigned(s, &parts) }, func() (err error) { der, err = parts.join(); return err }},
		{func(o operation) error { return o.onBytes(o.whole, &der) }, func() error { return nil }},
	} {
		for _, o := range operations {
			if err := stage.operate(o); err != nil {
				return nil, fmt.Errorf("surgery %q: %w", o.name, err)
			}
		}
		if err := stage.after(); err != nil {
			return nil, err
		}
	}
	return der, nil
}

func (s Spec) fields(algorithm algorithm) (tbsFields, error) {
	f := tbsFields{algorithm: algorithm.der, spki: s.Key.SPKI()}
	var err error
	for _, field := range []struct {
		name string
		into *[]byte
		make func() ([]byte, error)
	}{
		{"version", &f.version, s.versionDER},
		{"serial number", &f.serial, func() ([]byte, error) { return integer(s.Serial) }},
		{"issuer", &f.issuer, s.issuerDER},
		{"validity", &f.validity, s.validityDER},
		{"subject", &f.subject, s.subjectDER},
		{"extensions", &f.extensions, s.extensionsDER},
	} {
		if *field.into, err = field.make(); err != nil {
			return f, fmt.Errorf("encoding the %s: %w", field.name, err)
		}
	}
	return f, nil
}

// subjectDER is the subject, surgery included.
func (s Spec) subjectDER() ([]byte, error) {
	der, err := s.Subject.DER()
	if err != nil {
		return nil, err
	}
	operations, err := lookUp(s.Surgery)
	if err != nil {
		return nil, err
	}
	for _, o := range operations {
		if err := o.onBytes(o.subject, &der); err != nil {
			return nil, fmt.Errorf("surgery %q: %w", o.name, err)
		}
	}
	return der, nil
}

// issuerDER is the issuer, which for one that is its own has the surgery of the subject.
func (s Spec) issuerDER() ([]byte, error) {
	if s.Issuer == nil {
		return s.subjectDER()
	}
	return s.IssuerDER()
}

// join puts the fields together to a TBSCertificate.
func (f tbsFields) join() []byte {
	return sequence(bytes.Join([][]byte{
		f.version, f.serial, f.algorithm, f.issuer, f.validity, f.subject, f.spki, f.extensions,
	}, nil))
}

// join puts the parts together to a Certificate.
func (p signedParts) join() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(p.tbs)
		b.AddBytes(p.algorithm)
		if p.value == nil {
			b.AddASN1BitString(p.signature)
		}
		b.AddBytes(p.value)
	})
	return b.Bytes()
}

func (s Spec) versionDER() ([]byte, error) {
	version := s.Version
	switch version {
	case 0:
		version = 3
	case 1:
		return nil, nil
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1Int64(int64(version) - 1)
	})
	return b.Bytes()
}

func (s Spec) validityDER() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		s.Times.add(b, s.NotBefore)
		s.Times.add(b, s.NotAfter)
	})
	return b.Bytes()
}

// layouts are the unusual forms of time, as package time writes them.
var layouts = map[TimeType]struct {
	tag            cbasn1.Tag
	layout, suffix string
}{
	FractionalTime:     {cbasn1.GeneralizedTime, "20060102150405", ".5Z"},
	OffsetTime:         {cbasn1.UTCTime, "060102150405-0700", ""},
	TimeWithoutSeconds: {cbasn1.UTCTime, "0601021504", "Z"},
	TimeWithoutZone:    {cbasn1.UTCTime, "060102150405", ""},
}

// add appends a time in the form that t asks for.
func (t TimeType) add(b *cryptobyte.Builder, moment time.Time) {
	inUTCTime := moment.Year() >= 1950 && moment.Year() < 2050
	unusual, isUnusual := layouts[t]
	switch {
	case t != "" && t != UTCTime && t != GeneralizedTime && !isUnusual:
		b.SetError(fmt.Errorf("unknown time type %q", string(t)))
	case (t == UTCTime || unusual.tag == cbasn1.UTCTime) && !inUTCTime:
		b.SetError(fmt.Errorf("the year %d is beyond UTCTime", moment.Year()))
	case isUnusual:
		if t == OffsetTime {
			moment = moment.In(time.FixedZone("", 60*60))
		}
		b.AddASN1(unusual.tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(moment.Format(unusual.layout) + unusual.suffix)) })
	case t == GeneralizedTime || !inUTCTime:
		b.AddASN1GeneralizedTime(moment)
	default:
		b.AddASN1UTCTime(moment)
	}
}

func (s Spec) extensionsDER() ([]byte, error) {
	if s.NoExtensions {
		return nil, nil
	}
	list, err := s.extensions()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, extension := range list {
				extension.Add(b)
			}
		})
	})
	return b.Bytes()
}

func integer(n *big.Int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	return b.Bytes()
}

// sequence wraps DER elements in a SEQUENCE.
func sequence(elements []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(elements) })
	return b.BytesOrPanic() // only fails beyond 4 GiB
}
