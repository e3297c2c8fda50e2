package wire_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
)

// handshakes runs n full handshakes of Go's client against a server on the loopback interface.
func handshakes(b *testing.B, n int, version uint16, server func(net.Conn) interface {
	net.Conn
	Handshake(context.Context) error
}) time.Duration {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			conn := server(raw)
			if conn.Handshake(context.Background()) == nil {
				_, _ = conn.Write([]byte("x"))
				_, _ = io.Copy(io.Discard, conn)
			}
			_ = conn.Close()
		}
	}()
	client := theAuthority().goClient(version)
	client.CurvePreferences = []tls.CurveID{tls.CurveP256}
	start := time.Now()
	for range n {
		conn, err := tls.Dial("tcp", l.Addr().String(), client)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		_ = conn.Close()
	}
	took := time.Since(start)
	_ = l.Close()
	<-done
	return took
}

type stdConn struct{ *tls.Conn }

func (c stdConn) Handshake(ctx context.Context) error { return c.HandshakeContext(ctx) }

// BenchmarkHandshake reports full handshakes per second with ECDHE over P-256
// and an ECDSA P-256 certificate, client included, and as a ratio to crypto/tls
// as the server, in turns in the same run.
func BenchmarkHandshake(b *testing.B) {
	cert := theAuthority().leaves["p256"]
	std := &tls.Config{Certificates: []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}}, SessionTicketsDisabled: true}
	cfg := &wire.Config{Certificate: cert}
	type conn = interface {
		net.Conn
		Handshake(context.Context) error
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		b.Run(fmt.Sprintf("ECDHE-P256/%s", tls.VersionName(version)), func(b *testing.B) {
			var own, theirs time.Duration
			const turn = 50
			n := 0
			for n = 0; n < b.N; n += turn {
				own += handshakes(b, turn, version, func(raw net.Conn) conn { return wire.Server(raw, cfg) })
				theirs += handshakes(b, turn, version, func(raw net.Conn) conn { return stdConn{tls.Server(raw, std)} })
			}
			b.ReportMetric(float64(n)/own.Seconds(), "handshakes/s")
			b.ReportMetric(theirs.Seconds()/own.Seconds(), "of-crypto/tls")
			b.ReportMetric(0, "ns/op")
		})
	}
}
