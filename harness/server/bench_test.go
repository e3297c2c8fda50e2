package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// BenchmarkHandshakes reports handshakes a second of a fault server and the
// ratio to a bare crypto/tls listener with the same certificate type.
func BenchmarkHandshakes(b *testing.B) {
	all := load(b, baseline)
	fleet, err := server.NewFleet(server.FleetConfig{Scenarios: all})
	if err != nil {
		b.Fatal(err)
	}
	defer fleet.Close()
	pem, err := fleet.RootsPEM()
	if err != nil {
		b.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)

	srv, err := server.NewFactory(server.Config{}).Start(b.Context(), &all[0])
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	bareAddr, stop := bareListener(b)
	defer stop()

	const each = 300
	rate := func(addr string) float64 {
		start := time.Now()
		for range each {
			c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				b.Fatal(err)
			}
			_ = c.Close()
		}
		return each / time.Since(start).Seconds()
	}
	var fault, bare float64
	for b.Loop() {
		fault += rate(fleet.Entries()[0].Addr)
		bare += rate(bareAddr)
	}
	b.ReportMetric(fault/float64(b.N), "handshakes/s")
	b.ReportMetric(fault/bare, "ratio")
}

// bareListener is crypto/tls with nothing around it and a path of the same make.
func bareListener(b *testing.B) (string, func()) {
	b.Helper()
	certificate, err := server.BaselineCertificate()
	if err != nil {
		b.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, SessionTicketsDisabled: true})
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = c.(*tls.Conn).Handshake()
				buf := make([]byte, 1)
				_, _ = c.Read(buf)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().String(), func() { _ = l.Close() }
}

// BenchmarkFleetStart reports how long serve takes to start with many scenarios
// and what each costs in memory until it is first used.
func BenchmarkFleetStart(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			all := make([]scenarios.Scenario, n)
			for i, s := range load(b, fmt.Sprintf(`
  - id: test/expired-{i}
    title: Expired {i} days ago
    matrix: { i: [%s] }
    fault: { leaf: { notAfter: "-{i}d" } }
    expect: { reject: expired }
`, numbers(n))) {
				all[i] = s
			}
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				fleet, err := server.NewFleet(server.FleetConfig{Scenarios: all})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse)/float64(n), "B/scenario")
				fleet.Close()
				b.StartTimer()
			}
		})
	}
}

func numbers(n int) string {
	s := "1"
	for i := 2; i <= n; i++ {
		s += fmt.Sprintf(", %d", i)
	}
	return s
}
