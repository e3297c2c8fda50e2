package pki

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// SmallRSA is an RSA key under 1024 bits, which crypto/rsa refuses to use. It
// does the private key operations itself, with math/big and in variable time:
// the key protects nothing.
type SmallRSA struct{ *rsa.PrivateKey }

// digestInfo holds the DER that stands before a digest in a PKCS #1 v1.5
// signature, RFC 8017 9.2 note 1.
var digestInfo = map[crypto.Hash][]byte{
	crypto.MD5:     {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10},
	crypto.SHA1:    {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
	crypto.SHA256:  {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384:  {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512:  {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
	crypto.MD5SHA1: {}, // TLS 1.0 and 1.1 sign both digests bare, RFC 4346 4.7
}

// Sign signs a digest by RSASSA-PKCS1-v1_5, or by RSASSA-PSS when opts is a
// *rsa.PSSOptions (RFC 8017 8.1, 8.2). It returns an error when the key is too
// small for the digest.
func (k *SmallRSA) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash := opts.HashFunc()
	if hash != 0 && len(digest) != hash.Size() {
		return nil, fmt.Errorf("signing with RSA: a digest of %d bytes is not %v", len(digest), hash)
	}
	var encoded []byte
	var err error
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		encoded, err = k.encodePSS(random, digest, hash, pss.SaltLength)
	} else {
		encoded, err = k.encodePKCS1v15(digest, hash)
	}
	if err != nil {
		return nil, fmt.Errorf("signing with RSA of %d bits and %v: %w", k.N.BitLen(), hash, err)
	}
	return k.raw(encoded), nil
}

var errSmall = errors.New("the key is too small for the digest")

func (k *SmallRSA) encodePKCS1v15(digest []byte, hash crypto.Hash) ([]byte, error) {
	prefix, ok := digestInfo[hash]
	if !ok && hash != 0 {
		return nil, errors.New("unsupported hash")
	}
	padding := k.Size() - len(prefix) - len(digest) - 3
	if padding < 8 {
		return nil, errSmall
	}
	encoded := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, padding)...)
	encoded = append(encoded, 0)
	encoded = append(encoded, prefix...)
	return append(encoded, digest...), nil
}

// encodePSS is EMSA-PSS-ENCODE of RFC 8017 9.1.1.
func (k *SmallRSA) encodePSS(random io.Reader, digest []byte, hash crypto.Hash, saltLength int) ([]byte, error) {
	bits := k.N.BitLen() - 1
	size := (bits + 7) / 8
	switch saltLength {
	case rsa.PSSSaltLengthEqualsHash:
		saltLength = hash.Size()
	case rsa.PSSSaltLengthAuto:
		saltLength = size - hash.Size() - 2
	}
	if saltLength < 0 || size < hash.Size()+saltLength+2 {
		return nil, errSmall
	}
	if random == nil {
		random = rand.Reader
	}
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, err
	}
	h := hash.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(salt)
	sum := h.Sum(nil)

	block := make([]byte, size-len(sum)-1)
	block[len(block)-saltLength-1] = 1
	copy(block[len(block)-saltLength:], salt)
	mask := maskMGF1(sum, hash, len(block))
	for i := range block {
		block[i] ^= mask[i]
	}
	block[0] &= 0xff >> (8*size - bits)
	return append(append(block, sum...), 0xbc), nil
}

// maskMGF1 is MGF1 of RFC 8017 B.2.1.
func maskMGF1(seed []byte, hash crypto.Hash, length int) []byte {
	var mask []byte
	for counter := uint32(0); len(mask) < length; counter++ {
		h := hash.New()
		h.Write(seed)
		h.Write([]byte{byte(counter >> 24), byte(counter >> 16), byte(counter >> 8), byte(counter)})
		mask = h.Sum(mask)
	}
	return mask[:length]
}

// Decrypt undoes RSAES-PKCS1-v1_5 (RFC 8017 7.2.2), so that a TLS server can
// use the key for RSA key exchange. With *rsa.PKCS1v15DecryptOptions and a
// session key length, a malformed ciphertext gives a random key and no error.
func (k *SmallRSA) Decrypt(random io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	plain := k.raw(ciphertext)
	var message []byte
	if len(plain) > 11 && plain[0] == 0 && plain[1] == 2 {
		if end := bytes.IndexByte(plain[2:], 0); end >= 8 {
			message = plain[2+end+1:]
		}
	}
	options, _ := opts.(*rsa.PKCS1v15DecryptOptions) //nolint:staticcheck // what crypto/tls passes
	if options != nil && options.SessionKeyLen > 0 && len(message) != options.SessionKeyLen {
		if random == nil {
			random = rand.Reader
		}
		message = make([]byte, options.SessionKeyLen)
		if _, err := io.ReadFull(random, message); err != nil {
			return nil, fmt.Errorf("making a session key: %w", err)
		}
	}
	if message == nil {
		return nil, errors.New("decrypting with RSA: malformed padding")
	}
	return message, nil
}

// raw is RSADP and RSASP1 of RFC 8017 5.1.2 and 5.2.1, to the length of the modulus.
func (k *SmallRSA) raw(input []byte) []byte {
	m := new(big.Int).Exp(new(big.Int).SetBytes(input), k.D, k.N)
	return m.FillBytes(make([]byte, k.Size()))
}
