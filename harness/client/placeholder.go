package client

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// placeholders are the words in braces that a Command replaces.
var placeholders = map[string]func(v values) string{
	"url":       func(v values) string { return v.target.URL },
	"host":      func(v values) string { return v.target.Host },
	"port":      func(v values) string { return strconv.Itoa(v.target.Port) },
	"hostport":  func(v values) string { return v.hostPort() },
	"addr":      func(v values) string { return v.addr() },
	"addrport":  func(v values) string { return v.addrPort() },
	"resolve":   func(v values) string { return v.resolve() },
	"path":      func(v values) string { return v.path() },
	"ca":        func(v values) string { return v.target.CAFile },
	"crls":      func(v values) string { return v.target.CRLFile },
	"pins":      func(v values) string { return v.pins() },
	"loglist":   func(v values) string { return v.target.LogListFile },
	"ctlogs":    func(v values) string { return v.target.CTLogFile },
	"cert":      func(v values) string { return v.target.ClientCertFile },
	"key":       func(v values) string { return v.target.ClientKeyFile },
	"dns":       func(v values) string { return v.target.DNS },
	"proxy":     func(v values) string { return v.target.Proxy },
	"proxyaddr": func(v values) string { return v.proxyAddr() },
	"proxyport": func(v values) string { return v.proxyPort() },
	"timeout":   func(v values) string { return strconv.FormatFloat(v.patience.Seconds(), 'f', 1, 64) },
	"seconds":   func(v values) string { return strconv.Itoa(max(1, int(v.patience.Round(time.Second).Seconds()))) },
}

// values is what the placeholders are replaced from.
type values struct {
	target   Target
	patience time.Duration
	extra    map[string]string // further words, of a preset
}

// addr is the IP address to dial, or the host where the target names none.
func (v values) addr() string {
	if v.target.Addr != "" {
		return v.target.Addr
	}
	return v.target.Host
}

func (v values) hostPort() string {
	return net.JoinHostPort(v.target.Host, strconv.Itoa(v.target.Port))
}

func (v values) addrPort() string {
	return net.JoinHostPort(v.addr(), strconv.Itoa(v.target.Port))
}

// resolve is host:port:addr as curl --resolve takes it: IPv6 addresses in
// brackets, and * for a host that is one, as curl cannot read that there.
func (v values) resolve() string {
	host, addr := v.target.Host, v.addr()
	if isIPv6(host) {
		host = "*"
	}
	if isIPv6(addr) {
		addr = "[" + addr + "]"
	}
	return host + ":" + strconv.Itoa(v.target.Port) + ":" + addr
}

// proxyAddr is the address and port of the proxy.
func (v values) proxyAddr() string {
	u, err := url.Parse(v.target.Proxy)
	if err != nil {
		return ""
	}
	return u.Host
}

func (v values) proxyPort() string {
	_, port, _ := strings.Cut(v.proxyAddr(), ":")
	return port
}

// pins is what curl --pinnedpubkey takes. Without any pin it is one that no key has.
func (v values) pins() string {
	if len(v.target.Pins) == 0 {
		return "sha256//" + base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
	}
	return "sha256//" + strings.Join(v.target.Pins, ";sha256//")
}

func isIPv6(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Is6()
}

// path is the request target of the URL: its path and query.
func (v values) path() string {
	u, err := url.Parse(v.target.URL)
	if err != nil {
		return "/"
	}
	return u.RequestURI()
}

// A placeholder is a lower-case word in braces. In ${word}, %{word} and #{word}
// it belongs to a shell, to curl -w or to Ruby; {{word}} stands for {word}.
var placeholderPattern = regexp.MustCompile(`\{\{[a-z]+\}\}|[$%#]?\{[a-z]+\}`)

// expand replaces the placeholders of text.
func (v values) expand(text string) string {
	return placeholderPattern.ReplaceAllStringFunc(text, func(match string) string {
		switch {
		case strings.HasPrefix(match, "{{"):
			return match[1 : len(match)-1]
		case match[0] != '{':
			return match
		}
		word := match[1 : len(match)-1]
		if value, ok := v.extra[word]; ok {
			return value
		}
		if value, ok := placeholders[word]; ok {
			return value(v)
		}
		return match // checkPlaceholders has refused it before
	})
}

// checkPlaceholders returns an error that names the first word in braces of text
// that is no placeholder.
func checkPlaceholders(text string, extra map[string]string) error {
	for _, match := range placeholderPattern.FindAllString(text, -1) {
		if match[0] != '{' || match[1] == '{' {
			continue
		}
		word := match[1 : len(match)-1]
		_, known := placeholders[word]
		if _, ours := extra[word]; !known && !ours {
			return unknownPlaceholder(word, text)
		}
	}
	return nil
}

func unknownPlaceholder(word, text string) error {
	known := make([]string, 0, len(placeholders))
	for name := range placeholders {
		known = append(known, name)
	}
	sort.Strings(known)
	hint := "the placeholders are {" + strings.Join(known, "} {") + "}"
	if near := nearest(word, known); near != "" {
		hint = "did you mean {" + near + "}?"
	}
	return fmt.Errorf("unknown placeholder {%s} in %q: %s (write {{%s}} for the word in braces itself)", word, text, hint, word)
}
