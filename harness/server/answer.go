package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
)

// bodyLimit bounds how much of a request body is read.
const bodyLimit = 1 << 20

// page is the body of an ordinary answer.
const page = "ok\n"

// appData counts what an engine decrypts.
type appData struct {
	net.Conn
	tap *evidence.Tap
}

func (a appData) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if n > 0 {
		a.tap.NoteAppData(p[:n])
	}
	if err != nil {
		a.tap.NoteError(err)
	}
	return n, err
}

// answer reads one HTTP request off a connection and answers it, the same for
// every engine. What is no HTTP is read to its end and gets no answer: the
// application data is evidence all the same. It reports whether the connection
// should end properly, with close_notify.
func (s *site) answer(ctx context.Context, conn net.Conn, tap *evidence.Tap) (properly bool) {
	in := appData{conn, tap}
	req, err := http.ReadRequest(bufio.NewReader(in))
	if err != nil {
		if strings.Contains(err.Error(), "malformed") {
			drain(in)
		}
		return true
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(req.Body, bodyLimit)); err != nil {
		return true
	}
	status, header, body, announced := s.reply(req)
	if s.redirect != nil {
		s.redirect.sent.Store(true) // before the client can act on it
	}
	_, err = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), header, announced, body)
	if err != nil {
		tap.NoteError(err)
		return true
	}
	if s.http != nil && s.http.Trickle {
		s.trickle(ctx, conn, tap)
	}
	if announced > len(body) && req.Method != http.MethodHead {
		return false
	}
	tap.NoteAnswered()
	return true
}

// trickleStep is how long a server that trickles takes for each octet: less than
// any time limit of a client for a single read.
const trickleStep = 100 * time.Millisecond

// trickle writes octet by octet until the client has had enough, or its attempt is over.
func (s *site) trickle(ctx context.Context, conn net.Conn, tap *evidence.Tap) {
	tick := time.NewTicker(trickleStep)
	defer tick.Stop()
	for {
		if _, err := conn.Write([]byte{'.'}); err != nil {
			tap.NoteError(err)
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		case <-s.ending:
			return
		}
	}
}

// reply decides what a request is answered with; announced is the Content-Length.
func (s *site) reply(req *http.Request) (status int, header, body string, announced int) {
	fault := s.http
	body = page
	if strings.HasSuffix(req.URL.Path, "/info/refs") {
		body = "" // what an empty git repository says, so that git is content
	}
	if req.Method == http.MethodHead {
		return http.StatusOK, "", "", len(body)
	}
	switch {
	case s.redirect != nil:
		return s.redirect.status, "Location: " + s.redirect.url + "\r\n", "", 0
	case fault != nil && fault.TruncateBody:
		return http.StatusOK, "", body, len(body) + 1024
	case fault != nil && fault.Trickle:
		return http.StatusOK, "", body, 1 << 20
	case fault != nil && fault.RedirectTo != "":
		return http.StatusFound, "Location: " + s.plainURL + "\r\n", "", 0
	}
	return http.StatusOK, "", body, len(body)
}
