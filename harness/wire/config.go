package wire

import (
	"crypto"
	"io"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// Protocol versions, as they are written on the wire.
const (
	VersionSSL30 = iana.SSL30
	VersionTLS10 = iana.TLS10
	VersionTLS11 = iana.TLS11
	VersionTLS12 = iana.TLS12
	VersionTLS13 = iana.TLS13
)

// Certificate is what a server, or a test client, authenticates itself with.
type Certificate struct {
	// Chain is DER, leaf first. What it holds is sent as it is, parsed or not.
	Chain [][]byte
	// Key signs, and for RSA key exchange decrypts: then it must be an
	// *rsa.PrivateKey or a crypto.Decrypter. It need not belong to Chain.
	Key crypto.Signer
	// OCSPStaple is sent to clients that ask for it, RFC 6066 8.
	OCSPStaple []byte
	// ChainStaples are for the certificates behind the leaf, in the order of Chain,
	// nil for none. Only TLS 1.3 has a place for them, RFC 8446 4.4.2.1.
	ChainStaples [][]byte
	// SCTs are sent to clients that ask for them, RFC 6962 3.3.1.
	SCTs [][]byte
}

// ClientAuth says whether the server asks for a client certificate.
type ClientAuth int

// The kinds of client authentication.
const (
	NoClientCert      ClientAuth = iota
	RequestClientCert            // ask, and go on without one
	RequireClientCert            // ask, and refuse a client without one
)

// DHParams are the parameters of ephemeral Diffie-Hellman, RFC 5246 7.4.3.
type DHParams struct {
	P, G *big.Int
}

// Config configures a Server. It is not changed, and may be shared.
type Config struct {
	Certificate Certificate
	// OtherCertificate is for edits that need a second identity.
	OtherCertificate *Certificate

	// Versions are the protocol versions that the server speaks; TLS 1.2 and 1.3 when empty.
	Versions []uint16
	// CipherSuites in order of preference; sound ones when empty. Suites with
	// anonymous, export, NULL, RC4, DES or 3DES must be named to be used.
	CipherSuites []uint16
	// Groups in order of preference; X25519MLKEM768, x25519, the NIST curves and ffdhe2048 when empty.
	Groups []uint16
	// SignatureSchemes in order of preference; those of RFC 8446 4.2.3 that suit the key when empty.
	SignatureSchemes []uint16
	// ALPN are the application protocols in order of preference; the extension is not answered when empty.
	ALPN []string
	// DH are the parameters of DHE and anonymous suites; ffdhe2048 when nil.
	DH *DHParams
	// Ignore are extension types that the server takes no notice of, as if the client had not sent them.
	Ignore []uint16

	ClientAuth ClientAuth
	// ClientCAs are DER names for certificate_authorities.
	ClientCAs [][]byte
	// VerifyClient judges a client's chain, which has proved possession of its
	// key; all are taken when nil.
	VerifyClient func(chain [][]byte) error

	// Renegotiation lets clients of TLS 1.2 and below renegotiate, RFC 5746; they are declined otherwise.
	Renegotiation bool

	// TicketKey seals session tickets; there are none when nil. Connections resume where the key is the same.
	TicketKey *[32]byte
	// EarlyData is how many bytes of early data tickets allow; early data are refused when 0.
	EarlyData uint32
	// Cookie makes the server answer a first ClientHello of TLS 1.3 with a HelloRetryRequest that holds it.
	Cookie []byte

	// Edits are the faults.
	Edits []Edit
	// Trace gets what is read and what is sent, each in order, from the goroutines
	// that read and write; it must allow concurrent calls. Nil for nobody.
	Trace func(Event)
	// Rand is a source for randoms, session ids and key exchange keys, so that
	// they can be repeated; the system's when nil. What ML-KEM and RSA-PSS draw is never repeated.
	Rand io.Reader
	// Limits bound what a client can make the server hold.
	Limits Limits
}

// Limits bound a connection. Zero values stand for the defaults.
type Limits struct {
	// MessageBytes is the longest handshake message taken: 65,536.
	MessageBytes int
	// HandshakeBytes is the most handshake bytes taken on a connection, renegotiation and KeyUpdates included: 262,144.
	HandshakeBytes int
	// EmptyRecords is the most empty records, warnings, heartbeats and ChangeCipherSpecs taken in all: 64.
	EmptyRecords int
	// SkippedBytes is the most early data skipped after a refusal: 131,072.
	SkippedBytes int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set(&l.MessageBytes, 1<<16)
	set(&l.HandshakeBytes, 1<<18)
	set(&l.EmptyRecords, 64)
	set(&l.SkippedBytes, 1<<17)
	return l
}

// withDefaults returns a copy in which nothing is left open.
func (cfg *Config) withDefaults() *Config {
	c := *cfg
	c.Limits = c.Limits.withDefaults()
	if len(c.Versions) == 0 {
		c.Versions = []uint16{iana.TLS13, iana.TLS12}
	}
	if len(c.CipherSuites) == 0 {
		c.CipherSuites = soundSuites
	}
	if len(c.Groups) == 0 {
		c.Groups = soundGroups
	}
	if len(c.SignatureSchemes) == 0 {
		c.SignatureSchemes = soundSchemes
	}
	if c.DH == nil {
		g, _ := kx.FFDHE(iana.FFDHE2048)
		c.DH = &DHParams{g.P, g.G}
	}
	return &c
}

var (
	soundGroups  = []uint16{iana.X25519MLKEM768, iana.X25519, iana.Secp256r1, iana.Secp384r1, iana.Secp521r1, iana.FFDHE2048}
	soundSchemes = sign.Default()
	soundSuites  = preferred()
)

// preferred orders the suites that a sound server has: TLS 1.3 first, then by
// key exchange, AEADs before CBC.
func preferred() []uint16 {
	var order []uint16
	for _, kind := range [][]iana.KeyExchange{{iana.Any}, {iana.ECDHEECDSA, iana.ECDHERSA}, {iana.DHE}, {iana.RSA}} {
		for _, ciphers := range [][]iana.Cipher{{iana.AESGCM, iana.ChaCha20}, {iana.AESCBC}} {
			for _, s := range iana.Suites() {
				if contains(kind, s.KX) && contains(ciphers, s.Cipher) {
					order = append(order, s.ID)
				}
			}
		}
	}
	return order
}

func contains[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
