package iana

// Alert descriptions, registry "TLS Alerts".
const (
	AlertCloseNotify            uint8 = 0
	AlertUnexpectedMessage      uint8 = 10
	AlertBadRecordMAC           uint8 = 20
	AlertRecordOverflow         uint8 = 22
	AlertHandshakeFailure       uint8 = 40
	AlertBadCertificate         uint8 = 42
	AlertIllegalParameter       uint8 = 47
	AlertDecodeError            uint8 = 50
	AlertDecryptError           uint8 = 51
	AlertProtocolVersion        uint8 = 70
	AlertInsufficientSecurity   uint8 = 71
	AlertInternalError          uint8 = 80
	AlertInappropriateFallback  uint8 = 86
	AlertUserCanceled           uint8 = 90
	AlertNoRenegotiation        uint8 = 100
	AlertMissingExtension       uint8 = 109
	AlertUnsupportedExtension   uint8 = 110
	AlertUnrecognizedName       uint8 = 112
	AlertCertificateRequired    uint8 = 116
	AlertNoApplicationProtocol  uint8 = 120
	AlertLevelWarning           uint8 = 1
	AlertLevelFatal             uint8 = 2
	AlertUnsupportedCertificate uint8 = 43
)

var alerts = []entry{
	{0, "close_notify"}, {10, "unexpected_message"}, {20, "bad_record_mac"}, {21, "decryption_failed"},
	{22, "record_overflow"}, {30, "decompression_failure"}, {40, "handshake_failure"}, {41, "no_certificate"},
	{42, "bad_certificate"}, {43, "unsupported_certificate"}, {44, "certificate_revoked"}, {45, "certificate_expired"},
	{46, "certificate_unknown"}, {47, "illegal_parameter"}, {48, "unknown_ca"}, {49, "access_denied"},
	{50, "decode_error"}, {51, "decrypt_error"}, {60, "export_restriction"}, {70, "protocol_version"},
	{71, "insufficient_security"}, {80, "internal_error"}, {86, "inappropriate_fallback"}, {90, "user_canceled"},
	{100, "no_renegotiation"}, {109, "missing_extension"}, {110, "unsupported_extension"},
	{111, "certificate_unobtainable"}, {112, "unrecognized_name"}, {113, "bad_certificate_status_response"},
	{114, "bad_certificate_hash_value"}, {115, "unknown_psk_identity"}, {116, "certificate_required"},
	{117, "general_error"}, {120, "no_application_protocol"}, {121, "ech_required"},
}

// AlertName names an alert description.
func AlertName(id uint8) string { return nameOf(alerts, uint16(id)) }

// AlertByName finds an alert description.
func AlertByName(name string) (uint8, bool) {
	id, ok := idOf(alerts, name)
	return uint8(id), ok
}
