// Package replay asks a client what it makes of somebody's real certificate
// chain, whose private key nobody here has. The server presents the chain and
// signs the handshake with another key. A client that judges the chain before
// that signature refuses one or the other, and its alert and words tell which.
//
// Whether it does judge the chain first is measured, not assumed: the same client
// also meets chains of our own, a good one and bad ones, under a signature that
// is just as wrong. What it cannot tell apart there, it cannot tell here.
package replay

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Config says which chain a client is to meet. All but At and Timeout is required.
type Config struct {
	Client client.Client
	// Chain is DER, leaf first.
	Chain [][]byte
	// Roots is PEM of what the client is to trust.
	Roots []byte
	// Name is the DNS name or IP address that the client is told to connect to.
	Name string
	// At is the time that it is for the client; now when zero. It is the caller who sees to that.
	At time.Time
	// Timeout bounds one attempt; 10 s when 0.
	Timeout time.Duration
}

// defaultTimeout is that of a run's attempts.
const defaultTimeout = 10 * time.Second

// Run lets the client meet the chain and what it takes to understand its answer.
// Its error is of a chain that nobody can sign for, and of the machine.
func Run(ctx context.Context, cfg Config) (verdict.Replayed, error) {
	if cfg.At.IsZero() {
		cfg.At = time.Now()
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if len(cfg.Chain) == 0 {
		return verdict.Replayed{}, fmt.Errorf("replaying a chain: it is empty")
	}
	leaf, err := x509.ParseCertificate(cfg.Chain[0])
	if err != nil {
		return verdict.Replayed{}, fmt.Errorf("replaying a chain: reading the leaf: %w", err)
	}
	keyType, err := typeOf(leaf.PublicKey)
	if err != nil {
		return verdict.Replayed{}, fmt.Errorf("replaying a chain: %w", err)
	}
	s := &stage{cfg: cfg, factory: server.NewFactory(server.Config{}), keys: pki.NewKeys(""), keyType: keyType}
	var seen verdict.Replay
	for _, step := range []struct {
		into *verdict.Observation
		meet func(context.Context) (verdict.Observation, error)
	}{
		{&seen.Control, func(ctx context.Context) (verdict.Observation, error) { return s.meetOurs(ctx, ours{}, true) }},
		{&seen.Signature, func(ctx context.Context) (verdict.Observation, error) { return s.meetOurs(ctx, ours{}, false) }},
		{&seen.Untrusted, func(ctx context.Context) (verdict.Observation, error) {
			return s.meetOurs(ctx, ours{untrusted: true}, false)
		}},
		{&seen.Expired, func(ctx context.Context) (verdict.Observation, error) {
			return s.meetOurs(ctx, ours{expired: true}, false)
		}},
		{&seen.OtherName, func(ctx context.Context) (verdict.Observation, error) {
			return s.meetOurs(ctx, ours{misnamed: true}, false)
		}},
		{&seen.Chain, func(ctx context.Context) (verdict.Observation, error) {
			return s.meet(ctx, cfg.Chain, cfg.Roots, "nobody")
		}},
	} {
		if *step.into, err = step.meet(ctx); err != nil {
			return verdict.Replayed{}, err
		}
	}
	return verdict.JudgeReplay(seen), nil
}

// stage is what the attempts of one replay share.
type stage struct {
	cfg     Config
	factory *server.Factory
	keys    *pki.Keys
	keyType pki.KeyType
}

// meet lets the client meet a chain that is signed for by the key of a slot.
func (s *stage) meet(ctx context.Context, chain [][]byte, roots []byte, slot string) (verdict.Observation, error) {
	key, err := s.keys.Get(s.keyType, slot)
	if err != nil {
		return verdict.Observation{}, err
	}
	srv, err := s.factory.StartReplay(ctx, server.Replay{Name: s.cfg.Name, Chain: chain, Roots: roots, Key: key.Signer})
	if err != nil {
		return verdict.Observation{}, err
	}
	attemptCtx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	attempt := s.cfg.Client.Attempt(attemptCtx, srv.Target())
	cancel()
	ev := srv.Close()
	if ctx.Err() != nil {
		return verdict.Observation{}, context.Cause(ctx)
	}
	expect := scenarios.Expect{Outcome: scenarios.Reject, Reason: scenarios.BadHandshakeSignature}
	return verdict.Observe(ev, attempt, expect, verdict.Builtin()), nil
}
