package evidence

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readAll is a server that says nothing and reads until the connection ends.
func readAll(tap *Tap) { _, _ = io.Copy(io.Discard, tap) }

func dial(t *testing.T, s tapped) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

func send(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

func TestEndings(t *testing.T) {
	hello := handshake(typeClientHello, hello13())
	for _, test := range []struct {
		name   string
		server func(*Tap)
		client func(*testing.T, *net.TCPConn)
		want   Ending
	}{
		{"the client's FIN", readAll, func(t *testing.T, c *net.TCPConn) {
			send(t, c, hello)
			_ = c.Close()
		}, EndFIN},
		{"the client's half-close", readAll, func(_ *testing.T, c *net.TCPConn) { _ = c.CloseWrite() }, EndFIN},
		{"a reset", readAll, func(t *testing.T, c *net.TCPConn) {
			send(t, c, hello)
			_ = c.SetLinger(0)
			_ = c.Close()
		}, EndRST},
		{"a fatal alert, then FIN", readAll, func(t *testing.T, c *net.TCPConn) {
			send(t, c, join(hello, alert(2, 70)))
			_ = c.Close()
		}, EndAlert},
		{"a fatal alert, then a reset", readAll, func(t *testing.T, c *net.TCPConn) {
			send(t, c, join(hello, alert(2, 70)))
			_ = c.SetLinger(0)
			_ = c.Close()
		}, EndAlert},
		{"close_notify in plaintext, then FIN", readAll, func(t *testing.T, c *net.TCPConn) {
			send(t, c, join(hello, alert(1, 0)))
			_ = c.Close()
		}, EndCloseNotify},
		{"the server's time limit", func(tap *Tap) {
			_ = tap.SetDeadline(time.Now().Add(10 * time.Millisecond))
			readAll(tap)
		}, nil, EndTimeout},
		{"the server", func(*Tap) {}, nil, EndServer},
		{"the server, after it woke its reader up", func(tap *Tap) {
			_ = tap.SetReadDeadline(time.Unix(1, 0))
			readAll(tap)
		}, nil, EndServer},
		{"the client's FIN, after the server woke its reader up", func(tap *Tap) {
			_ = tap.SetReadDeadline(time.Unix(1, 0))
			readAll(tap)
			_ = tap.SetReadDeadline(time.Time{})
			readAll(tap)
		}, func(_ *testing.T, c *net.TCPConn) { _ = c.Close() }, EndFIN},
		{"close_notify that the TLS stack decrypted, then FIN", func(tap *Tap) {
			_, _ = io.ReadFull(tap, make([]byte, len(hello)))
			tap.NoteError(io.EOF)
			readAll(tap)
		}, func(t *testing.T, c *net.TCPConn) {
			send(t, c, hello)
			_ = c.Close()
		}, EndCloseNotify},
		{"FIN that the TLS stack reports as io.EOF", func(tap *Tap) {
			readAll(tap)
			tap.NoteError(io.EOF)
		}, func(_ *testing.T, c *net.TCPConn) { _ = c.Close() }, EndFIN},
		{"an alert that the TLS stack tells only after the FIN", func(tap *Tap) {
			readAll(tap)
			tap.NoteAlert(Alert{Level: 2, Description: 48}, true)
		}, func(_ *testing.T, c *net.TCPConn) { _ = c.Close() }, EndAlert},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, Limits{}, test.server)
			conn := dial(t, s)
			if test.client != nil {
				test.client(t, conn)
			} else {
				_, _ = conn.Read(make([]byte, 1)) // until the server ends it
			}
			if c := s.only(t); c.Ending != test.want {
				t.Errorf("got %q, want %q; %v", c.Ending, test.want, c.line())
			}
		})
	}
}

func TestOpenWhenTheLogCloses(t *testing.T) {
	reading := make(chan struct{})
	s := serve(t, Limits{}, func(tap *Tap) {
		_, _ = tap.Read(make([]byte, 1))
		close(reading)
		_, err := io.Copy(io.Discard, tap)
		tap.NoteError(err)
	})
	conn := dial(t, s)
	send(t, conn, []byte{22})
	<-reading
	e := s.log.Close()
	if len(e.Connections) != 1 || e.Connections[0].Ending != EndOpen || e.Connections[0].ServerError != "" {
		t.Errorf("%+v", e.Connections)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}

func TestPlainHTTPToTheTLSPort(t *testing.T) {
	s := serve(t, Limits{}, answerTLS(&tls.Config{Certificates: []tls.Certificate{issue(t, time.Now().Add(time.Hour)).leaf}}))
	conn := dial(t, s)
	send(t, conn, []byte("GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	_ = conn.CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
	e := s.evidence(t)
	if len(e.CleartextHits) != 1 || e.CleartextHits[0].Method != http.MethodGet || e.CleartextHits[0].Path != "/secret" ||
		e.CleartextHits[0].Remote != conn.LocalAddr().String() || e.CleartextHits[0].At.IsZero() {
		t.Errorf("hits %+v", e.CleartextHits)
	}
	c := e.Connections[0]
	if c.Progress != BytesSeen || c.Ending != EndFIN || !strings.Contains(c.ServerError, "first record does not look like a TLS handshake") {
		t.Errorf("%+v", c)
	}
}

func TestClientThatSendsTooMuchIsCutOff(t *testing.T) {
	failed := make(chan error, 1)
	s := serve(t, Limits{Bytes: 1000}, func(tap *Tap) {
		_, err := io.Copy(io.Discard, tap)
		tap.NoteError(err)
		failed <- err
	})
	conn := dial(t, s)
	_, _ = io.Copy(conn, bytes.NewReader(make([]byte, 1<<20))) // until the server cuts it off
	if err := <-failed; !errors.Is(err, ErrTooManyBytes) {
		t.Errorf("error %v", err)
	}
	c := s.only(t)
	if c.Ending != EndServer || !strings.Contains(c.ServerError, ErrTooManyBytes.Error()) {
		t.Errorf("%+v", c)
	}
}

func TestTapPassesBytesOnUnaltered(t *testing.T) {
	log := NewLog(Limits{})
	near, far := net.Pipe()
	tap := log.Tap(near)
	sent := join(handshake(typeClientHello, hello13()), bytes.Repeat([]byte("garbage"), 5000))
	got := make(chan []byte, 1)
	go func() {
		_, _ = far.Write(sent)
		b := make([]byte, len(sent))
		_, _ = io.ReadFull(far, b)
		got <- b
	}()
	received := make([]byte, len(sent))
	if _, err := io.ReadFull(tap, received); err != nil || !bytes.Equal(received, sent) {
		t.Errorf("received other bytes, %v", err)
	}
	if n, err := tap.Write(sent); n != len(sent) || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if !bytes.Equal(<-got, sent) {
		t.Error("sent other bytes")
	}
	_ = tap.Close()
	if c := log.Close().Connections[0]; c.BytesIn != int64(len(sent)) || c.BytesOut != int64(len(sent)) {
		t.Errorf("counted %d and %d of %d", c.BytesIn, c.BytesOut, len(sent))
	}
}

func TestWriteThatFailsIsNotEvidence(t *testing.T) {
	log := NewLog(Limits{})
	near, far := net.Pipe()
	tap := log.Tap(near)
	go func() {
		_, _ = far.Write(handshake(typeClientHello, hello12()))
		_, _ = io.ReadFull(far, make([]byte, 100)) // ServerHello and the beginning of Certificate
		_ = far.Close()
	}()
	if _, err := io.ReadAtLeast(tap, make([]byte, 1024), len(hello12())+9); err != nil {
		t.Fatal(err)
	}
	if n, err := tap.Write(flight12()); n != 100 || err == nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	_ = tap.Close()
	if c := log.Close().Connections[0]; c.Progress != ServerHelloSent || c.BytesOut != 100 {
		t.Errorf("%+v", c)
	}
}

func TestWhatTheConnectionBeneathCannotDo(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close() //nolint:errcheck // a pipe
	tap := NewLog(Limits{}).Tap(near)
	if err := tap.CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("CloseWrite: %v", err)
	}
	if err := tap.SetLinger(0); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SetLinger: %v", err)
	}
	if tap.NetConn() != near || tap.LocalAddr() == nil || tap.RemoteAddr() == nil {
		t.Error("not the connection beneath")
	}
	_ = tap.SetWriteDeadline(time.Unix(1, 0))
	if _, err := tap.Write([]byte{1}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write after its deadline: %v", err)
	}
	_ = tap.Close()
}
