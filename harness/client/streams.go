package client

import (
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/internal/grace"
)

// drainGrace is how long output may still come once the program and its children are gone.
const drainGrace = 250 * time.Millisecond

// streams are the standard streams of a program, seen from our side.
type streams struct {
	childEnds []*os.File
	stdin     *os.File // nil when the program has none
	outputs   *os.File
	kept      *Output
	drained   chan struct{} // closed when the output has ended
	fed       chan struct{} // closed when the input was written
}

func openStreams(cmd *exec.Cmd, limit int) (*streams, error) {
	s := &streams{kept: NewOutput(limit), drained: make(chan struct{}), fed: make(chan struct{})}
	stdin, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.stdin, s.childEnds = input, []*os.File{stdin}
	outputs, output, err := os.Pipe()
	if err != nil {
		s.abandon()
		return nil, err
	}
	s.outputs, s.childEnds = outputs, append(s.childEnds, output)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, output, output
	return s, nil
}

// abandon closes all ends of a program that did not start.
func (s *streams) abandon() {
	for _, file := range append(s.childEnds, s.stdin, s.outputs) {
		_ = file.Close() // nothing went through it; a nil file only says that it is one
	}
}

// pump feeds and drains the program from now on. Output is read for as long as
// it comes, so that a program that prints without end is not blocked by us.
func (s *streams) pump(input string, hold bool) {
	for _, file := range s.childEnds {
		_ = file.Close() // the program has its own descriptors of them
	}
	go func() {
		defer close(s.fed)
		_, _ = io.WriteString(s.stdin, input) // a program need not read what it is given
		if !hold {
			_ = s.stdin.Close()
		}
	}()
	go func() {
		defer close(s.drained)
		_, _ = io.Copy(s.kept, s.outputs) // ends with the last writer, or by finish
	}()
}

// finish ends the pumping and returns what was kept of the output.
func (s *streams) finish() (text []byte, cut bool) {
	_ = s.stdin.Close() // unblocks the feeder
	<-s.fed
	grace.Wait(s.drained, drainGrace) // or something out of reach holds the other end
	_ = s.outputs.Close()             // ends the reader if it is still there
	return s.kept.Kept()
}
