package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
)

// cleartext is the plain HTTP listener of a case: nothing should ever come to it.
type cleartext struct {
	url    string
	accept *acceptor
	visits *evidence.Log // its connections, to let them come to their end
}

// startCleartext listens on a free loopback port and writes each request down in log.
func startCleartext(host string, log *evidence.Log) (*cleartext, error) {
	listeners, err := listenLoopback(0)
	if err != nil {
		return nil, err
	}
	port := listeners[0].Addr().(*net.TCPAddr).Port
	c := &cleartext{url: "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + "/", visits: evidence.NewLog(evidence.Limits{})}
	c.accept = startAcceptor(listeners, func(conn net.Conn) func() {
		tap := c.visits.Tap(conn)
		if tap == nil {
			return nil
		}
		return func() { answerPlain(tap, log) }
	})
	return c, nil
}

// stop stops listening, lets what has arrived be read, and ends what is still open.
func (c *cleartext) stop(ctx context.Context) {
	c.accept.stop(ctx)
	c.visits.Settle(ctx)
	c.visits.Close()
	c.accept.wait()
}

// answerPlain answers one request and writes it down.
func answerPlain(conn net.Conn, log *evidence.Log) {
	defer conn.Close() //nolint:errcheck // read-only evidence
	if err := conn.SetDeadline(time.Now().Add(connTime)); err != nil {
		return
	}
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	// Before the answer, after which the client may be done and the log be closed.
	log.AddCleartext(evidence.Fetch{
		At: time.Now(), Remote: conn.RemoteAddr().String(), Method: req.Method, Path: req.URL.Path, Bytes: len(plainAnswer),
	})
	_, _ = fmt.Fprint(conn, plainAnswer)
}
