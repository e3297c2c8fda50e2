package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

func TestGoAcceptsWhatIsGood(t *testing.T) {
	root := newAuthority(t)
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "api.shop.localhost", "xn--bcher-kva.test"} {
		t.Run(host, func(t *testing.T) {
			target := root.good(t, host)
			if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); !a.Succeeded() {
				t.Errorf("refused: %v", a.Err)
			}
		})
	}
}

func TestGoRefusesWhatIsBroken(t *testing.T) {
	root, stranger := newAuthority(t), newAuthority(t)
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	tests := []struct {
		name string
		cert tls.Certificate
		want func(error) bool
	}{
		{"expired", root.issue(t, "localhost", expired), func(err error) bool {
			var invalid x509.CertificateInvalidError
			return errors.As(err, &invalid) && invalid.Reason == x509.Expired
		}},
		{"wrong name", root.issue(t, "wrong.test", nil), func(err error) bool {
			var wrong x509.HostnameError
			return errors.As(err, &wrong)
		}},
		{"untrusted", stranger.issue(t, "localhost", nil), func(err error) bool {
			var unknown x509.UnknownAuthorityError
			return errors.As(err, &unknown)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{test.cert}}, answer)
			a := client.Go(client.GoOptions{}).Attempt(t.Context(), target)
			if !test.want(a.Err) || a.TimedOut || a.NotStarted {
				t.Errorf("got %+v", a)
			}
			lax := client.Go(client.GoOptions{TLS: &tls.Config{InsecureSkipVerify: true}}).Attempt(t.Context(), target)
			if !lax.Succeeded() {
				t.Errorf("a client that verifies nothing refused: %v", lax.Err)
			}
		})
	}
}

func TestGoRefusesATruncatedBody(t *testing.T) {
	root := newAuthority(t)
	truncated := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("only this"))
	})
	target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{root.issue(t, "localhost", nil)}}, truncated)
	a := client.Go(client.GoOptions{}).Attempt(t.Context(), target)
	if a.Err == nil || !strings.Contains(a.Err.Error(), "reading the body: unexpected EOF") {
		t.Errorf("got error %v, want an unexpected EOF of the body", a.Err)
	}
}

func TestGoTakesAnErrorStatusForFailure(t *testing.T) {
	root := newAuthority(t)
	target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{root.issue(t, "localhost", nil)}}, http.NotFoundHandler())
	a := client.Go(client.GoOptions{}).Attempt(t.Context(), target)
	if a.Err == nil || a.Err.Error() != "the server answered 404 Not Found" {
		t.Errorf("got error %v", a.Err)
	}
}

func TestGoShowsItsCertificate(t *testing.T) {
	root := newAuthority(t)
	config := &tls.Config{
		Certificates: []tls.Certificate{root.issue(t, "localhost", nil)},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    x509.NewCertPool(),
	}
	config.ClientCAs.AddCert(root.cert)
	target := root.serve(t, "localhost", config, answer)
	if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); a.Succeeded() {
		t.Error("succeeded without a certificate")
	}
	target.ClientCertFile, target.ClientKeyFile = clientFiles(t, root)
	if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); !a.Succeeded() {
		t.Errorf("refused: %v", a.Err)
	}
	target.ClientKeyFile = target.CAFile
	if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); !a.NotStarted {
		t.Errorf("got %+v, want not started for want of a key", a)
	}
}

func clientFiles(t *testing.T, root *authority) (certFile, keyFile string) {
	return files(t, root.issue(t, "client.test", func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}))
}

func TestGoGivesUpOnAStalledServerByItself(t *testing.T) {
	root := newAuthority(t)
	target := stall(t, root)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // of which a busy machine may take half
	defer cancel()
	a := client.Go(client.GoOptions{}).Attempt(ctx, target)
	if a.Err == nil || a.TimedOut || !strings.Contains(a.Err.Error(), "TLS handshake timeout") {
		t.Errorf("got %+v, want net/http's own handshake timeout", a)
	}
}

// stall accepts connections and never says a word.
func stall(t *testing.T, root *authority) client.Target {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	return client.Target{
		URL:  "https://" + listener.Addr().String() + "/",
		Host: "127.0.0.1", Port: port, Addr: "127.0.0.1",
		CAFile: root.file, RootsPEM: root.pem,
	}
}

func TestGoReadsTheRootsFromTheFile(t *testing.T) {
	root := newAuthority(t)
	target := root.good(t, "localhost")
	target.RootsPEM = nil
	if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); !a.Succeeded() {
		t.Errorf("refused: %v", a.Err)
	}
}

func TestGoIsNotStartedWithoutRoots(t *testing.T) {
	for name, target := range map[string]client.Target{
		"no certificate in them": {RootsPEM: []byte("no PEM")},
		"no such file":           {CAFile: "/nonexistent/roots.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			target.URL = "https://localhost:1/"
			if a := client.Go(client.GoOptions{}).Attempt(t.Context(), target); !a.NotStarted || a.Err == nil {
				t.Errorf("got %+v, want not started", a)
			}
		})
	}
}

func TestGoForgetsRootsOfThePast(t *testing.T) {
	builtIn := client.Go(client.GoOptions{})
	root, stranger := newAuthority(t), newAuthority(t)
	target := root.good(t, "localhost")
	for range 2 {
		if a := builtIn.Attempt(t.Context(), target); !a.Succeeded() {
			t.Errorf("refused: %v", a.Err)
		}
		foreign := target
		foreign.RootsPEM = stranger.pem
		if a := builtIn.Attempt(t.Context(), foreign); a.Succeeded() {
			t.Error("accepted a root that this attempt was not given")
		}
	}
}

func BenchmarkGo(b *testing.B) {
	root := newAuthority(b)
	target := root.good(b, "localhost")
	builtIn := client.Go(client.GoOptions{})
	for b.Loop() {
		if a := builtIn.Attempt(b.Context(), target); !a.Succeeded() {
			b.Fatal(a.Err)
		}
	}
}
