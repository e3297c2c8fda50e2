// Package iana holds the numbers of the TLS registries under the names that
// IANA gives them, for the parts of TLS that the wire engine knows, and finds
// one from the other.
package iana

import "fmt"

// Protocol versions, RFC 8446 appendix D and RFC 6101.
const (
	SSL30 uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// Content types of records, RFC 8446 5.1 and RFC 6520.
const (
	RecordChangeCipherSpec uint8 = 20
	RecordAlert            uint8 = 21
	RecordHandshake        uint8 = 22
	RecordApplicationData  uint8 = 23
	RecordHeartbeat        uint8 = 24
)

// Handshake types, RFC 8446 4 and the registry "TLS HandshakeType".
const (
	HelloRequest          uint8 = 0
	ClientHello           uint8 = 1
	ServerHello           uint8 = 2
	NewSessionTicket      uint8 = 4
	EndOfEarlyData        uint8 = 5
	EncryptedExtensions   uint8 = 8
	Certificate           uint8 = 11
	ServerKeyExchange     uint8 = 12
	CertificateRequest    uint8 = 13
	ServerHelloDone       uint8 = 14
	CertificateVerify     uint8 = 15
	ClientKeyExchange     uint8 = 16
	Finished              uint8 = 20
	CertificateStatus     uint8 = 22
	KeyUpdate             uint8 = 24
	CompressedCertificate uint8 = 25
	MessageHash           uint8 = 254
)

// Extension types, registry "TLS ExtensionType Values".
const (
	ExtServerName             uint16 = 0
	ExtMaxFragmentLength      uint16 = 1
	ExtStatusRequest          uint16 = 5
	ExtSupportedGroups        uint16 = 10
	ExtECPointFormats         uint16 = 11
	ExtSignatureAlgorithms    uint16 = 13
	ExtHeartbeat              uint16 = 15
	ExtALPN                   uint16 = 16
	ExtSCT                    uint16 = 18
	ExtClientCertificateType  uint16 = 19
	ExtServerCertificateType  uint16 = 20
	ExtPadding                uint16 = 21
	ExtEncryptThenMAC         uint16 = 22
	ExtExtendedMasterSecret   uint16 = 23
	ExtCompressCertificate    uint16 = 27
	ExtRecordSizeLimit        uint16 = 28
	ExtSessionTicket          uint16 = 35
	ExtPreSharedKey           uint16 = 41
	ExtEarlyData              uint16 = 42
	ExtSupportedVersions      uint16 = 43
	ExtCookie                 uint16 = 44
	ExtPSKKeyExchangeModes    uint16 = 45
	ExtCertificateAuthorities uint16 = 47
	ExtPostHandshakeAuth      uint16 = 49
	ExtSignatureAlgsCert      uint16 = 50
	ExtKeyShare               uint16 = 51
	ExtRenegotiationInfo      uint16 = 0xff01
)

// Signalling cipher suite values, RFC 5746 3.3 and RFC 7507.
const (
	SCSVRenegotiation uint16 = 0x00ff
	SCSVFallback      uint16 = 0x5600
)

// Named groups, registry "TLS Supported Groups".
const (
	Secp224r1      uint16 = 21
	Secp256k1      uint16 = 22
	Secp256r1      uint16 = 23
	Secp384r1      uint16 = 24
	Secp521r1      uint16 = 25
	X25519         uint16 = 29
	FFDHE2048      uint16 = 256
	FFDHE3072      uint16 = 257
	FFDHE4096      uint16 = 258
	X25519MLKEM768 uint16 = 0x11ec
)

// CompressZlib is the certificate compression algorithm of RFC 8879 that the engine knows.
const CompressZlib uint16 = 1

var versions = []entry{
	{SSL30, "SSL 3.0"}, {TLS10, "TLS 1.0"}, {TLS11, "TLS 1.1"}, {TLS12, "TLS 1.2"}, {TLS13, "TLS 1.3"},
}

var groups = []entry{
	{Secp224r1, "secp224r1"}, {Secp256k1, "secp256k1"}, {Secp256r1, "secp256r1"}, {Secp384r1, "secp384r1"},
	{Secp521r1, "secp521r1"}, {X25519, "x25519"}, {FFDHE2048, "ffdhe2048"}, {FFDHE3072, "ffdhe3072"},
	{FFDHE4096, "ffdhe4096"}, {X25519MLKEM768, "X25519MLKEM768"},
}

var messages = []entry{
	{uint16(HelloRequest), "hello_request"}, {uint16(ClientHello), "client_hello"}, {uint16(ServerHello), "server_hello"},
	{uint16(NewSessionTicket), "new_session_ticket"}, {uint16(EndOfEarlyData), "end_of_early_data"},
	{uint16(EncryptedExtensions), "encrypted_extensions"}, {uint16(Certificate), "certificate"},
	{uint16(ServerKeyExchange), "server_key_exchange"}, {uint16(CertificateRequest), "certificate_request"},
	{uint16(ServerHelloDone), "server_hello_done"}, {uint16(CertificateVerify), "certificate_verify"},
	{uint16(ClientKeyExchange), "client_key_exchange"}, {uint16(Finished), "finished"},
	{uint16(CertificateStatus), "certificate_status"}, {uint16(KeyUpdate), "key_update"},
	{uint16(CompressedCertificate), "compressed_certificate"}, {uint16(MessageHash), "message_hash"},
}

type entry struct {
	id   uint16
	name string
}

func nameOf(table []entry, id uint16) string {
	for _, e := range table {
		if e.id == id {
			return e.name
		}
	}
	return fmt.Sprintf("0x%04x", id)
}

func idOf(table []entry, name string) (uint16, bool) {
	for _, e := range table {
		if e.name == name {
			return e.id, true
		}
	}
	return 0, false
}

func namesOf(table []entry) []string {
	names := make([]string, len(table))
	for i, e := range table {
		names[i] = e.name
	}
	return names
}

// VersionName names a protocol version, "TLS 1.2"; unknown numbers come as 0x and four digits, here and below.
func VersionName(id uint16) string { return nameOf(versions, id) }

// GroupName names a named group.
func GroupName(id uint16) string { return nameOf(groups, id) }

// GroupByName finds a named group.
func GroupByName(name string) (uint16, bool) { return idOf(groups, name) }

// GroupNames lists the named groups that the engine can compute.
func GroupNames() []string { return namesOf(groups) }

// MessageName names a handshake type as its registry does.
func MessageName(id uint8) string { return nameOf(messages, uint16(id)) }
