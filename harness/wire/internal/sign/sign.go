// Package sign makes and checks the signatures of handshakes by the signature
// schemes of RFC 8446 4.2.3, those that TLS 1.2 alone knows, and the fixed
// algorithms of TLS 1.1 and below. It does not ask whether a scheme is allowed.
package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
)

// ErrSignature is wrapped by every error of Verify.
var ErrSignature = errors.New("signature does not verify")

// Kind is the algorithm of a scheme without its hash.
type Kind int

// The kinds.
const (
	PKCS1  Kind = iota + 1
	PSS         // with an rsaEncryption key
	PSSPSS      // with an RSASSA-PSS key
	ECDSA
	Ed25519
)

// Scheme is a signature scheme.
type Scheme struct {
	ID   uint16
	Name string // IANA; hash and algorithm where IANA has no name
	Kind Kind
	Hash crypto.Hash
	// Curve is the curve that TLS 1.3 ties the scheme to.
	Curve elliptic.Curve
}

// Numbers of the schemes that the engine's code names.
const (
	RSAPKCS1MD5     uint16 = 0x0101
	RSAPKCS1SHA1    uint16 = 0x0201
	RSAPKCS1SHA256  uint16 = 0x0401
	ECDSASHA1       uint16 = 0x0203
	ECDSAP256SHA256 uint16 = 0x0403
	ECDSAP384SHA384 uint16 = 0x0503
	PSSRSAESHA256   uint16 = 0x0804
	PSSPSSSHA256    uint16 = 0x0809
)

var schemes = []Scheme{
	{0x0804, "rsa_pss_rsae_sha256", PSS, crypto.SHA256, nil},
	{0x0403, "ecdsa_secp256r1_sha256", ECDSA, crypto.SHA256, elliptic.P256()},
	{0x0807, "ed25519", Ed25519, 0, nil},
	{0x0805, "rsa_pss_rsae_sha384", PSS, crypto.SHA384, nil},
	{0x0806, "rsa_pss_rsae_sha512", PSS, crypto.SHA512, nil},
	{0x0401, "rsa_pkcs1_sha256", PKCS1, crypto.SHA256, nil},
	{0x0501, "rsa_pkcs1_sha384", PKCS1, crypto.SHA384, nil},
	{0x0601, "rsa_pkcs1_sha512", PKCS1, crypto.SHA512, nil},
	{0x0503, "ecdsa_secp384r1_sha384", ECDSA, crypto.SHA384, elliptic.P384()},
	{0x0603, "ecdsa_secp521r1_sha512", ECDSA, crypto.SHA512, elliptic.P521()},
	{0x0809, "rsa_pss_pss_sha256", PSSPSS, crypto.SHA256, nil},
	{0x080a, "rsa_pss_pss_sha384", PSSPSS, crypto.SHA384, nil},
	{0x080b, "rsa_pss_pss_sha512", PSSPSS, crypto.SHA512, nil},
	{0x0201, "rsa_pkcs1_sha1", PKCS1, crypto.SHA1, nil},
	{0x0203, "ecdsa_sha1", ECDSA, crypto.SHA1, nil},
	{0x0101, "rsa_pkcs1_md5", PKCS1, crypto.MD5, nil},
}

// ByID finds a scheme; nil when it cannot be computed.
func ByID(id uint16) *Scheme {
	for i := range schemes {
		if schemes[i].ID == id {
			return &schemes[i]
		}
	}
	return nil
}

// ByName finds a scheme by its name; nil when it cannot be computed.
func ByName(name string) *Scheme {
	for i := range schemes {
		if schemes[i].Name == name {
			return &schemes[i]
		}
	}
	return nil
}

// Names lists the schemes in order of preference.
func Names() []string {
	var names []string
	for _, s := range schemes {
		names = append(names, s.Name)
	}
	return names
}

// Default lists what a sound server has, in its order of preference.
func Default() []uint16 {
	var ids []uint16
	for _, s := range schemes {
		if s.Hash != crypto.MD5 && s.Kind != PSSPSS {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Suits reports whether a version allows the scheme with a key, RFC 8446 4.2.3.
func (s *Scheme) Suits(version uint16, key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.Kind == PKCS1 {
			return version < iana.TLS13
		}
		return s.Kind == PSS && (k.N.BitLen()-1+7)/8 >= 2*s.Hash.Size()+2 && k.N.BitLen() >= 1024
	case *ecdsa.PublicKey:
		return s.Kind == ECDSA && (version < iana.TLS13 || s.Curve == k.Curve)
	case ed25519.PublicKey:
		return s.Kind == Ed25519
	}
	return false
}

// Choose returns the first of the server's schemes that the client offered and
// that suits key. Without an offer TLS 1.2 falls back to SHA-1, RFC 5246 7.4.1.4.1.
func Choose(version uint16, key crypto.PublicKey, own, offered []uint16) (uint16, bool) {
	if offered == nil && version == iana.TLS12 {
		offered = []uint16{RSAPKCS1SHA1, ECDSASHA1}
	}
	for _, id := range own {
		s := ByID(id)
		if s == nil || !s.Suits(version, key) {
			continue
		}
		for _, o := range offered {
			if o == id {
				return id, true
			}
		}
	}
	return 0, false
}

func sum(h crypto.Hash, content []byte) []byte {
	f := h.New()
	f.Write(content)
	return f.Sum(nil)
}

// Sign signs content by a scheme; what the scheme asks of the key beyond its algorithm is not checked.
func Sign(random bool, key crypto.Signer, id uint16, content []byte) ([]byte, error) {
	s := ByID(id)
	if s == nil {
		return nil, fmt.Errorf("sign: scheme 0x%04x cannot be computed", id)
	}
	var source = rand.Reader
	if !random {
		source = nil // crypto/ecdsa is deterministic then; RSA-PSS never is
	}
	var sig []byte
	var err error
	_, isRSA := key.Public().(*rsa.PublicKey)
	_, isECDSA := key.Public().(*ecdsa.PublicKey)
	switch {
	case s.Kind == PKCS1 && isRSA:
		sig, err = pkcs1(key, s.Hash, sum(s.Hash, content))
	case (s.Kind == PSS || s.Kind == PSSPSS) && isRSA:
		sig, err = key.Sign(rand.Reader, sum(s.Hash, content), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.Hash})
	case s.Kind == ECDSA && isECDSA:
		sig, err = key.Sign(source, sum(s.Hash, content), s.Hash)
	case s.Kind == Ed25519 && !isRSA && !isECDSA:
		sig, err = key.Sign(rand.Reader, content, crypto.Hash(0))
	default:
		err = fmt.Errorf("a key of type %T cannot", key.Public())
	}
	if err != nil {
		return nil, fmt.Errorf("sign by %s: %w", s.Name, err)
	}
	return sig, nil
}

func pkcs1(key crypto.Signer, h crypto.Hash, digest []byte) ([]byte, error) {
	if k, ok := key.(*rsa.PrivateKey); ok {
		return kx.SignPKCS1(k, h, digest)
	}
	return key.Sign(rand.Reader, digest, h)
}

// Legacy signs as TLS 1.1 and below do, RFC 4346 7.4.3: MD5 and SHA-1 with RSA, SHA-1 with ECDSA.
func Legacy(key crypto.Signer, content []byte) ([]byte, error) {
	m, s := md5.Sum(content), sha1.Sum(content)
	return LegacyDigest(key, append(m[:], s[:]...), s[:])
}

// LegacyDigest is Legacy over digests that the caller made: both hashes for RSA, SHA-1 for ECDSA.
func LegacyDigest(key crypto.Signer, both, sha []byte) ([]byte, error) {
	var sig []byte
	var err error
	switch key.Public().(type) {
	case *rsa.PublicKey:
		sig, err = pkcs1(key, crypto.MD5SHA1, both)
	case *ecdsa.PublicKey:
		sig, err = key.Sign(rand.Reader, sha, crypto.SHA1)
	default:
		err = fmt.Errorf("a key of type %T cannot", key.Public())
	}
	if err != nil {
		return nil, fmt.Errorf("sign as in TLS 1.1: %w", err)
	}
	return sig, nil
}

// Verify checks a signature over content by a scheme.
func Verify(pub crypto.PublicKey, id uint16, content, sig []byte) error {
	s := ByID(id)
	if s == nil {
		return fmt.Errorf("%w: scheme 0x%04x is unknown", ErrSignature, id)
	}
	ok := false
	switch k := pub.(type) {
	case *rsa.PublicKey:
		switch s.Kind {
		case PKCS1:
			ok = verifyPKCS1(k, s.Hash, sum(s.Hash, content), sig)
		case PSS, PSSPSS:
			ok = rsa.VerifyPSS(k, s.Hash, sum(s.Hash, content), sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
	case *ecdsa.PublicKey:
		ok = s.Kind == ECDSA && ecdsa.VerifyASN1(k, sum(s.Hash, content), sig)
	case ed25519.PublicKey:
		ok = s.Kind == Ed25519 && ed25519.Verify(k, content, sig)
	}
	if !ok {
		return fmt.Errorf("%w by %s", ErrSignature, s.Name)
	}
	return nil
}

// VerifyLegacy checks a signature of TLS 1.1 and below.
func VerifyLegacy(pub crypto.PublicKey, content, sig []byte) error {
	m, s := md5.Sum(content), sha1.Sum(content)
	return VerifyLegacyDigest(pub, append(m[:], s[:]...), s[:], sig)
}

// VerifyLegacyDigest is VerifyLegacy over digests that the caller made.
func VerifyLegacyDigest(pub crypto.PublicKey, both, sha, sig []byte) error {
	ok := false
	switch k := pub.(type) {
	case *rsa.PublicKey:
		ok = verifyPKCS1(k, crypto.MD5SHA1, both, sig)
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(k, sha, sig)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

// verifyPKCS1 knows keys of any size: it compares with what kx.SignPKCS1 makes of them.
func verifyPKCS1(k *rsa.PublicKey, h crypto.Hash, digest, sig []byte) bool {
	if k.N.BitLen() >= 1024 {
		return rsa.VerifyPKCS1v15(k, h, digest, sig) == nil
	}
	em := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(k.E)), k.N)
	want, err := kx.EncodePKCS1(k, h, digest)
	return err == nil && em.Cmp(new(big.Int).SetBytes(want)) == 0
}
