package dissect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
	"github.com/tlsfault/tlsfault/scenarios"
)

// segment is what one side sent at a stretch.
type segment struct {
	fromServer bool
	data       []byte
}

// recorder notes what passes a connection.
type recorder struct {
	net.Conn
	mu       sync.Mutex
	segments []segment
}

func (r *recorder) note(fromServer bool, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.segments = append(r.segments, segment{fromServer, bytes.Clone(p)})
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	if n > 0 {
		r.note(true, p[:n])
	}
	return n, err
}

func (r *recorder) Write(p []byte) (int, error) {
	r.note(false, p)
	return r.Conn.Write(p)
}

// record lets a client meet the scenario and returns what passed. Go's client
// writes its secrets to keys, so that TLS 1.3 can be read; for Diffie-Hellman and
// what else Go does not speak it is the test client of package wire, which lacks nothing
// but what a look at the handshake needs.
func record(t *testing.T, factory *server.Factory, s *scenarios.Scenario, keys io.Writer) []segment {
	t.Helper()
	srv, err := factory.Start(t.Context(), s)
	if err != nil {
		t.Fatalf("%s: %v", s.ID, err)
	}
	defer srv.Close()
	target := srv.Target()
	raw, err := net.DialTimeout("tcp", net.JoinHostPort(target.Addr, strconv.Itoa(target.Port)), time.Minute)
	if err != nil {
		t.Fatalf("%s: %v", s.ID, err)
	}
	defer raw.Close() //nolint:errcheck // it is read to its end
	_ = raw.SetDeadline(time.Now().Add(time.Minute))
	r := &recorder{Conn: raw}
	if s.Given.TLS.KeyExchange == scenarios.DHE {
		meetDHE(r, target)
	} else {
		meetGo(r, target, s, keys)
	}
	_, _ = io.Copy(io.Discard, r) // what the client had no eyes for
	return r.segments
}

func meetGo(r *recorder, target client.Target, s *scenarios.Scenario, keys io.Writer) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(target.RootsPEM)
	c := tls.Client(r, &tls.Config{
		RootCAs: roots, ServerName: target.Host, KeyLogWriter: keys, NextProtos: s.Given.ALPN,
		// One share of few bytes keeps the hello in one segment.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384},
	})
	if c.Handshake() == nil {
		_, _ = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target.Host)
		_, _ = io.Copy(io.Discard, c)
	}
	_ = c.CloseWrite()
	_ = r.Conn.(*net.TCPConn).CloseWrite()
}

func meetDHE(r *recorder, target client.Target) {
	id, err := wire.CipherSuiteID("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")
	if err != nil {
		panic(err) // it is one of ours
	}
	c := wiretest.Client{ServerName: target.Host, Versions: []uint16{wire.VersionTLS12}, CipherSuites: []uint16{id}}
	_, _ = c.Fetch(r, fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target.Host))
	_ = r.Conn.(*net.TCPConn).CloseWrite()
}

// capture writes conversations as a capture, the one at i from port 20000+i.
func capture(t *testing.T, conversations [][]segment) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "scenarios.pcap")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // writing is checked below
	w := pcapgo.NewWriter(file)
	if err := w.WriteFileHeader(1<<18, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 0)
	for i, segments := range conversations {
		c := &flow{w: w, port: layers.TCPPort(firstPort + i), at: &at}
		c.packet(false, true, false, nil)
		c.packet(true, true, false, nil)
		c.packet(false, false, false, nil)
		for _, s := range segments {
			for data := s.data; len(data) > 0; {
				n := min(len(data), 1400)
				c.packet(s.fromServer, false, false, data[:n])
				data = data[n:]
			}
		}
		c.packet(true, false, true, nil)
		c.packet(false, false, true, nil)
		if c.err != nil {
			t.Fatal(c.err)
		}
	}
	return name
}

const (
	firstPort  = 20000
	serverPort = 443
)

// flow is one TCP connection of a capture.
type flow struct {
	w    *pcapgo.Writer
	port layers.TCPPort
	at   *time.Time
	seq  [2]uint32 // of client and server
	err  error
}

func (f *flow) packet(fromServer, syn, fin bool, data []byte) {
	me, other := 0, 1
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.IPv4(10, 0, 0, 1), DstIP: net.IPv4(10, 0, 0, 2)}
	tcp := &layers.TCP{SrcPort: f.port, DstPort: serverPort, Window: 65535, SYN: syn, FIN: fin, PSH: len(data) > 0}
	if fromServer {
		me, other = 1, 0
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
		tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
	}
	tcp.Seq, tcp.Ack, tcp.ACK = f.seq[me], f.seq[other], !syn || fromServer
	f.seq[me] += uint32(len(data))
	if syn || fin {
		f.seq[me]++
	}
	ether := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil && f.err == nil {
		f.err = err
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ether, ip, tcp, gopacket.Payload(data))
	if err == nil {
		*f.at = f.at.Add(time.Millisecond)
		err = f.w.WritePacket(gopacket.CaptureInfo{Timestamp: *f.at, CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes())}, buf.Bytes())
	}
	if err != nil && f.err == nil {
		f.err = err
	}
}
