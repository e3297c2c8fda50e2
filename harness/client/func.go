package client

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/internal/grace"
)

// PanicSignal is the Attempt.Signal of a Go func that panicked.
const PanicSignal = "panic"

// returnGrace is how long a Go func may take to return once its context is done.
const returnGrace = time.Second

// Func makes a Client of a Go function that fetches target.URL: it returns nil
// for success, and the error of the stack under test unchanged otherwise. A
// panic is recovered and reported as a crash. A func that does not return
// within a second of its context's end is reported as timed out and left over:
// a goroutine cannot be ended from outside.
type Func func(ctx context.Context, target Target) error

// PanicError is the Attempt.Err of a Go func that panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine that panicked
}

// Error returns the panic's value as the runtime would print it.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// errGoexit says that a func ended its goroutine, as testing.T.FailNow does.
var errGoexit = errors.New("the client's func ended its goroutine instead of returning (runtime.Goexit, or FailNow of a test)")

// setupError is an error that kept a client from running at all.
type setupError struct{ err error }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }

// Attempt implements Client.
func (f Func) Attempt(ctx context.Context, target Target) Attempt {
	start := time.Now()
	result, returned := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(returned)
		err := errGoexit
		defer func() {
			if v := recover(); v != nil {
				err = &PanicError{Value: v, Stack: debug.Stack()}
			}
			result <- err
		}()
		err = f(ctx, target)
	}()

	var a Attempt
	select {
	case a.Err = <-result:
	case <-ctx.Done():
		if grace.Wait(returned, returnGrace) {
			a.Err = <-result
		} else {
			a.Err = fmt.Errorf("the client's func did not return: %w", ctx.Err())
			a.Leftover = 1
		}
	}
	a.Duration = time.Since(start)

	var panicked *PanicError
	if errors.As(a.Err, &panicked) {
		a.Signal = PanicSignal
	}
	var setup *setupError
	if errors.As(a.Err, &setup) {
		a.NotStarted, a.Err = true, setup.err
	}
	a.TimedOut = a.Err != nil && a.Signal == "" && errors.Is(ctx.Err(), context.DeadlineExceeded)
	return a
}
