package evidence

import (
	"encoding/binary"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// ClientHello is what a client offered, RFC 8446 4.1.2, in IANA spellings;
// values without a name are written as 0x and four hexadecimal digits, GREASE
// values (RFC 8701) as GREASE.
type ClientHello struct {
	LegacyVersion string `json:"legacyVersion"`
	// Versions are those of supported_versions, or LegacyVersion alone where there is no such extension.
	Versions            []string `json:"versions"`
	CipherSuites        []string `json:"cipherSuites"`
	Groups              []string `json:"groups,omitempty"`
	SignatureAlgorithms []string `json:"signatureAlgorithms,omitempty"`
	ServerName          string   `json:"serverName,omitempty"`
	ALPN                []string `json:"alpn,omitempty"`
	Extensions          []uint16 `json:"extensions,omitempty"`
	// OCSPStapling and SCT report status_request and signed_certificate_timestamp.
	OCSPStapling bool `json:"ocspStapling,omitempty"`
	SCT          bool `json:"sct,omitempty"`
	// JA4 is the fingerprint of the FoxIO specification; empty for an SSL 2.0 hello, which it does not define.
	JA4 string `json:"ja4"`
	// SSLv2 reports that the hello came in the SSL 2.0 format, RFC 5246 appendix E.2.
	SSLv2 bool `json:"sslv2,omitempty"`
}

// The extensions that are read, by their IANA numbers.
const (
	extServerName          = 0
	extStatusRequest       = 5
	extSupportedGroups     = 10
	extSignatureAlgorithms = 13
	extALPN                = 16
	extSCT                 = 18
	extEarlyData           = 42
	extSupportedVersions   = 43
)

// offer is a ClientHello in numbers, as it came.
type offer struct {
	version    uint16
	versions   []uint16
	suites     []uint16
	groups     []uint16
	schemes    []uint16
	alpn       []string
	rawALPN    []byte // the first protocol as it came
	serverName string
	extensions []uint16
}

// parseClientHello reads the body of a ClientHello message, RFC 8446 4.1.2. An
// extension whose content does not parse counts as present and empty: what a
// client offers in the others is evidence all the same.
func parseClientHello(body []byte) (*ClientHello, bool) {
	o, ok := parseOffer(body)
	if !ok {
		return nil, false
	}
	hello := &ClientHello{
		LegacyVersion:       VersionName(o.version),
		Versions:            names(VersionName, o.versions),
		CipherSuites:        names(CipherSuiteName, o.suites),
		Groups:              names(GroupName, o.groups),
		SignatureAlgorithms: names(SignatureSchemeName, o.schemes),
		ServerName:          o.serverName,
		ALPN:                o.alpn,
		Extensions:          o.extensions,
		OCSPStapling:        o.has(extStatusRequest),
		SCT:                 o.has(extSCT),
		JA4:                 o.ja4(),
	}
	if len(o.versions) == 0 {
		hello.Versions = []string{hello.LegacyVersion}
	}
	return hello, true
}

func parseOffer(body []byte) (*offer, bool) {
	s := cryptobyte.String(body)
	o := new(offer)
	var sessionID, suites, compressions, extensions cryptobyte.String
	if !s.ReadUint16(&o.version) || !s.Skip(32) || !s.ReadUint8LengthPrefixed(&sessionID) ||
		!s.ReadUint16LengthPrefixed(&suites) || len(suites)%2 != 0 ||
		!s.ReadUint8LengthPrefixed(&compressions) {
		return nil, false
	}
	o.suites = uint16s(suites)
	if s.Empty() {
		return o, true // without extensions, RFC 5246 7.4.1.2
	}
	if !s.ReadUint16LengthPrefixed(&extensions) || !s.Empty() {
		return nil, false
	}
	for !extensions.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&typ) || !extensions.ReadUint16LengthPrefixed(&data) {
			return nil, false
		}
		o.extensions = append(o.extensions, typ)
		o.readExtension(typ, data)
	}
	return o, true
}

func (o *offer) readExtension(typ uint16, data cryptobyte.String) {
	var list cryptobyte.String
	switch typ {
	case extServerName:
		o.serverName = readServerName(data)
	case extSupportedGroups:
		if data.ReadUint16LengthPrefixed(&list) {
			o.groups = uint16s(list)
		}
	case extSignatureAlgorithms:
		if data.ReadUint16LengthPrefixed(&list) {
			o.schemes = uint16s(list)
		}
	case extSupportedVersions:
		if data.ReadUint8LengthPrefixed(&list) {
			o.versions = uint16s(list)
		}
	case extALPN:
		o.alpn, o.rawALPN = readALPN(data)
	}
}

// readServerName returns the first host_name of server_name, RFC 6066 section 3.
func readServerName(data cryptobyte.String) string {
	var list, name cryptobyte.String
	var typ uint8
	if !data.ReadUint16LengthPrefixed(&list) {
		return ""
	}
	for list.ReadUint8(&typ) && list.ReadUint16LengthPrefixed(&name) {
		if typ == 0 {
			return text(name)
		}
	}
	return ""
}

// readALPN returns the protocol names of RFC 7301 3.1, and the first of them byte for byte.
func readALPN(data cryptobyte.String) (protocols []string, first []byte) {
	var list, protocol cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) {
		return nil, nil
	}
	for list.ReadUint8LengthPrefixed(&protocol) {
		if protocols == nil {
			first = protocol
		}
		protocols = append(protocols, text(protocol))
	}
	return protocols, first
}

// text is b as a string that JSON and a terminal can carry.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

func uint16s(b []byte) []uint16 {
	out := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		out = append(out, binary.BigEndian.Uint16(b))
	}
	return out
}

func (o *offer) has(extension uint16) bool {
	for _, e := range o.extensions {
		if e == extension {
			return true
		}
	}
	return false
}

// sslv2Kinds are the cipher kinds of SSL 2.0 that are no TLS suite, from the
// specification of 1995, appendix C.4.
var sslv2Kinds = map[uint32]string{
	0x010080: "SSL_CK_RC4_128_WITH_MD5",
	0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
	0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
	0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5",
	0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5",
	0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
	0x0700c0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
}

// parseSSLv2Hello reads a CLIENT-HELLO in the format of SSL 2.0, RFC 5246
// appendix E.2, after the two bytes of its length.
func parseSSLv2Hello(body []byte) (*ClientHello, bool) {
	s := cryptobyte.String(body)
	var typ uint8
	var version, specsLen, sessionLen, challengeLen uint16
	var specs []byte
	if !s.ReadUint8(&typ) || typ != typeClientHello || !s.ReadUint16(&version) || !s.ReadUint16(&specsLen) ||
		!s.ReadUint16(&sessionLen) || !s.ReadUint16(&challengeLen) || specsLen%3 != 0 ||
		!s.ReadBytes(&specs, int(specsLen)) || !s.Skip(int(sessionLen)) || !s.Skip(int(challengeLen)) {
		return nil, false
	}
	hello := &ClientHello{LegacyVersion: VersionName(version), Versions: []string{VersionName(version)}, SSLv2: true}
	for ; len(specs) > 0; specs = specs[3:] {
		kind := uint32(specs[0])<<16 | uint32(specs[1])<<8 | uint32(specs[2])
		suite, known := sslv2Kinds[kind]
		if !known {
			suite = CipherSuiteName(uint16(kind)) // #nosec G115 -- the low 16 bits are meant
			if kind > 0xffff {
				suite = "0x" + strings.ToUpper(hexDigits(specs[:3]))
			}
		}
		hello.CipherSuites = append(hello.CipherSuites, suite)
	}
	return hello, true
}
