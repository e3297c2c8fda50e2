package proxy

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/tlsfault/tlsfault/harness/client"
)

// httpsPort is where clients look for a server by name.
const httpsPort = 443

// routes says to which address a host and port lead.
type routes map[string]string

// routesOf returns where a client may go that is led to target.
func routesOf(target client.Target) routes {
	addr := target.Addr
	if addr == "" {
		addr = target.Host
	}
	r := make(routes)
	port := strconv.Itoa(target.Port)
	r[key(target.Host, port)] = net.JoinHostPort(addr, port)
	if leadsNowhere(target.Host) {
		r[key(target.Host, strconv.Itoa(httpsPort))] = net.JoinHostPort(addr, port)
	}
	for _, also := range target.Also {
		host, port, err := net.SplitHostPort(also)
		if err != nil {
			continue // not a host and port: nothing to lead to
		}
		to := addr
		if ip, err := netip.ParseAddr(host); err == nil {
			to = ip.String()
		}
		r[key(host, port)] = net.JoinHostPort(to, port)
		if port == strconv.Itoa(target.Port) && leadsNowhere(host) { // the same server by another name
			r[key(host, strconv.Itoa(httpsPort))] = net.JoinHostPort(to, port)
		}
	}
	return r
}

// to returns the address that host and port lead to.
func (r routes) to(host, port string) (string, bool) {
	address, ok := r[key(host, port)]
	return address, ok
}

// key writes host and port in the one way that all clients' ways of writing them come to.
func key(host, port string) string {
	host = strings.Trim(host, "[]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return net.JoinHostPort(ip.Unmap().String(), port)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	return net.JoinHostPort(host, port)
}

// leadsNowhere reports whether host is a name that the proxy alone knows. Many
// clients go to localhost and to addresses of loopback by themselves, whatever
// proxy they are told; there they must find the server on its own port.
func leadsNowhere(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// facing is target as a client sees it that goes through the proxy.
func facing(target client.Target, proxy string) client.Target {
	target.Proxy = proxy
	if !leadsNowhere(target.Host) {
		return target
	}
	if u, err := url.Parse(target.URL); err == nil {
		u.Host = target.Host
		target.URL = u.String()
	}
	target.Port = httpsPort
	return target
}
