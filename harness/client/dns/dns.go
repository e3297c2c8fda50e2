// Package dns answers for the names of cases, for programs that can be told of a
// resolver, and for containers: each name leads to loopback, where its server is, and
// every other question is refused.
package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
	"golang.org/x/net/netutil"
)

// Limits of what clients may ask.
const (
	maxConnections = 64 // over TCP, at the same time
	idleTime       = 5 * time.Second
	maxRefused     = 16 // questions that are kept of those refused
)

// portTries bounds the search for a port that is free for UDP and TCP.
const portTries = 16

// Server is a DNS server for some names. Close it.
type Server struct {
	names  map[string]netip.Addr
	addr   string
	udp    dns.Server
	tcp    dns.Server
	served sync.WaitGroup

	mu      sync.Mutex
	refused []string
}

// Listen answers, over UDP and TCP, where each of names leads; port 0 of addr asks
// for a free one.
func Listen(addr string, names map[string]netip.Addr) (*Server, error) {
	s := &Server{names: make(map[string]netip.Addr, len(names))}
	for name, ip := range names {
		s.names[canonical(name)] = ip
	}
	packets, stream, err := listenBoth(addr)
	if err != nil {
		return nil, err
	}
	s.addr = stream.Addr().String()
	ready := make(chan struct{}, 2)
	for _, server := range []*dns.Server{&s.udp, &s.tcp} {
		server.Handler = dns.HandlerFunc(s.answer)
		server.ReadTimeout, server.WriteTimeout = idleTime, idleTime
		server.IdleTimeout = func() time.Duration { return idleTime }
		server.NotifyStartedFunc = func() { ready <- struct{}{} }
	}
	s.udp.PacketConn, s.tcp.Listener = packets, netutil.LimitListener(stream, maxConnections)
	for _, server := range []*dns.Server{&s.udp, &s.tcp} {
		s.served.Go(func() { _ = server.ActivateAndServe() }) // ends with Close
		<-ready                                               // one that has not begun cannot be ended
	}
	return s, nil
}

// listenBoth listens on one port for UDP and TCP.
func listenBoth(addr string) (net.PacketConn, net.Listener, error) {
	for range portTries {
		stream, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, nil, err
		}
		packets, err := net.ListenPacket("udp", stream.Addr().String())
		if err == nil {
			return packets, stream, nil
		}
		_ = stream.Close()
		if _, port, _ := net.SplitHostPort(addr); port != "0" || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("found no port of %s that is free for UDP and TCP", addr)
}

// Addr is where the server listens, as host:port.
func (s *Server) Addr() string { return s.addr }

// Close stops answering and returns when nothing runs any more: what was asked and
// refused, as NAME TYPE.
func (s *Server) Close() []string {
	_, _ = s.udp.Shutdown(), s.tcp.Shutdown() // they run, and say no more than that they don't
	s.served.Wait()
	return s.refused
}

// answer answers one question: the address of a name, nothing for another type of
// record, and REFUSED for any other name (RFC 1035 4.1.1).
func (s *Server) answer(w dns.ResponseWriter, asked *dns.Msg) {
	reply := new(dns.Msg).SetReply(asked)
	reply.Authoritative = true
	question := asked.Question[0] // the server has turned away messages with another number of them
	ip, known := s.names[canonical(question.Name)]
	switch {
	case !known || question.Qclass != dns.ClassINET:
		reply.Authoritative = false
		reply.Rcode = dns.RcodeRefused
		s.refuse(question)
	case ip.Is4() && question.Qtype == dns.TypeA:
		reply.Answer = []dns.RR{&dns.A{Hdr: header(question), A: ip.AsSlice()}}
	case ip.Is6() && question.Qtype == dns.TypeAAAA:
		reply.Answer = []dns.RR{&dns.AAAA{Hdr: header(question), AAAA: ip.AsSlice()}}
	}
	_ = w.WriteMsg(reply) // whether it arrives is the client's affair
}

// header is that of the answer, which nobody is to remember.
func header(q dns.Question) dns.RR_Header {
	return dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: q.Qclass}
}

// refuse notes what was asked in vain, each once.
func (s *Server) refuse(q dns.Question) {
	kind, ok := dns.TypeToString[q.Qtype]
	if !ok {
		kind = fmt.Sprintf("TYPE%d", q.Qtype)
	}
	what := strings.TrimSuffix(q.Name, ".") + " " + kind
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) < maxRefused && !slices.Contains(s.refused, what) {
		s.refused = append(s.refused, what)
	}
}

// canonical writes a name in the one way that all ways of writing it come to.
func canonical(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name
}
