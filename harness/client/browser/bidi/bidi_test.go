package bidi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness/client/browser/bidi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial connects to a browser that answers each command as told by its method.
func dial(t *testing.T, event func(string, json.RawMessage)) *bidi.Conn {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer socket.CloseNow() //nolint:errcheck // the end
		for {
			var command struct {
				ID     int             `json:"id"`
				Method string          `json:"method"`
				Params json.RawMessage `json:"params"`
			}
			if wsjson.Read(r.Context(), socket, &command) != nil {
				return
			}
			answer := map[string]any{"type": "success", "id": command.ID, "result": command.Params}
			switch command.Method {
			case "refuse":
				answer = map[string]any{"type": "error", "id": command.ID, "error": "no such frame", "message": "gone"}
			case "tell":
				_ = wsjson.Write(r.Context(), socket, map[string]any{"type": "event", "method": "told", "params": 7})
			case "ignore":
				continue
			case "die":
				return
			}
			_ = wsjson.Write(r.Context(), socket, answer)
		}
	}))
	t.Cleanup(server.Close)
	conn, err := bidi.Dial(t.Context(), "ws"+server.URL[len("http"):], event)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestCallsAreAnswered(t *testing.T) {
	var told string
	conn := dial(t, func(method string, params json.RawMessage) { told += method + string(params) })
	var result struct{ A int }
	if err := conn.Call(t.Context(), "echo", map[string]int{"a": 3}, &result); err != nil || result.A != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	if err := conn.Call(t.Context(), "tell", nil, nil); err != nil || told != "told7" {
		t.Errorf("an event that came before the answer: %q, %v", told, err)
	}
	refusal := new(bidi.Error)
	if err := conn.Call(t.Context(), "refuse", nil, nil); !errors.As(err, &refusal) || refusal.Code != "no such frame" || refusal.Message != "gone" {
		t.Errorf("a refusal: %v", err)
	}
}

func TestCallEndsWithItsContextAndWithTheConnection(t *testing.T) {
	conn := dial(t, func(string, json.RawMessage) {})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := conn.Call(ctx, "ignore", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer in time: %v", err)
	}
	if err := conn.Call(t.Context(), "echo", nil, nil); err != nil {
		t.Errorf("the next call: %v", err)
	}
	if err := conn.Call(t.Context(), "die", nil, nil); err == nil || conn.Context().Err() == nil {
		t.Errorf("the browser is gone: %v, %v", err, conn.Context().Err())
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	conn := dial(t, func(string, json.RawMessage) {})
	time.AfterFunc(20*time.Millisecond, conn.Close)
	if err := conn.Call(t.Context(), "ignore", nil, nil); err == nil {
		t.Error("a call without an answer succeeded")
	}
}
