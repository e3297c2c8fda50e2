package client

import (
	"fmt"
	"sync"
)

// OutputLimit is how many bytes of a command's output are kept, unless
// Command.OutputLimit says otherwise.
const OutputLimit = 64 << 10

// cutNoteRoom is kept free of the limit for the line that says what was left out.
const cutNoteRoom = 64

// Output keeps the beginning and the end of what is written to it: a client says
// at first what it is doing, and at last what went wrong. Its methods may be called
// concurrently.
type Output struct {
	mu    sync.Mutex
	head  []byte
	tail  []byte // a ring once it is full
	next  int    // where the ring is written next
	half  int    // size of head and of tail
	total int64
}

// NewOutput returns an Output that keeps limit bytes; OutputLimit of them when limit is zero.
func NewOutput(limit int) *Output {
	if limit <= 0 {
		limit = OutputLimit
	}
	return &Output{half: max(limit-cutNoteRoom, 2) / 2}
}

// Write implements io.Writer; it never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(p)
	o.total += int64(n)
	if room := o.half - len(o.head); room > 0 {
		k := min(room, len(p))
		o.head = append(o.head, p[:k]...)
		p = p[k:]
	}
	if len(p) > o.half {
		p = p[len(p)-o.half:]
	}
	if room := o.half - len(o.tail); room > 0 {
		k := min(room, len(p))
		o.tail = append(o.tail, p[:k]...)
		p = p[k:]
	}
	for len(p) > 0 {
		k := copy(o.tail[o.next:], p)
		o.next = (o.next + k) % o.half
		p = p[k:]
	}
	return n, nil
}

// Kept returns what was kept, and whether anything was left out.
func (o *Output) Kept() (text []byte, cut bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text = append(text, o.head...)
	left := o.total - int64(len(o.head)) - int64(len(o.tail))
	if left > 0 {
		text = fmt.Appendf(text, "\n[%d bytes left out]\n", left)
	}
	text = append(text, o.tail[o.next:]...)
	return append(text, o.tail[:o.next]...), left > 0
}
