package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/keeper"
	"github.com/tlsfault/tlsfault/harness/evidence"
)

// settleTime bounds how long Close waits for what has arrived to be read. It is
// never waited for: what a client left open is found out sooner (evidence.Settle).
const settleTime = 30 * time.Second

// connTime bounds the life of one connection, whatever the client does.
const connTime = 2 * time.Minute

// httpsPort is what an https URL without a port means.
const httpsPort = 443

// Server is one scenario on its listeners. Close it.
type Server struct {
	site   *site
	log    *evidence.Log
	accept *acceptor
	plain  *cleartext
	front  *front // nil without one
	port   int
	cancel context.CancelFunc
	target client.Target

	closeOnce sync.Once
	evidence  evidence.Evidence
}

// startServer puts site on a port, a free one if that is 0.
func startServer(ctx context.Context, s *site, port int) (*Server, error) {
	roots, err := writePEM("roots", s.roots)
	if err != nil {
		return nil, err
	}
	listeners, err := listenLoopback(port)
	if err != nil {
		_ = os.Remove(roots)
		return nil, err
	}
	// Connections outlive the attempt by a little, and end with Close.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.ending = make(chan struct{})
	srv := &Server{site: s, log: evidence.NewLog(evidence.Limits{}), cancel: cancel}
	srv.port = listeners[0].Addr().(*net.TCPAddr).Port
	if s.http != nil && s.http.RedirectTo != "" {
		if srv.plain, err = startCleartext(s.name, srv.log); err != nil {
			cancel()
			closeAll(listeners)
			_ = os.Remove(roots)
			return nil, err
		}
		s.plainURL = srv.plain.url
	}
	if s.page != nil {
		s.page.port = srv.port
		srv.log.ServePage(s.page.page.SecureCookie)
	}
	port, logs := srv.port, []*evidence.Log{srv.log}
	if s.front != nil {
		if srv.front, err = startFront(ctx, s, srv.port); err != nil {
			cancel()
			closeAll(listeners)
			_ = os.Remove(roots)
			return nil, err
		}
		port, logs = srv.front.port, append(logs, srv.front.log)
	}
	srv.accept = startAcceptor(listeners, func(conn net.Conn) func() {
		if srv.front.stands() {
			return admit(ctx, s.front, srv.front.log, conn)
		}
		return admit(ctx, s, srv.log, conn)
	})
	srv.target = s.target(port, roots)
	srv.target.Also = s.also(srv.port)
	err = srv.startStatus()
	if err == nil {
		err = srv.tell()
	}
	if err != nil {
		srv.Close()
		return nil, err
	}
	srv.target.Await = func(ctx context.Context, quiet time.Duration) (connected, over bool) {
		return evidence.Await(ctx, quiet, logs...)
	}
	return srv, nil
}

// admit notes a connection in log and returns what serves it within its limits,
// nil where it was turned away.
func admit(ctx context.Context, s *site, log *evidence.Log, conn net.Conn) func() {
	tap := log.Tap(conn)
	if tap == nil {
		return nil
	}
	return func() {
		if err := tap.SetDeadline(time.Now().Add(connTime)); err != nil {
			_ = tap.Close()
			return
		}
		s.serve(ctx, tap, log)
	}
}

// Target is what a client needs to connect to this server.
func (s *Server) Target() client.Target { return s.target }

// Evidence is what was seen so far.
func (s *Server) Evidence() evidence.Evidence {
	seen := s.log.Snapshot()
	if s.front != nil {
		seen.Front = s.front.log.Snapshot().Connections
	}
	return seen
}

// Err returns what kept the server from serving a client, so that the evidence
// tells nothing of that; nil for nothing.
func (s *Server) Err() error {
	if s.site.front == nil {
		return s.site.twin.err()
	}
	return errors.Join(s.site.twin.err(), s.site.front.twin.err())
}

// Close stops listening, lets what has arrived be read, ends what is still
// open, removes the file of roots, and returns everything that was seen. It may
// be called again.
func (s *Server) Close() evidence.Evidence {
	s.closeOnce.Do(s.close)
	return s.evidence
}

func (s *Server) close() {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	s.accept.stop(ctx)
	if s.plain != nil {
		s.plain.stop(ctx)
	}
	if s.front != nil {
		s.front.stop(ctx)
	}
	close(s.site.ending)
	s.log.Settle(ctx) // what a client left open is ended by Close
	s.site.close()
	s.evidence = s.log.Close()
	if s.front != nil {
		s.evidence.Front = s.front.close()
	}
	s.cancel()
	s.accept.wait()
	_ = os.Remove(s.target.CAFile)
	for _, file := range []string{s.target.CRLFile, s.target.LogListFile, s.target.CTLogFile} {
		if file != "" {
			_ = os.Remove(file)
		}
	}
}

// startStatus lets the requests to the responder be evidence, and writes the
// lists that a client may have fetched beforehand.
func (s *Server) startStatus() error {
	status := s.site.status
	if status == nil {
		return nil
	}
	if status.responder != nil {
		status.responder.listen(func(kind fetchKind, f evidence.Fetch) { kind.add(s.log, f) })
	}
	lists, err := status.crls()
	if err != nil || len(lists) == 0 {
		return err
	}
	s.target.CRLFile, err = writePEM("crls", lists)
	return err
}

// writePEM writes what a client is given to a file that other users can read.
func writePEM(what string, pem []byte) (string, error) {
	f, err := keeper.CreateTemp(what, ".pem")
	if err != nil {
		return "", fmt.Errorf("writing the %s: %w", what, err)
	}
	_, err = f.Write(pem)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("writing the %s: %w", what, err)
	}
	return f.Name(), nil
}

// target describes site on a port to a client.
func (s *site) target(port int, rootsFile string) client.Target {
	host := s.name
	addr := "127.0.0.1"
	if ip := net.ParseIP(host); ip != nil {
		addr = host
	}
	return client.Target{
		URL: httpsURL(host, port), Host: host, Port: port, Addr: addr,
		CAFile: rootsFile, RootsPEM: s.roots,
	}
}

// also lists where clients of site, which is on a port, may have to go beside the target.
func (s *site) also(port int) []string {
	list := []string{net.JoinHostPort(s.name, strconv.Itoa(port))}
	if s.page != nil {
		list = append(list, net.JoinHostPort(s.page.from, strconv.Itoa(port)))
	}
	if u, err := url.Parse(s.plainURL); err == nil && u.Host != "" {
		list = append(list, u.Host)
	}
	if s.status != nil && s.status.responder != nil {
		list = append(list, s.status.responder.addr.String())
	}
	return list
}

func httpsURL(host string, port int) string {
	if port == httpsPort {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return "https://" + host + "/"
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/"
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}
