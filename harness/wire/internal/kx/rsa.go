package kx

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// rsaMin is the size below which crypto/rsa refuses to compute.
const rsaMin = 1024

// GenerateRSA makes an RSA key of any size; crypto/rsa refuses less than 1024 bits.
func GenerateRSA(bits int) (*rsa.PrivateKey, error) {
	for {
		p, err := rand.Prime(rand.Reader, bits-bits/2)
		if err != nil {
			return nil, fmt.Errorf("make an RSA key: %w", err)
		}
		q, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			return nil, fmt.Errorf("make an RSA key: %w", err)
		}
		one := big.NewInt(1)
		n := new(big.Int).Mul(p, q)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		if d == nil || n.BitLen() != bits || p.Cmp(q) == 0 {
			continue
		}
		return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: d, Primes: []*big.Int{p, q}}, nil
	}
}

// DecryptPreMaster decrypts a PKCS #1 v1.5 ciphertext, RFC 5246 7.4.7.1. It
// tells a wrong padding by an error at once, being no oracle for anybody.
func DecryptPreMaster(key *rsa.PrivateKey, ciphertext []byte) ([]byte, error) {
	c := new(big.Int).SetBytes(ciphertext)
	if c.Cmp(key.N) >= 0 {
		return nil, errors.New("decrypt the premaster secret: too long for the key")
	}
	if key.N.BitLen() >= rsaMin {
		plain, err := rsa.DecryptPKCS1v15(nil, key, ciphertext) //nolint:staticcheck // RSA key exchange is PKCS #1 v1.5, RFC 5246 7.4.7.1
		if err != nil {
			return nil, fmt.Errorf("decrypt the premaster secret: %w", err)
		}
		return plain, nil
	}
	em := c.Exp(c, key.D, key.N).FillBytes(make([]byte, (key.N.BitLen()+7)/8))
	if em[0] != 0 || em[1] != 2 {
		return nil, errors.New("decrypt the premaster secret: wrong padding")
	}
	_, plain, found := bytes.Cut(em[2:], []byte{0})
	if !found {
		return nil, errors.New("decrypt the premaster secret: wrong padding")
	}
	return plain, nil
}

// EncryptPreMaster is the other side of DecryptPreMaster.
func EncryptPreMaster(key *rsa.PublicKey, plain []byte) ([]byte, error) {
	size := (key.N.BitLen() + 7) / 8
	if len(plain) > size-11 {
		return nil, fmt.Errorf("encrypt the premaster secret: a key of %d bits is too short", key.N.BitLen())
	}
	em := make([]byte, size)
	em[1] = 2
	pad := em[2 : size-len(plain)-1]
	_, _ = rand.Read(pad) // never fails
	for i := range pad {
		pad[i] |= 1
	}
	copy(em[size-len(plain):], plain)
	m := new(big.Int).SetBytes(em)
	return m.Exp(m, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, size)), nil
}

// prefixes are the DigestInfo headers of PKCS #1 v1.5 signatures, RFC 8017 9.2 note 1.
var prefixes = map[crypto.Hash][]byte{
	crypto.MD5:     {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10},
	crypto.SHA1:    {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
	crypto.SHA256:  {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384:  {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512:  {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
	crypto.MD5SHA1: {},
}

// SignPKCS1 signs a digest with a key of any size, RFC 8017 8.2.
func SignPKCS1(key *rsa.PrivateKey, h crypto.Hash, digest []byte) ([]byte, error) {
	if key.N.BitLen() >= rsaMin {
		return rsa.SignPKCS1v15(nil, key, h, digest)
	}
	em, err := EncodePKCS1(&key.PublicKey, h, digest)
	if err != nil {
		return nil, err
	}
	m := new(big.Int).SetBytes(em)
	return m.Exp(m, key.D, key.N).FillBytes(make([]byte, len(em))), nil
}

// EncodePKCS1 is EMSA-PKCS1-v1_5, RFC 8017 9.2.
func EncodePKCS1(key *rsa.PublicKey, h crypto.Hash, digest []byte) ([]byte, error) {
	prefix, ok := prefixes[h]
	fill := (key.N.BitLen()+7)/8 - 3 - len(prefix) - len(digest)
	if !ok || fill < 8 {
		return nil, fmt.Errorf("an RSA key of %d bits is too short for %s", key.N.BitLen(), h)
	}
	em := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, fill)...)
	return append(append(append(em, 0), prefix...), digest...), nil
}
