package twin

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

// peerHeader is the field in which a server that speaks HTTP to us names the
// address that its client has.
const peerHeader = "X-Tlsfault-Peer"

// identifyTime bounds how long a server may take to say whose connection it is:
// where a shell does, it may have to wait for its turn.
const identifyTime = startTime

// upstream is where a server sends on what it has decrypted.
type upstream struct {
	listener net.Listener
	done     chan struct{}

	mu      sync.Mutex
	waiting map[string]*pending // by the address of the client
	marks   map[string]chan struct{}
}

// pending is a connection whose decrypted side is waited for.
type pending struct {
	plain chan net.Conn
	// early is a connection that the server has opened before the handshake: what
	// first comes on it shows that this is done.
	early bool
	peeks sync.WaitGroup
}

func listenUpstream(ip net.IP) (*upstream, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: ip})
	if err != nil {
		return nil, err
	}
	u := &upstream{listener: l, done: make(chan struct{}), waiting: make(map[string]*pending), marks: make(map[string]chan struct{})}
	go u.accept()
	return u, nil
}

func (u *upstream) port() int { return u.listener.Addr().(*net.TCPAddr).Port }

// accept takes connections one by one, so that they are handed out in the order
// in which they came.
func (u *upstream) accept() {
	defer close(u.done)
	for {
		conn, err := u.listener.Accept()
		if err != nil {
			return
		}
		u.identify(conn)
	}
}

// identify hands a connection to whoever waits for it.
func (u *upstream) identify(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(identifyTime))
	in := bufio.NewReader(conn)
	peer, read := readPeer(in)
	_ = conn.SetReadDeadline(time.Time{})
	u.mu.Lock()
	defer u.mu.Unlock()
	if mark := u.marks[peer]; mark != nil {
		close(mark)
		delete(u.marks, peer)
	}
	p := u.waiting[peer]
	if p == nil {
		_ = conn.Close()
		return
	}
	plain := &buffered{Conn: conn, first: read, rest: in}
	if !p.early {
		p.put(plain)
		return
	}
	p.peeks.Go(func() {
		if _, err := in.Peek(1); err != nil {
			_ = conn.Close()
			return
		}
		p.put(plain)
	})
}

// put hands out the first connection and closes any other: each client connection sends one request.
func (p *pending) put(conn net.Conn) {
	select {
	case p.plain <- conn:
	default:
		_ = conn.Close()
	}
}

// readPeer reads whose connection it is: off a line of the PROXY protocol, which
// is dropped, or off a field of the header of a request, which is returned.
func readPeer(in *bufio.Reader) (peer string, read []byte) {
	for {
		line, err := in.ReadSlice('\n')
		if f := bytes.Fields(line); err == nil && len(read) == 0 && len(f) > 2 && string(f[0]) == "PROXY" {
			return string(f[2]), nil
		}
		name, value, _ := strings.Cut(string(line), ":")
		if err == nil && textproto.CanonicalMIMEHeaderKey(name) == peerHeader {
			peer = strings.TrimSpace(value)
			continue
		}
		read = append(read, line...)
		if err != nil || len(bytes.TrimSpace(line)) == 0 {
			return peer, read
		}
	}
}

// wait registers a client's address.
func (u *upstream) wait(peer string, early bool) *pending {
	p := &pending{plain: make(chan net.Conn, 1), early: early}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waiting[peer] = p
	return p
}

// forget takes the registration back.
func (u *upstream) forget(peer string) {
	u.mu.Lock()
	p := u.waiting[peer]
	delete(u.waiting, peer)
	u.mu.Unlock()
	if p == nil {
		return
	}
	select {
	case conn := <-p.plain:
		_ = conn.Close()
	default:
	}
}

// settle returns once all that connected before has been handed out: connections
// queue in order, so that one of our own marks the end.
func (u *upstream) settle(p *pending) {
	mark, word := make(chan struct{}), rand.Text()
	u.mu.Lock()
	u.marks[word] = mark
	u.mu.Unlock()
	conn, err := net.Dial("tcp4", u.listener.Addr().String())
	if err != nil {
		return // closed: nothing can come any more
	}
	defer conn.Close() //nolint:errcheck // our own
	if _, err := conn.Write([]byte("PROXY TCP4 " + word + "\n")); err != nil {
		return
	}
	select {
	case <-mark:
	case <-u.done:
	}
	p.peeks.Wait()
}

func (u *upstream) close() {
	_ = u.listener.Close()
	<-u.done
}

// buffered is a connection of which the beginning has been read.
type buffered struct {
	net.Conn
	first []byte
	rest  *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) {
	if len(b.first) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.rest.Read(p)
}
