package record

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/secret"
)

// Keys protects records in one direction from one change of keys to the next;
// it counts them. It is not safe for concurrent use.
type Keys struct {
	Version uint16
	Suite   *iana.Suite
	// Lenient leaves out checks of Open, for test clients.
	Lenient Lenience

	seq     uint64
	protect protection
}

// Lenience says which checks of a record are left out.
type Lenience struct {
	MAC     bool // the MAC of CBC, stream and NULL suites
	Padding bool // the content of CBC padding
	Length  bool // the length of the content
	Type    bool // that there is a content type in TLS 1.3; a record without becomes an empty one of type 0
}

// protection is one way of protecting records. seal gets what is to be encrypted in
// parts and may change it; both get the sequence number.
type protection interface {
	seal(o *Outgoing, seq uint64) ([]byte, error)
	open(rec Incoming, seq uint64, lenient Lenience) (uint8, []byte, error)
}

func (k *Keys) seal(o *Outgoing) ([]byte, error) {
	wire, err := k.protect.seal(o, k.seq)
	if err == nil {
		k.seq++
	}
	return wire, err
}

// Open returns type and content of a record; the content is a copy. The error
// wraps ErrBadMAC, ErrOverflow or ErrMalformed, and then no number is used up.
func (k *Keys) Open(rec Incoming) (uint8, []byte, error) {
	typ, content, err := k.protect.open(rec, k.seq, k.Lenient)
	if err != nil {
		return 0, nil, err
	}
	if len(content) > MaxPlaintext && !k.Lenient.Length {
		return 0, nil, fmt.Errorf("%w: %d bytes of content", ErrOverflow, len(content))
	}
	k.seq++
	return typ, content, nil
}

// Sizes says how the key block of a suite is cut.
func Sizes(version uint16, s *iana.Suite) secret.Sizes {
	z := secret.Sizes{Key: s.KeyLen, Secret: s.Secret}
	switch s.Cipher {
	case iana.AESGCM:
		z.IV = 4
	case iana.ChaCha20:
		z.IV = chacha20poly1305.NonceSize
	default:
		z.MAC = s.Hash.Size()
	}
	if s.Cipher.CBC() && version <= iana.TLS10 {
		z.IV = blockSize(s.Cipher)
	}
	return z
}

func blockSize(c iana.Cipher) int {
	if c == iana.AESCBC {
		return aes.BlockSize
	}
	return des.BlockSize
}

// NewLegacy makes the keys of one direction for SSL 3.0 to TLS 1.2. encryptThenMAC is RFC 7366.
func NewLegacy(version uint16, s *iana.Suite, mac, key, iv []byte, encryptThenMAC bool) (*Keys, error) {
	k := &Keys{Version: version, Suite: s}
	var err error
	switch s.Cipher {
	case iana.AESGCM, iana.ChaCha20:
		var a cipher.AEAD
		if a, err = newAEAD(s.Cipher, key); err == nil {
			k.protect = &aead12{aead: a, iv: iv, explicit: s.Cipher == iana.AESGCM}
		}
	case iana.Null:
		k.protect = &stream{mac: newMAC(version, s.Hash, mac), xor: nullCipher{}}
	case iana.RC4:
		var c *rc4.Cipher
		if c, err = rc4.NewCipher(key); err == nil {
			k.protect = &stream{mac: newMAC(version, s.Hash, mac), xor: c}
		}
	default:
		var b cipher.Block
		if b, err = newBlock(s.Cipher, key); err == nil {
			k.protect = &cbc{version: version, block: b, iv: iv, mac: newMAC(version, s.Hash, mac), macLast: encryptThenMAC}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make the keys of %s: %w", s.Name, err)
	}
	return k, nil
}

// New13 makes the keys of a TLS 1.3 traffic secret.
func New13(s *iana.Suite, traffic []byte) (*Keys, error) {
	key, iv := secret.TrafficKey(s.PRFHash(), traffic, s.KeyLen)
	a, err := newAEAD(s.Cipher, key)
	if err != nil {
		return nil, fmt.Errorf("make the keys of %s: %w", s.Name, err)
	}
	return &Keys{Version: iana.TLS13, Suite: s, protect: &aead13{aead: a, iv: iv}}, nil
}

func newAEAD(c iana.Cipher, key []byte) (cipher.AEAD, error) {
	if c == iana.ChaCha20 {
		return chacha20poly1305.New(key)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

func newBlock(c iana.Cipher, key []byte) (cipher.Block, error) {
	switch c {
	case iana.AESCBC:
		return aes.NewCipher(key)
	case iana.TripleDESCBC:
		return des.NewTripleDESCipher(key)
	}
	return des.NewCipher(key)
}

// additionalData is what AEADs of TLS 1.2 authenticate and MACs begin with, RFC 5246 6.2.3.
func additionalData(seq uint64, typ uint8, version uint16, n int) []byte {
	ad := make([]byte, 13)
	binary.BigEndian.PutUint64(ad, seq)
	ad[8] = typ
	binary.BigEndian.PutUint16(ad[9:], version)
	binary.BigEndian.PutUint16(ad[11:], uint16(n))
	return ad
}

func xorNonce(iv []byte, seq uint64) []byte {
	nonce := append([]byte(nil), iv...)
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], seq)
	for i, b := range n {
		nonce[len(nonce)-8+i] ^= b
	}
	return nonce
}
