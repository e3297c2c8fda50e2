package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
)

// eachPreset runs check for every thorough preset whose program is installed, ready to be attempted.
func eachPreset(t *testing.T, suffix string, check func(t *testing.T, name string, underTest client.Client)) {
	for _, name := range thorough {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needInstalled(t, name)
			check(t, name, prepared(t, name+suffix))
		})
	}
}

// needInstalled skips or fails t without the preset's program.
func needInstalled(t *testing.T, name string) client.Info {
	t.Helper()
	preset, err := client.Lookup(name)
	must(t, err)
	info := preset.Describe(t.Context())
	if !info.Installed {
		need.Missing(t, info.Problem)
	}
	return info
}

// thorough lists the presets that are tried with every kind of host, proxy and
// certificate. The others package suites runs against the faults that matter most.
var thorough = []string{"go", "curl", "wget", "openssl", "gnutls-cli", "python", "node", "java", "perl", "ruby", "php", "git"}

// reaches reports whether the preset can get to host on any machine.
func reaches(name, host string) bool {
	preset, err := client.Lookup(name)
	if err != nil || !strings.Contains(preset.About, "names that do not resolve") {
		return err == nil
	}
	return host == "localhost" || net.ParseIP(host) != nil
}

// clients are shared by the tests, as one of them is compiled for seconds.
var (
	clientsMu sync.Mutex
	clients   = make(map[string]client.Client)
)

// prepared returns the client called name, ready to be attempted.
func prepared(t *testing.T, name string) client.Client {
	t.Helper()
	clientsMu.Lock()
	underTest, ok := clients[name]
	if !ok {
		preset, err := client.Lookup(name)
		must(t, err)
		underTest = preset.Client()
		clients[name] = underTest
	}
	clientsMu.Unlock()
	must(t, client.Prepare(t.Context(), underTest))
	return underTest
}

// attempt gives a client what a run gives it, and enough time on a busy machine.
func attempt(t *testing.T, underTest client.Client, target client.Target) client.Attempt {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	a := underTest.Attempt(ctx, target)
	if a.NotStarted || a.TimedOut || a.Leftover != 0 || a.Crashed() {
		t.Errorf("not started %v, timed out %v, left over %d, signal %q: %s", a.NotStarted, a.TimedOut, a.Leftover, a.Signal, a.Message())
	}
	return a
}

func TestPresetsAcceptWhatIsGood(t *testing.T) {
	root := newAuthority(t)
	eachPreset(t, "", func(t *testing.T, name string, underTest client.Client) {
		for _, host := range []string{"localhost", "127.0.0.1", "::1", "api.shop.localhost", "xn--bcher-kva.test"} {
			if !reaches(name, host) {
				continue
			}
			if a := attempt(t, underTest, root.good(t, host)); !a.Succeeded() {
				t.Errorf("%s: refused: %s", host, a.Message())
			}
		}
	})
}

func TestPresetsRefuseWhatIsBroken(t *testing.T) {
	root, stranger := newAuthority(t), newAuthority(t)
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	tests := []struct {
		fault, host string
		cert        tls.Certificate
	}{
		{"expired", "localhost", root.issue(t, "localhost", expired)},
		{"untrusted", "localhost", stranger.issue(t, "localhost", nil)},
		{"wrong name", "localhost", root.issue(t, "wrong.test", nil)},
		{"wrong name", "api.shop.localhost", root.issue(t, "shop.localhost", nil)},
		{"wrong IP", "127.0.0.1", root.issue(t, "127.0.0.2", nil)},
		{"no IP", "127.0.0.1", root.issue(t, "localhost", nil)},
		{"wrong IP", "::1", root.issue(t, "::2", nil)},
	}
	eachPreset(t, "", func(t *testing.T, name string, underTest client.Client) {
		for _, test := range tests {
			if !reaches(name, test.host) {
				continue
			}
			target := root.serve(t, test.host, &tls.Config{Certificates: []tls.Certificate{test.cert}}, answer)
			a := attempt(t, underTest, target)
			if a.Succeeded() {
				t.Errorf("%s, %s: accepted: %s", test.host, test.fault, a.Message())
			}
			if strings.TrimSpace(a.Message()) == "" {
				t.Errorf("%s, %s: refused without a word", test.host, test.fault)
			}
		}
	})
}

func TestInsecurePresetsAcceptAnything(t *testing.T) {
	root, stranger := newAuthority(t), newAuthority(t)
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	eachPreset(t, ":insecure", func(t *testing.T, _ string, underTest client.Client) {
		for fault, cert := range map[string]tls.Certificate{
			"expired":    root.issue(t, "localhost", expired),
			"wrong name": root.issue(t, "wrong.test", nil),
			"untrusted":  stranger.issue(t, "localhost", nil),
		} {
			target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{cert}}, answer)
			if a := attempt(t, underTest, target); !a.Succeeded() {
				t.Errorf("%s: refused: %s", fault, a.Message())
			}
		}
	})
}

func TestPresetsTrustOnlyTheTargetsRoots(t *testing.T) {
	root, stranger := newAuthority(t), newAuthority(t)
	// The user's own configuration trusts the other root in every way we know of.
	for _, variable := range []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PERL_LWP_SSL_CA_FILE"} {
		t.Setenv(variable, stranger.file)
	}
	t.Setenv("https_proxy", "http://127.0.0.1:1")
	t.Setenv("NODE_TLS_REJECT_UNAUTHORIZED", "0")
	t.Setenv("GIT_SSL_NO_VERIFY", "1")
	t.Setenv("PYTHONHTTPSVERIFY", "0")
	for _, name := range thorough {
		t.Run(name, func(t *testing.T) {
			needInstalled(t, name)
			underTest := prepared(t, name)
			broken := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{stranger.issue(t, "localhost", nil)}}, answer)
			if a := attempt(t, underTest, broken); a.Succeeded() {
				t.Error("accepted a root that it was not given, or no longer does")
			}
			if a := attempt(t, underTest, root.good(t, "localhost")); !a.Succeeded() {
				t.Errorf("the user's environment came through: %s", a.Message())
			}
		})
	}
}

func TestPresetsShowTheirCertificate(t *testing.T) {
	root := newAuthority(t)
	issuers := x509.NewCertPool()
	issuers.AddCert(root.cert)
	eachPreset(t, "", func(t *testing.T, _ string, underTest client.Client) {
		shown := make(chan int, 10)
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shown <- len(r.TLS.PeerCertificates) })
		target := root.serve(t, "localhost", &tls.Config{
			Certificates: []tls.Certificate{root.issue(t, "localhost", nil)},
			ClientAuth:   tls.VerifyClientCertIfGiven,
			ClientCAs:    issuers,
		}, handler)
		for _, want := range []int{0, 1} {
			if want == 1 {
				target.ClientCertFile, target.ClientKeyFile = clientFiles(t, root)
			}
			a := attempt(t, underTest, target)
			if !a.Succeeded() {
				t.Fatalf("refused: %s", a.Message())
			}
			for len(shown) > 0 { // git asks more than once
				if got := <-shown; (got > 0) != (want > 0) { // OpenSSL adds the root
					t.Errorf("showed %d certificates, want %d", got, want)
				}
			}
		}
	})
}

// noticesTruncation says which programs report a body that is shorter than
// announced when the connection ends with close_notify. The others do so by design:
// openssl and gnutls-cli do not read HTTP, Ruby and PHP take what they get.
var noticesTruncation = []string{"go", "curl", "wget", "python", "node", "java", "perl", "git"}

func TestPresetsDoNotHideATruncatedBody(t *testing.T) {
	root := newAuthority(t)
	truncated := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("only this"))
	})
	eachPreset(t, "", func(t *testing.T, name string, underTest client.Client) {
		target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{root.issue(t, "localhost", nil)}}, truncated)
		a := attempt(t, underTest, target)
		if want := !slices.Contains(noticesTruncation, name); a.Succeeded() != want {
			t.Errorf("succeeded: %v, want %v: %s", a.Succeeded(), want, a.Message())
		}
	})
}

func TestPresetsReadAnyAnswer(t *testing.T) {
	root := newAuthority(t)
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello\n")) })
	eachPreset(t, "", func(t *testing.T, _ string, underTest client.Client) {
		target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{root.issue(t, "localhost", nil)}}, hello)
		if a := attempt(t, underTest, target); !a.Succeeded() {
			t.Errorf("refused: %s", a.Message())
		}
	})
}

func TestPresetsGiveUpOnAServerThatDoesNotAnswer(t *testing.T) {
	root := newAuthority(t)
	silent := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	// HTTP::Tiny takes the session tickets of TLS 1.3 for the answer, and waits for that without its time limit.
	expectGivingUp(t, []string{"openssl", "gnutls-cli", "perl"}, func() client.Target {
		return root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{root.issue(t, "localhost", nil)}}, silent)
	})
}

func TestPresetsGiveUpOnAServerThatStallsTheHandshake(t *testing.T) {
	root := newAuthority(t)
	expectGivingUp(t, []string{"openssl", "gnutls-cli", "git"}, func() client.Target { return stall(t, root) })
}

// expectGivingUp checks that the clients give up on servers by themselves, or that
// they have to be ended, where they are known to wait for ever. They all wait at the same time.
func expectGivingUp(t *testing.T, waitForEver []string, serve func() client.Target) {
	t.Helper()
	var waits sync.WaitGroup
	defer waits.Wait()
	for _, name := range thorough {
		preset, err := client.Lookup(name)
		must(t, err)
		if info := preset.Describe(t.Context()); !info.Installed {
			t.Run(name, func(t *testing.T) { need.Missing(t, info.Problem) })
			continue
		}
		underTest, target := prepared(t, name), serve()
		waits.Go(func() {
			if !slices.Contains(waitForEver, name) {
				if a := attempt(t, underTest, target); a.Succeeded() {
					t.Errorf("%s: succeeded with a server that says nothing", name)
				}
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if a := underTest.Attempt(ctx, target); !a.TimedOut {
				t.Errorf("%s: ended by itself: %s", name, a.Message())
			}
		})
	}
}

func TestPresetsDescribeThemselves(t *testing.T) {
	for _, name := range thorough {
		t.Run(name, func(t *testing.T) {
			info := needInstalled(t, name)
			if info.Version == "" || info.TLS == "" || info.Problem != "" || (info.Path == "" && name != "go") {
				t.Errorf("got %+v", info)
			}
			t.Logf("%s %s with %s", info.Path, info.Version, info.TLS)
		})
	}
}

func TestPresetWithoutItsProgramIsNotStarted(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	preset, err := client.Lookup("curl")
	must(t, err)
	if info := preset.Describe(t.Context()); info.Installed || !strings.Contains(info.Problem, "curl") {
		t.Errorf("got %+v", info)
	}
	underTest := preset.Client()
	if err := client.Prepare(t.Context(), underTest); !errorSays(err, `"curl": executable file not found`) {
		t.Errorf("got %v", err)
	}
	a := underTest.Attempt(t.Context(), target)
	if !a.NotStarted || !errorSays(a.Err, `client "curl": exec: "curl": executable file not found`) {
		t.Errorf("got %+v", a)
	}
}

func errorSays(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }

func TestPreparingEndsWithItsContext(t *testing.T) {
	need.Tool(t, "curl")
	preset, err := client.Lookup("curl")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	underTest := preset.Client()
	if err := client.Prepare(ctx, underTest); err == nil {
		t.Error("prepared although it was cancelled")
	}
	if err := client.Prepare(t.Context(), underTest); err != nil {
		t.Errorf("a cancelled preparation spoilt the next one: %v", err)
	}
}

func TestLookup(t *testing.T) {
	for _, preset := range client.Presets() {
		found, err := client.Lookup(preset.Name)
		if err != nil || found.Name != preset.Name || found.About == "" {
			t.Errorf("%s: got %+v, %v", preset.Name, found, err)
		}
	}
	var all []string
	for _, preset := range client.Presets() {
		all = append(all, preset.Name)
	}
	for name, want := range map[string]string{
		"crul":          `unknown client "crul": did you mean "curl"?`,
		"python3":       `unknown client "python3": did you mean "python"?`,
		"gnutls":        `unknown client "gnutls": did you mean "gnutls-cli"?`,
		"nodejs":        `unknown client "nodejs": did you mean "node"?`,
		"crul:insecure": `unknown client "crul:insecure": did you mean "curl"?`,
		"internet":      `unknown client "internet": the presets are ` + strings.Join(all, ", "),
		"curl:lax":      `client "curl" has no mode "lax": its modes are insecure, staple, crl, pins`,
	} {
		if _, err := client.Lookup(name); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
	}
	if _, err := client.Lookup(""); err == nil || errors.Unwrap(err) != nil {
		t.Errorf("the empty name: got %v", err)
	}
}

func ExampleLookup() {
	curl, err := client.Lookup("curl")
	if err != nil {
		fmt.Println(err)
	}
	underTest := curl.Client()
	_ = underTest

	_, err = client.Lookup("crul")
	fmt.Println(err)
	// Output:
	// unknown client "crul": did you mean "curl"?
}
