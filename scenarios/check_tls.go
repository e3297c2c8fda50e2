package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// checkTLS looks at the protocol side: at what is written, and at whether the
// server that comes of it can complete a handshake at all. A fault that no client
// can ever meet proves nothing.
func (c *checker) checkTLS() {
	c.checkLists("given.tls", c.Given.TLS)
	if c.Fault.TLS != nil {
		c.checkLists("fault.tls", *c.Fault.TLS)
	}
	had := c.found
	c.checkSpeaks("given.tls", c.Given)
	if served := c.Served(); c.found == had && !reflect.DeepEqual(served, c.Given) {
		at := "fault.tls"
		if c.Fault.TLS == nil {
			at = "fault"
		}
		c.checkSpeaks(at, served)
	}
}

func (c *checker) checkLists(at string, t TLS) {
	for i, name := range t.CipherSuites {
		c.checkKnown(fmt.Sprintf("%s.cipherSuites.%d", at, i), "cipher suite", name, suiteNames, slices.Contains(t.CipherSuites[:i], name))
	}
	for i, name := range t.Groups {
		c.checkKnown(fmt.Sprintf("%s.groups.%d", at, i), "supported group", name, groupNames, slices.Contains(t.Groups[:i], name))
	}
	for i, v := range t.Versions {
		if slices.Contains(t.Versions[:i], v) {
			c.problem(fmt.Sprintf("%s.versions.%d", at, i), "", "the version %s stands here twice", v)
		}
	}
	if spoken := t.Spoken(); len(t.Versions) > 0 {
		first, last := slices.Index(versionsInOrder, spoken[0]), slices.Index(versionsInOrder, spoken[len(spoken)-1])
		if last-first >= len(spoken) {
			c.problem(at+".versions", "add the versions between, or keep one", "a server that speaks %s and %s speaks what lies between", spoken[0], spoken[len(spoken)-1])
		}
	}
}

// groupAliases are other names of groups, for authors who know a group by one of them.
var groupAliases = map[string]string{
	"p224": "secp224r1", "p-224": "secp224r1", "p256": "secp256r1", "p-256": "secp256r1", "prime256v1": "secp256r1",
	"p384": "secp384r1", "p-384": "secp384r1", "p521": "secp521r1", "p-521": "secp521r1", "curve25519": "x25519",
}

func (c *checker) checkKnown(at, what, name string, known []string, twice bool) {
	switch {
	case !slices.Contains(known, name):
		hint := yamltree.Suggest(name, known)
		if alias := groupAliases[strings.ToLower(name)]; alias != "" {
			hint = didYouMean(alias)
		}
		c.problem(at, hint, "unknown %s %q", what, shortened(name))
	case twice:
		c.problem(at, "", "the %s %s stands here twice", what, name)
	}
}

// checkSpeaks notes where versions, suites, key exchange and key of a server do
// not go together.
func (c *checker) checkSpeaks(at string, g Given) {
	var suites []suite
	for _, name := range g.TLS.CipherSuites {
		if !slices.Contains(suiteNames, name) {
			return
		}
		suites = append(suites, parseSuite(name))
	}
	spoken := g.TLS.Spoken()
	newest := spoken[len(spoken)-1]
	if newest == TLS13 && c.checkSpeaks13(at, g, suites, spoken) {
		return
	}
	c.checkKeyAgainst(at, g, newest)
	if newest == TLS13 {
		return
	}
	key := leafKey(g)
	isRSA := key.RSABits() > 0
	exchange := g.TLS.KeyExchange
	if (exchange == RSA || exchange == DHE) && !isRSA {
		c.problem(at+".keyExchange", "take an RSA key, such as rsa-2048", "the key exchange %s needs an RSA key, not %s", exchange, key)
		return
	}
	if len(suites) == 0 {
		return
	}
	usable := slices.ContainsFunc(suites, func(s suite) bool { return !s.tls13 && atLeast(newest, s.min) })
	if !usable {
		c.problem(at+".cipherSuites", "change versions or cipherSuites", "TLS %s has none of these cipher suites", newest)
		return
	}
	if exchange != "" && !slices.ContainsFunc(suites, func(s suite) bool { return s.exchange == exchange }) {
		c.problem(at+".keyExchange", "leave one of the two out", "none of the cipher suites has the key exchange %s", exchange)
		return
	}
	fits := func(s suite) bool { return s.auth == "" || isRSA == (s.auth == "rsa") }
	if !slices.ContainsFunc(suites, fits) {
		c.problem(at+".cipherSuites", "change key or cipherSuites", "none of the cipher suites is for a server with an %s key", key)
	}
}

// checkSpeaks13 looks at what TLS 1.3 has no place for: every client that has it
// would choose it, and never meet the rest. It reports whether it found something.
func (c *checker) checkSpeaks13(at string, g Given, suites []suite, spoken []Version) bool {
	hint := `leave "1.3" out of versions`
	if len(spoken) > 1 && len(g.TLS.Versions) == 0 {
		hint = `add versions: ["1.2"]`
	}
	switch {
	case g.TLS.KeyExchange == RSA || g.TLS.KeyExchange == DHE:
		c.problem(at+".keyExchange", hint, "TLS 1.3 has no key exchange %s, and clients would choose TLS 1.3", g.TLS.KeyExchange)
		return true
	case len(suites) > 0 && !slices.ContainsFunc(suites, func(s suite) bool { return s.tls13 }):
		c.problem(at+".cipherSuites", hint, "TLS 1.3 has none of these cipher suites, and clients would choose TLS 1.3")
		return true
	}
	return false
}

// minRSAPSSBits is the least RSA modulus that carries rsa_pss_rsae_sha256, with
// which a server signs in TLS 1.3: RFC 8017 9.1.1 asks for 8*32 + 8*32 + 9 bits and one more.
const minRSAPSSBits = 8*32 + 8*32 + 9 + 1

// checkKeyAgainst notes a leaf whose key the versions have no signature scheme for.
func (c *checker) checkKeyAgainst(at string, g Given, newest Version) {
	key := leafKey(g)
	where := at
	if c.node.Get("fault").Get("leaf").Get("key") != nil && at != "given.tls" {
		where = "fault.leaf.key"
	}
	switch bits := key.RSABits(); {
	case newest == TLS13 && key == ECDSAP224:
		c.problem(where, `say tls: { versions: ["1.2"] }`, "TLS 1.3 has no signature scheme for %s keys, RFC 8446 4.2.3", key)
	case newest == TLS13 && bits > 0 && bits < minRSAPSSBits:
		c.problem(where, `say tls: { versions: ["1.2"] }`, "an RSA key of %d bits is too short to sign with in TLS 1.3", bits)
	case key == Ed25519 && !atLeast(newest, TLS12):
		c.problem(where, `add version "1.2"`, "ed25519 keys need TLS 1.2, RFC 8422 5.10")
	}
}

func atLeast(v, other Version) bool {
	return slices.Index(versionsInOrder, v) >= slices.Index(versionsInOrder, other)
}

func leafKey(g Given) KeyType {
	if g.Leaf != nil && g.Leaf.Key != "" {
		return g.Leaf.Key
	}
	return g.KeyType()
}

// minGivenRSABits is the least RSA modulus of a legitimate server, RFC 9325 4.5.
const minGivenRSABits = 2048

// checkGivenIsLegitimate notes what only a fault may be.
func (c *checker) checkGivenIsLegitimate() {
	const hint = "given describes a server without a fault; put it under fault"
	if bits := c.Given.Key.RSABits(); bits > 0 && bits < minGivenRSABits {
		c.problem("given.key", hint, "an RSA key of %d bits is a fault, RFC 9325 4.5", bits)
	}
	for _, of := range []struct {
		place string
		is    *Certificate
	}{{"leaf", c.Given.Leaf}, {"intermediate", c.Given.Intermediate}, {"root", c.Given.Root}} {
		if of.is == nil {
			continue
		}
		at := "given." + of.place
		if bits := of.is.Key.RSABits(); bits > 0 && bits < minGivenRSABits {
			c.problem(at+".key", hint, "an RSA key of %d bits is a fault, RFC 9325 4.5", bits)
		}
		if d, relative, err := of.is.NotAfter.offset(); err == nil && relative && d <= 0 {
			c.problem(at+".notAfter", hint, "a certificate that has ended is a fault")
		}
		if d, relative, err := of.is.NotBefore.offset(); err == nil && relative && d > 0 {
			c.problem(at+".notBefore", hint, "a certificate that has not begun is a fault")
		}
		if of.is.Issuer != "" {
			c.problem(at+".issuer", hint, "an unusual issuer is a fault")
		}
		if s := of.is.Signature; s != nil && s.Corrupt {
			c.problem(at+".signature", hint, "a corrupt signature is a fault")
		}
	}
}
