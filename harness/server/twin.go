package server

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Twin is a server that people run, such as nginx, which serves scenarios in
// place of the engines of this package. Clients still connect to this package,
// which reads the records as they pass; the twin sends on what it decrypts.
type Twin interface {
	// Name is what people call the twin, and Version which it is, with that of its TLS library.
	Name() string
	Version() string
	// Serve sets the twin up. The error is a *CannotError where it has no setting for that.
	Serve(ctx context.Context, setup Setup) (Instance, error)
}

// Setup is what a twin is to be set to.
type Setup struct {
	Chain      [][]byte // DER, leaf first
	Key        crypto.Signer
	Anchors    [][]byte // DER, what clients trust
	TLS        scenarios.TLS
	ALPN       []string
	ClientAuth scenarios.ClientAuth
	DH         *wire.DHParams // nil for its own
	Staple     []byte         // DER; nil for none
}

// Instance is a twin that serves one scenario.
type Instance interface {
	// Dial opens a connection for a client.
	Dial(ctx context.Context) (Link, error)
	Close()
}

// Link is a connection to a twin.
type Link interface {
	net.Conn
	CloseWrite() error
	// Plain is where the twin's own connection comes, with what it decrypts, once its
	// handshake is done: one at most.
	Plain() <-chan net.Conn
	// Settle returns once everything that the twin has sent on so far is in Plain.
	Settle()
	// Alert is the alert that the twin says it was sent on this connection.
	Alert() (description uint8, ok bool)
}

// CannotError says that a server cannot be set to what a scenario needs.
type CannotError struct {
	Server string // its name
	What   string // as in "cannot be set to …"
}

func (e *CannotError) Error() string { return e.Server + " cannot be set to " + e.What }

// twinned is a twin that serves one site.
type twinned struct {
	Instance
	edit *wire.Edit // what is wrong with Diffie-Hellman; nil for nothing

	mu     sync.Mutex
	failed error
}

// err returns what kept the twin from serving a client; nil for nothing.
func (t *twinned) err() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// newTwinned has the twin serve a scenario with what path has issued.
func newTwinned(twin Twin, s *scenarios.Scenario, w wanted, certificate tls.Certificate, path *path) (*twinned, error) {
	t := &twinned{}
	setup := Setup{
		Chain: certificate.Certificate, Anchors: pki.Chain(path.roots()...),
		TLS: w.tls, ALPN: w.alpn, ClientAuth: w.clientAuth,
	}
	what := beyondSettings(s, certificate)
	if len(w.edits) > 0 && what == "" {
		t.edit = &w.edits[0]
		if setup.DH = t.edit.Group(); setup.DH == nil {
			what = brokenRules[t.edit.Area]
		}
	}
	if what != "" {
		return nil, &CannotError{twin.Name(), what}
	}
	var ok bool
	if setup.Key, ok = certificate.PrivateKey.(crypto.Signer); !ok {
		return nil, fmt.Errorf("a key of type %T does not sign", certificate.PrivateKey)
	}
	if w.status != nil {
		leaf, above, err := w.status.staples()
		if err != nil {
			return nil, err
		}
		for _, staple := range above {
			if staple != nil {
				return nil, &CannotError{twin.Name(), "staple to more than the leaf"}
			}
		}
		setup.Staple = leaf
	}
	var err error
	t.Instance, err = twin.Serve(context.Background(), setup) //nolint:contextcheck // it outlives whoever asked first
	if err != nil {
		return nil, err
	}
	return t, nil
}

// brokenRules says what the edits of an area do that nobody can set a server to.
var brokenRules = map[wire.Area]string{
	wire.AreaDH:        "send such a Diffie-Hellman value",
	wire.AreaProtocol:  "choose a version or suite against the rules",
	wire.AreaHandshake: "send handshake messages that break the rules",
	wire.AreaRecord:    "send records or alerts that break the rules",
}

// beyondSettings says what of a scenario no server can be set to; empty for nothing.
func beyondSettings(s *scenarios.Scenario, certificate tls.Certificate) string {
	switch f := s.Fault; {
	case f.Transport != nil:
		return "drop or hold up a connection at a point of the handshake"
	case f.HTTP != nil && (f.HTTP.TruncateBody || f.HTTP.Trickle):
		return "end or hold up an answer halfway"
	case s.Given.Page != nil:
		return "speak TLS and plain HTTP on one port"
	case len(certificate.SignedCertificateTimestamps) > 0:
		return "send timestamps of certificate transparency in the handshake"
	}
	return ""
}

func (t *twinned) close() {
	if t != nil {
		t.Close()
	}
}

// relayGrace is how long a twin may take to answer a client that has said all it will.
const relayGrace = 2 * time.Second

// relay runs one connection: it passes the records on in both directions, and
// answers what the twin has decrypted. What the tap cannot read off the records
// comes from the twin: that it took the handshake for done, since only then it
// sends anything on, and what alert it was sent under encryption.
func (t *twinned) relay(ctx context.Context, s *site, tap *evidence.Tap) {
	link, err := t.Dial(ctx)
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.failed = errors.Join(t.failed, fmt.Errorf("connecting to the server behind: %w", err))
		return
	}
	defer link.Close() //nolint:errcheck // either side has closed it by then, or is not to be waited for
	if err := link.SetDeadline(time.Now().Add(connTime)); err != nil {
		return
	}
	if t.edit != nil {
		tap.AwaitFault(t.edit.Name, t.edit.Info().Needs, t.edit.AfterRequest())
	}
	fromClient, toClient := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fromClient)
		_, _ = io.Copy(link, tap) // how it ended, the tap has noted
		_ = link.CloseWrite()
		_ = link.SetReadDeadline(time.Now().Add(relayGrace))
	}()
	go func() {
		defer close(toClient)
		_, _ = io.Copy(tap, link)
		_, _ = io.Copy(io.Discard, link) // a client that reads no more may have said why: the twin is to come to it
	}()
	select {
	case plain := <-link.Plain():
		s.answerPlain(ctx, plain, tap)
		<-toClient
	case <-toClient:
		link.Settle()
		select {
		case plain := <-link.Plain(): // it sent its request and left
			s.answerPlain(ctx, plain, tap)
		default:
		}
	}
	if _, suite := tap.Negotiated(); t.edit != nil && strings.HasPrefix(evidence.CipherSuiteName(suite), "TLS_DHE_") {
		tap.NoteFault(t.edit.Name)
	}
	if alert, ok := link.Alert(); ok {
		tap.NoteAlert(evidence.Alert{Level: alertFatal, Description: alert}, true)
	}
	_ = tap.CloseWrite() // the client may have gone already
	<-fromClient
	if alert, ok := link.Alert(); ok { // it came only now
		tap.NoteAlert(evidence.Alert{Level: alertFatal, Description: alert}, true)
	}
}

// alertFatal is the level that alerts have but for few: RFC 8446 section 6.
const alertFatal = 2

// answerPlain answers what a twin has decrypted.
func (s *site) answerPlain(ctx context.Context, plain net.Conn, tap *evidence.Tap) {
	defer plain.Close()            //nolint:errcheck // the answer is out
	tap.NoteHandshake(0, 0, "", 0) // what was negotiated the records tell
	_ = s.answer(ctx, decrypted{plain}, tap)
}

// decrypted is a twin's own connection. Its end says nothing of how the client's ended.
type decrypted struct{ net.Conn }

func (d decrypted) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if err != nil {
		err = net.ErrClosed
	}
	return n, err
}
