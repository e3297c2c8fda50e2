package scenarios

import (
	"slices"
	"strings"
)

// suitesBy holds the cipher suites that a server of ours can have, those of
// crypto/tls among them: by key exchange as the IANA names spell it, the ciphers
// of each. Those of TLS 1.3 have no key exchange in their names.
var suitesBy = []struct {
	exchange string
	ciphers  []string
}{
	{"RSA", []string{
		"NULL_MD5", "NULL_SHA", "RC4_128_MD5", "RC4_128_SHA", "DES_CBC_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA",
		"AES_256_CBC_SHA", "NULL_SHA256", "AES_128_CBC_SHA256", "AES_256_CBC_SHA256", "AES_128_GCM_SHA256",
		"AES_256_GCM_SHA384",
	}},
	{"RSA_EXPORT", []string{
		"RC4_40_MD5", "DES40_CBC_SHA",
	}},
	{"DHE_RSA_EXPORT", []string{
		"DES40_CBC_SHA",
	}},
	{"DHE_RSA", []string{
		"DES_CBC_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256", "AES_256_CBC_SHA256",
		"AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
	}},
	{"DH_anon_EXPORT", []string{
		"RC4_40_MD5", "DES40_CBC_SHA",
	}},
	{"DH_anon", []string{
		"RC4_128_MD5", "DES_CBC_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256",
		"AES_256_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384",
	}},
	{"", []string{
		"AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
	}},
	{"ECDHE_ECDSA", []string{
		"NULL_SHA", "RC4_128_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256",
		"AES_256_CBC_SHA384", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
	}},
	{"ECDHE_RSA", []string{
		"NULL_SHA", "RC4_128_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_CBC_SHA256",
		"AES_256_CBC_SHA384", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
	}},
	{"ECDH_anon", []string{
		"NULL_SHA", "RC4_128_SHA", "3DES_EDE_CBC_SHA", "AES_128_CBC_SHA", "AES_256_CBC_SHA",
	}},
}

// suiteNames lists the IANA names of the cipher suites.
var suiteNames = func() []string {
	var names []string
	for _, by := range suitesBy {
		for _, cipher := range by.ciphers {
			names = append(names, suiteName(by.exchange, cipher))
		}
	}
	return names
}()

func suiteName(exchange, cipher string) string {
	if exchange == "" {
		return "TLS_" + cipher
	}
	return "TLS_" + exchange + "_WITH_" + cipher
}

// groupNames lists the IANA names of the supported groups that a server of ours can have.
var groupNames = []string{
	"secp224r1", "secp256k1", "secp256r1", "secp384r1", "secp521r1", "x25519",
	"ffdhe2048", "ffdhe3072", "ffdhe4096",
	"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024",
}

// suite is what the name of a cipher suite says.
type suite struct {
	exchange KeyExchange // empty for a suite of TLS 1.3, and for anonymous ones
	auth     string      // "ecdsa", "rsa", or empty
	tls13    bool
	min      Version // the oldest version that has it
}

// parseSuite reads the name of a known cipher suite.
func parseSuite(name string) suite {
	exchange, cipher, ok := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	if !ok {
		return suite{tls13: true, min: TLS13}
	}
	s := suite{min: SSL30}
	for _, kx := range []struct {
		prefix, auth string
		exchange     KeyExchange
	}{{"ECDHE_ECDSA", "ecdsa", ECDHE}, {"ECDHE_RSA", "rsa", ECDHE}, {"DHE_RSA", "rsa", DHE}, {"RSA", "rsa", RSA}} {
		if strings.HasPrefix(exchange, kx.prefix) {
			s.exchange, s.auth = kx.exchange, kx.auth
			break
		}
	}
	// AEAD ciphers and the SHA-2 MACs came with TLS 1.2, RFC 5246 1.2.
	if slices.ContainsFunc([]string{"SHA256", "SHA384"}, func(hash string) bool { return strings.HasSuffix(cipher, hash) }) {
		s.min = TLS12
	}
	return s
}
