package evidence

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// ErrTooManyBytes is what Read returns once a client has sent more than
// Limits.Bytes on one connection.
var ErrTooManyBytes = errors.New("client sent more than the limit of its connection")

// Tap is a connection of a Log. It passes bytes on unaltered and reads the TLS
// records off them as they pass. Its owner, who accepted the connection, notes
// what only a TLS stack can know and closes the tap last of all. One goroutine
// may read while another writes; the notes are safe from any.
type Tap struct {
	conn net.Conn
	log  *Log

	mu           sync.Mutex
	conversation *conversation
	interrupted  bool // the read deadline was set into the past: a wake-up, no time limit
	frozen       bool // the log is closed, nothing changes any more
	abandoned    bool // the log closed the connection
	closed       bool // its owner closed it
	pending      int  // reads and writes that have not returned
	returned     int  // that have
}

var _ net.Conn = (*Tap)(nil)

// Read reads from the client.
func (t *Tap) Read(p []byte) (int, error) {
	t.mu.Lock()
	t.pending++
	t.mu.Unlock()

	n, err := t.conn.Read(p)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending--
	t.returned++
	if t.frozen {
		return n, err
	}
	c := t.conversation
	if n > 0 {
		c.fromClient(p[:n])
	}
	if err != nil {
		t.readFailed(err)
	} else if c.bytesIn > t.log.limits.Bytes {
		err = fmt.Errorf("after %d bytes: %w", c.bytesIn, ErrTooManyBytes)
	}
	return n, err
}

// readFailed notes what an error of the connection tells.
func (t *Tap) readFailed(err error) {
	e, known := cause(err)
	if !known || t.abandoned || e == EndTimeout && t.interrupted {
		return
	}
	t.conversation.sawFIN = t.conversation.sawFIN || errors.Is(err, io.EOF)
	t.conversation.finish(e, time.Now())
}

// Write writes to the client. What p says is taken to be said before it goes
// out, since a client's answer can arrive before Write returns.
func (t *Tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.pending++
	before := t.conversation.sent
	if !t.frozen {
		t.conversation.fromServer(p)
	}
	t.mu.Unlock()

	n, err := t.conn.Write(p)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending--
	t.returned++
	if t.frozen {
		return n, err
	}
	t.conversation.bytesOut += int64(n)
	if n < len(p) {
		t.conversation.undo(before, p[:n])
	}
	if err != nil {
		if e, known := cause(err); known && !t.abandoned && e != EndFIN {
			t.conversation.finish(e, time.Now())
		}
	}
	return n, err
}

// Close closes the connection. It is the owner's last word: what it noted until
// then is in the evidence.
func (t *Tap) Close() error {
	t.mu.Lock()
	first := !t.closed
	t.closed = true
	if first && !t.frozen && !t.abandoned && t.conversation.end.IsZero() {
		t.conversation.finish(EndServer, time.Now())
	}
	t.mu.Unlock()
	err := t.conn.Close()
	if first {
		t.log.tapClosed()
	}
	return err
}

// CloseWrite sends a FIN and keeps reading, where the connection can do that.
func (t *Tap) CloseWrite() error {
	if c, ok := t.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return fmt.Errorf("half-close of %T: %w", t.conn, errors.ErrUnsupported)
}

// SetLinger sets what Close does with unsent data, where the connection has
// that; 0 makes it send a reset (net.TCPConn).
func (t *Tap) SetLinger(seconds int) error {
	if c, ok := t.conn.(interface{ SetLinger(int) error }); ok {
		return c.SetLinger(seconds)
	}
	return fmt.Errorf("linger of %T: %w", t.conn, errors.ErrUnsupported)
}

// NetConn returns the connection beneath. What passes there directly is not seen.
func (t *Tap) NetConn() net.Conn { return t.conn }

// LocalAddr returns the server's address.
func (t *Tap) LocalAddr() net.Addr { return t.conn.LocalAddr() }

// RemoteAddr returns the client's address.
func (t *Tap) RemoteAddr() net.Addr { return t.conn.RemoteAddr() }

// SetDeadline sets the time limit of reads and writes. One that lies in the past
// wakes up a pending Read, and running into it is no EndTimeout.
func (t *Tap) SetDeadline(d time.Time) error {
	t.deadlineSet(d)
	return t.conn.SetDeadline(d)
}

// SetReadDeadline sets the time limit of reads, see SetDeadline.
func (t *Tap) SetReadDeadline(d time.Time) error {
	t.deadlineSet(d)
	return t.conn.SetReadDeadline(d)
}

// SetWriteDeadline sets the time limit of writes.
func (t *Tap) SetWriteDeadline(d time.Time) error { return t.conn.SetWriteDeadline(d) }

func (t *Tap) deadlineSet(d time.Time) {
	past := !d.IsZero() && !d.After(time.Now())
	t.mu.Lock()
	t.interrupted = past
	t.mu.Unlock()
}

// note runs f unless the log is closed.
func (t *Tap) note(f func(c *conversation)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.frozen {
		f(t.conversation)
	}
}

// NoteHandshake notes that the server verified the client's Finished, and what
// was negotiated: version and suite by their numbers on the wire, the protocol
// of ALPN, and how many certificates the client presented.
func (t *Tap) NoteHandshake(version, cipherSuite uint16, alpn string, clientCerts int) {
	t.note(func(c *conversation) {
		c.noted.done = true
		c.noted.version, c.noted.suite, c.noted.alpn = version, cipherSuite, alpn
		c.noted.certificates = clientCerts
	})
}

// Negotiated returns the numbers that ServerHello chose, 0 before it went out.
func (t *Tap) Negotiated() (version, cipherSuite uint16) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conversation.sent.version, t.conversation.sent.suite
}

// NoteAppData notes decrypted application data from the client.
func (t *Tap) NoteAppData(p []byte) {
	t.note(func(c *conversation) {
		c.noted.appData += int64(len(p))
		room := FirstBytesLimit - len(c.noted.first)
		c.noted.first = append(c.noted.first, p[:min(room, len(p))]...)
	})
}

// NoteCookie notes the Cookie field of the plain HTTP request that came in place of TLS.
func (t *Tap) NoteCookie(cookie string) {
	t.note(func(c *conversation) {
		if c.received.cleartext != nil {
			c.received.cleartext.Cookie = cookie
		}
	})
}

// NoteAnswered notes that the server wrote its whole answer.
func (t *Tap) NoteAnswered() { t.note(func(c *conversation) { c.noted.answered = true }) }

// NoteHeldBack notes that the server withholds the rest of its flight, which
// TLS 1.3 hides from a reader of records.
func (t *Tap) NoteHeldBack() { t.note(func(c *conversation) { c.noted.heldBack = true }) }

// AwaitFault notes that the server is to bring about a fault in this connection,
// what that needs, and whether the client meets it only once it may have sent
// its request. Until NoteFault the fault has not met the client.
func (t *Tap) AwaitFault(name, needs string, afterRequest bool) {
	t.note(func(c *conversation) { c.noted.awaited, c.noted.needs, c.noted.faultLate = name, needs, afterRequest })
}

// NoteFault notes that the fault came to act.
func (t *Tap) NoteFault(name string) { t.note(func(c *conversation) { c.noted.fault = name }) }

// NoteError notes an error of the server's TLS stack, or of a read or write
// above the tap: an alert that crypto/tls received and decrypted, or sent;
// close_notify, which it reports as io.EOF; or anything else, for people to read.
func (t *Tap) NoteError(err error) {
	t.note(func(c *conversation) { c.noteError(err, time.Now()) })
}

// NoteAlert notes an alert that the server's TLS stack decrypted or encrypted.
// Its Name is set from its Description.
func (t *Tap) NoteAlert(a Alert, fromClient bool) {
	t.note(func(c *conversation) {
		if fromClient {
			c.clientAlert(a, time.Now())
		} else {
			c.serverAlert(a)
		}
	})
}

// freeze ends all change and returns what was seen.
func (t *Tap) freeze(now time.Time) (Connection, *Fetch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frozen = true
	if t.conversation.end.IsZero() {
		t.conversation.end = now
	}
	return t.conversation.connection(now), t.conversation.cleartext()
}

// snapshot returns what was seen until now.
func (t *Tap) snapshot(now time.Time) (Connection, *Fetch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conversation.connection(now), t.conversation.cleartext()
}

// abandon closes the connection for the log: it counts as open to the end.
func (t *Tap) abandon() {
	t.mu.Lock()
	t.abandoned = true
	t.mu.Unlock()
	_ = t.conn.Close() // its owner closes it again and may look at the error
}
