package scenarios

// Reason says why a server must be refused. The enumeration is closed: a
// scenario that names another word does not load, so that reports of different
// clients and versions stay comparable.
type Reason string

// Reasons a certificate or chain is refused for (RFC 5280 section 6, RFC 9525).
const (
	Expired                  Reason = "expired"                    // now is after notAfter, RFC 5280 6.1.3(a)(2)
	NotYetValid              Reason = "not-yet-valid"              // now is before notBefore, RFC 5280 6.1.3(a)(2)
	SelfSigned               Reason = "self-signed"                // the leaf signs itself and is no trust anchor
	UntrustedRoot            Reason = "untrusted-root"             // the path ends in no trust anchor, RFC 5280 6.1.1(d)
	MissingIntermediate      Reason = "missing-intermediate"       // the server sent too little to build a path, RFC 8446 4.4.2
	NameMismatch             Reason = "name-mismatch"              // no presented identifier matches, RFC 9525 6
	BadSignature             Reason = "bad-signature"              // a certificate signature does not verify, RFC 5280 6.1.3(a)(1)
	NotACA                   Reason = "not-a-ca"                   // an issuer is no CA, RFC 5280 6.1.4(k)
	PathLength               Reason = "path-length"                // pathLenConstraint exceeded, RFC 5280 6.1.4(l)
	KeyUsage                 Reason = "key-usage"                  // keyUsage forbids what the key is used for, RFC 5280 4.2.1.3
	ExtendedKeyUsage         Reason = "extended-key-usage"         // extKeyUsage forbids serverAuth, RFC 5280 4.2.1.12
	NameConstraint           Reason = "name-constraint"            // a name is outside its issuer's constraints, RFC 5280 6.1.3(b),(c)
	UnknownCriticalExtension Reason = "unknown-critical-extension" // RFC 5280 6.1.4(o)
	CertificatePolicy        Reason = "certificate-policy"         // policy processing fails, RFC 5280 6.1.5(g)
	WeakSignature            Reason = "weak-signature"             // MD5, SHA-1 and the like, RFC 8446 4.4.2.4, RFC 9155
	WeakKey                  Reason = "weak-key"                   // a key too small to mean anything, RFC 9325 4.5
	MalformedCertificate     Reason = "malformed-certificate"      // not DER, or not what RFC 5280 4.1 and 4.2 ask for
	CompromisedKey           Reason = "compromised-key"            // the private key is public knowledge
	Revoked                  Reason = "revoked"                    // a valid status says revoked, RFC 5280 6.3, RFC 6960
	RevocationUnknown        Reason = "revocation-unknown"         // status asked for and not to be had, or not to be trusted
	Transparency             Reason = "transparency"               // too few valid SCTs, RFC 6962
	PinMismatch              Reason = "pin-mismatch"               // a trusted chain, but not the pinned key, RFC 7469
)

// Reasons a handshake or a record is refused for (RFC 8446, RFC 5246).
const (
	ObsoleteVersion       Reason = "obsolete-version"        // SSL 3.0, TLS 1.0, TLS 1.1, RFC 8996
	Downgrade             Reason = "downgrade"               // a lower version forced on both, RFC 8446 4.1.3, RFC 7507
	WeakCipher            Reason = "weak-cipher"             // RC4, 3DES, export, NULL, RFC 9325 4.1
	WeakKeyExchange       Reason = "weak-key-exchange"       // static RSA, anonymous, export, RFC 9325 4.1
	WeakDH                Reason = "weak-dh"                 // group or public value too weak, RFC 7919 3
	NoCommonProtocol      Reason = "no-common-protocol"      // ALPN has nothing in common, RFC 7301 3.2
	BadHandshakeSignature Reason = "bad-handshake-signature" // ServerKeyExchange or CertificateVerify, RFC 8446 4.4.3
	BadFinished           Reason = "bad-finished"            // RFC 8446 4.4.4
	BadKeyShare           Reason = "bad-key-share"           // a public value that must not be used, RFC 8446 4.2.8.2
	IllegalParameter      Reason = "illegal-parameter"       // well-formed, but not allowed
	UnexpectedMessage     Reason = "unexpected-message"      // out of order, doubled or skipped
	UnsupportedExtension  Reason = "unsupported-extension"   // an answer to what was never asked, RFC 8446 4.2
	DecodeError           Reason = "decode-error"            // a message that does not parse
	BadRecord             Reason = "bad-record"              // MAC, tag, padding or type of a record, RFC 8446 5
	RecordOverflow        Reason = "record-overflow"         // RFC 8446 5.1, 5.2
	ResourceExhaustion    Reason = "resource-exhaustion"     // a flood or bomb that a client must bound
)

// Reasons that lie around TLS: the transport below it and HTTP above.
const (
	ConnectionClosed          Reason = "connection-closed"           // closed or reset before the handshake was done
	Stalled                   Reason = "stalled"                     // the server stops answering
	Truncated                 Reason = "truncated"                   // the body ends early without close_notify, RFC 8446 6.1
	Cleartext                 Reason = "cleartext"                   // no TLS where TLS was promised
	ClientCertificateRequired Reason = "client-certificate-required" // the server demands what the client has not got
	InsecureRedirect          Reason = "insecure-redirect"           // from https to http, RFC 9110 15.4
)

// Reasons for which a browser must not do what a page asks for.
const (
	MixedContent    Reason = "mixed-content"    // a page over TLS loads or sends something in cleartext, W3C Mixed Content
	StrictTransport Reason = "strict-transport" // cleartext to a host that has forbidden it, RFC 6797 8.3
	CookieExposed   Reason = "cookie-exposed"   // a cookie for TLS only in a cleartext request, RFC 6265 5.4
)

// reasonsInOrder lists every Reason once; it is what the loader, the schema and
// the error dictionary check words against.
var reasonsInOrder = []Reason{
	Expired, NotYetValid, SelfSigned, UntrustedRoot, MissingIntermediate, NameMismatch, BadSignature,
	NotACA, PathLength, KeyUsage, ExtendedKeyUsage, NameConstraint, UnknownCriticalExtension,
	CertificatePolicy, WeakSignature, WeakKey, MalformedCertificate, CompromisedKey, Revoked, RevocationUnknown,
	Transparency, PinMismatch,
	ObsoleteVersion, Downgrade, WeakCipher, WeakKeyExchange, WeakDH, NoCommonProtocol,
	BadHandshakeSignature, BadFinished, BadKeyShare, IllegalParameter, UnexpectedMessage,
	UnsupportedExtension, DecodeError, BadRecord, RecordOverflow, ResourceExhaustion,
	ConnectionClosed, Stalled, Truncated, Cleartext, ClientCertificateRequired, InsecureRedirect,
	MixedContent, StrictTransport, CookieExposed,
}

// Reasons returns every Reason in the order of the documentation.
func Reasons() []Reason { return append([]Reason(nil), reasonsInOrder...) }

// Valid reports whether r is a member of the enumeration.
func (r Reason) Valid() bool {
	for _, known := range reasonsInOrder {
		if r == known {
			return true
		}
	}
	return false
}

// ShowsAfterRequest reports whether a client can only notice the fault once it
// has sent its request. For such a reason application data is no sign of
// acceptance: the client's own report of success is.
func (r Reason) ShowsAfterRequest() bool {
	switch r {
	case Truncated, ClientCertificateRequired, InsecureRedirect, ResourceExhaustion:
		return true
	}
	return false
}

// IsPagePolicy reports whether r is about what a page asks of a browser. The
// server as such is fine then: what counts is what was sent in cleartext.
func (r Reason) IsPagePolicy() bool {
	switch r {
	case MixedContent, StrictTransport, CookieExposed:
		return true
	}
	return false
}

// Level says how strongly a client is bound to an expectation.
type Level string

// The three levels. Profile default fails on Must and warns on Should; strict
// fails on both; observe fails on nothing.
const (
	Must   Level = "must"   // an RFC requires it of every client
	Should Level = "should" // an RFC or a root program recommends it
	May    Level = "may"    // clients differ with good right: a fact worth knowing
)

// Outcome is what a client did, or is expected to do, with a server.
type Outcome string

// The two outcomes.
const (
	Accept Outcome = "accept"
	Reject Outcome = "reject"
)

// Basis says what an expectation stands on: not everything that a server must
// not send is something that a client must check.
type Basis string

// The two bases. ClientMustCheck is the default.
const (
	ClientMustCheck   Basis = "client-must-check"
	ServerMustNotSend Basis = "server-must-not-send"
)
