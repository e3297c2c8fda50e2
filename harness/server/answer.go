package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
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
func answer(conn net.Conn, tap *evidence.Tap, fault *scenarios.HTTP, cleartextURL string) (properly bool) {
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
	status, header, body, announced := reply(req, fault, cleartextURL)
	_, err = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), header, announced, body)
	if err != nil {
		tap.NoteError(err)
		return true
	}
	if announced > len(body) && req.Method != http.MethodHead {
		return false
	}
	tap.NoteAnswered()
	return true
}

// reply decides what a request is answered with; announced is the Content-Length.
func reply(req *http.Request, fault *scenarios.HTTP, cleartextURL string) (status int, header, body string, announced int) {
	body = page
	if strings.HasSuffix(req.URL.Path, "/info/refs") {
		body = "" // what an empty git repository says, so that git is content
	}
	if req.Method == http.MethodHead {
		return http.StatusOK, "", "", len(body)
	}
	switch {
	case fault != nil && fault.TruncateBody:
		return http.StatusOK, "", body, len(body) + 1024
	case fault != nil && fault.RedirectTo != "":
		return http.StatusFound, "Location: " + cleartextURL + "\r\n", "", 0
	}
	return http.StatusOK, "", body, len(body)
}
