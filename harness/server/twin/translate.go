package twin

import (
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

// versions are what the servers speak, in order.
var versions = []scenarios.Version{scenarios.TLS10, scenarios.TLS11, scenarios.TLS12, scenarios.TLS13}

// groupNames are the names that OpenSSL has for groups and IANA has not.
var groupNames = map[string]string{"secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448"}

// The suites of each key exchange, where a scenario names none.
var keyExchangeCiphers = map[scenarios.KeyExchange]string{
	"":              "kECDHE:!aNULL:!eNULL:@SECLEVEL=0",
	scenarios.ECDHE: "kECDHE:!aNULL:!eNULL:@SECLEVEL=0",
	scenarios.DHE:   "kDHE:!aNULL:!eNULL:@SECLEVEL=0",
	scenarios.RSA:   "kRSA:!eNULL:@SECLEVEL=0",
}

const http11 = "http/1.1"

// translate puts what a scenario needs into the words of the servers.
func (t *Twin) translate(setup server.Setup) (settings, error) {
	s := settings{ALPN: setup.ALPN, ClientAuth: setup.ClientAuth, Staple: setup.Staple != nil, Issuers: len(setup.Chain) > 1}
	if len(setup.Chain) == 0 {
		return s, t.cannot("send no certificate")
	}
	if t.kind.httpOnly && len(s.ALPN) > 0 && !slices.Equal(s.ALPN, []string{http11}) {
		return s, t.cannot("have other application protocols than its own: %s", strings.Join(s.ALPN, ", "))
	}
	if what := t.kind.cannot[limitALPN]; len(s.ALPN) > 0 && !slices.Contains(s.ALPN, http11) && what != "" {
		return s, t.cannot("%s", what)
	}
	if what := t.kind.cannot[limitStaple]; s.Staple && what != "" {
		return s, t.cannot("%s", what)
	}
	if what := t.kind.cannot[limitRequire]; s.ClientAuth == scenarios.ClientAuthRequire && what != "" {
		return s, t.cannot("%s", what)
	}
	if err := t.translateTLS(&s, setup.TLS); err != nil {
		return s, err
	}
	group := setup.DH
	if group == nil && setup.TLS.KeyExchange == scenarios.DHE {
		sound, err := wire.ParseEdit(wire.AreaDH, "named", "ffdhe2048")
		if err != nil {
			return s, err
		}
		group = sound.Group()
	}
	s.DH = group != nil
	return s, t.translateFiles(&s, setup, group)
}

func (t *Twin) translateTLS(s *settings, tls scenarios.TLS) error {
	wanted := tls.Versions
	if len(wanted) == 0 {
		wanted = []scenarios.Version{scenarios.TLS12, scenarios.TLS13}
	}
	for _, v := range wanted {
		if !slices.Contains(versions, v) {
			return t.cannot("speak %s, which its OpenSSL has not", v)
		}
	}
	for _, v := range versions {
		if slices.Contains(wanted, v) {
			s.Versions = append(s.Versions, string(v))
		} else {
			s.OtherVersions = append(s.OtherVersions, string(v))
		}
	}
	var old, new []string
	for _, name := range tls.CipherSuites {
		its, ok := t.suites[name]
		switch {
		case !ok:
			return t.cannot("use %s, which its OpenSSL has not", name)
		case its == name: // TLS 1.3 has the same names for all
			new = append(new, its)
		default:
			old = append(old, its)
		}
	}
	s.Suites13, s.Ciphers = strings.Join(new, ":"), keyExchangeCiphers[tls.KeyExchange]
	if len(old) > 0 {
		s.Ciphers = strings.Join(append(old, "@SECLEVEL=0"), ":")
	}
	groups := make([]string, len(tls.Groups))
	for i, name := range tls.Groups {
		groups[i] = name
		if its, ok := groupNames[name]; ok {
			groups[i] = its
		}
	}
	s.Groups = strings.Join(groups, ":")
	return nil
}

// translateFiles writes what the configuration points to.
func (t *Twin) translateFiles(s *settings, setup server.Setup, group *wire.DHParams) error {
	key, err := pki.KeyPEM(setup.Key)
	if err != nil {
		return t.cannot("use a key of type %T", setup.Key)
	}
	chain := certificates(setup.Chain)
	s.files = map[string][]byte{
		"key.pem": key, "chain.pem": chain, "all.pem": slices.Concat(chain, key),
		"leaf.pem": certificates(setup.Chain[:1]), "issuers.pem": certificates(setup.Chain[1:]),
		"anchors.pem": certificates(setup.Anchors),
	}
	if s.Staple {
		s.files["all.pem.ocsp"] = setup.Staple // HAProxy looks for that name
	}
	if group != nil {
		der, err := asn1.Marshal(struct{ P, G *big.Int }{group.P, group.G}) // PKCS #3
		if err != nil {
			return err
		}
		s.files["dh.pem"] = pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: der})
		s.files["chain-dh.pem"] = slices.Concat(chain, s.files["dh.pem"])
	}
	return nil
}

func certificates(chain [][]byte) []byte {
	var all []byte
	for _, der := range chain {
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return all
}
