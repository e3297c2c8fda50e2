package scenarios

// KeyType names a key algorithm and size, such as "ecdsa-p256" or "rsa-2048".
type KeyType string

// Certificate says how one certificate differs from the ordinary one of its
// place in the path. Only what is set differs.
type Certificate struct {
	Key        KeyType `yaml:"key,omitempty" json:"key,omitempty" jsonschema_description:"Key type, such as ecdsa-p256, rsa-2048, rsa-1024, ed25519."`
	Subject    *string `yaml:"subject,omitempty" json:"subject,omitempty" jsonschema_description:"Distinguished name of the subject, such as C=XX,O=Shop,CN=api; empty for the empty name."`
	CommonName *string `yaml:"commonName,omitempty" json:"commonName,omitempty" jsonschema_description:"Common name of the subject."`
	// Names are subjectAltName entries: a DNS name, or dns:, ip:, email: or uri: and its value. An empty list leaves the extension out.
	Names      *[]string `yaml:"names,omitempty" json:"names,omitempty" jsonschema_description:"subjectAltName entries: a DNS name, or dns:, ip:, email: or uri: followed by a value; [] leaves the extension out."`
	ExtraNames int       `yaml:"extraNames,omitempty" json:"extraNames,omitempty" jsonschema:"minimum=1,maximum=100000" jsonschema_description:"How many unrelated DNS names to put before the right one."`

	NotBefore Time `yaml:"notBefore,omitempty" json:"notBefore,omitempty" jsonschema_description:"Offset from now such as -1d or +2h, or a date such as 1963-01-01."`
	NotAfter  Time `yaml:"notAfter,omitempty" json:"notAfter,omitempty" jsonschema_description:"Offset from now such as -1d or +2h, or a date such as 1963-01-01."`
	// Times says in which form both moments are written; RFC 5280 4.1.2.5 has just one for each.
	Times   TimeForm `yaml:"times,omitempty" json:"times,omitempty" jsonschema:"enum=utc-time,enum=generalized-time,enum=fraction,enum=offset,enum=no-seconds,enum=no-zone" jsonschema_description:"The form in which notBefore and notAfter are written."`
	Version int      `yaml:"version,omitempty" json:"version,omitempty" jsonschema:"minimum=1,maximum=4" jsonschema_description:"X.509 version as people count it: 1 to 4."`
	Serial  string   `yaml:"serial,omitempty" json:"serial,omitempty" jsonschema_description:"Serial number, decimal or 0x hexadecimal, may be negative."`

	Issuer    Issuer     `yaml:"issuer,omitempty" json:"issuer,omitempty" jsonschema:"enum=self,enum=root,enum=stranger,enum=leaf" jsonschema_description:"Who signs it instead of the certificate above."`
	Signature *Signature `yaml:"signature,omitempty" json:"signature,omitempty" jsonschema_description:"How its signature differs."`
	Surgery   Surgery    `yaml:"surgery,omitempty" json:"surgery,omitempty" jsonschema_description:"What is done to its DER; what is done to the signed part is signed."`

	BasicConstraints *BasicConstraints `yaml:"basicConstraints,omitempty" json:"basicConstraints,omitempty" jsonschema_description:"The basicConstraints extension, RFC 5280 4.2.1.9."`
	KeyUsage         *[]string         `yaml:"keyUsage,omitempty" json:"keyUsage,omitempty" jsonschema_description:"keyUsage bits by RFC 5280 name; [] leaves the extension out."`
	ExtKeyUsage      *[]string         `yaml:"extKeyUsage,omitempty" json:"extKeyUsage,omitempty" jsonschema_description:"extKeyUsage purposes by RFC 5280 name or OID; [] leaves the extension out."`
	NameConstraints  *NameConstraints  `yaml:"nameConstraints,omitempty" json:"nameConstraints,omitempty" jsonschema_description:"The nameConstraints extension, RFC 5280 4.2.1.10."`
	SubjectKeyID     *string           `yaml:"subjectKeyID,omitempty" json:"subjectKeyID,omitempty" jsonschema_description:"Key identifier in hexadecimal, RFC 5280 4.2.1.2; empty leaves the extension out."`
	AuthorityKeyID   *string           `yaml:"authorityKeyID,omitempty" json:"authorityKeyID,omitempty" jsonschema_description:"Key identifier of the issuer in hexadecimal, RFC 5280 4.2.1.1; empty leaves the extension out."`
	Critical         []string          `yaml:"critical,omitempty" json:"critical,omitempty" jsonschema_description:"Extensions, by RFC 5280 name, to mark as critical."`
	NotCritical      []string          `yaml:"notCritical,omitempty" json:"notCritical,omitempty" jsonschema_description:"Extensions, by RFC 5280 name, to mark as not critical."`
	MustStaple       bool              `yaml:"mustStaple,omitempty" json:"mustStaple,omitempty" jsonschema_description:"The TLS feature extension that promises a stapled response, RFC 7633."`
	Staple           *OCSP             `yaml:"staple,omitempty" json:"staple,omitempty" jsonschema_description:"OCSP response that the server staples, RFC 6066 8 and RFC 8446 4.4.2.1."`
	OCSP             *OCSP             `yaml:"ocsp,omitempty" json:"ocsp,omitempty" jsonschema_description:"OCSP responder that the certificate names, RFC 5280 4.2.2.1."`
	CRL              *CRL              `yaml:"crl,omitempty" json:"crl,omitempty" jsonschema_description:"CRL distribution point that the certificate names, RFC 5280 4.2.1.13."`
	Issuers          *Issuers          `yaml:"issuers,omitempty" json:"issuers,omitempty" jsonschema_description:"Where the certificate says that its issuer's is to be had, RFC 5280 4.2.2.1."`
	SCTs             *SCTs             `yaml:"scts,omitempty" json:"scts,omitempty" jsonschema_description:"Promises of transparency logs that come with the certificate, RFC 6962; of the leaf only."`
	Rekey            bool              `yaml:"rekey,omitempty" json:"rekey,omitempty" jsonschema_description:"Certify another key than the one that clients may have pinned."`
	Extensions       []Extension       `yaml:"extensions,omitempty" json:"extensions,omitempty" jsonschema_description:"Further extensions, byte for byte."`
}

// Issuer says who signs a certificate, if not the certificate above it.
type Issuer string

// The unusual issuers.
const (
	IssuerSelf     Issuer = "self"     // signs itself
	IssuerRoot     Issuer = "root"     // the root, skipping the intermediates
	IssuerStranger Issuer = "stranger" // names the right issuer, but another key signed
	IssuerLeaf     Issuer = "leaf"     // another server's certificate plays the CA
)

// Signature says how a certificate's signature differs from a good one.
type Signature struct {
	// Hash is "md2", "md4", "md5", "sha1", "sha256", "sha384" or "sha512".
	Hash string `yaml:"hash,omitempty" json:"hash,omitempty" jsonschema:"enum=md2,enum=md4,enum=md5,enum=sha1,enum=sha256,enum=sha384,enum=sha512" jsonschema_description:"Hash that the issuer signs with."`
	// PSS signs by RSASSA-PSS: "sound", or with parameters that depart from those of RFC 4055 3.1.
	PSS string `yaml:"pss,omitempty" json:"pss,omitempty" jsonschema:"enum=sound,enum=salt-20,enum=trailer-2,enum=no-parameters" jsonschema_description:"Sign by RSASSA-PSS, with sound parameters or others."`
	// Mismatch names another algorithm inside the certificate than outside, against RFC 5280 4.1.1.2.
	Mismatch bool `yaml:"mismatch,omitempty" json:"mismatch,omitempty" jsonschema_description:"Name another algorithm inside the signed part than outside."`
	// Corrupt flips a bit of the signature value; everything still parses.
	Corrupt bool `yaml:"corrupt,omitempty" json:"corrupt,omitempty" jsonschema_description:"Flip one bit of the signature value."`
}

// TimeForm is the form in which notBefore and notAfter are written. RFC 5280
// 4.1.2.5 wants UTCTime through 2049 and GeneralizedTime from 2050 on, to the
// second and in Zulu; the empty form does so.
type TimeForm string

// The forms of time.
const (
	TimesUTC         TimeForm = "utc-time"
	TimesGeneralized TimeForm = "generalized-time"
	TimesFraction    TimeForm = "fraction"   // GeneralizedTime with half a second
	TimesOffset      TimeForm = "offset"     // UTCTime in a zone an hour east
	TimesNoSeconds   TimeForm = "no-seconds" // UTCTime that ends with the minute
	TimesNoZone      TimeForm = "no-zone"    // UTCTime without Z
)

// Surgery names what is done to the DER of a certificate. RFC 5280 4.1 wants
// DER, X.690 section 10 and 11; some of these are BER, some are nothing.
type Surgery string

// surgeries are the operations of package pki/forge on DER.
var surgeries = []Surgery{
	"indefinite-length", "non-minimal-length", "length-too-long", "length-too-short", "length-huge", "long-tag", "wrong-tag", "primitive",
	"trailing-bytes", "trailing-element", "truncated", "empty", "garbage", "pem",
	"signature-unused-bits", "signature-constructed", "signature-octet-string",
	"tbs-indefinite-length", "tbs-non-minimal-length", "tbs-wrong-tag", "tbs-trailing-element",
	"serial-non-minimal", "serial-empty", "serial-octet-string", "validity-trailing-element", "validity-text",
	"key-trailing-element", "key-unused-bits", "key-endless-curve", "unique-identifiers",
	"subject-nul", "subject-bad-character", "subject-invalid-utf8", "subject-odd-bmp", "subject-no-text", "subject-nested", "subject-empty-set",
	"boolean-neither", "boolean-long", "boolean-default",
	"extension-trailing-element", "extension-value-constructed", "extension-value-trailing", "extension-value-indefinite", "extension-nested",
	"key-usage-unused-bits", "key-usage-trailing-zeros", "key-usage-9-unused-bits", "oid-padded", "oid-unfinished", "oid-empty",
}

// BasicConstraints is the extension of RFC 5280 4.2.1.9.
type BasicConstraints struct {
	Absent  bool  `yaml:"absent,omitempty" json:"absent,omitempty" jsonschema_description:"Leave the extension out."`
	CA      *bool `yaml:"ca,omitempty" json:"ca,omitempty" jsonschema_description:"The cA boolean."`
	PathLen *int  `yaml:"pathLen,omitempty" json:"pathLen,omitempty" jsonschema:"minimum=0" jsonschema_description:"The pathLenConstraint."`
}

// NameConstraints is the extension of RFC 5280 4.2.1.10. Entries are written as in Certificate.Names; ip: takes a prefix.
type NameConstraints struct {
	Permitted []string `yaml:"permitted,omitempty" json:"permitted,omitempty" jsonschema_description:"Permitted subtrees: a DNS name, or ip: with a prefix, email:, uri:."`
	Excluded  []string `yaml:"excluded,omitempty" json:"excluded,omitempty" jsonschema_description:"Excluded subtrees: a DNS name, or ip: with a prefix, email:, uri:."`
	// Extra is how many unrelated DNS names stand before those that are excluded.
	Extra       int  `yaml:"extra,omitempty" json:"extra,omitempty" jsonschema:"minimum=1,maximum=100000" jsonschema_description:"How many unrelated DNS names to exclude as well."`
	NonCritical bool `yaml:"nonCritical,omitempty" json:"nonCritical,omitempty" jsonschema_description:"Mark the extension as not critical."`
}

// Extension is one X.509 extension, byte for byte.
type Extension struct {
	OID      string `yaml:"oid" json:"oid" jsonschema:"required" jsonschema_description:"Dotted object identifier."`
	Critical bool   `yaml:"critical,omitempty" json:"critical,omitempty" jsonschema_description:"Whether a client that does not know it must refuse."`
	Value    string `yaml:"value,omitempty" json:"value,omitempty" jsonschema_description:"DER of the value in hexadecimal; NULL when left out."`
}

// Time is a moment relative to now ("-1d", "+90d", "-1s") or a date ("1963-01-01",
// "2050-01-01T00:00:00Z"). Empty means the ordinary moment.
type Time string
