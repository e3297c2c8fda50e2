package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"
	"testing"
	"time"
)

// pipe adds one end of a pipe to the log; the other is closed with the test.
func pipe(t *testing.T, log *Log) (*Tap, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = far.Close() })
	return log.Tap(near), far
}

func TestConnectionsBeyondTheLimitAreDropped(t *testing.T) {
	log := NewLog(Limits{Connections: 2})
	for i := range 5 {
		tap, far := pipe(t, log)
		if (tap != nil) != (i < 2) {
			t.Errorf("connection %d: tap %v", i, tap)
		}
		if tap != nil {
			_ = tap.Close()
		}
		if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("connection %d is not closed: %v", i, err)
		}
	}
	if e := log.Close(); len(e.Connections) != 2 || e.Dropped != 3 {
		t.Errorf("%v", e.Lines(10))
	}
}

func TestFetchesAreKeptUpToTheLimit(t *testing.T) {
	log := NewLog(Limits{Fetches: 2})
	for i := range 3 {
		f := Fetch{Method: "GET", Path: fmt.Sprint("/", i)}
		log.AddOCSP(f)
		log.AddCRL(f)
		log.AddAIA(f)
		log.AddCleartext(f)
	}
	e := log.Close()
	for kind, list := range map[string][]Fetch{"OCSP": e.OCSPRequests, "CRL": e.CRLFetches, "AIA": e.AIAFetches, "cleartext": e.CleartextHits} {
		if len(list) != 2 || list[1].Path != "/1" || list[0].At.IsZero() {
			t.Errorf("%s: %+v", kind, list)
		}
	}
	if e.DroppedFetches != 4 {
		t.Errorf("dropped %d", e.DroppedFetches)
	}
}

func TestNothingChangesAfterClose(t *testing.T) {
	log := NewLog(Limits{})
	tap, far := pipe(t, log)
	go func() { _, _ = far.Write(handshake(typeClientHello, hello13())) }()
	_, _ = io.ReadFull(tap, make([]byte, len(hello13())+9))
	_ = tap.Close()
	first := log.Close()

	tap.NoteHandshake(0x0304, 0x1301, "h2", 1)
	tap.NoteAppData([]byte("late"))
	tap.NoteAnswered()
	tap.NoteError(errors.New("late"))
	tap.NoteAlert(Alert{Level: 2, Description: 40}, true)
	_ = tap.Close()
	log.AddOCSP(Fetch{})
	if late, _ := pipe(t, log); late != nil {
		t.Error("a closed log takes connections")
	}
	second := log.Close()
	if !reflect.DeepEqual(first, second) {
		t.Errorf("\nfirst  %+v\nsecond %+v", first, second)
	}
	first.Connections[0].ClientHello.CipherSuites[0] = "changed"
	first.Connections[0].Remote = "changed"
	if third := log.Close(); !reflect.DeepEqual(second, third) {
		t.Error("what Close returned shares memory with the log")
	}
	if snapshot := log.Snapshot(); !reflect.DeepEqual(second, snapshot) {
		t.Errorf("snapshot after Close\n got %+v\nwant %+v", snapshot, second)
	}
}

func TestSettledWaitsForEveryOwner(t *testing.T) {
	log := NewLog(Limits{})
	if err := log.Settled(t.Context()); err != nil {
		t.Errorf("an empty log: %v", err)
	}
	a, _ := pipe(t, log)
	b, _ := pipe(t, log)
	_ = a.Close()
	_ = a.Close() // counts once
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := log.Settled(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("one open: %v", err)
	}
	settled := make(chan error, 1)
	go func() { settled <- log.Settled(t.Context()) }()
	_ = b.Close()
	if err := <-settled; err != nil {
		t.Errorf("all closed: %v", err)
	}
	c, _ := pipe(t, log)
	if err := log.Settled(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("one more open: %v", err)
	}
	_ = c.Close()
}

func TestCloseWaitsForWhatOwnersHaveYetToSay(t *testing.T) {
	log := NewLog(Limits{Grace: time.Minute})
	tap, _ := pipe(t, log)
	go func() {
		_, _ = tap.Read(make([]byte, 1)) // fails when the log closes the connection
		tap.NoteAlert(Alert{Level: 2, Description: 48}, true)
		_ = tap.Close()
	}()
	c := log.Close().Connections[0]
	if c.ClientAlert == nil || c.ClientAlert.Name != "unknown_ca" {
		t.Errorf("%+v", c)
	}
}

func TestCloseDoesNotWaitForOwnersForEver(t *testing.T) {
	log := NewLog(Limits{Grace: time.Millisecond})
	tap, _ := pipe(t, log)
	c := log.Close().Connections[0]
	if c.Ending != EndOpen || c.Duration <= 0 {
		t.Errorf("%+v", c)
	}
	_ = tap.Close()
}

func TestConcurrentUse(t *testing.T) {
	log := NewLog(Limits{})
	var all sync.WaitGroup
	for range 20 {
		tap, far := pipe(t, log)
		all.Go(func() {
			_, _ = far.Write(handshake(typeClientHello, hello12()))
			_, _ = io.Copy(io.Discard, far)
		})
		all.Go(func() { _, _ = io.Copy(io.Discard, tap) })
		all.Go(func() {
			_, _ = tap.Write(flight12())
			tap.NoteHandshake(0x0303, 0xc02b, "", 0)
			tap.NoteAppData([]byte("GET /"))
			tap.NoteError(errors.New("local"))
			_ = tap.Close()
		})
		all.Go(func() {
			log.Snapshot()
			log.AddOCSP(Fetch{Path: "/"})
		})
	}
	all.Wait()
	e := log.Close()
	if len(e.Connections) != 20 || len(e.OCSPRequests) != 20 {
		t.Errorf("%d connections, %d requests", len(e.Connections), len(e.OCSPRequests))
	}
	for _, c := range e.Connections {
		if c.Progress != HandshakeDone || c.AppData != 5 || c.ServerError != "local" {
			t.Errorf("%+v", c)
		}
	}
}
