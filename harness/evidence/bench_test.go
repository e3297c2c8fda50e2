package evidence

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"
)

// BenchmarkTap compares connections through a tap with bare ones, in one run:
// "ratio" is the speed with a tap as a part of the speed without.
func BenchmarkTap(b *testing.B) {
	cert := issue(b, time.Now().Add(time.Hour))
	server := &tls.Config{Certificates: []tls.Certificate{cert.leaf}, SessionTicketsDisabled: true}
	client := &tls.Config{RootCAs: cert.pool(), ServerName: "localhost"}
	for name, size := range map[string]int64{"handshake": 0, "64MiB": 64 << 20} {
		b.Run(name, func(b *testing.B) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer listener.Close() //nolint:errcheck // of no consequence
			exchange := func(wrap func(net.Conn) net.Conn) time.Duration {
				start := time.Now()
				done := make(chan error, 1)
				go func() { done <- upload(listener.Addr().String(), client, size) }()
				conn, err := listener.Accept()
				if err != nil {
					b.Fatal(err)
				}
				secure := tls.Server(wrap(conn), server)
				if _, err := io.Copy(io.Discard, secure); err != nil {
					b.Fatal(err)
				}
				_ = secure.Close()
				if err := <-done; err != nil {
					b.Fatal(err)
				}
				return time.Since(start)
			}
			var bare, tapped time.Duration
			for b.Loop() {
				bare += exchange(func(c net.Conn) net.Conn { return c })
				log := NewLog(Limits{Bytes: 1 << 40})
				tapped += exchange(func(c net.Conn) net.Conn { return log.Tap(c) })
				log.Close()
			}
			b.ReportMetric(bare.Seconds()/tapped.Seconds(), "ratio")
		})
	}
}

// upload sends size bytes and closes properly.
func upload(addr string, config *tls.Config, size int64) error {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for sent := int64(0); sent < size; sent += int64(len(buf)) {
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
	return conn.Close()
}
