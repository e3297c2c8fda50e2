package evidence

import (
	"context"
	"net"
	"testing"
	"time"
)

func TestAwait(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	l := NewLog(Limits{})
	if connected, over := Await(ended, 0, NewLog(Limits{}), l); connected || over {
		t.Errorf("before anybody came: connected %t, over %t", connected, over)
	}
	ours, theirs := net.Pipe()
	defer theirs.Close() //nolint:errcheck // a pipe
	tap := l.Tap(ours)
	if connected, over := Await(ended, 0, NewLog(Limits{}), l); !connected || over {
		t.Errorf("while a connection is open: connected %t, over %t", connected, over)
	}
	go func() { _ = tap.Close() }()
	if connected, over := Await(t.Context(), 30*time.Millisecond, l); !connected || !over {
		t.Errorf("after it has ended: connected %t, over %t", connected, over)
	}
	l.Close()
}
