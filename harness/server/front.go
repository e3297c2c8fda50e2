package server

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/tlsfault/tlsfault/harness/evidence"
)

// redirect is what a front answers every request with.
type redirect struct {
	status int
	url    string
	sent   atomic.Bool // somebody has been sent on
}

// front is the valid server that clients come to first. What it sees is not
// evidence of the case: only whether somebody was sent on is.
type front struct {
	site   *site
	log    *evidence.Log
	accept *acceptor // nil where it shares the port of the case
	port   int
}

// startFront starts the front of s, whose own port is given. It listens unless
// the case is to take its place.
func startFront(ctx context.Context, s *site, port int) (*front, error) {
	f := &front{site: s.front, log: evidence.NewLog(evidence.Limits{}), port: port}
	s.front.redirect.url = httpsURL(s.name, port)
	if s.samePort {
		return f, nil
	}
	listeners, err := listenLoopback(0)
	if err != nil {
		return nil, err
	}
	f.port = listeners[0].Addr().(*net.TCPAddr).Port
	f.accept = startAcceptor(listeners, func(conn net.Conn) func() { return admit(ctx, f.site, f.log, conn) })
	return f, nil
}

// stands reports whether the front still answers on the port of the case.
func (f *front) stands() bool { return f != nil && f.accept == nil && !f.site.redirect.sent.Load() }

// stop stops listening and lets what has arrived be read.
func (f *front) stop(ctx context.Context) {
	if f.accept != nil {
		f.accept.stop(ctx)
	}
	f.log.Settle(ctx) // what a client left open is ended by close
}

// close returns the connections that were seen.
func (f *front) close() []evidence.Connection {
	seen := f.log.Close().Connections
	if f.accept != nil {
		f.accept.wait()
	}
	return seen
}
