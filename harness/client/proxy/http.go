package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// serveHTTP answers one request: CONNECT makes a tunnel, and one with an absolute
// http: URL is passed on.
func (l *listener) serveHTTP(conn *net.TCPConn, head *bufio.Reader) {
	req, err := http.ReadRequest(head)
	switch {
	case err != nil:
		answer(conn, http.StatusBadRequest, "this is neither an HTTP request nor SOCKS5")
	case req.Method == http.MethodConnect:
		l.connect(conn, head, req)
	case req.URL.Scheme == "http" && req.URL.Host != "":
		l.forward(conn, head, req)
	default:
		answer(conn, http.StatusBadRequest, "this is a proxy: send CONNECT host:port, or an absolute http: URL")
	}
}

// connect makes a tunnel, RFC 9110 9.3.6.
func (l *listener) connect(conn *net.TCPConn, head *bufio.Reader, req *http.Request) {
	host, port, err := net.SplitHostPort(req.Host)
	if err != nil {
		answer(conn, http.StatusBadRequest, fmt.Sprintf("CONNECT takes host:port, not %q", req.Host))
		return
	}
	server, err := l.dial(host, port)
	if err != nil {
		explain(conn, req.Host, err)
		return
	}
	defer l.release(server)
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	tunnel(conn, head, server)
}

// forward passes on a plain request and its answer, after which the connection is over.
func (l *listener) forward(conn *net.TCPConn, head *bufio.Reader, req *http.Request) {
	port := req.URL.Port()
	if port == "" {
		port = "80"
	}
	server, err := l.dial(req.URL.Hostname(), port)
	if err != nil {
		explain(conn, net.JoinHostPort(req.URL.Hostname(), port), err)
		return
	}
	defer l.release(server)
	for _, field := range []string{"Proxy-Connection", "Proxy-Authorization", "Connection", "Keep-Alive"} {
		req.Header.Del(field)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = []string{""} // else Write would put in Go's
	}
	req.URL = &url.URL{Scheme: "http", Host: req.URL.Host, Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	req.Close = true
	if err := req.Write(server); err != nil {
		answer(conn, http.StatusBadGateway, "passing the request on: "+err.Error())
		return
	}
	tunnel(conn, head, server) // whatever else the client says, the server has been told to close
}

// explain answers a request that leads nowhere.
func explain(conn *net.TCPConn, asked string, err error) {
	if errors.Is(err, errRefused) {
		answer(conn, http.StatusForbidden, fmt.Sprintf("this proxy leads to the servers of one tlsfault case alone, and %q is none of them", asked))
		return
	}
	answer(conn, http.StatusBadGateway, err.Error())
}

// answer ends a connection with a status and a line that says why.
func answer(conn *net.TCPConn, status int, why string) {
	body := "tlsfault: " + why + "\n"
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(body), body) // whether it is read is the client's affair
	finish(conn)
}
