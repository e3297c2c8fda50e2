package checker

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // obsolete on purpose
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/md5" // links the hash
	"crypto/rsa"
	_ "crypto/sha1" // links the hash
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// leastRSABits is the least RSA modulus of RFC 9325 4.5.
const leastRSABits = 2048

// signatureHashes maps the algorithms that we verify to their hash.
var signatureHashes = map[x509.SignatureAlgorithm]crypto.Hash{
	x509.DSAWithSHA256: crypto.SHA256,
	x509.MD5WithRSA:    crypto.MD5, x509.SHA1WithRSA: crypto.SHA1, x509.ECDSAWithSHA1: crypto.SHA1,
	x509.SHA256WithRSA: crypto.SHA256, x509.ECDSAWithSHA256: crypto.SHA256,
	x509.SHA384WithRSA: crypto.SHA384, x509.ECDSAWithSHA384: crypto.SHA384,
	x509.SHA512WithRSA: crypto.SHA512, x509.ECDSAWithSHA512: crypto.SHA512,
}

// checkStrength refuses weak keys and weak signatures. A root's own signature
// protects nothing and is not looked at.
func (c *Checker) checkStrength(cert *x509.Certificate, root bool) error {
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < leastRSABits {
		if err := c.refuse(scenarios.WeakKey, "%q has an RSA key of %d bits", cert.Subject, key.N.BitLen()); err != nil {
			return err
		}
	}
	if why := weakKey(cert.PublicKey); why != "" {
		if err := c.refuse(scenarios.WeakKey, "%q has %s", cert.Subject, why); err != nil {
			return err
		}
	}
	hash := hashOf(cert)
	if !root && cert.SignatureAlgorithm == x509.DSAWithSHA256 {
		return c.refuse(scenarios.WeakSignature, "%q is signed by DSA", cert.Subject)
	}
	if !root && (hash == forge.MD2 || hash == crypto.MD4 || hash == crypto.MD5 || hash == crypto.SHA1) {
		return c.refuse(scenarios.WeakSignature, "%q is signed with %v", cert.Subject, hash)
	}
	return nil
}

// verifySignature verifies cert's signature by issuer's key alone, also with
// the hashes and key sizes that crypto/x509 refuses.
func verifySignature(cert, issuer *x509.Certificate) error {
	if key, ok := issuer.PublicKey.(ed25519.PublicKey); ok {
		if !ed25519.Verify(key, cert.RawTBSCertificate, cert.Signature) {
			return errors.New("wrong Ed25519 signature")
		}
		return nil
	}
	hash := hashOf(cert)
	if hash == 0 {
		return fmt.Errorf("signature algorithm %v is unknown", cert.SignatureAlgorithm)
	}
	digest := digestOf(hash, cert.RawTBSCertificate)
	switch key := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		if isPSS(cert) {
			return rsa.VerifyPSS(key, hash, digest, cert.Signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto})
		}
		return verifyPKCS1(key, hash, digest, cert.Signature)
	case *dsa.PublicKey:
		if !verifyDSA(key, digest, cert.Signature) {
			return errors.New("wrong DSA signature")
		}
		return nil
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(key, digest, cert.Signature) {
			return errors.New("wrong ECDSA signature")
		}
		return nil
	}
	return fmt.Errorf("a key of type %T verifies nothing", issuer.PublicKey)
}

func digestOf(hash crypto.Hash, data []byte) []byte {
	if hash == forge.MD2 {
		return forge.SumMD2(data)
	}
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// digestInfo is the DER before the digest, RFC 8017 9.2.
var digestInfo = map[crypto.Hash][]byte{
	forge.MD2:     {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x02, 0x05, 0x00, 0x04, 0x10},
	crypto.MD4:    {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x04, 0x05, 0x00, 0x04, 0x10},
	crypto.MD5:    {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10},
	crypto.SHA1:   {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// verifyPKCS1 is RSASSA-PKCS1-v1_5 verification, RFC 8017 8.2.2, for keys of any
// size: crypto/rsa refuses those under 1024 bits.
func verifyPKCS1(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) error {
	size := (key.N.BitLen() + 7) / 8
	tail := append(append([]byte{0}, digestInfo[hash]...), digest...)
	if len(signature) != size || size < len(tail)+10 {
		return errors.New("RSA signature of the wrong size")
	}
	want := make([]byte, size)
	for i := range want {
		want[i] = 0xff
	}
	want[0], want[1] = 0, 1
	copy(want[size-len(tail):], tail)
	got := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N)
	if got.Cmp(new(big.Int).SetBytes(want)) != 0 {
		return errors.New("wrong RSA signature")
	}
	return nil
}
