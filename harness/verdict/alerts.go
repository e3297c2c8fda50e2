package verdict

import (
	"github.com/tlsfault/tlsfault/scenarios"
)

// allowance is the alerts that a client may answer a fault with, the one that
// the clause names first. Alerts that the clauses leave open ("some other
// (unspecified) issue") follow it.
type allowance struct {
	alerts []string
	clause string
}

// The alerts that fit any certificate: bad_certificate is for one that "was
// corrupt, contained signatures that did not verify correctly, etc.",
// certificate_unknown for "some other (unspecified) issue" (RFC 5246 7.2.2, RFC 8446 6.2).
const (
	badCertificate     = "bad_certificate"
	certificateUnknown = "certificate_unknown"
)

// Alerts that occur in many rows.
const (
	unknownCA              = "unknown_ca"
	unsupportedCertificate = "unsupported_certificate"
	illegalParameter       = "illegal_parameter"
	handshakeFailure       = "handshake_failure"
	insufficientSecurity   = "insufficient_security"
	unexpectedMessage      = "unexpected_message"
	decodeError            = "decode_error"
	decryptError           = "decrypt_error"
	badRecordMAC           = "bad_record_mac"
	protocolVersion        = "protocol_version"
	recordOverflow         = "record_overflow"
	certificateRevoked     = "certificate_revoked"
	certificateExpired     = "certificate_expired"
	badStatusResponse      = "bad_certificate_status_response"
	accessDenied           = "access_denied"
)

// allowances holds the alerts of each reason.
var allowances = map[scenarios.Reason]allowance{
	scenarios.Expired:                  {[]string{certificateExpired, badCertificate, certificateUnknown}, "RFC 8446 6.2, RFC 5246 7.2.2: has expired or is not currently valid"},
	scenarios.NotYetValid:              {[]string{certificateExpired, badCertificate, certificateUnknown}, "RFC 8446 6.2, RFC 5246 7.2.2: has expired or is not currently valid"},
	scenarios.SelfSigned:               {[]string{unknownCA, badCertificate, certificateUnknown}, "RFC 8446 6.2: could not be matched with a known trust anchor"},
	scenarios.UntrustedRoot:            {[]string{unknownCA, badCertificate, certificateUnknown}, "RFC 8446 6.2: could not be matched with a known trust anchor"},
	scenarios.MissingIntermediate:      {[]string{unknownCA, badCertificate, certificateUnknown}, "RFC 8446 6.2: the CA certificate could not be located"},
	scenarios.NameMismatch:             {[]string{badCertificate, certificateUnknown, accessDenied}, "RFC 8446 6.2: names no alert for it; RFC 9525 6.6 asks to end the connection"},
	scenarios.BadSignature:             {[]string{badCertificate, decryptError, unknownCA, certificateUnknown}, "RFC 8446 6.2: contained signatures that did not verify correctly"},
	scenarios.NotACA:                   {[]string{badCertificate, unknownCA, certificateUnknown, unsupportedCertificate}, "RFC 8446 6.2: names no alert for it; no valid path to a trust anchor"},
	scenarios.PathLength:               {[]string{badCertificate, unknownCA, certificateUnknown}, "RFC 8446 6.2: names no alert for it; no valid path to a trust anchor"},
	scenarios.KeyUsage:                 {[]string{unsupportedCertificate, badCertificate, unknownCA, illegalParameter, handshakeFailure, certificateUnknown}, "RFC 5246 7.4.2, RFC 8446 4.4.2.2: keyUsage must allow it; 6.2: of an unsupported type"},
	scenarios.ExtendedKeyUsage:         {[]string{unsupportedCertificate, badCertificate, certificateUnknown}, "RFC 8446 6.2: of an unsupported type"},
	scenarios.NameConstraint:           {[]string{badCertificate, certificateUnknown, unknownCA}, "RFC 8446 6.2: names no alert for it"},
	scenarios.UnknownCriticalExtension: {[]string{unsupportedCertificate, badCertificate, certificateUnknown}, "RFC 8446 6.2: of an unsupported type"},
	scenarios.CertificatePolicy:        {[]string{badCertificate, certificateUnknown, unknownCA}, "RFC 8446 6.2: names no alert for it"},
	scenarios.WeakSignature:            {[]string{badCertificate, certificateUnknown, unsupportedCertificate, illegalParameter, insufficientSecurity, handshakeFailure, unknownCA}, "RFC 8446 4.4.2.4: bad_certificate for MD5; RFC 9155 4: illegal_parameter in a handshake"},
	scenarios.WeakKey:                  {[]string{badCertificate, insufficientSecurity, handshakeFailure, unsupportedCertificate, certificateUnknown, unknownCA}, "RFC 8446 6.2: names no alert for it; RFC 9325 4.5"},
	scenarios.MalformedCertificate:     {[]string{badCertificate, decodeError, unsupportedCertificate, illegalParameter, certificateUnknown}, "RFC 8446 6.2: was corrupt; could not be decoded"},
	scenarios.CompromisedKey:           {[]string{certificateRevoked, badCertificate, certificateUnknown, unknownCA}, "RFC 8446 6.2: names no alert for it but revocation"},
	scenarios.Revoked:                  {[]string{certificateRevoked, badStatusResponse, badCertificate, certificateUnknown}, "RFC 8446 6.2: was revoked by its signer"},
	scenarios.RevocationUnknown:        {[]string{badStatusResponse, certificateUnknown, badCertificate, certificateRevoked}, "RFC 6066 8: invalid or unacceptable OCSP response"},
	scenarios.Transparency:             {[]string{badCertificate, certificateUnknown}, "RFC 8446 6.2: names no alert for it"},
	scenarios.PinMismatch:              {[]string{badCertificate, certificateUnknown, unknownCA, accessDenied}, "RFC 8446 6.2: names no alert for it; RFC 7469 2.6 asks to end the connection"},

	scenarios.ObsoleteVersion:       {[]string{protocolVersion, handshakeFailure, insufficientSecurity, illegalParameter}, "RFC 8446 6.2, RFC 5246 E.1: recognized but not supported"},
	scenarios.Downgrade:             {[]string{illegalParameter, protocolVersion, "inappropriate_fallback", handshakeFailure}, "RFC 8446 4.1.3: illegal_parameter; RFC 7507 3"},
	scenarios.WeakCipher:            {[]string{handshakeFailure, insufficientSecurity, illegalParameter}, "RFC 8446 6.2: no acceptable set of security parameters; 4.1.3: a suite not offered"},
	scenarios.WeakKeyExchange:       {[]string{handshakeFailure, insufficientSecurity, illegalParameter, unexpectedMessage, "export_restriction"}, "RFC 8446 6.2: no acceptable set of security parameters; RFC 5246 7.4.3: no ServerKeyExchange for RSA"},
	scenarios.WeakDH:                {[]string{insufficientSecurity, handshakeFailure, illegalParameter}, "RFC 7919 3, RFC 8446 4.2.8.1"},
	scenarios.NoCommonProtocol:      {[]string{"no_application_protocol", illegalParameter, handshakeFailure}, "RFC 7301 3.2"},
	scenarios.BadHandshakeSignature: {[]string{decryptError, illegalParameter, handshakeFailure, decodeError}, "RFC 8446 4.4.3, RFC 5246 7.2.2: unable to correctly verify a signature"},
	scenarios.BadFinished:           {[]string{decryptError, decodeError, handshakeFailure}, "RFC 8446 4.4.4, RFC 5246 7.2.2: unable to validate a Finished message"},
	scenarios.BadKeyShare:           {[]string{illegalParameter, handshakeFailure, decodeError}, "RFC 8446 4.2.8.2, RFC 8422 5.11"},
	scenarios.IllegalParameter:      {[]string{illegalParameter, "missing_extension", decodeError, handshakeFailure, protocolVersion}, "RFC 8446 6.2: incorrect or inconsistent with other fields; 9.2"},
	scenarios.UnexpectedMessage:     {[]string{unexpectedMessage, badRecordMAC, illegalParameter, handshakeFailure}, "RFC 8446 6.2: an inappropriate message"},
	scenarios.UnsupportedExtension:  {[]string{"unsupported_extension", illegalParameter, unexpectedMessage}, "RFC 8446 4.2: unsupported_extension if not asked for, illegal_parameter in the wrong message"},
	scenarios.DecodeError:           {[]string{decodeError, illegalParameter, badCertificate, handshakeFailure}, "RFC 8446 6, 6.2: could not be decoded"},
	scenarios.BadRecord:             {[]string{badRecordMAC, "decryption_failed", unexpectedMessage, decodeError, protocolVersion}, "RFC 8446 5.2: bad_record_mac; 5: unexpected_message for an unknown type"},
	scenarios.RecordOverflow:        {[]string{recordOverflow, "decompression_failure"}, "RFC 8446 5.1, 5.2"},
	scenarios.ResourceExhaustion:    {[]string{unexpectedMessage, decodeError, recordOverflow, illegalParameter, badCertificate, "decompression_failure"}, "RFC 8446 6.2: names no alert for it; RFC 8879 4: bad_certificate for a false length"},

	scenarios.ConnectionClosed:          {[]string{decodeError, handshakeFailure, unexpectedMessage}, "RFC 8446 6.1: names no alert for it; 6.2: decode_error for a message that is cut short"},
	scenarios.Stalled:                   {[]string{handshakeFailure}, "RFC 8446: names no alert for it"},
	scenarios.Truncated:                 {[]string{decodeError}, "RFC 8446 6.1: names no alert for it, the application must notice; 6.2: decode_error for a message that is cut short"},
	scenarios.Cleartext:                 {[]string{unexpectedMessage, protocolVersion, recordOverflow, decodeError, illegalParameter}, "RFC 8446 5: unexpected_message for an unknown record type; 5.1"},
	scenarios.ClientCertificateRequired: {[]string{"certificate_required", handshakeFailure, badCertificate}, "RFC 8446 6.2, RFC 5246 7.4.6: alerts of the server"},
	scenarios.InsecureRedirect:          {nil, "RFC 9110 15.4: above TLS"},

	scenarios.MixedContent:    {nil, "W3C Mixed Content 5: above TLS"},
	scenarios.StrictTransport: {nil, "RFC 6797 8.3: above TLS"},
	scenarios.CookieExposed:   {nil, "RFC 6265 5.4: above TLS"},
}

// AlertsFor returns the alerts that a client may refuse a server with for
// reason r, in IANA spelling, the one that an RFC names for it first; nil where
// none is named.
func AlertsFor(r scenarios.Reason) []string {
	return append([]string(nil), allowances[r].alerts...)
}

// ReasonsFor returns the reasons that alert may state, those for which an RFC
// names it first. It is nil for an alert that states none, such as internal_error.
func ReasonsFor(alert string) []scenarios.Reason {
	var named, allowed []scenarios.Reason
	for _, r := range scenarios.Reasons() {
		for i, a := range allowances[r].alerts {
			switch {
			case a != alert:
			case i == 0:
				named = append(named, r)
			default:
				allowed = append(allowed, r)
			}
		}
	}
	return append(named, allowed...)
}
