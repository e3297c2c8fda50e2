package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// Conn is the server's end of a TLS connection. Like other net.Conns it may be
// used by one goroutine that reads and one that writes.
type Conn struct {
	conn   net.Conn
	cfg    *Config
	script *script

	readDeadline atomic.Pointer[time.Time] // as the user set it

	handshakeMu sync.Mutex
	over        bool // the handshake has ended, one way or the other
	overErr     error
	complete    atomic.Bool
	hs          *handshake

	in  input
	out output

	stateMu sync.Mutex
	state   ConnectionState
}

// ConnectionState is what is known of a connection; all of it once the handshake is over.
type ConnectionState struct {
	// Complete reports that the client's Finished was verified.
	Complete     bool
	Version      uint16
	CipherSuite  uint16
	Group        uint16 // of the key exchange; 0 without one
	Scheme       uint16 // that the server signed by; 0 without one
	ALPN         string
	ServerName   string // that the client asked for
	Resumed      bool
	HelloRetried bool
	// EarlyData reports that early data were offered, EarlyDataAccepted that they were taken.
	EarlyData, EarlyDataAccepted bool
	// ClientCertificates is the client's chain in DER.
	ClientCertificates [][]byte
}

// Server returns a connection over conn that will speak as cfg says. Edits that
// ParseEdit did not make are refused by Handshake.
func Server(conn net.Conn, cfg *Config) *Conn {
	c := &Conn{conn: conn}
	c.script, c.overErr = newScript(cfg.Edits)
	c.over = c.overErr != nil
	c.cfg = cfg.withDefaults()
	c.script.config(c.cfg, c)
	c.in.reader = record.NewReader(conn)
	c.in.limits = c.cfg.Limits
	c.out.version = iana.TLS10
	return c
}

// Handshake runs the handshake once; Read and Write call it where it has not
// been. The error is an *AlertError where an alert went either way. When ctx
// ends, so does the handshake, and the connection's deadlines with it.
func (c *Conn) Handshake(ctx context.Context) error {
	if c.complete.Load() {
		return nil
	}
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if c.over {
		return c.overErr
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	c.in.Lock()
	defer c.in.Unlock()
	c.hs = &handshake{c: c, cfg: c.cfg, script: c.script}
	err := c.hs.run()
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w (%w)", ctx.Err(), err)
	}
	c.over, c.overErr = true, err
	if err != nil {
		c.refuse(err)
		return err
	}
	c.setState(func(s *ConnectionState) { s.Complete = true })
	c.complete.Store(true)
	return nil
}

// refuse tells the client why the handshake ended here.
func (c *Conn) refuse(err error) {
	c.out.Lock()
	defer c.out.Unlock()
	c.out.pending = nil
	var a *AlertError
	switch {
	case errors.As(err, &a) && !a.Received:
		_ = c.sendAlert(iana.AlertLevelFatal, a.Alert)
	case errors.Is(err, record.ErrBadMAC):
		_ = c.sendAlert(iana.AlertLevelFatal, iana.AlertBadRecordMAC)
	case errors.Is(err, record.ErrOverflow):
		_ = c.sendAlert(iana.AlertLevelFatal, iana.AlertRecordOverflow)
	}
	c.out.err = fmt.Errorf("write after a failed handshake: %w", err)
}

// Read reads application data. It returns io.EOF after the client's
// close_notify and io.ErrUnexpectedEOF where the client closed without one.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.Handshake(context.Background()); err != nil {
		return 0, err
	}
	if len(b) == 0 {
		return 0, nil
	}
	c.in.Lock()
	defer c.in.Unlock()
	// A client that was asked to renegotiate has often sent its request before it
	// reads so; an answer now would come amid its second handshake.
	for len(c.in.data) == 0 || c.in.asked && c.in.err == nil {
		if c.in.err != nil {
			return 0, c.in.err
		}
		err := c.readMore()
		if err == nil {
			err = c.afterHandshake()
		}
		if err != nil && c.in.asked && isTimeout(err) && c.mayWait() {
			c.in.asked = false // it ignored the HelloRequest, as RFC 5246 7.4.1.1 lets it
			continue
		}
		if err != nil {
			c.in.asked = false
			return 0, c.failReading(err)
		}
	}
	n := copy(b, c.in.data)
	c.in.data = c.in.data[n:]
	return n, nil
}

// answerTimeout is how long a client has to answer a HelloRequest.
const answerTimeout = time.Second

// awaitAnswer has reading end soon if the client does not answer a HelloRequest.
func (c *Conn) awaitAnswer() {
	c.in.asked = true
	if user := c.readDeadline.Load(); user == nil || user.IsZero() || time.Until(*user) > answerTimeout {
		_ = c.conn.SetReadDeadline(time.Now().Add(answerTimeout))
	}
}

// mayWait restores the user's deadline and reports whether it is still to come.
func (c *Conn) mayWait() bool {
	var deadline time.Time
	if user := c.readDeadline.Load(); user != nil {
		deadline = *user
	}
	return c.conn.SetReadDeadline(deadline) == nil && (deadline.IsZero() || time.Now().Before(deadline))
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// failReading keeps what ended reading; time-outs pass, as net.Conn has it.
func (c *Conn) failReading(err error) error {
	if isTimeout(err) {
		return err
	}
	c.in.err = err
	var a *AlertError
	if errors.As(err, &a) && !a.Received {
		c.out.Lock()
		_ = c.sendAlert(iana.AlertLevelFatal, a.Alert)
		c.out.Unlock()
	}
	return err
}

// Write writes application data.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.Handshake(context.Background()); err != nil {
		return 0, err
	}
	c.out.Lock()
	defer c.out.Unlock()
	if c.out.err != nil {
		return 0, c.out.err
	}
	c.queue(iana.RecordApplicationData, nameApplicationData, b)
	if err := c.flush(); err != nil {
		c.out.err = err
		return 0, err
	}
	return len(b), nil
}

// Close sends close_notify, once the handshake is over, and closes the connection below.
func (c *Conn) Close() error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(closeTimeout))
	_ = c.CloseWrite()
	return c.conn.Close()
}

// closeTimeout bounds the attempt to say close_notify to a client that does not read.
const closeTimeout = time.Second

// CloseWrite sends close_notify and leaves reading open.
func (c *Conn) CloseWrite() error {
	if !c.complete.Load() {
		return nil
	}
	c.out.Lock()
	defer c.out.Unlock()
	if c.out.closed || c.out.err != nil {
		return c.out.err
	}
	c.out.closed = true
	c.out.err = net.ErrClosed
	if c.script.close(c) {
		return nil
	}
	return c.sendAlert(iana.AlertLevelWarning, iana.AlertCloseNotify)
}

// ConnectionState returns what is known so far.
func (c *Conn) ConnectionState() ConnectionState {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	return c.state
}

func (c *Conn) setState(f func(*ConnectionState)) {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	f(&c.state)
}

// Applied lists the edits that came to act so far, in the order of Config.Edits.
// An edit that is not in it never met the client.
func (c *Conn) Applied() []string {
	c.stateMu.Lock()
	defer c.stateMu.Unlock()
	var names []string
	for _, e := range c.script.edits {
		if e.applied {
			names = append(names, e.name)
		}
	}
	return names
}

// NetConn returns the connection below.
func (c *Conn) NetConn() net.Conn { return c.conn }

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.readDeadline.Store(&t)
	return c.conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readDeadline.Store(&t)
	return c.conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.conn.SetWriteDeadline(t) }

var (
	_ net.Conn  = (*Conn)(nil)
	_ io.Closer = (*Conn)(nil)
)
