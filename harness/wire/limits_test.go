package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
)

// endless repeats a piece for ever and counts what was read of it.
type endless struct {
	piece []byte
	read  int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		n += copy(b[n:], e.piece[(e.read+n)%len(e.piece):])
	}
	e.read += n
	return n, nil
}

// What a client can repeat for ever is cut off after a bounded number of bytes.
func TestEndlessClientsAreCutOff(t *testing.T) {
	a := theAuthority()
	hello := recordings()[2].client
	hello = hello[:5+int(hello[3])<<8+int(hello[4])]
	for name, c := range map[string]struct {
		first, repeated []byte
		alert           string
	}{
		"empty handshake records":             {nil, []byte("\x16\x03\x01\x00\x00"), "unexpected_message"},
		"warnings":                            {nil, []byte("\x15\x03\x01\x00\x02\x01\x5a"), "unexpected_message"},
		"ChangeCipherSpecs":                   {nil, []byte("\x14\x03\x01\x00\x01\x01"), "unexpected_message"},
		"a message of 16 MiB":                 {nil, append([]byte("\x16\x03\x01\x40\x00\x01\xff\xff\xff"), make([]byte, 1<<14-4)...), "decode_error"},
		"a hello one byte a record":           {nil, []byte("\x16\x03\x01\x00\x01\x01"), "decode_error"},
		"heartbeats":                          {nil, []byte("\x18\x03\x01\x00\x01\x01"), "unexpected_message"},
		"the hello again and again":           {hello, hello, "unexpected_message"},
		"records of 64 KiB":                   {nil, append([]byte("\x16\x03\x01\xff\xff"), make([]byte, 1<<16)...), ""},
		"early data that nobody asked for":    {hello, append([]byte("\x17\x03\x03\x10\x00"), make([]byte, 4096)...), "unexpected_message"},
		"ChangeCipherSpec before it has come": {hello, []byte("\x14\x03\x01\x00\x01\x01"), "unexpected_message"},
	} {
		t.Run(name, func(t *testing.T) {
			more := &endless{piece: c.repeated}
			conn := wire.Server(&tape{Reader: io.MultiReader(bytes.NewReader(c.first), more)}, &wire.Config{Certificate: a.leaves["rsa"]})
			err := conn.Handshake(context.Background())
			var alert *wire.AlertError
			if err == nil || c.alert != "" && (!errors.As(err, &alert) || alert.Name != c.alert || alert.Received) {
				t.Errorf("%v, want the alert %q", err, c.alert)
			}
			if more.read > 1<<20 {
				t.Errorf("%d bytes were read", more.read)
			}
		})
	}
}

func TestWhatIsNotTLSIsNamed(t *testing.T) {
	conn := wire.Server(&tape{Reader: strings.NewReader("GET / HTTP/1.1\r\n\r\n")}, &wire.Config{Certificate: theAuthority().leaves["rsa"]})
	err := conn.Handshake(context.Background())
	if !errors.Is(err, wire.ErrNotTLS) || !strings.Contains(err.Error(), `"GET /"`) {
		t.Errorf("%v", err)
	}
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	conn := wire.Server(far, &wire.Config{Certificate: theAuthority().leaves["rsa"]})
	result := make(chan error)
	go func() { result <- conn.Handshake(ctx) }()
	cancel()
	select {
	case err := <-result:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the handshake goes on")
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after that: %v", err)
	}
	_ = conn.Close()
}

func TestCloseInterruptsAHandshake(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	conn := wire.Server(far, &wire.Config{Certificate: theAuthority().leaves["rsa"]})
	result := make(chan error)
	go func() { result <- conn.Handshake(context.Background()) }()
	time.Sleep(10 * time.Millisecond) // more likely in the middle of a read
	_ = conn.Close()
	select {
	case err := <-result:
		if err == nil {
			t.Error("the handshake succeeded")
		}
	case <-time.After(time.Minute):
		t.Error("the handshake goes on")
	}
}
