package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/internal/grace"
)

// Limits of what one attempt may ask of its proxy.
const (
	maxConnections = 128              // at the same time; more are closed unheard
	maxHead        = 64 << 10         // bytes until it is clear what is asked for
	headTime       = 10 * time.Second // until then
	maxRefused     = 16               // names that are kept of those refused
	maxNameShown   = 300              // bytes that are kept of one
	dialTime       = 5 * time.Second
	// closeTime is how long what is under way may take once the client has ended:
	// what it sent last must still reach the server.
	closeTime = 500 * time.Millisecond
)

// listener is a proxy on a port of loopback. Close it.
type listener struct {
	routes routes
	tcp    net.Listener
	ctx    context.Context // ends the dials
	cancel context.CancelFunc
	loop   sync.WaitGroup
	served sync.WaitGroup

	mu      sync.Mutex
	open    map[net.Conn]struct{} // what close ends
	clients int
	closed  bool
	refused []string
}

func listen(r routes) (*listener, error) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{routes: r, tcp: tcp, ctx: ctx, cancel: cancel, open: make(map[net.Conn]struct{})}
	l.loop.Go(l.accept)
	return l, nil
}

// addr is where the proxy listens, as host:port.
func (l *listener) addr() string { return l.tcp.Addr().String() }

func (l *listener) accept() {
	for {
		conn, err := l.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(5 * time.Millisecond) // out of descriptors: give it a moment
			continue
		}
		if !l.admit(conn) {
			_ = conn.Close() // a flood
			continue
		}
		l.served.Go(func() {
			defer l.dismiss(conn)
			l.serve(conn.(*net.TCPConn))
		})
	}
}

// admit counts a client's connection in, if there is room for it.
func (l *listener) admit(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.clients >= maxConnections {
		return false
	}
	l.clients++
	l.open[conn] = struct{}{}
	return true
}

func (l *listener) dismiss(conn net.Conn) {
	_ = conn.Close() // may be closed already
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients--
	delete(l.open, conn)
}

// serve finds out what a client speaks by its first byte, which is the version
// in SOCKS and a letter in HTTP.
func (l *listener) serve(conn *net.TCPConn) {
	if err := conn.SetDeadline(time.Now().Add(headTime)); err != nil {
		return
	}
	head := bufio.NewReader(io.LimitReader(conn, maxHead))
	first, err := head.Peek(1)
	if err != nil {
		return
	}
	switch first[0] {
	case socks5:
		l.serveSOCKS(conn, head)
	case socks4:
		_, _ = conn.Write([]byte{0, socks4Rejected, 0, 0, 0, 0, 0, 0}) // whether it is read is its affair
	default:
		l.serveHTTP(conn, head)
	}
}

// errRefused says that a client asked for what is not of the case.
var errRefused = errors.New("refused")

// dial connects to where host and port lead. The connection ends with the listener.
func (l *listener) dial(host, port string) (*net.TCPConn, error) {
	address, ok := l.routes.to(host, port)
	if !ok {
		l.refuse(net.JoinHostPort(host, port))
		return nil, errRefused
	}
	dialer := net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(l.ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed && l.ctx.Err() != nil {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.open[conn] = struct{}{}
	return conn.(*net.TCPConn), nil
}

// release closes what dial returned.
func (l *listener) release(conn *net.TCPConn) {
	_ = conn.Close() // may be closed already
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

// refuse notes what a client asked for in vain, each once.
func (l *listener) refuse(what string) {
	what = what[:min(len(what), maxNameShown)]
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refused) < maxRefused && !slices.Contains(l.refused, what) {
		l.refused = append(l.refused, what)
	}
}

// close stops listening, lets what is under way come to its end for a moment,
// ends the rest, and returns what was refused.
func (l *listener) close() []string {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.tcp.Close()
	l.loop.Wait()

	done := make(chan struct{})
	go func() { l.served.Wait(); close(done) }()
	grace.Wait(done, closeTime)
	l.cancel()
	l.mu.Lock()
	for conn := range l.open {
		_ = conn.Close()
	}
	l.mu.Unlock()
	<-done
	return l.refused
}
