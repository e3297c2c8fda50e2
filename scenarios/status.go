package scenarios

// OCSP is what an OCSP responder says of a certificate, RFC 6960. The zero value
// is a good response, signed by the issuer, that is an hour old and holds for four days.
type OCSP struct {
	// Absent leaves the response out; of a staple only.
	Absent bool `yaml:"absent,omitempty" json:"absent,omitempty" jsonschema_description:"Staple nothing after all."`

	Status    CertStatus `yaml:"status,omitempty" json:"status,omitempty" jsonschema:"enum=good,enum=revoked,enum=unknown" jsonschema_description:"certStatus of the response; good when left out."`
	Reason    string     `yaml:"reason,omitempty" json:"reason,omitempty" jsonschema:"enum=unspecified,enum=keyCompromise,enum=cACompromise,enum=affiliationChanged,enum=superseded,enum=cessationOfOperation,enum=certificateHold,enum=removeFromCRL,enum=privilegeWithdrawn,enum=aACompromise" jsonschema_description:"Why it was revoked, RFC 5280 5.3.1; no reason when left out."`
	RevokedAt Time       `yaml:"revokedAt,omitempty" json:"revokedAt,omitempty" jsonschema_description:"When it was revoked; two hours ago when left out."`

	ThisUpdate   Time `yaml:"thisUpdate,omitempty" json:"thisUpdate,omitempty" jsonschema_description:"When the response was right; an hour ago when left out."`
	NextUpdate   Time `yaml:"nextUpdate,omitempty" json:"nextUpdate,omitempty" jsonschema_description:"Until when it holds; four days from now when left out."`
	NoNextUpdate bool `yaml:"noNextUpdate,omitempty" json:"noNextUpdate,omitempty" jsonschema_description:"Leave nextUpdate out."`

	// Error is an OCSPResponseStatus other than successful, RFC 6960 4.2.1.
	Error  string       `yaml:"error,omitempty" json:"error,omitempty" jsonschema:"enum=malformedRequest,enum=internalError,enum=tryLater,enum=sigRequired,enum=unauthorized" jsonschema_description:"responseStatus other than successful; there is no response then."`
	Signer StatusSigner `yaml:"signer,omitempty" json:"signer,omitempty" jsonschema:"enum=delegate,enum=expired-delegate,enum=wrong-purpose,enum=stranger-delegate,enum=stranger,enum=leaf,enum=root" jsonschema_description:"Who signs it instead of the certificate's issuer."`
	// For says which certificate it is about instead of this one.
	For     string `yaml:"for,omitempty" json:"for,omitempty" jsonschema:"enum=another-serial,enum=another-issuer" jsonschema_description:"Which certificate it is about instead of this one."`
	Others  int    `yaml:"others,omitempty" json:"others,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"How many responses for other certificates to put before the right one."`
	Hash    string `yaml:"hash,omitempty" json:"hash,omitempty" jsonschema:"enum=sha1,enum=sha256,enum=sha384,enum=sha512" jsonschema_description:"Hash that it is signed with."`
	Damage  Damage `yaml:"damage,omitempty" json:"damage,omitempty" jsonschema:"enum=signature,enum=truncated,enum=garbage,enum=empty,enum=trailing" jsonschema_description:"What is done to its octets."`
	NoNonce bool   `yaml:"noNonce,omitempty" json:"noNonce,omitempty" jsonschema_description:"Leave out the nonce that the client asked for."`

	Responder Responder `yaml:"responder,omitempty" json:"responder,omitempty" jsonschema:"enum=refuses,enum=unresolvable,enum=stalls,enum=redirects,enum=redirect-loop,enum=not-found,enum=fails,enum=html,enum=empty,enum=huge,enum=endless,enum=https,enum=ldap" jsonschema_description:"What is wrong with the responder; not for a staple."`
}

// CRL is a certificate revocation list of a certificate's issuer, RFC 5280 5.
// The zero value lists nothing but other certificates, is an hour old and holds for four days.
type CRL struct {
	// Lists lists the certificate itself.
	Lists     bool   `yaml:"lists,omitempty" json:"lists,omitempty" jsonschema_description:"List the certificate as revoked."`
	Reason    string `yaml:"reason,omitempty" json:"reason,omitempty" jsonschema:"enum=unspecified,enum=keyCompromise,enum=cACompromise,enum=affiliationChanged,enum=superseded,enum=cessationOfOperation,enum=certificateHold,enum=removeFromCRL,enum=privilegeWithdrawn,enum=aACompromise" jsonschema_description:"Why it was revoked, RFC 5280 5.3.1; no reason when left out."`
	RevokedAt Time   `yaml:"revokedAt,omitempty" json:"revokedAt,omitempty" jsonschema_description:"When it was revoked; two hours ago when left out."`

	ThisUpdate   Time `yaml:"thisUpdate,omitempty" json:"thisUpdate,omitempty" jsonschema_description:"When it was issued; an hour ago when left out."`
	NextUpdate   Time `yaml:"nextUpdate,omitempty" json:"nextUpdate,omitempty" jsonschema_description:"When the next one is due; four days from now when left out."`
	NoNextUpdate bool `yaml:"noNextUpdate,omitempty" json:"noNextUpdate,omitempty" jsonschema_description:"Leave nextUpdate out, which RFC 5280 5.1.2.5 forbids."`

	Signer  StatusSigner `yaml:"signer,omitempty" json:"signer,omitempty" jsonschema:"enum=stranger,enum=root,enum=leaf" jsonschema_description:"Who signs it instead of the certificate's issuer."`
	Hash    string       `yaml:"hash,omitempty" json:"hash,omitempty" jsonschema:"enum=sha1,enum=sha256,enum=sha384,enum=sha512" jsonschema_description:"Hash that it is signed with."`
	Damage  Damage       `yaml:"damage,omitempty" json:"damage,omitempty" jsonschema:"enum=signature,enum=truncated,enum=garbage,enum=empty,enum=trailing" jsonschema_description:"What is done to its octets."`
	Entries int          `yaml:"entries,omitempty" json:"entries,omitempty" jsonschema:"minimum=1,maximum=2000000" jsonschema_description:"How many other certificates it lists; 3 when left out."`

	NoNumber       bool `yaml:"noNumber,omitempty" json:"noNumber,omitempty" jsonschema_description:"Leave out cRLNumber, RFC 5280 5.2.3."`
	CriticalNumber bool `yaml:"criticalNumber,omitempty" json:"criticalNumber,omitempty" jsonschema_description:"Mark cRLNumber as critical, which RFC 5280 5.2.3 forbids."`
	// CriticalExtension adds a critical extension that nobody knows.
	CriticalExtension bool `yaml:"criticalExtension,omitempty" json:"criticalExtension,omitempty" jsonschema_description:"Add a critical extension that nobody knows, RFC 5280 5.2."`
	CriticalEntry     bool `yaml:"criticalEntry,omitempty" json:"criticalEntry,omitempty" jsonschema_description:"Give an entry a critical extension that nobody knows, RFC 5280 5.3."`
	// Delta makes it a delta CRL to a base that nobody has, RFC 5280 5.2.4.
	Delta bool `yaml:"delta,omitempty" json:"delta,omitempty" jsonschema_description:"Make it a delta CRL whose base is not to be had, RFC 5280 5.2.4."`
	// Scope is the issuingDistributionPoint, RFC 5280 5.2.5.
	Scope string `yaml:"scope,omitempty" json:"scope,omitempty" jsonschema:"enum=user,enum=ca,enum=attribute,enum=indirect,enum=some-reasons,enum=another-point,enum=this-point" jsonschema_description:"issuingDistributionPoint, RFC 5280 5.2.5; none when left out."`
	PEM   bool   `yaml:"pem,omitempty" json:"pem,omitempty" jsonschema_description:"Serve it as PEM, where RFC 5280 4.2.1.13 wants DER."`

	Responder Responder `yaml:"responder,omitempty" json:"responder,omitempty" jsonschema:"enum=refuses,enum=unresolvable,enum=stalls,enum=redirects,enum=redirect-loop,enum=not-found,enum=fails,enum=html,enum=empty,enum=huge,enum=endless,enum=https,enum=ldap" jsonschema_description:"What is wrong with the distribution point."`
}

// Issuers is where the certificate of an issuer is to be had, RFC 5280 4.2.2.1.
type Issuers struct {
	Responder Responder `yaml:"responder,omitempty" json:"responder,omitempty" jsonschema:"enum=refuses,enum=unresolvable,enum=stalls,enum=redirects,enum=redirect-loop,enum=not-found,enum=fails,enum=html,enum=empty,enum=huge,enum=endless,enum=https,enum=ldap" jsonschema_description:"What is wrong with the server that has it."`
	// Has is what is to be had there.
	Has IssuerFile `yaml:"has,omitempty" json:"has,omitempty" jsonschema:"enum=issuer,enum=stranger,enum=leaf,enum=garbage,enum=pem" jsonschema_description:"What is to be had there; the issuer's certificate in DER when left out."`
}

// IssuerFile is what is to be had where a certificate says that its issuer's is.
type IssuerFile string

// The files.
const (
	IssuerFileIssuer   IssuerFile = "issuer"
	IssuerFileStranger IssuerFile = "stranger" // somebody else's root
	IssuerFileLeaf     IssuerFile = "leaf"     // the certificate itself
	IssuerFileGarbage  IssuerFile = "garbage"
	IssuerFilePEM      IssuerFile = "pem" // the right one, but in PEM
)

// CertStatus is the certStatus of RFC 6960 4.2.1.
type CertStatus string

// The statuses of a certificate.
const (
	StatusGood    CertStatus = "good"
	StatusRevoked CertStatus = "revoked"
	StatusUnknown CertStatus = "unknown"
)

// StatusSigner says who signs a response or list, if not the certificate's issuer.
type StatusSigner string

// The signers. Of these only the delegate may (RFC 6960 4.2.2.2).
const (
	SignerDelegate         StatusSigner = "delegate"
	SignerExpiredDelegate  StatusSigner = "expired-delegate"  // authorized until yesterday
	SignerWrongPurpose     StatusSigner = "wrong-purpose"     // of the same issuer, but not for OCSPSigning
	SignerStrangerDelegate StatusSigner = "stranger-delegate" // authorized by nobody we know
	SignerStranger         StatusSigner = "stranger"          // another key in the issuer's name
	SignerLeaf             StatusSigner = "leaf"              // the server vouches for itself
	SignerRoot             StatusSigner = "root"              // an authority, but not the certificate's issuer
)

// Damage is what is done to the octets of a signed response or list.
type Damage string

// The kinds of damage.
const (
	DamageSignature Damage = "signature" // one bit of the signature flipped
	DamageTruncated Damage = "truncated"
	DamageGarbage   Damage = "garbage"
	DamageEmpty     Damage = "empty"
	DamageTrailing  Damage = "trailing" // octets behind it
)

// Responder says what is wrong with an HTTP server that a certificate names.
type Responder string

// The ways in which such a server fails.
const (
	ResponderRefuses      Responder = "refuses"      // nobody listens
	ResponderUnresolvable Responder = "unresolvable" // its name does not exist
	ResponderStalls       Responder = "stalls"       // takes the request and says nothing
	ResponderRedirects    Responder = "redirects"    // to where the right answer is
	ResponderRedirectLoop Responder = "redirect-loop"
	ResponderNotFound     Responder = "not-found" // 404
	ResponderFails        Responder = "fails"     // 500
	ResponderHTML         Responder = "html"      // 200 and a page for people
	ResponderEmpty        Responder = "empty"     // 200 and nothing
	ResponderHuge         Responder = "huge"      // 200 and 64 MiB of zeros
	ResponderEndless      Responder = "endless"   // 200 and an octet now and then, for ever
	ResponderHTTPS        Responder = "https"     // named by an https URL, RFC 5280 8 warns of the loop
	ResponderLDAP         Responder = "ldap"      // named by an ldap URL
)
