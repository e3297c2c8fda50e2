package server

import (
	"context"
	"fmt"
	"net"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/scenarios"
)

// wireTLS is the engine on package wire: what crypto/tls cannot do or would not
// do wrong.
type wireTLS struct {
	config *wire.Config
	status *status // nil for none
}

func (e wireTLS) handshake(ctx context.Context, conn net.Conn, tap *evidence.Tap) (session, error) {
	config := *e.config
	if e.status != nil {
		var err error
		if config.Certificate.OCSPStaple, config.Certificate.ChainStaples, err = e.status.staples(); err != nil {
			return nil, err
		}
	}
	config.Trace = func(event wire.Event) {
		switch event.Kind {
		case wire.EventEdit:
			tap.NoteFault(event.Name)
		case wire.EventAlert:
			tap.NoteAlert(evidence.Alert{Level: event.Level, Description: event.Type, Plaintext: !event.Protected}, !event.Sent)
		}
	}
	for _, edit := range config.Edits {
		tap.AwaitFault(edit.Name, edit.Info().Needs, edit.AfterRequest())
	}
	c := wire.Server(conn, &config)
	if err := c.Handshake(ctx); err != nil {
		tap.NoteError(err)
		return nil, err
	}
	state := c.ConnectionState()
	tap.NoteHandshake(state.Version, state.CipherSuite, state.ALPN, len(state.ClientCertificates))
	return c, nil
}

// wireVersions maps the versions that package wire speaks.
var wireVersions = map[scenarios.Version]uint16{
	scenarios.SSL30: wire.VersionSSL30, scenarios.TLS10: wire.VersionTLS10, scenarios.TLS11: wire.VersionTLS11,
	scenarios.TLS12: wire.VersionTLS12, scenarios.TLS13: wire.VersionTLS13,
}

// needsWire reports whether crypto/tls cannot serve what t describes.
func needsWire(t scenarios.TLS) bool {
	for _, v := range t.Versions {
		if _, ok := versionNumbers[v]; !ok {
			return true
		}
	}
	for _, name := range t.CipherSuites {
		if _, ok := suiteNumbers()[name]; !ok {
			return true
		}
	}
	for _, name := range t.Groups {
		if _, ok := groupNumbers[name]; !ok {
			return true
		}
	}
	return t.KeyExchange == scenarios.DHE
}

// wireConfig makes the configuration of a scenario for package wire.
func wireConfig(w wanted, certificate wire.Certificate) (*wire.Config, error) {
	cfg := &wire.Config{Certificate: certificate, ALPN: w.alpn, Edits: w.edits}
	for _, v := range w.tls.Versions {
		n, ok := wireVersions[v]
		if !ok {
			return nil, fmt.Errorf("version %q: no engine speaks it", v)
		}
		cfg.Versions = append(cfg.Versions, n)
	}
	for _, name := range w.tls.CipherSuites {
		id, err := wire.CipherSuiteID(name)
		if err != nil {
			return nil, err
		}
		cfg.CipherSuites = append(cfg.CipherSuites, id)
	}
	if len(cfg.CipherSuites) == 0 {
		switch w.tls.KeyExchange {
		case scenarios.DHE:
			cfg.CipherSuites = dheSuites
		case scenarios.RSA:
			cfg.CipherSuites = rsaSuites
		}
	}
	for _, name := range w.tls.Groups {
		id, err := wire.GroupID(name)
		if err != nil {
			return nil, err
		}
		cfg.Groups = append(cfg.Groups, id)
	}
	switch w.clientAuth {
	case scenarios.ClientAuthRequest:
		cfg.ClientAuth = wire.RequestClientCert
	case scenarios.ClientAuthRequire:
		cfg.ClientAuth = wire.RequireClientCert
	}
	return cfg, nil
}

// dheSuites are the suites of ephemeral finite-field Diffie-Hellman with RSA, best first.
var dheSuites = []uint16{
	0x009e, // TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
	0x009f, // TLS_DHE_RSA_WITH_AES_256_GCM_SHA384
	0x0033, // TLS_DHE_RSA_WITH_AES_128_CBC_SHA
	0x0039, // TLS_DHE_RSA_WITH_AES_256_CBC_SHA
	0x0067, // TLS_DHE_RSA_WITH_AES_128_CBC_SHA256
}
