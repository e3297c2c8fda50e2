package twin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestPeersAreReadOffWhatServersSendFirst(t *testing.T) {
	for _, c := range []struct{ sent, peer, rest string }{
		{"PROXY TCP4 127.80.1.3 127.80.0.1 49366 443\r\nGET / HTTP/1.1\r\n\r\n", "127.80.1.3", "GET / HTTP/1.1\r\n\r\n"},
		{"GET / HTTP/1.1\r\nHost: x\r\nX-Tlsfault-Peer: 127.80.1.3\r\nA: b\r\n\r\nbody", "127.80.1.3", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\nbody"},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"", "", ""},
	} {
		in := bufio.NewReader(strings.NewReader(c.sent))
		peer, read := readPeer(in)
		rest, err := io.ReadAll(in)
		if got := string(read) + string(rest); peer != c.peer || got != c.rest || err != nil {
			t.Errorf("%q: %q and %q %v, want %q and %q", c.sent, peer, got, err, c.peer, c.rest)
		}
	}
}

func TestConnectionsGoToWhoeverWaitsForThem(t *testing.T) {
	u, err := listenUpstream(net.IPv4(127, 0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer u.close()
	send := func(text string) net.Conn {
		c, err := net.Dial("tcp4", u.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		return c
	}
	early, usual := u.wait("127.1.1.1", true), u.wait("127.1.1.2", false)
	opened := send("PROXY TCP4 127.1.1.1\n")
	stranger := send("PROXY TCP4 127.1.1.9\n")
	send("PROXY TCP4 127.1.1.2\nhello")
	u.settle(usual)
	select {
	case conn := <-usual.plain:
		said := make([]byte, 5)
		if _, err := io.ReadFull(conn, said); err != nil || string(said) != "hello" {
			t.Errorf("%q %v", said, err)
		}
		_ = conn.Close()
	default:
		t.Error("what came before was not there")
	}
	if len(early.plain) > 0 {
		t.Error("a connection without a byte counts as a handshake")
	}
	if _, err := fmt.Fprint(opened, "x"); err != nil {
		t.Fatal(err)
	}
	u.settle(early)
	if len(early.plain) != 1 {
		t.Error("a connection with a byte does not count")
	}
	_ = stranger.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := stranger.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a connection that nobody waits for: %v", err)
	}
	u.forget("127.1.1.1")
	u.forget("127.1.1.2")
	if len(u.waiting) > 0 {
		t.Errorf("%v is still waited for", u.waiting)
	}
}
