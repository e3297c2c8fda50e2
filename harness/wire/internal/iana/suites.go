package iana

import (
	"crypto"
	_ "crypto/md5"    // linked in for crypto.Hash.New
	_ "crypto/sha1"   // likewise
	_ "crypto/sha256" // likewise
	_ "crypto/sha512" // likewise
	"fmt"
)

// KeyExchange is how a cipher suite of TLS 1.2 and below agrees on a secret and
// authenticates the server, RFC 5246 appendix A.5.
type KeyExchange int

// The key exchanges. Any stands for TLS 1.3, whose suites do not say.
const (
	Any KeyExchange = iota
	RSA
	RSAExport
	DHE
	DHEExport
	DHAnon
	DHAnonExport
	ECDHERSA
	ECDHEECDSA
	ECDHAnon
)

// Anonymous reports whether no certificate is sent.
func (k KeyExchange) Anonymous() bool { return k == DHAnon || k == DHAnonExport || k == ECDHAnon }

// FiniteField reports whether Diffie-Hellman over a prime field is used.
func (k KeyExchange) FiniteField() bool {
	return k == DHE || k == DHEExport || k == DHAnon || k == DHAnonExport
}

// Elliptic reports whether ephemeral elliptic curve Diffie-Hellman is used.
func (k KeyExchange) Elliptic() bool { return k == ECDHERSA || k == ECDHEECDSA || k == ECDHAnon }

// Export reports whether the suite is of the export kind, RFC 2246 appendix A.5.
func (k KeyExchange) Export() bool { return k == RSAExport || k == DHEExport || k == DHAnonExport }

// Cipher is the bulk cipher of a suite with its mode.
type Cipher int

// The bulk ciphers.
const (
	Null Cipher = iota
	RC4
	DESCBC
	TripleDESCBC
	AESCBC
	AESGCM
	ChaCha20
)

// AEAD reports whether the cipher authenticates by itself.
func (c Cipher) AEAD() bool { return c == AESGCM || c == ChaCha20 }

// CBC reports whether the cipher is a block cipher in CBC mode.
func (c Cipher) CBC() bool { return c == DESCBC || c == TripleDESCBC || c == AESCBC }

// Suite is a cipher suite.
type Suite struct {
	ID     uint16
	Name   string // IANA
	KX     KeyExchange
	Cipher Cipher
	KeyLen int // bytes of key that the cipher takes
	Secret int // bytes of key that are secret, export suites only; 0 for all
	Hash   crypto.Hash
}

// PRFHash is the hash of the PRF of TLS 1.2 and of the schedule of TLS 1.3: SHA-256 unless the suite names a larger one.
func (s *Suite) PRFHash() crypto.Hash {
	if s.Hash == crypto.SHA384 {
		return crypto.SHA384
	}
	return crypto.SHA256
}

// Fits reports whether the suite is defined for a protocol version.
func (s *Suite) Fits(version uint16) bool {
	switch {
	case s.KX == Any:
		return version == TLS13
	case version == TLS13:
		return false
	case s.Cipher.AEAD() || s.Hash == crypto.SHA256 || s.Hash == crypto.SHA384:
		return version == TLS12
	case s.KX.Export():
		return version <= TLS10
	case s.Cipher == DESCBC:
		return version <= TLS11 // RFC 5469
	case s.KX.Elliptic():
		return version >= TLS10 // RFC 8422 4: extensions are needed
	}
	return true
}

// SuiteByID finds a cipher suite; nil when the engine does not know it.
func SuiteByID(id uint16) *Suite {
	for i := range suites {
		if suites[i].ID == id {
			return &suites[i]
		}
	}
	return nil
}

// SuiteByName finds a cipher suite by its IANA name; nil when the engine does not know it.
func SuiteByName(name string) *Suite {
	for i := range suites {
		if suites[i].Name == name {
			return &suites[i]
		}
	}
	return nil
}

// SuiteName names a cipher suite.
func SuiteName(id uint16) string {
	switch id {
	case SCSVRenegotiation:
		return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
	case SCSVFallback:
		return "TLS_FALLBACK_SCSV"
	}
	if s := SuiteByID(id); s != nil {
		return s.Name
	}
	return fmt.Sprintf("0x%04x", id)
}

// Suites lists every cipher suite that the engine knows, in the order of their numbers.
func Suites() []Suite { return append([]Suite(nil), suites...) }
