// Package bidi speaks WebDriver BiDi, the protocol by which browsers are driven
// and watched: commands with their results, and events, as JSON over a WebSocket.
//
// https://www.w3.org/TR/webdriver-bidi/
package bidi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// messageLimit bounds one message: a screenshot is the longest.
const messageLimit = 64 << 20

// Error is what the browser answers to a command that it did not carry out.
type Error struct {
	Code    string `json:"error"` // such as "no such frame"
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Conn is a connection to a browser. It is safe for concurrent use. Close it.
type Conn struct {
	socket *websocket.Conn
	event  func(method string, params json.RawMessage)
	ctx    context.Context // ends with the connection, its cause says why
	end    context.CancelCauseFunc
	reader sync.WaitGroup

	mu      sync.Mutex
	number  int
	waiting map[int]chan message
}

// message is what comes from the browser: an event, or the answer to a command.
type message struct {
	Type   string          `json:"type"` // success, error, event
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Error
}

// command is what goes to the browser.
type command struct {
	ID     int    `json:"id"`
	Method string `json:"method"`
	Params any    `json:"params"`
}

// Dial connects to the browser at address, a ws URL. event is called with each
// event, in order, never concurrently, and must not wait; an answer that comes
// after an event is given out after it.
func Dial(ctx context.Context, address string, event func(method string, params json.RawMessage)) (*Conn, error) {
	socket, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(messageLimit)
	c := &Conn{socket: socket, event: event, waiting: make(map[int]chan message)}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	c.reader.Go(c.read)
	return c, nil
}

// errClosed is the cause of the end of a connection that was closed on this side.
var errClosed = errors.New("the connection to the browser is closed")

// Context ends with the connection, on either side; its cause says why.
func (c *Conn) Context() context.Context { return c.ctx }

// Close ends the connection. What waits for an answer gets none.
func (c *Conn) Close() {
	c.end(errClosed)
	_ = c.socket.CloseNow() // nobody listens any more
	c.reader.Wait()
}

func (c *Conn) read() {
	for {
		var m message
		if err := wsjson.Read(c.ctx, c.socket, &m); err != nil {
			c.end(fmt.Errorf("the connection to the browser broke: %w", err))
			return
		}
		if m.Type == "event" {
			c.event(m.Method, m.Params)
			continue
		}
		c.mu.Lock()
		answer := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

// none is written for a command without parameters.
var none = struct{}{}

// Call runs a command and reads its result into result, unless that is nil. The
// parameters are what encodes to a JSON object, or nil. What the browser refuses
// is an *Error.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	if params == nil {
		params = none
	}
	answer := make(chan message, 1)
	c.mu.Lock()
	c.number++
	number := c.number
	c.waiting[number] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, number)
	}()
	// A write that is cancelled halfway ends the connection, so ctx bounds the answer alone.
	if err := wsjson.Write(c.ctx, c.socket, command{number, method, params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		switch {
		case m.Type != "success":
			return fmt.Errorf("%s: %w", method, &m.Error)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	case <-c.ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(c.ctx))
	}
}
