package evidence

import "fmt"

// VersionName returns the name of a protocol version as people write it, such
// as "TLS 1.3" for 0x0304.
func VersionName(v uint16) string {
	switch v {
	case 0x0304:
		return "TLS 1.3"
	case 0x0303:
		return "TLS 1.2"
	case 0x0302:
		return "TLS 1.1"
	case 0x0301:
		return "TLS 1.0"
	case 0x0300:
		return "SSL 3.0"
	case 0x0002:
		return "SSL 2.0"
	}
	return name(nil, v)
}

// CipherSuiteName returns the name of a suite in the registry "TLS Cipher
// Suites" of IANA, such as "TLS_AES_128_GCM_SHA256" for 0x1301.
func CipherSuiteName(id uint16) string { return name(cipherSuites, id) }

// GroupName returns the name of a group in the registry "TLS Supported Groups"
// of IANA, such as "x25519" for 0x001d.
func GroupName(id uint16) string { return name(groups, id) }

// SignatureSchemeName returns the name of a scheme in the registry "TLS
// SignatureScheme" of IANA, such as "ed25519" for 0x0807. The pairs of hash and
// signature of TLS 1.2 that have no name there are named in the same manner.
func SignatureSchemeName(id uint16) string { return name(signatureSchemes, id) }

// AlertName returns the name of an alert in the registry "TLS Alerts" of IANA,
// such as "certificate_expired" for 45, and "alert(N)" for a number without one.
func AlertName(description uint8) string {
	if s, ok := alerts[description]; ok {
		return s
	}
	return fmt.Sprintf("alert(%d)", description)
}

// AlertNumber returns the number of the alert called name and whether there is one.
func AlertNumber(name string) (uint8, bool) {
	for n, s := range alerts {
		if s == name {
			return n, true
		}
	}
	return 0, false
}

// isGREASE reports whether v is one of the sixteen values that RFC 8701
// reserves: two equal bytes that end in 0xa.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

func name(table map[uint16]string, v uint16) string {
	if s, ok := table[v]; ok {
		return s
	}
	if isGREASE(v) {
		return "GREASE"
	}
	return fmt.Sprintf("0x%04X", v)
}

// names applies one of the functions above to a list.
func names(of func(uint16) string, ids []uint16) []string {
	if len(ids) == 0 {
		return nil
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = of(id)
	}
	return out
}

// alerts is the registry "TLS Alerts" (RFC 8446 section 6, RFC 5246 7.2). What it
// reserves for older versions goes by its old name, without the suffix _RESERVED.
var alerts = map[uint8]string{
	0:   "close_notify",
	10:  "unexpected_message",
	20:  "bad_record_mac",
	21:  "decryption_failed",
	22:  "record_overflow",
	30:  "decompression_failure",
	40:  "handshake_failure",
	41:  "no_certificate",
	42:  "bad_certificate",
	43:  "unsupported_certificate",
	44:  "certificate_revoked",
	45:  "certificate_expired",
	46:  "certificate_unknown",
	47:  "illegal_parameter",
	48:  "unknown_ca",
	49:  "access_denied",
	50:  "decode_error",
	51:  "decrypt_error",
	52:  "too_many_cids_requested",
	60:  "export_restriction",
	70:  "protocol_version",
	71:  "insufficient_security",
	80:  "internal_error",
	86:  "inappropriate_fallback",
	90:  "user_canceled",
	100: "no_renegotiation",
	109: "missing_extension",
	110: "unsupported_extension",
	111: "certificate_unobtainable",
	112: "unrecognized_name",
	113: "bad_certificate_status_response",
	114: "bad_certificate_hash_value",
	115: "unknown_psk_identity",
	116: "certificate_required",
	117: "general_error",
	120: "no_application_protocol",
	121: "ech_required",
}

// groups is the registry "TLS Supported Groups" (RFC 8422, RFC 7919, RFC 7027,
// RFC 8734, RFC 8998, RFC 9189, draft-ietf-tls-ecdhe-mlkem).
var groups = map[uint16]string{
	1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2",
	6: "sect233k1", 7: "sect233r1", 8: "sect239k1", 9: "sect283k1", 10: "sect283r1",
	11: "sect409k1", 12: "sect409r1", 13: "sect571k1", 14: "sect571r1",
	15: "secp160k1", 16: "secp160r1", 17: "secp160r2", 18: "secp192k1", 19: "secp192r1",
	20: "secp224k1", 21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1", 25: "secp521r1",
	26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1",
	29: "x25519", 30: "x448",
	31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13",
	34: "GC256A", 35: "GC256B", 36: "GC256C", 37: "GC256D", 38: "GC512A", 39: "GC512B", 40: "GC512C",
	41:  "curveSM2",
	256: "ffdhe2048", 257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192",
	512: "MLKEM512", 513: "MLKEM768", 514: "MLKEM1024",
	4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024", 4590: "curveSM2MLKEM768",
	25497: "X25519Kyber768Draft00", 25498: "SecP256r1Kyber768Draft00",
	0xff01: "arbitrary_explicit_prime_curves", 0xff02: "arbitrary_explicit_char2_curves",
}

// signatureSchemes is the registry "TLS SignatureScheme" (RFC 8446 4.2.3, RFC
// 8734, RFC 8998, RFC 9367, draft-ietf-tls-mldsa) and, spelled alike, the pairs
// of RFC 5246 7.4.1.4.1 that it leaves out.
var signatureSchemes = map[uint16]string{
	0x0101: "rsa_pkcs1_md5",
	0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1",
	0x0301: "rsa_pkcs1_sha224", 0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224",
	0x0401: "rsa_pkcs1_sha256", 0x0402: "dsa_sha256", 0x0403: "ecdsa_secp256r1_sha256",
	0x0420: "rsa_pkcs1_sha256_legacy",
	0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384", 0x0503: "ecdsa_secp384r1_sha384",
	0x0520: "rsa_pkcs1_sha384_legacy",
	0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512", 0x0603: "ecdsa_secp521r1_sha512",
	0x0620: "rsa_pkcs1_sha512_legacy",
	0x0704: "eccsi_sha256", 0x0705: "iso_ibs1", 0x0706: "iso_ibs2", 0x0707: "iso_chinese_ibs", 0x0708: "sm2sig_sm3",
	0x0709: "gostr34102012_256a", 0x070a: "gostr34102012_256b", 0x070b: "gostr34102012_256c",
	0x070c: "gostr34102012_256d", 0x070d: "gostr34102012_512a", 0x070e: "gostr34102012_512b",
	0x070f: "gostr34102012_512c",
	0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512",
	0x0807: "ed25519", 0x0808: "ed448",
	0x0809: "rsa_pss_pss_sha256", 0x080a: "rsa_pss_pss_sha384", 0x080b: "rsa_pss_pss_sha512",
	0x081a: "ecdsa_brainpoolP256r1tls13_sha256", 0x081b: "ecdsa_brainpoolP384r1tls13_sha384",
	0x081c: "ecdsa_brainpoolP512r1tls13_sha512",
	0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
}
