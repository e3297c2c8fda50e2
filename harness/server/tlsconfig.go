package server

import (
	"crypto"
	"crypto/tls"
	"fmt"
	"sync"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/scenarios"
)

// versionNumbers maps the versions that crypto/tls speaks.
var versionNumbers = map[scenarios.Version]uint16{
	scenarios.TLS10: tls.VersionTLS10,
	scenarios.TLS11: tls.VersionTLS11,
	scenarios.TLS12: tls.VersionTLS12,
	scenarios.TLS13: tls.VersionTLS13,
}

// suiteNumbers maps the IANA names of the suites that crypto/tls has, the
// insecure ones too: a fault may ask for them.
var suiteNumbers = sync.OnceValue(func() map[string]uint16 {
	m := make(map[string]uint16)
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		m[s.Name] = s.ID
	}
	return m
})

// groupNumbers maps IANA names of supported groups.
var groupNumbers = map[string]tls.CurveID{
	"secp256r1":          tls.CurveP256,
	"secp384r1":          tls.CurveP384,
	"secp521r1":          tls.CurveP521,
	"x25519":             tls.X25519,
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

// rsaSuites are the suites of static RSA key exchange, best first.
var rsaSuites = []uint16{
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// wanted is the protocol side of a server: what is given, with the fault in it.
type wanted struct {
	tls        scenarios.TLS
	alpn       []string
	clientAuth scenarios.ClientAuth
	edits      []wire.Edit
	wire       bool    // whatever crypto/tls could do
	status     *status // of the certificates; nil for none
}

func want(s *scenarios.Scenario) (wanted, error) {
	w := wanted{tls: s.Given.TLS, alpn: s.Given.ALPN, clientAuth: s.Given.ClientAuth, wire: s.Given.Engine == scenarios.EngineWire}
	for _, e := range s.Fault.Edits() {
		edit, err := e.Parse()
		if err != nil {
			return w, err
		}
		w.edits = append(w.edits, edit)
	}
	if served := s.Served(); stapled(served.Intermediate) || stapled(served.Intermediate2) {
		w.wire = true // crypto/tls staples to the leaf alone
	}
	if f := s.Fault.TLS; f != nil {
		w.tls = overlayTLS(w.tls, *f)
	}
	if s.Fault.ALPN != nil {
		w.alpn = s.Fault.ALPN
	}
	if s.Fault.ClientAuth != "" {
		w.clientAuth = s.Fault.ClientAuth
	}
	return w, nil
}

// newEngine chooses the engine that can serve what is wanted.
func newEngine(w wanted, certificate tls.Certificate) (engine, error) {
	if w.wire || len(w.edits) > 0 || needsWire(w.tls) {
		signer, ok := certificate.PrivateKey.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("a key of type %T does not sign", certificate.PrivateKey)
		}
		config, err := wireConfig(w, wire.Certificate{Chain: certificate.Certificate, Key: signer, SCTs: certificate.SignedCertificateTimestamps})
		return wireTLS{config, w.status}, err
	}
	config, err := tlsConfig(w, certificate)
	if err == nil && w.status != nil {
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			stapled := certificate
			var err error
			stapled.OCSPStaple, _, err = w.status.staples()
			return &stapled, err
		}
	}
	return cryptoTLS{config}, err
}

// stapled reports whether a response is stapled to a certificate.
func stapled(c *scenarios.Certificate) bool { return c != nil && c.Staple != nil }

// tlsConfig makes the crypto/tls configuration of a server.
func tlsConfig(w wanted, certificate tls.Certificate) (*tls.Config, error) {
	cfg := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   w.alpn,
		// One attempt must not resume what another began.
		SessionTicketsDisabled: true,
		MinVersion:             tls.VersionTLS12,
		MaxVersion:             tls.VersionTLS13,
	}
	if err := setVersions(cfg, w.tls.Versions); err != nil {
		return nil, err
	}
	switch w.clientAuth {
	case scenarios.ClientAuthRequest:
		cfg.ClientAuth = tls.RequestClientCert
	case scenarios.ClientAuthRequire:
		cfg.ClientAuth = tls.RequireAnyClientCert
	}
	for _, name := range w.tls.CipherSuites {
		id, ok := suiteNumbers()[name]
		if !ok {
			return nil, fmt.Errorf("cipher suite %q: no engine has it", name)
		}
		cfg.CipherSuites = append(cfg.CipherSuites, id)
	}
	switch {
	case len(cfg.CipherSuites) > 0 || w.tls.KeyExchange == "" || w.tls.KeyExchange == scenarios.ECDHE:
	case w.tls.KeyExchange == scenarios.RSA:
		cfg.CipherSuites = rsaSuites
	default:
		return nil, fmt.Errorf("key exchange %q: no engine has it", w.tls.KeyExchange)
	}
	for _, name := range w.tls.Groups {
		id, ok := groupNumbers[name]
		if !ok {
			return nil, fmt.Errorf("supported group %q: no engine has it", name)
		}
		cfg.CurvePreferences = append(cfg.CurvePreferences, id)
	}
	return cfg, nil
}

// overlayTLS returns base with what delta sets.
func overlayTLS(base, delta scenarios.TLS) scenarios.TLS {
	if len(delta.Versions) > 0 {
		base.Versions = delta.Versions
	}
	if len(delta.CipherSuites) > 0 {
		base.CipherSuites = delta.CipherSuites
	}
	if len(delta.Groups) > 0 {
		base.Groups = delta.Groups
	}
	if delta.KeyExchange != "" {
		base.KeyExchange = delta.KeyExchange
	}
	return base
}

// setVersions sets the range of versions; crypto/tls knows no gaps.
func setVersions(cfg *tls.Config, versions []scenarios.Version) error {
	if len(versions) == 0 {
		return nil
	}
	cfg.MinVersion, cfg.MaxVersion = 0xffff, 0
	for _, v := range versions {
		n, ok := versionNumbers[v]
		if !ok {
			return fmt.Errorf("version %q: no engine speaks it", v)
		}
		cfg.MinVersion, cfg.MaxVersion = min(cfg.MinVersion, n), max(cfg.MaxVersion, n)
	}
	if int(cfg.MaxVersion-cfg.MinVersion) >= len(versions) {
		return fmt.Errorf("versions %v: a server cannot leave out one in between", versions)
	}
	return nil
}
