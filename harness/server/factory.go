package server

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Config says what the servers of a Factory have in common.
type Config struct {
	// Seed asks for the same keys as another Factory with that seed; fresh ones when empty.
	Seed string
	// Port is what every server listens on, so that there is one at a time; any free one when 0.
	Port int
	// Twin serves in place of this package's own engines, as far as it can be set to; nil for these.
	Twin Twin
	// PlainRoots leaves the name constraints out of all roots, for clients that cannot read them.
	PlainRoots bool
}

// Factory starts servers. It owns the keys of a run and the authorities that
// its cases share, all made when first needed. It holds no file and no
// goroutine, and is safe for concurrent use.
type Factory struct {
	keys *pki.Keys
	port int
	twin Twin
	// plainRoots is Config.PlainRoots.
	plainRoots bool

	mu          sync.Mutex
	authorities map[string]func() (*pki.Certificate, error)
	oddKeys     map[string]func() (*pki.Key, error)
}

// NewFactory returns a factory that has made nothing yet.
func NewFactory(cfg Config) *Factory {
	return &Factory{
		keys:        pki.NewKeys(cfg.Seed),
		port:        cfg.Port,
		twin:        cfg.Twin,
		plainRoots:  cfg.PlainRoots,
		authorities: make(map[string]func() (*pki.Certificate, error)),
		oddKeys:     make(map[string]func() (*pki.Key, error)),
	}
}

// Start puts a scenario on the factory's loopback port. Errors are of a scenario that
// no engine can serve, and of the machine. Close the server.
func (f *Factory) Start(ctx context.Context, s *scenarios.Scenario) (*Server, error) {
	site, err := f.newSite(s, "")
	if err != nil {
		return nil, fmt.Errorf("serving %s: %w", s.ID, err)
	}
	srv, err := startServer(ctx, site, f.port)
	if err != nil {
		site.close()
		return nil, fmt.Errorf("serving %s: %w", s.ID, err)
	}
	return srv, nil
}

// Keys counts the keys made so far, by type.
func (f *Factory) Keys() map[pki.KeyType]int { return f.keys.Made() }

// publishedPrefix marks the key types that stand for a key everybody has.
const publishedPrefix = "published-"

// key returns the key of a type and slot, an odd one, or one that is public knowledge.
func (f *Factory) key(keyType pki.KeyType, slot string) (*pki.Key, error) {
	if forge.IsOddKey(keyType) {
		return f.oddKey(keyType, slot)
	}
	if !strings.HasPrefix(string(keyType), publishedPrefix) {
		return f.keys.Get(keyType, slot)
	}
	text, err := fixtures.PublishedKey(string(keyType))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("key %s is not PEM", keyType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", keyType, err)
	}
	return pki.NewKey(parsed.(crypto.Signer))
}

// oddKey makes the odd key of a type and slot once.
func (f *Factory) oddKey(keyType pki.KeyType, slot string) (*pki.Key, error) {
	f.mu.Lock()
	name := string(keyType) + " " + slot
	get, ok := f.oddKeys[name]
	if !ok {
		get = sync.OnceValues(func() (*pki.Key, error) {
			return forge.OddKey(keyType, func(t pki.KeyType) (*pki.Key, error) { return f.keys.Get(t, slot) })
		})
		f.oddKeys[name] = get
	}
	f.mu.Unlock()
	return get()
}

// shared makes an authority when first asked for it, once for each name.
func (f *Factory) shared(name string, issue func() (*pki.Certificate, error)) (*pki.Certificate, error) {
	f.mu.Lock()
	get, ok := f.authorities[name]
	if !ok {
		get = sync.OnceValues(issue)
		f.authorities[name] = get
	}
	f.mu.Unlock()
	return get()
}

// site is a scenario ready to be served: what does not depend on the port.
type site struct {
	name      string   // host that clients connect to
	engine    engine   // nil with a twin
	twin      *twinned // nil without one
	transport *scenarios.Transport
	http      *scenarios.HTTP
	roots     []byte   // PEM of what a client is to trust
	plainURL  string   // of the cleartext listener; empty without one
	page      *webPage // nil without one
	status    *status  // nil where no certificate says where one is to be had
	told      told     // to clients, of what to trust beside roots

	front    *site // that redirects to this one; nil without one
	samePort bool  // this one takes the place of the front
	// redirect is what a front answers with; nil for any other site.
	redirect *redirect
	// ending is closed when answers without end must end; nil where they last as long as the connection.
	ending chan struct{}
}

// newSite translates a scenario. name, when not empty, is served in place of the
// scenario's own.
func (f *Factory) newSite(s *scenarios.Scenario, name string) (*site, error) {
	if name != "" {
		renamed := *s
		renamed.Given.Name = name
		s = &renamed
	}
	path, err := f.issuePath(s)
	if err != nil {
		return nil, err
	}
	made, err := f.newSiteOf(s, path)
	if err != nil {
		path.status.close()
	}
	return made, err
}

func (f *Factory) newSiteOf(s *scenarios.Scenario, path *path) (*site, error) {
	certificate, err := path.certificate()
	if err != nil {
		return nil, err
	}
	w, err := want(s)
	if err != nil {
		return nil, err
	}
	if len(path.status.subjects) > 0 {
		w.status = &path.status
	}
	told, err := path.told()
	if err != nil {
		return nil, err
	}
	made := &site{
		status: w.status, told: told, name: s.Given.HostName(),
		transport: s.Fault.Transport, http: s.Fault.HTTP, roots: pki.PEM(path.roots()...),
		page: newWebPage(s),
	}
	if f.twin != nil {
		made.twin, err = newTwinned(f.twin, s, w, certificate, path)
	} else {
		made.engine, err = newEngine(w, certificate)
	}
	if err == nil && s.Given.Redirect != nil {
		err = f.addFront(made, s)
	}
	if err != nil {
		made.twin.close()
		return nil, err
	}
	return made, nil
}

// close ends what the site has running beside its listeners. A nil site has nothing.
func (s *site) close() {
	if s == nil {
		return
	}
	if s.status != nil {
		s.status.close()
	}
	s.twin.close()
	s.front.close()
}

// addFront makes the valid server that redirects to site.
func (f *Factory) addFront(made *site, s *scenarios.Scenario) error {
	valid := s.Control()
	valid.Given.Redirect = nil
	var err error
	if made.front, err = f.newSite(&valid, ""); err != nil {
		return fmt.Errorf("making the server that redirects: %w", err)
	}
	made.front.redirect = &redirect{status: s.Given.Redirect.Status}
	made.samePort = s.Given.Redirect.SamePort
	if !bytes.Equal(made.roots, made.front.roots) {
		made.roots = append(made.roots, made.front.roots...)
	}
	return nil
}

// rootsOf returns every root that clients of the scenarios are to trust, each once.
func (f *Factory) rootsOf(all []scenarios.Scenario) ([]byte, error) {
	var roots []byte
	seen := make(map[string]bool)
	for i := range all {
		p := &path{factory: f, scenario: &all[i]}
		if err := p.issueAnchors(); err != nil {
			return nil, fmt.Errorf("making the roots of %s: %w", all[i].ID, err)
		}
		for _, c := range p.roots() {
			if der := string(c.DER); !seen[der] {
				seen[der] = true
				roots = append(roots, pki.PEM(c)...)
			}
		}
	}
	return roots, nil
}
