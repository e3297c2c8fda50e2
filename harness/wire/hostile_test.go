package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
)

// recording is what a client sent on one connection, to a server whose random
// numbers come from a seed: sent again, it leads through the same handshake.
type recording struct {
	name   string
	server wire.Config
	client []byte
}

func (r *recording) config() *wire.Config {
	cfg := r.server
	cfg.Rand = rand.NewChaCha8([32]byte{1})
	return &cfg
}

// recorder keeps what passes from client to server.
type recorder struct {
	net.Conn
	sent bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.sent.Write(b)
	return r.Conn.Write(b)
}

// tape is a connection on which everything has been said already.
type tape struct {
	io.Reader
	written int
}

func (c *tape) Write(b []byte) (int, error)      { c.written += len(b); return len(b), nil }
func (c *tape) Close() error                     { return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *tape) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// replay runs a server over what a client says.
func replay(cfg *wire.Config, client []byte) (request []byte, err error) {
	conn := wire.Server(&tape{Reader: bytes.NewReader(client)}, cfg)
	defer func() { _ = conn.Close() }()
	if err := conn.Handshake(context.Background()); err != nil {
		return nil, err
	}
	request, err = io.ReadAll(conn)
	return request, err
}

// recordings are made once, of worlds whose signatures can be repeated, with
// keys that are quick to compute with.
var recordings = sync.OnceValue(func() []recording {
	a := theAuthority()
	var all []recording
	for _, c := range []struct {
		name   string
		world  string
		leaf   string
		scheme uint16
		change func(w *world)
	}{
		{"ssl3", "ssl3", "rsa-1024", 0, nil},
		{"1.0", "1.0", "rsa-1024", 0, nil},
		{"1.2", "1.2 ec", "p256", 0, nil},
		{"1.2 dhe", "1.2 dhe", "rsa-1024", 0x0401, func(w *world) {
			g, _ := kx.Sized(768)
			w.server.DH, w.client.Without = &wire.DHParams{P: g.P, G: g.G}, []wiretest.Check{wiretest.DHSize}
		}},
		{"1.2 rsa", "1.2 rsa", "rsa-1024", 0, nil},
		{"1.2 with a client certificate", "1.2 ec", "p256", 0, func(w *world) { w.server.ClientAuth = wire.RequireClientCert }},
		{"1.3", "1.3", "p256", 0, nil},
		{"1.3 with a cookie", "1.3", "p256", 0, func(w *world) { w.server.Cookie = []byte("cookie") }},
		{"1.3 with a client certificate", "1.3", "p256", 0, func(w *world) { w.server.ClientAuth = wire.RequireClientCert }},
	} {
		w := worlds()[c.world]
		w.server.Certificate = a.leaves[c.leaf]
		if c.scheme != 0 {
			w.server.SignatureSchemes = []uint16{c.scheme}
		}
		if c.change != nil {
			c.change(&w)
		}
		w.client.Chain, w.client.Key = a.leaves["p256"].Chain, a.leaves["p256"].Key
		r := recording{name: c.name, server: w.server}
		r.client = record(&r, &w.client)
		all = append(all, r)
	}
	return all
})

// record lets a client talk to the server of a recording.
func record(r *recording, client *wiretest.Client) []byte {
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn := wire.Server(far, r.config())
		if conn.Handshake(context.Background()) == nil {
			_ = readRequest(conn)
			_, _ = conn.Write([]byte(answer))
		}
		_ = conn.Close()
	}()
	rec := &recorder{Conn: near}
	if _, err := client.Fetch(rec, []byte(request)); err != nil {
		panic(fmt.Sprintf("%s: %v", r.name, err))
	}
	_ = near.Close()
	<-done
	return rec.sent.Bytes()
}

func TestRecordingsReplay(t *testing.T) {
	for _, r := range recordings() {
		if got, err := replay(r.config(), r.client); string(got) != request || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %q, %v", r.name, got, err)
		}
	}
}

// mutate changes a recording in a few places, as a hostile or broken client would.
func mutate(rng *rand.Rand, client []byte) []byte {
	out := bytes.Clone(client)
	for range 1 + rng.IntN(3) {
		if len(out) == 0 {
			break
		}
		i := rng.IntN(len(out))
		n := min(1+rng.IntN(64), len(out)-i)
		switch rng.IntN(7) {
		case 0:
			out[i] ^= 1 << rng.IntN(8)
		case 1:
			out[i] = byte(rng.Uint32())
		case 2: // a piece is missing
			out = append(out[:i:i], out[i+n:]...)
		case 3: // a piece comes twice
			out = append(out[:i+n:i+n], out[i:]...)
		case 4: // it ends early
			out = out[:i+1]
		case 5: // noise
			noise := make([]byte, n)
			for j := range noise {
				noise[j] = byte(rng.Uint32())
			}
			out = append(out[:i:i], append(noise, out[i:]...)...)
		default: // an extreme length, most likely
			out[i] = 0xff
		}
	}
	return out
}

func TestTenThousandMutationsOfWhatClientsSay(t *testing.T) {
	all := recordings()
	rng := rand.New(rand.NewPCG(1, 2))
	before := runtime.NumGoroutine()
	var most uint64
	for i := range 10_000 {
		r := &all[i%len(all)]
		var start, end runtime.MemStats
		if i%500 == 0 {
			runtime.ReadMemStats(&start)
		}
		client := mutate(rng, r.client)
		_, _ = replay(r.config(), client) // that it returns, and does not panic, is the point
		if i%500 == 0 {
			runtime.ReadMemStats(&end)
			most = max(most, end.TotalAlloc-start.TotalAlloc)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, were %d", after, before)
	}
	if most > 4<<20 {
		t.Errorf("a connection allocated %d bytes", most)
	}
}

func FuzzServer(f *testing.F) {
	for i, r := range recordings() {
		f.Add(uint8(i), r.client)
	}
	f.Fuzz(func(_ *testing.T, which uint8, client []byte) {
		all := recordings()
		_, _ = replay(all[int(which)%len(all)].config(), client)
	})
}
