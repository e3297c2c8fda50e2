package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serverFor listens on loopback, serves each connection, and returns it as a target called payments.example.com.
func serverFor(t *testing.T, serve func(*net.TCPConn)) client.Target {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn.(*net.TCPConn))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	port := l.Addr().(*net.TCPAddr).Port
	return client.Target{Host: "payments.example.com", Addr: "127.0.0.1", Port: port, URL: fmt.Sprintf("https://payments.example.com:%d/x", port)}
}

// lead runs do as a client that is led through a proxy to target.
func lead(t *testing.T, target client.Target, kind proxy.Kind, do func(client.Target) error) client.Attempt {
	t.Helper()
	c := proxy.Client(client.Func(func(_ context.Context, target client.Target) error { return do(target) }), kind)
	return c.Attempt(t.Context(), target)
}

func address(t *testing.T, target client.Target) string {
	t.Helper()
	u, err := url.Parse(target.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// say sends text to the proxy of target and returns all that it answers.
func say(t *testing.T, target client.Target, text string) (string, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address(t, target))
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // read to its end
	if _, err := io.WriteString(conn, text); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

const (
	hello   = "\x05\x01\x00"
	granted = "\x05\x00"
	nobody  = "\x00\x01\x00\x00\x00\x00\x00\x00"
)

// socksName is a request for a name.
func socksName(name string, port int) string {
	return "\x05\x01\x00\x03" + string(rune(len(name))) + name + string([]byte{byte(port >> 8), byte(port)})
}

func TestAnswers(t *testing.T) {
	target := serverFor(t, func(conn *net.TCPConn) {
		text, _ := io.ReadAll(conn)
		_, _ = conn.Write(append([]byte("you said: "), text...))
	})
	target.Also = []string{"www.payments.example.com:8080", "127.0.0.1:" + fmt.Sprint(target.Port), "nonsense"}
	port := fmt.Sprint(target.Port)
	tests := []struct {
		name, says, want string // want is how the answer begins
		also             string // and what is in it
		refused          string
	}{
		{"its name", "CONNECT payments.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\nhello", "HTTP/1.1 200 ", "\r\n\r\nyou said: hello", ""},
		{"its name in capitals, with a dot", "CONNECT PAYMENTS.example.com.:443 HTTP/1.0\r\n\r\nhello", "HTTP/1.1 200 ", "you said: hello", ""},
		{"its own port", "CONNECT payments.example.com:" + port + " HTTP/1.1\r\nHost: x\r\n\r\nhello", "HTTP/1.1 200 ", "you said: hello", ""},
		{"an address of the case", "CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: x\r\n\r\nhello", "HTTP/1.1 200 ", "you said: hello", ""},
		{"another port", "CONNECT payments.example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 403 ", `"payments.example.com:80" is none of them`, "payments.example.com:80"},
		{"a name below", "CONNECT api.payments.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 403 ", "none of them", "api.payments.example.com:443"},
		{"another name", "CONNECT example.org:443 HTTP/1.1\r\nHost: payments.example.com\r\n\r\n", "HTTP/1.1 403 ", "none of them", "example.org:443"},
		{"an address", "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 403 ", "none of them", "127.0.0.1:443"},
		{"no port", "CONNECT payments.example.com HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 ", "host:port", ""},
		{"nobody listens", "CONNECT www.payments.example.com:8080 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 502 ", "refused", ""},
		{"plain HTTP", "GET http://payments.example.com:" + port + "/a?b HTTP/1.1\r\nHost: payments.example.com\r\nProxy-Connection: keep-alive\r\n\r\n",
			"you said: GET /a?b HTTP/1.1\r\n", "Connection: close", ""},
		{"plain HTTP elsewhere", "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n", "HTTP/1.1 403 ", "none of them", "example.org:80"},
		{"as if it were the server", "GET / HTTP/1.1\r\nHost: payments.example.com\r\n\r\n", "HTTP/1.1 400 ", "this is a proxy", ""},
		{"TLS", "\x16\x03\x01\x00\x05hello\r\n\r\n", "HTTP/1.1 400 ", "neither", ""},
		{"half a request", "CONNECT payments.example", "HTTP/1.1 400 ", "neither", ""},
		{"an endless request", "GET /" + strings.Repeat("x", 1<<20), "HTTP/1.1 400 ", "neither", ""},
		{"nothing", "", "", "", ""},

		{"SOCKS", hello + socksName("payments.example.com", 443) + "hello", granted + "\x05\x00" + nobody, "you said: hello", ""},
		{"SOCKS elsewhere", hello + socksName("example.org", 443), granted + "\x05\x02" + nobody, "", "example.org:443"},
		{"SOCKS by address", hello + "\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb", granted + "\x05\x02" + nobody, "", "127.0.0.1:443"},
		{"SOCKS by IPv6 address", hello + "\x05\x01\x00\x04" + strings.Repeat("\x00", 15) + "\x01\x01\xbb", granted + "\x05\x02" + nobody, "", "[::1]:443"},
		{"SOCKS by a strange address", hello + "\x05\x01\x00\x02abc", granted + "\x05\x08" + nobody, "", ""},
		{"SOCKS bind", hello + "\x05\x02\x00\x01\x7f\x00\x00\x01\x01\xbb", granted + "\x05\x07" + nobody, "", ""},
		{"SOCKS where nobody listens", hello + socksName("www.payments.example.com", 8080), granted + "\x05\x05" + nobody, "", ""},
		{"SOCKS with a password", "\x05\x01\x02", "\x05\xff", "", ""},
		{"half of SOCKS", hello + "\x05\x01\x00\x03\x20pay", granted, "", ""},
		{"SOCKS4", "\x04\x01\x01\xbb\x00\x00\x00\x01me\x00x\x00", "\x00\x5b", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var answer string
			a := lead(t, target, proxy.HTTP, func(target client.Target) error {
				var err error
				answer, err = say(t, target, test.says)
				if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
					err = nil // it need not read all of what is too long
				}
				return err
			})
			if a.Err != nil || !strings.HasPrefix(answer, test.want) || !strings.Contains(answer, test.also) {
				t.Errorf("it answered %q, %v; want %q with %q", answer, a.Err, test.want, test.also)
			}
			var refused []string
			if test.refused != "" {
				refused = []string{"its proxy for " + test.refused}
			}
			if !slices.Equal(a.Refused, refused) {
				t.Errorf("refused %q, want %q", a.Refused, refused)
			}
		})
	}
}

func TestTargetOfTheLed(t *testing.T) {
	for host, want := range map[string]string{
		"payments.example.com": "https://payments.example.com/x",
		"shop.localhost":       "https://shop.localhost:8443/x",
		"127.0.0.1":            "https://127.0.0.1:8443/x",
	} {
		target := client.Target{Host: host, Addr: "127.0.0.1", Port: 8443, URL: "https://" + host + ":8443/x"}
		for kind, scheme := range map[proxy.Kind]string{proxy.HTTP: "http://127.0.0.1:", proxy.SOCKS: "socks5h://127.0.0.1:"} {
			lead(t, target, kind, func(got client.Target) error {
				if got.URL != want || !strings.HasPrefix(got.Proxy, scheme) {
					t.Errorf("%s by %s: %s by way of %s", host, kind, got.URL, got.Proxy)
				}
				return nil
			})
		}
	}
}

// enter opens a tunnel to target.
func enter(t *testing.T, target client.Target) (*net.TCPConn, *bufio.Reader, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address(t, target))
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.WriteString(conn, "CONNECT payments.example.com:443 HTTP/1.1\r\nHost: payments.example.com\r\n\r\n"); err != nil {
		return nil, nil, err
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return conn.(*net.TCPConn), r, err
}

func TestClientSeesHowTheServerEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*net.TCPConn)
		want error
	}{
		"fin":   {func(c *net.TCPConn) { _ = c.CloseWrite(); _, _ = io.Copy(io.Discard, c) }, nil},
		"reset": {func(c *net.TCPConn) { _ = c.SetLinger(0) }, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			target := serverFor(t, func(conn *net.TCPConn) {
				_, _ = io.ReadFull(conn, make([]byte, 5))
				test.end(conn)
			})
			a := lead(t, target, proxy.HTTP, func(target client.Target) error {
				conn, r, err := enter(t, target)
				if err != nil {
					return err
				}
				defer conn.Close() //nolint:errcheck // at its end
				if _, err := io.WriteString(conn, "hello"); err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, r)
				return err
			})
			if !errors.Is(a.Err, test.want) {
				t.Errorf("the client saw %v, want %v", a.Err, test.want)
			}
		})
	}
}

func TestServerSeesHowTheClientEnds(t *testing.T) {
	const text = "the last words, with which the client leaves"
	for name, test := range map[string]struct {
		end  func(*net.TCPConn) error
		want error
	}{
		"fin": {(*net.TCPConn).Close, nil},
		"reset": {func(c *net.TCPConn) error {
			if _, err := io.ReadFull(c, make([]byte, 1)); err != nil { // so that the words have arrived
				return err
			}
			return errors.Join(c.SetLinger(0), c.Close())
		}, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			saw := make(chan error, 1)
			target := serverFor(t, func(conn *net.TCPConn) {
				got := make([]byte, len(text))
				_, err := io.ReadFull(conn, got)
				if err == nil && string(got) != text {
					err = fmt.Errorf("got %q", got)
				}
				if test.want != nil {
					_, _ = conn.Write([]byte("."))
				}
				if err == nil {
					_, err = io.Copy(io.Discard, conn)
				}
				saw <- err
			})
			a := lead(t, target, proxy.HTTP, func(target client.Target) error {
				conn, _, err := enter(t, target)
				if err != nil {
					return err
				}
				_, err = io.WriteString(conn, text)
				return errors.Join(err, test.end(conn))
			})
			// What follows the attempt, as the end of the evidence does, finds everything there.
			if err := <-saw; a.Err != nil || !errors.Is(err, test.want) {
				t.Errorf("the server saw %v, the client %v; want %v", err, a.Err, test.want)
			}
		})
	}
}

func TestNothingOutlivesTheAttempt(t *testing.T) {
	target := serverFor(t, func(conn *net.TCPConn) { _, _ = io.Copy(io.Discard, conn) })
	var left []net.Conn
	var at string
	a := lead(t, target, proxy.SOCKS, func(target client.Target) error {
		at = address(t, target)
		garbage := rand.NewChaCha8([32]byte{1})
		for i := range 400 { // more than it takes, most of which stall
			conn, err := net.Dial("tcp", at)
			if err != nil {
				return err
			}
			left = append(left, conn)
			switch i % 3 {
			case 0:
				noise := make([]byte, i)
				_, _ = garbage.Read(noise)
				_, _ = conn.Write(noise)
			case 1:
				_, _ = io.WriteString(conn, "CONNECT payments.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
			}
		}
		return nil
	})
	if a.Err != nil {
		t.Error(a.Err)
	}
	for _, conn := range left {
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a connection is left: %v", err)
		}
		_ = conn.Close()
	}
	if conn, err := net.Dial("tcp", at); err == nil {
		_ = conn.Close()
		t.Error("the proxy still listens")
	}
}
