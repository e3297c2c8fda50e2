package server

import (
	"context"
	"crypto/tls"
	"io"
	"net"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// engine is one implementation of the server side of TLS. Handshake returns the
// connection that application data is read from and written to, and notes on
// the tap what only the engine knows.
type engine interface {
	handshake(ctx context.Context, conn net.Conn, tap *evidence.Tap) (session, error)
}

// session is an established connection. CloseWrite sends close_notify.
type session interface {
	net.Conn
	CloseWrite() error
}

// cryptoTLS is the engine on Go's crypto/tls: every handshake it can do right.
type cryptoTLS struct{ config *tls.Config }

func (e cryptoTLS) handshake(ctx context.Context, conn net.Conn, tap *evidence.Tap) (session, error) {
	c := tls.Server(conn, e.config)
	if err := c.HandshakeContext(ctx); err != nil {
		tap.NoteError(err)
		return nil, err
	}
	state := c.ConnectionState()
	tap.NoteHandshake(state.Version, state.CipherSuite, state.NegotiatedProtocol, len(state.PeerCertificates))
	return c, nil
}

// serve runs one connection from its first byte to its last. conn is the tap,
// or what stands before it.
func (s *site) serve(ctx context.Context, tap *evidence.Tap, log *evidence.Log) {
	defer tap.Close() //nolint:errcheck // the end of a connection that may be broken on purpose
	if s.page != nil {
		s.servePage(ctx, tap, log)
		return
	}
	if s.twin != nil {
		s.twin.relay(ctx, s, tap)
		return
	}
	fault := s.transport
	if fault != nil && fault.At == scenarios.BeforeServerHello {
		if readClientHello(tap) {
			act(tap, fault.Do)
		}
		return
	}
	var conn net.Conn = tap
	var cut *cutter
	if fault != nil && fault.At != scenarios.AfterHandshake {
		cut = &cutter{Conn: tap, at: fault.At}
		conn = cut
	}
	session, err := s.engine.handshake(ctx, conn, tap)
	switch {
	case cut != nil && cut.cut:
		tap.NoteHeldBack()
		act(tap, fault.Do)
		return
	case err != nil:
		finish(tap)
		return
	case fault != nil && fault.At == scenarios.AfterHandshake:
		act(tap, fault.Do)
		return
	}
	if s.answer(ctx, session, tap) {
		_ = session.CloseWrite()
	}
	_ = tap.CloseWrite()         // the client may have reset the connection,
	drain(appData{session, tap}) // and said why before
}

// servePage runs one connection to a port that speaks TLS and plain HTTP.
func (s *site) servePage(ctx context.Context, tap *evidence.Tap, log *evidence.Log) {
	first, conn, err := peek(tap)
	if err != nil {
		return
	}
	if first != recordHandshake {
		_ = s.page.serve(conn, tap, log, false)
		finish(tap)
		return
	}
	session, err := s.engine.handshake(ctx, conn, tap)
	if err != nil {
		finish(tap)
		return
	}
	in := appData{session, tap}
	if s.page.serve(in, tap, log, true) {
		tap.NoteAnswered()
	}
	_ = session.CloseWrite()
	_ = tap.CloseWrite() // as in serve
	drain(in)
}

// readClientHello reads the first flight of a client, as much of it as one
// record holds, and reports whether anything came.
func readClientHello(tap *evidence.Tap) bool {
	header := make([]byte, recordHeaderLen)
	if _, err := io.ReadFull(tap, header); err != nil {
		return false
	}
	rest := make([]byte, int(header[3])<<8|int(header[4]))
	_, err := io.ReadFull(tap, rest)
	return err == nil
}
