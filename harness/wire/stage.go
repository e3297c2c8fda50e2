package wire

import (
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// stage tells the two moments at which a message, or its bytes, can be edited.
type stage int

const (
	beforeSigning   stage = iota // the struct, before a signature is made over it
	afterSigning                 // the struct, with its signature
	afterMarshal                 // the bytes, before the transcript takes them in
	afterTranscript              // the bytes, after
)

// ops is what an edit does at the stages of doc.go; what is nil does nothing.
// Each function reports whether it did something.
type ops struct {
	config     func(cfg *Config) bool
	hello      func(hs *handshake) (bool, error)
	negotiated func(hs *handshake) bool
	plan       func(hs *handshake, steps []step) ([]step, bool)
	share      func(hs *handshake, s *share) bool
	message    func(hs *handshake, at stage, m message.Message) bool
	signing    func(hs *handshake, s *signing) bool
	encoded    func(hs *handshake, at stage, raw []byte) ([]byte, bool)
	records    func(c *Conn, list []*record.Outgoing) ([]*record.Outgoing, bool)
	finished   func(hs *handshake) (bool, error)
	close      func(c *Conn) bool
}

// running is an edit of one connection.
type running struct {
	name    string
	applied bool
	ops     ops
}

// script is the edits of one connection. Its methods are what the engine calls at each stage.
type script struct {
	edits []*running
}

func newScript(edits []Edit) (*script, error) {
	s := &script{}
	for _, e := range edits {
		if e.row == nil {
			return s, fmt.Errorf("edit %q was not made by ParseEdit", e.Name)
		}
		s.edits = append(s.edits, &running{name: e.Name, ops: e.row.build(e.params)})
	}
	return s, nil
}

// did notes that an edit came to act.
func (s *script) did(c *Conn, e *running, acted bool) {
	if !acted {
		return
	}
	c.stateMu.Lock()
	first := !e.applied
	e.applied = true
	c.stateMu.Unlock()
	if first {
		c.trace(Event{Kind: EventEdit, Sent: true, Name: e.name})
	}
}

func (s *script) config(cfg *Config, c *Conn) {
	for _, e := range s.edits {
		if e.ops.config != nil {
			s.did(c, e, e.ops.config(cfg))
		}
	}
}

func (s *script) hello(hs *handshake) error {
	for _, e := range s.edits {
		if e.ops.hello != nil {
			acted, err := e.ops.hello(hs)
			s.did(hs.c, e, acted)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *script) negotiated(hs *handshake) {
	for _, e := range s.edits {
		if e.ops.negotiated != nil {
			s.did(hs.c, e, e.ops.negotiated(hs))
		}
	}
}

func (s *script) plan(hs *handshake, steps []step) []step {
	for _, e := range s.edits {
		if e.ops.plan != nil {
			var acted bool
			steps, acted = e.ops.plan(hs, steps)
			s.did(hs.c, e, acted)
		}
	}
	return steps
}

func (s *script) share(hs *handshake, sh *share) {
	for _, e := range s.edits {
		if e.ops.share != nil {
			s.did(hs.c, e, e.ops.share(hs, sh))
		}
	}
}

func (s *script) message(hs *handshake, at stage, m message.Message) {
	for _, e := range s.edits {
		if e.ops.message != nil {
			s.did(hs.c, e, e.ops.message(hs, at, m))
		}
	}
}

func (s *script) signing(hs *handshake, sg *signing) {
	for _, e := range s.edits {
		if e.ops.signing != nil {
			s.did(hs.c, e, e.ops.signing(hs, sg))
		}
	}
}

func (s *script) encoded(hs *handshake, at stage, raw []byte) []byte {
	for _, e := range s.edits {
		if e.ops.encoded != nil {
			var acted bool
			raw, acted = e.ops.encoded(hs, at, raw)
			s.did(hs.c, e, acted)
		}
	}
	return raw
}

func (s *script) records(c *Conn, list []*record.Outgoing) []*record.Outgoing {
	for _, e := range s.edits {
		if e.ops.records != nil {
			var acted bool
			list, acted = e.ops.records(c, list)
			s.did(c, e, acted)
		}
	}
	return list
}

func (s *script) finished(hs *handshake) error {
	for _, e := range s.edits {
		if e.ops.finished != nil {
			acted, err := e.ops.finished(hs)
			s.did(hs.c, e, acted)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// close reports whether an edit took the place of close_notify.
func (s *script) close(c *Conn) bool {
	replaced := false
	for _, e := range s.edits {
		if e.ops.close != nil {
			acted := e.ops.close(c)
			s.did(c, e, acted)
			replaced = replaced || acted
		}
	}
	return replaced
}
