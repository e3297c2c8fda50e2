package harness_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/scenarios"
)

// BenchmarkCatalogue reports how many cases a second the whole catalogue makes
// with Go's client, and the ratio to bare HTTPS GETs on new connections to one
// ready server with as many goroutines. Keys and controls are made by a first
// pass, as any run of minutes has long done; each case still has certificates and
// a listener of its own. Cases in which the client has to wait for its own
// time-out are left out.
func BenchmarkCatalogue(b *testing.B) {
	all, err := scenarios.Catalogue()
	if err != nil {
		b.Fatal(err)
	}
	var quick []scenarios.Scenario
	for _, s := range scenarios.WithoutPages(all) {
		if s.Expect.Reason != scenarios.Stalled {
			quick = append(quick, s)
		}
	}
	jobs := 2 * runtime.NumCPU()
	session, err := harness.NewSession(harness.Config{Client: client.Go(client.GoOptions{})})
	if err != nil {
		b.Fatal(err)
	}
	cases := func() float64 {
		start := time.Now()
		var g errgroup.Group
		g.SetLimit(jobs)
		for i := range quick {
			g.Go(func() error {
				_, err := session.Case(b.Context(), &quick[i])
				return err
			})
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		return float64(len(quick)) / time.Since(start).Seconds()
	}
	first := cases()
	var rate, bare float64
	for b.Loop() {
		rate += cases()
		bare += bareGETs(b, jobs)
	}
	b.ReportMetric(first, "first-cases/s")
	b.ReportMetric(rate/float64(b.N), "cases/s")
	b.ReportMetric(bare/float64(b.N), "GETs/s")
	b.ReportMetric(rate/bare, "ratio")
}

// bareGETs returns how many GETs a second net/http makes on new connections to httptest.
func bareGETs(b *testing.B, jobs int) float64 {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }))
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	const each = 400
	done := make(chan error, jobs)
	start := time.Now()
	for range jobs {
		go func() {
			for range each {
				resp, err := c.Get(srv.URL)
				if err != nil {
					done <- err
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			done <- nil
		}()
	}
	for range jobs {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	return float64(jobs*each) / time.Since(start).Seconds()
}
