package evidence

import (
	"fmt"
	"net"
	"strings"
)

// Lines tells the evidence to a person in at most max lines, one per
// connection and per kind of fetch; what has no room is counted in the last.
func (e Evidence) Lines(max int) []string {
	lines := make([]string, 0, len(e.Connections)+4)
	if len(e.Front) > 0 {
		lines = append(lines, count(len(e.Front), "connection")+" to the server that redirects here")
	}
	if len(e.Connections) == 0 {
		lines = append(lines, "no connection came")
	}
	for i := range e.Connections {
		lines = append(lines, e.Connections[i].line())
	}
	if e.Dropped > 0 {
		lines = append(lines, count(e.Dropped, "connection")+" more closed unseen, beyond the limit")
	}
	lines = appendFetches(lines, "OCSP request", e.OCSPRequests)
	lines = appendFetches(lines, "CRL fetch", e.CRLFetches)
	lines = appendFetches(lines, "issuer fetch", e.AIAFetches)
	if e.Page != nil {
		lines = appendFetches(lines, "load over TLS", e.Page.Loads)
	}
	lines = appendFetches(lines, "cleartext request", e.CleartextHits)
	if max < 1 {
		return nil
	}
	if len(lines) > max {
		rest := len(lines) - max + 1
		lines = append(lines[:max-1], count(rest, "line")+" more")
	}
	return lines
}

func appendFetches(lines []string, kind string, fetches []Fetch) []string {
	if len(fetches) == 0 {
		return lines
	}
	f := fetches[0]
	line := fmt.Sprintf("%s from %s: %s %s", count(len(fetches), kind), host(f.Remote), f.Method, printable(f.Path))
	if f.Serial != "" {
		line += " for serial " + f.Serial
	}
	if f.Cookie != "" {
		line += " with the cookie " + printable(f.Cookie)
	}
	return append(lines, line)
}

// line tells one connection: who, what it offered, how far it came, what it said, how it ended.
func (c *Connection) line() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case c.ClientHello != nil:
		add("ClientHello %s", joinVersions(c.ClientHello.Versions))
		if c.ClientHello.ServerName != "" {
			add("sni %s", printable(c.ClientHello.ServerName))
		}
	case c.BytesIn > 0:
		add("%s, no ClientHello", count(int(c.BytesIn), "byte"))
	default:
		add("not one byte")
	}
	if c.Version != "" {
		add("negotiated %s %s", c.Version, c.CipherSuite)
	}
	if step := c.Progress.step(); step != "" {
		add("%s", step)
	}
	if c.ClientAlert != nil {
		add("alert %s", c.ClientAlert)
	}
	if c.ServerAlert != nil {
		add("server's alert %s", c.ServerAlert)
	}
	if c.AppData > 0 {
		add("%s of application data", count(int(c.AppData), "byte"))
	}
	if c.Answered {
		add("answered")
	}
	add("%s", c.Ending.told())
	return "connection from " + host(c.Remote) + ": " + strings.Join(parts, " · ")
}

// String is the alert's name, and whether it came in plaintext.
func (a Alert) String() string {
	if a.Plaintext {
		return a.Name + " (plaintext)"
	}
	return a.Name
}

func (p Progress) step() string {
	switch p {
	case ServerHelloSent:
		return "ServerHello sent"
	case ServerFlightSent:
		return "server's flight sent"
	case ClientReplied:
		return "client replied"
	case HandshakeDone:
		return "handshake complete"
	}
	return ""
}

func (e Ending) told() string {
	switch e {
	case EndOpen:
		return "left open"
	case EndTimeout:
		return "timed out"
	case EndAlert:
		return "closed by alert"
	case EndServer:
		return "closed by the server"
	}
	return "closed by " + string(e)
}

// joinVersions writes TLS once: "TLS 1.3, 1.2".
func joinVersions(versions []string) string {
	parts := make([]string, 0, len(versions))
	tls := false
	for _, v := range versions {
		if v == "GREASE" {
			continue
		}
		if number, ok := strings.CutPrefix(v, "TLS "); ok && tls {
			v = number
		}
		tls = tls || strings.HasPrefix(v, "TLS ")
		parts = append(parts, v)
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "ch"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func host(remote string) string {
	if h, _, err := net.SplitHostPort(remote); err == nil {
		return h
	}
	return remote
}

// printable keeps what a client sent from steering a terminal or filling it.
func printable(s string) string {
	const most = 80
	quoted := fmt.Sprintf("%q", s)
	quoted = quoted[1 : len(quoted)-1]
	if len(quoted) > most {
		return quoted[:most] + "…"
	}
	return quoted
}
