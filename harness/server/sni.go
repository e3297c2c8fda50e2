package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// peekTime bounds how long a client on the shared port may take to say whom it wants.
const peekTime = 10 * time.Second

// unrecognizedName is the fatal alert of RFC 6066 section 3.
var unrecognizedName = []byte{21, 3, 3, 0, 2, 2, 112}

// errPeeked stops crypto/tls once it has parsed the ClientHello.
var errPeeked = errors.New("server name read")

// peekServerName reads the ClientHello of conn and returns its server name and
// a connection that reads the same bytes again.
func peekServerName(conn net.Conn) (string, net.Conn, error) {
	if err := conn.SetReadDeadline(time.Now().Add(peekTime)); err != nil {
		return "", nil, err
	}
	var seen bytes.Buffer
	name := ""
	err := tls.Server(readOnly{conn, io.TeeReader(conn, &seen)}, &tls.Config{
		MinVersion: tls.VersionTLS10,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			name = hello.ServerName
			return nil, errPeeked
		},
	}).Handshake()
	if !errors.Is(err, errPeeked) {
		return "", nil, err
	}
	return name, &replay{conn, &seen}, conn.SetReadDeadline(time.Time{})
}

// readOnly keeps crypto/tls from writing the alert that it wants to send.
type readOnly struct {
	net.Conn
	r io.Reader
}

func (c readOnly) Read(p []byte) (int, error)  { return c.r.Read(p) }
func (c readOnly) Write(p []byte) (int, error) { return len(p), nil }

// replay is a connection whose first bytes were read before.
type replay struct {
	net.Conn
	first *bytes.Buffer
}

func (c *replay) Read(p []byte) (int, error) {
	if c.first.Len() > 0 {
		return c.first.Read(p)
	}
	return c.Conn.Read(p)
}

// CloseWrite sends a FIN.
func (c *replay) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return c.Close()
}

// SetLinger makes a close send a reset.
func (c *replay) SetLinger(seconds int) error {
	if l, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(seconds)
	}
	return nil
}
