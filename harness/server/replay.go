package server

import (
	"context"
	"crypto"
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire"
)

// Replay is a certificate chain that is served as it is, whoever has its key.
type Replay struct {
	// Name is the DNS name or IP address that clients connect to.
	Name string
	// Chain is what the server presents: DER, leaf first.
	Chain [][]byte
	// Roots is PEM of what clients are to trust.
	Roots []byte
	// Key signs the handshake. Where it is not the leaf's, but of its type and
	// size, everything is in order but that signature.
	Key crypto.Signer
}

// StartReplay serves a chain over TLS 1.2 and 1.3 on a free loopback port. Close the server.
func (f *Factory) StartReplay(ctx context.Context, r Replay) (*Server, error) {
	srv, err := startServer(ctx, &site{
		name: r.Name, roots: r.Roots,
		engine: wireTLS{config: &wire.Config{Certificate: wire.Certificate{Chain: r.Chain, Key: r.Key}}},
	}, 0)
	if err != nil {
		return nil, fmt.Errorf("serving a chain for %s: %w", r.Name, err)
	}
	return srv, nil
}
