package proxy

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

// tunnel passes bytes on in both directions until both have come to their end.
// head may hold some that the client has sent already.
func tunnel(conn *net.TCPConn, head *bufio.Reader, server *net.TCPConn) {
	if err := conn.SetDeadline(time.Time{}); err != nil { // from here on it lasts as long as the attempt
		return
	}
	early, err := head.Peek(head.Buffered())
	if err != nil {
		return
	}
	if _, err := server.Write(early); err != nil {
		reset(conn)
		return
	}
	var answers sync.WaitGroup
	answers.Go(func() { pass(conn, server) })
	pass(server, conn)
	answers.Wait()
}

// pass copies from one connection to another, and ends the other as the one
// ended: what tells a FIN from a reset is evidence.
func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		reset(to)
		reset(from)
		return
	}
	_ = to.CloseWrite() // it may be closed by now
}

// reset ends a connection with a reset.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0) // it may be closed by now
	_ = conn.Close()
}

// lingerTime is how long a client may take to read why it was refused.
const lingerTime = time.Second

// finish ends a connection so that the answer arrives: closed with bytes unread,
// the connection would be reset and the answer lost.
func finish(conn *net.TCPConn) {
	_ = conn.CloseWrite() // it may be closed by now
	if conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.Copy(io.Discard, conn) // until it closes, or has had its time
	}
}
