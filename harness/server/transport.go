package server

import (
	"encoding/binary"
	"errors"
	"net"

	"github.com/tlsfault/tlsfault/scenarios"
)

// errCut is what the TLS engine gets from a write that the fault withheld: the
// handshake ends there on the server's side.
var errCut = errors.New("transport fault: the server stops here")

// Content types of TLS records, RFC 8446 5.1.
const (
	recordChangeCipherSpec = 20
	recordHandshake        = 22
	recordApplicationData  = 23
	recordHeaderLen        = 5
)

// cutter lets a TLS engine's records pass until the stage of a transport fault
// and withholds everything from there. crypto/tls writes one record per
// handshake message and a flight per Write, so that stages can be told from the
// records alone, encrypted or not.
type cutter struct {
	net.Conn
	at scenarios.Stage

	plaintext int  // handshake records written in the clear
	protected bool // TLS 1.3: the flight goes on in application data records
	cut       bool
}

// Write passes the records of b that come before the stage.
func (c *cutter) Write(b []byte) (int, error) {
	if c.cut {
		return 0, errCut
	}
	n := c.passing(b)
	if n == len(b) {
		return c.Conn.Write(b)
	}
	c.cut = true
	if _, err := c.Conn.Write(b[:n]); err != nil {
		return 0, err
	}
	return n, errCut
}

// passing returns how many bytes of one flight come before the stage.
func (c *cutter) passing(flight []byte) int {
	records := splitRecords(flight)
	lastProtected, encrypted := -1, 0
	for i, r := range records {
		if r[0] == recordApplicationData {
			lastProtected = i
		}
	}
	offset := 0
	for i, r := range records {
		switch r[0] {
		case recordHandshake:
			c.plaintext++
			// ServerHello is the first handshake record of TLS 1.2, Certificate the second.
			if c.at == scenarios.MidCertificate && c.plaintext == 2 && lastProtected < 0 {
				return offset + len(r)/2
			}
		case recordApplicationData:
			c.protected = true
			encrypted++
			// EncryptedExtensions comes first in TLS 1.3, Certificate (or CertificateRequest) after it.
			if c.at == scenarios.MidCertificate && encrypted == 2 {
				return offset + len(r)/2
			}
			if c.at == scenarios.BeforeFinished && i == lastProtected {
				return offset
			}
		case recordChangeCipherSpec:
			// In TLS 1.2 Finished follows it; in TLS 1.3 it is a decoration of the first flight.
			if c.at == scenarios.BeforeFinished && lastProtected < 0 && !c.protected && c.plaintext > 2 {
				return offset
			}
		}
		offset += len(r)
	}
	return len(flight)
}

// splitRecords cuts what an engine writes into its records.
func splitRecords(b []byte) [][]byte {
	var records [][]byte
	for len(b) >= recordHeaderLen {
		n := min(recordHeaderLen+int(binary.BigEndian.Uint16(b[3:])), len(b))
		records = append(records, b[:n])
		b = b[n:]
	}
	return records
}

// plainAnswer is what a server that knows nothing of TLS says to a ClientHello.
const plainAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"

// act does to conn what the fault asks for, once its stage is reached.
func act(conn net.Conn, do scenarios.TransportAction) {
	switch do {
	case scenarios.DoReset:
		if l, ok := conn.(interface{ SetLinger(int) error }); ok {
			_ = l.SetLinger(0)
		}
		_ = conn.Close()
	case scenarios.DoClose:
		finish(conn)
	case scenarios.DoStall:
		drain(conn)
	case scenarios.DoCleartext:
		_, _ = conn.Write([]byte(plainAnswer))
		finish(conn)
	}
}

// finish sends a FIN and waits for the client's, since closing a socket that
// still holds unread bytes would send a reset instead.
func finish(conn net.Conn) {
	if w, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	drain(conn)
}

// drain reads until the client or the deadline ends the connection.
func drain(conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
