package scenarios

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// The key types that are spelt out. Any other RSA size is written rsa-N.
const (
	ECDSAP224 KeyType = "ecdsa-p224"
	ECDSAP256 KeyType = "ecdsa-p256"
	ECDSAP384 KeyType = "ecdsa-p384"
	ECDSAP521 KeyType = "ecdsa-p521"
	Ed25519   KeyType = "ed25519"
	RSA2048   KeyType = "rsa-2048"
	RSA3072   KeyType = "rsa-3072"
	RSA4096   KeyType = "rsa-4096"
)

// keyTypes are the key types that editors and messages propose.
var keyTypes = []KeyType{
	ECDSAP256, ECDSAP384, ECDSAP521, ECDSAP224, Ed25519,
	RSA2048, RSA3072, RSA4096, "rsa-512", "rsa-768", "rsa-1024", "rsa-8192",
	// Keys that everybody has: see package fixtures.
	"published-ecdsa-p256", "published-rsa-2048",
	// Keys of unusual algorithms, broken, or written in unusual ways: see package pki/forge.
	"rsa-exponent-1", "rsa-exponent-2", "rsa-exponent-3", "rsa-exponent-33-bits",
	"rsa-small-factor", "rsa-shared-prime", "rsa-close-primes", "rsa-roca", "rsa-16384", "rsa-pss",
	"ecdsa-p192", "ecdsa-explicit", "ecdsa-compressed", "ecdsa-off-curve", "ecdsa-infinity",
	"dsa-1024", "dsa-2048", "ed448", "ml-dsa-65",
}

// The sizes of an RSA modulus that can be asked for, in bits: the least still
// carries a PKCS #1 v1.5 signature over SHA-1, beyond the most a key takes minutes.
const (
	minRSABits = 384
	maxRSABits = 16384
)

// RSABits returns the bits of modulus of an RSA key type, 0 for any other.
func (k KeyType) RSABits() int {
	digits, ok := strings.CutPrefix(string(k), "rsa-")
	if !ok {
		return 0
	}
	bits, err := strconv.Atoi(digits)
	if err != nil || strconv.Itoa(bits) != digits || bits < minRSABits || bits > maxRSABits {
		return 0
	}
	return bits
}

// keyUsages are the bits of RFC 5280 4.2.1.3.
var keyUsages = []string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

// extKeyUsages are the purposes of RFC 5280 4.2.1.12 by name; any other is written as OID.
var extKeyUsages = []string{
	"serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping", "OCSPSigning", "anyExtendedKeyUsage",
}

// extensionNames are the extensions that a certificate of ours can have by itself, RFC 5280 4.2.1.
var extensionNames = []string{
	"keyUsage", "extKeyUsage", "basicConstraints", "subjectKeyIdentifier", "authorityKeyIdentifier", "subjectAltName", "nameConstraints",
}

// words turns a list of typed words into text.
func words[T ~string](typed ...T) []string {
	list := make([]string, len(typed))
	for i, word := range typed {
		list[i] = string(word)
	}
	return list
}

// vocabularies says for each closed type what authors may write; the loader and
// the JSON Schema both ask it.
func vocabularies() map[reflect.Type]yamltree.Vocabulary {
	return map[reflect.Type]yamltree.Vocabulary{
		reflect.TypeFor[Reason](): {Name: "reason", Words: words(reasonsInOrder...)},
		reflect.TypeFor[Level]():  {Name: "level", Words: words(Must, Should, May)},
		reflect.TypeFor[Basis]():  {Name: "basis", Words: words(ClientMustCheck, ServerMustNotSend)},
		reflect.TypeFor[KeyType](): {
			Name: "key type", Words: words(keyTypes...),
			Allows: func(word string) bool { return KeyType(word).RSABits() > 0 },
		},
		reflect.TypeFor[Version]():     {Name: "protocol version", Words: words(SSL30, TLS10, TLS11, TLS12, TLS13)},
		reflect.TypeFor[KeyExchange](): {Name: "key exchange", Words: words(ECDHE, RSA, DHE)},
		reflect.TypeFor[ClientAuth]():  {Name: "client authentication", Words: words(ClientAuthNone, ClientAuthRequest, ClientAuthRequire)},
		reflect.TypeFor[Trust]():       {Name: "kind of trust", Words: words(TrustStranger, TrustSameName)},
		// Whether there is a further certificate of that name, checkHierarchy says.
		reflect.TypeFor[ChainElement]():    {Name: "certificate", Words: chainWords, Allows: linkedPattern.MatchString},
		reflect.TypeFor[Share]():           {Name: "way to share", Words: words(ShareOwn, ShareShared)},
		reflect.TypeFor[Surgery]():         {Name: "surgery", Words: words(surgeries...)},
		reflect.TypeFor[Stage]():           {Name: "point of the handshake", Words: words(BeforeServerHello, MidCertificate, BeforeFinished, AfterHandshake)},
		reflect.TypeFor[TransportAction](): {Name: "action", Words: words(DoClose, DoReset, DoStall, DoCleartext)},
		reflect.TypeFor[TimeForm](): {Name: "form of time", Words: words(
			TimesUTC, TimesGeneralized, TimesFraction, TimesOffset, TimesNoSeconds, TimesNoZone,
		)},
		reflect.TypeFor[PageLoad](): {Name: "kind of load", Words: words(
			LoadScript, LoadStyle, LoadFrame, LoadFetch, LoadWebSocket, LoadImage, LoadAudio, LoadVideo, LoadForm, LoadNavigation,
		)},
		reflect.TypeFor[PageCleartext](): {Name: "part of a page", Words: words(CleartextReference, CleartextRedirect, CleartextDocument)},
		reflect.TypeFor[Issuer]():        {Name: "issuer", Words: words(IssuerSelf, IssuerRoot, IssuerStranger, IssuerLeaf)},
	}
}
