package server

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// What is where on the server of a page.
const (
	pagePath     = "/"
	loadPath     = "/load"     // what the page loads
	redirectPath = "/redirect" // leads to loadPath over plain HTTP
)

// sessionCookie is a cookie that is for TLS only, of the kind that every request may carry.
const sessionCookie = "session=for-tls-only; Path=/; Secure; HttpOnly; SameSite=None"

// webPage is an HTML page on a port that speaks TLS and plain HTTP alike: an
// http: URL and the https: one that a browser makes of it, since Mixed Content
// and HSTS keep the port (RFC 6797 8.3), then differ in nothing but TLS.
type webPage struct {
	page  scenarios.Page
	fault scenarios.PageCleartext // empty for none
	host  string                  // that the page is on
	from  string                  // that it loads from
	port  int                     // set once it listens
}

// newWebPage returns nil for a scenario without a page.
func newWebPage(s *scenarios.Scenario) *webPage {
	if s.Given.Page == nil {
		return nil
	}
	w := &webPage{page: *s.Given.Page, host: s.Given.HostName(), from: s.Given.Page.From}
	if w.from == "" {
		w.from = w.host
	}
	if s.Fault.Page != nil {
		w.fault = s.Fault.Page.Cleartext
	}
	return w
}

// url returns an address of the page's server.
func (w *webPage) url(scheme, host, path string) string {
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(w.port)) + path
}

// reference is the address that the page loads from.
func (w *webPage) reference() string {
	scheme := "http"
	if w.page.Loads == scenarios.LoadWebSocket {
		scheme = "ws"
	}
	switch w.fault {
	case scenarios.CleartextReference:
		return w.url(scheme, w.from, loadPath)
	case scenarios.CleartextRedirect:
		return w.url(scheme+"s", w.from, redirectPath)
	}
	return w.url(scheme+"s", w.from, loadPath)
}

// markup maps what a page loads to the HTML that makes a browser load it; %s is the address.
var markup = map[scenarios.PageLoad]string{
	scenarios.LoadScript:     `<script src="%s"></script>`,
	scenarios.LoadStyle:      `<link rel="stylesheet" href="%s">`,
	scenarios.LoadFrame:      `<iframe src="%s"></iframe>`,
	scenarios.LoadFetch:      `<script>fetch("%s", {mode: "no-cors", credentials: "include"}).then(r => r.text()).catch(() => {})</script>`,
	scenarios.LoadWebSocket:  `<script>try { new WebSocket("%s") } catch (e) {}</script>`,
	scenarios.LoadImage:      `<img src="%s" alt="">`,
	scenarios.LoadAudio:      `<audio src="%s" preload="auto"></audio>`,
	scenarios.LoadVideo:      `<video src="%s" preload="auto"></video>`,
	scenarios.LoadNavigation: `<script>location.href = "%s"</script>`,
	scenarios.LoadForm: `<form method="post" action="%s"><input name="user" value="alice"><input type="password" name="password" value="secret">` +
		`<input name="card" autocomplete="cc-number" value="4111111111111111"><textarea name="note">private</textarea></form>` +
		`<script>document.forms[0].submit()</script>`,
}

// document is the page.
func (w *webPage) document() string {
	return `<!doctype html><html lang="en"><title>tlsfault</title><link rel="icon" href="data:,"><p>ok</p>` +
		fmt.Sprintf(markup[w.page.Loads], html.EscapeString(w.reference())) + "</html>\n"
}

// serve answers one request on conn, which is TLS or not. It reports whether
// the whole answer went out.
func (w *webPage) serve(conn net.Conn, tap *evidence.Tap, log *evidence.Log, overTLS bool) bool {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return false
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(req.Body, bodyLimit)); err != nil {
		return false
	}
	cookie := req.Header.Get("Cookie")
	if !overTLS {
		tap.NoteCookie(cookie)
	}
	fields, body := w.seenBy(req, overTLS).reply(req.URL.Path, overTLS)
	if _, err := fmt.Fprintf(conn, "HTTP/1.1 %sContent-Length: %d\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s", fields, len(body), body); err != nil {
		return false
	}
	if overTLS && req.URL.Path == loadPath {
		log.AddPageLoad(evidence.Fetch{
			At: time.Now(), Remote: tap.RemoteAddr().String(), Method: req.Method, Path: req.URL.Path, Cookie: cookie, Bytes: len(body),
		})
	}
	return true
}

// seenBy is the page on the port that the client asked for, which is not the one
// that it listens on where a proxy lies in between: what it loads is of the same origin.
func (w *webPage) seenBy(req *http.Request, overTLS bool) *webPage {
	seen := *w
	if _, text, err := net.SplitHostPort(req.Host); err == nil {
		if port, err := strconv.ParseUint(text, 10, 16); err == nil {
			seen.port = int(port)
		}
	} else if overTLS {
		seen.port = httpsPort
	}
	return &seen
}

// reply returns status and header fields, each with its line end, and the body for a path.
func (w *webPage) reply(path string, overTLS bool) (fields, body string) {
	switch {
	case path == pagePath && overTLS && w.fault == scenarios.CleartextDocument:
		return w.status(http.StatusFound) + "Location: " + w.url("http", w.host, pagePath) + "\r\n", ""
	case path == pagePath:
		return w.status(http.StatusOK) + "Content-Type: text/html; charset=utf-8\r\n" + w.policies(), w.document()
	case path == redirectPath:
		return w.status(http.StatusFound) + "Location: " + w.url("http", w.from, loadPath) + "\r\n", ""
	case path == loadPath:
		return w.status(http.StatusOK) + "Content-Type: " + contentType(w.page.Loads) + "\r\nAccess-Control-Allow-Origin: *\r\n", content(w.page.Loads)
	}
	return w.status(http.StatusNotFound), ""
}

func (w *webPage) status(code int) string {
	return fmt.Sprintf("%d %s\r\n", code, http.StatusText(code))
}

// policies are the header fields that the page comes with.
func (w *webPage) policies() string {
	var b strings.Builder
	if w.page.StrictTransport != "" {
		b.WriteString("Strict-Transport-Security: " + w.page.StrictTransport + "\r\n")
	}
	if w.page.UpgradeInsecure {
		b.WriteString("Content-Security-Policy: upgrade-insecure-requests\r\n")
	}
	if w.page.SecureCookie {
		b.WriteString("Set-Cookie: " + sessionCookie + "\r\n")
	}
	return b.String()
}

// contentType is the media type of what a page loads.
func contentType(load scenarios.PageLoad) string {
	switch load {
	case scenarios.LoadScript:
		return "text/javascript"
	case scenarios.LoadStyle:
		return "text/css"
	case scenarios.LoadImage:
		return "image/svg+xml"
	case scenarios.LoadAudio:
		return "audio/wav"
	case scenarios.LoadVideo:
		return "video/mp4"
	case scenarios.LoadFetch, scenarios.LoadWebSocket:
		return "text/plain"
	}
	return "text/html; charset=utf-8"
}

// content is what a page loads: as little as its type allows.
func content(load scenarios.PageLoad) string {
	switch load {
	case scenarios.LoadImage:
		return `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`
	case scenarios.LoadFrame, scenarios.LoadForm, scenarios.LoadNavigation:
		return "<!doctype html><html lang=\"en\"><title>loaded</title><link rel=\"icon\" href=\"data:,\"><p>loaded</p></html>\n"
	case scenarios.LoadFetch, scenarios.LoadWebSocket:
		return page
	}
	return ""
}

// peeked is a connection of which the first byte has been read already.
type peeked struct {
	net.Conn
	first []byte
}

// peek reads the first byte of conn and returns a connection that still has it.
func peek(conn net.Conn) (byte, net.Conn, error) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn, first); err != nil {
		return 0, nil, err
	}
	return first[0], &peeked{conn, first}, nil
}

func (p *peeked) Read(b []byte) (int, error) {
	if len(p.first) > 0 && len(b) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
