package wiretest

// Check is a check that a client of TLS makes and that Client can leave out.
type Check string

// The checks, by what they look at. A Client without one does with what it is
// sent whatever a careless implementation would.
const (
	// ServerHello.
	Version            Check = "version"             // the version was offered
	LegacyVersion      Check = "legacy-version"      // legacy_version of TLS 1.3 is 0x0303
	SupportedVersions  Check = "supported-versions"  // supported_versions stands where it must and nowhere else
	Downgrade          Check = "downgrade"           // no sentinel in the random, RFC 8446 4.1.3
	Suite              Check = "suite"               // the suite was offered
	Compression        Check = "compression"         // none
	SessionIDLength    Check = "session-id-length"   // at most 32 bytes
	SessionIDEcho      Check = "session-id-echo"     // TLS 1.3: what the client sent
	Unsolicited        Check = "unsolicited"         // extensions only where the client sent them
	Misplaced          Check = "misplaced"           // extensions only in the messages where they belong
	DuplicateExtension Check = "duplicate-extension" // each extension once
	Trailing           Check = "trailing"            // messages end where they end
	RenegotiationInfo  Check = "renegotiation-info"  // there, and empty, RFC 5746 3.4
	ALPN               Check = "alpn"                // one protocol, which was offered
	EncryptThenMAC     Check = "encrypt-then-mac"    // with CBC suites only
	Resumption         Check = "resumption"          // same suite and extended master secret as before

	// Certificate and what goes with it.
	Certificate         Check = "certificate"          // there is one; without it no signature is looked at
	CertificateType     Check = "certificate-type"     // a key of the kind that the suite asks for
	CertificateContext  Check = "certificate-context"  // certificate_request_context is empty
	CertificateStatus   Check = "certificate-status"   // asked for, promised and well-formed
	CertificateRequest  Check = "certificate-request"  // not from an anonymous or resuming server, nor after the handshake
	RequestAlgorithms   Check = "request-algorithms"   // CertificateRequest says what it takes
	CompressionUnasked  Check = "compression-unasked"  // compressed certificates only where asked for
	CompressionLength   Check = "compression-length"   // and as long as they say
	CertificateVerify   Check = "certificate-verify"   // there is one
	Signature           Check = "signature"            // there is one and it verifies
	Scheme              Check = "scheme"               // of an algorithm that was offered
	SchemeForbidden     Check = "scheme-forbidden"     // and that TLS 1.3 allows in handshakes
	SchemeKey           Check = "scheme-key"           // and that is one for the key
	ZeroSignature       Check = "zero-signature"       // ECDSA: r and s are not zero
	EncryptedExtensions Check = "encrypted-extensions" // there is one

	// Key exchange.
	KeyExchangeMissing Check = "key-exchange-missing" // ServerKeyExchange is there; without it the certificate's key is used
	KeyExchangeUnasked Check = "key-exchange-unasked" // and not in RSA key exchange
	DHSize             Check = "dh-size"              // 2048 bits at least
	DHHuge             Check = "dh-huge"              // 10,000 bits at most
	DHPrime            Check = "dh-prime"             // the modulus is prime
	DHSubgroup         Check = "dh-subgroup"          // the generator has no small order
	DHPublic           Check = "dh-public"            // generator and public value between 2 and p-2
	Group              Check = "group"                // the group was offered, or a share of it sent
	ExplicitCurve      Check = "explicit-curve"       // curves are named
	PointFormat        Check = "point-format"         // points are not compressed
	Point              Check = "point"                // points are on the curve and not at infinity
	ZeroSecret         Check = "zero-secret"          // the secret of X25519 is not zero
	ShareMissing       Check = "share-missing"        // there is a key share or a PSK
	ShareLength        Check = "share-length"         // of the right length

	// HelloRetryRequest.
	RetryTwice     Check = "retry-twice"     // one at most
	RetryPointless Check = "retry-pointless" // it changes the ClientHello
	RetryGroup     Check = "retry-group"     // to a group that was offered without a share
	RetrySuite     Check = "retry-suite"     // the suite stays
	Cookie         Check = "cookie"          // the cookie is not empty

	// Order.
	Order               Check = "order"                  // each message once and in its place; others are passed over
	EarlyCCS            Check = "early-ccs"              // no ChangeCipherSpec before its time; it is passed over
	EarlyCCSKeys        Check = "early-ccs-keys"         // the same; keys follow from an empty master secret, and stay
	CCSBeforeFinished   Check = "ccs-before-finished"    // ChangeCipherSpec comes before Finished
	CCSValue            Check = "ccs-value"              // ChangeCipherSpec holds 1
	CCSPlace            Check = "ccs-place"              // and comes once, or in TLS 1.3 in plaintext before Finished
	SkippedHandshake    Check = "skipped-handshake"      // Finished does not end a handshake that has no keys yet
	Finished            Check = "finished"               // verify_data verifies
	FinishedLength      Check = "finished-length"        // and is of its length; else what there is of it is compared
	KeyChangeBoundary   Check = "key-change-boundary"    // no message spans a change of keys or follows it in a record
	KeyUpdateValue      Check = "key-update-value"       // 0 or 1
	TicketPromise       Check = "ticket-promise"         // a ticket where one was promised, and only there
	TicketEmpty         Check = "ticket-empty"           // tickets are not empty
	ApplicationDataSoon Check = "application-data-early" // no application data before Finished

	// Records and alerts.
	RecordVersion  Check = "record-version"   // of a known protocol
	RecordType     Check = "record-type"      // known
	RecordLength   Check = "record-length"    // at most 2^14 bytes of content
	RecordMAC      Check = "record-mac"       // verifies
	RecordPadding  Check = "record-padding"   // CBC padding holds its length
	RecordPlain    Check = "record-plaintext" // encrypted once there are keys
	OuterType      Check = "outer-type"       // TLS 1.3: application_data outside
	ContentType    Check = "content-type"     // TLS 1.3: there is one inside
	EmptyHandshake Check = "empty-handshake"  // no empty handshake records
	Interleaved    Check = "interleaved"      // nothing between the parts of a message
	AlertLength    Check = "alert-length"     // two bytes in one record
	AlertKnown     Check = "alert-known"      // of a kind that is defined
	AlertFatal     Check = "alert-fatal"      // a fatal alert is the end
	Flood          Check = "flood"            // at most a few things in a row that mean nothing
	CloseNotify    Check = "close-notify"     // the answer ends with it
)

// Checks lists all of them.
func Checks() []Check {
	return []Check{
		Version, LegacyVersion, SupportedVersions, Downgrade, Suite, Compression, SessionIDLength, SessionIDEcho, Unsolicited,
		Misplaced, DuplicateExtension, Trailing, RenegotiationInfo, ALPN, EncryptThenMAC, Resumption,
		Certificate, CertificateType, CertificateContext, CertificateStatus, CertificateRequest, RequestAlgorithms,
		CompressionUnasked, CompressionLength, CertificateVerify, Signature, Scheme, SchemeForbidden, SchemeKey, ZeroSignature,
		EncryptedExtensions, KeyExchangeMissing, KeyExchangeUnasked, DHSize, DHHuge, DHPrime, DHSubgroup, DHPublic, Group,
		ExplicitCurve, PointFormat, Point, ZeroSecret, ShareMissing, ShareLength,
		RetryTwice, RetryPointless, RetryGroup, RetrySuite, Cookie,
		Order, EarlyCCS, EarlyCCSKeys, CCSBeforeFinished, CCSValue, CCSPlace, SkippedHandshake, Finished, FinishedLength,
		KeyChangeBoundary, KeyUpdateValue, TicketPromise, TicketEmpty, ApplicationDataSoon,
		RecordVersion, RecordType, RecordLength, RecordMAC, RecordPadding, RecordPlain, OuterType, ContentType,
		EmptyHandshake, Interleaved, AlertLength, AlertKnown, AlertFatal, Flood, CloseNotify,
	}
}
