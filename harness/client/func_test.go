package client_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

func TestFuncReportsItsErrorUnchanged(t *testing.T) {
	refused := errors.New("refused")
	a := client.Func(func(context.Context, client.Target) error { return refused }).Attempt(t.Context(), client.Target{})
	if !errors.Is(a.Err, refused) || a.TimedOut || a.Crashed() || a.NotStarted || a.Succeeded() {
		t.Errorf("got %+v, want a plain refusal", a)
	}
}

func TestFuncSucceeds(t *testing.T) {
	a := client.Func(func(context.Context, client.Target) error { return nil }).Attempt(t.Context(), client.Target{})
	if !a.Succeeded() || a.Exit != nil || a.Message() != "" {
		t.Errorf("got %+v, want success", a)
	}
}

func TestFuncIsGivenTheTarget(t *testing.T) {
	want := client.Target{URL: "https://localhost:4433/", Host: "localhost", Port: 4433}
	var got client.Target
	client.Func(func(_ context.Context, target client.Target) error { got = target; return nil }).Attempt(t.Context(), want)
	if got.URL != want.URL || got.Host != want.Host || got.Port != want.Port {
		t.Errorf("the func got %+v, want %+v", got, want)
	}
}

func TestPanicIsACrash(t *testing.T) {
	a := client.Func(func(context.Context, client.Target) error { panic("index out of range") }).Attempt(t.Context(), client.Target{})
	var panicked *client.PanicError
	if !errors.As(a.Err, &panicked) {
		t.Fatalf("got error %v, want a PanicError", a.Err)
	}
	if !a.Crashed() || a.Signal != client.PanicSignal || a.TimedOut {
		t.Errorf("got %+v, want a crash", a)
	}
	if a.Message() != "panic: index out of range" {
		t.Errorf("got message %q", a.Message())
	}
	if !strings.Contains(string(panicked.Stack), "TestPanicIsACrash") {
		t.Errorf("the stack does not lead to the func:\n%s", panicked.Stack)
	}
}

func TestNilFuncIsACrash(t *testing.T) {
	if a := client.Func(nil).Attempt(t.Context(), client.Target{}); !a.Crashed() {
		t.Errorf("got %+v, want a crash", a)
	}
}

func TestGoexitIsAnError(t *testing.T) {
	a := client.Func(func(context.Context, client.Target) error { runtime.Goexit(); return nil }).Attempt(t.Context(), client.Target{})
	if a.Err == nil || !strings.Contains(a.Err.Error(), "FailNow") {
		t.Errorf("got error %v, want one that explains FailNow", a.Err)
	}
}

func TestFuncThatWaitsForItsContextTimedOut(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	a := client.Func(func(ctx context.Context, _ client.Target) error { <-ctx.Done(); return ctx.Err() }).Attempt(ctx, client.Target{})
	if !a.TimedOut || a.Leftover != 0 || !errors.Is(a.Err, context.DeadlineExceeded) {
		t.Errorf("got %+v, want timed out and nothing left over", a)
	}
}

func TestFuncThatIgnoresItsContextIsLeftOver(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	release := make(chan struct{})
	defer close(release)
	a := client.Func(func(context.Context, client.Target) error { <-release; return nil }).Attempt(ctx, client.Target{})
	if !a.TimedOut || a.Leftover != 1 {
		t.Errorf("got %+v, want timed out with one left over", a)
	}
}

func TestCancelledFuncDidNotTimeOut(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := client.Func(func(ctx context.Context, _ client.Target) error { <-ctx.Done(); return ctx.Err() }).Attempt(ctx, client.Target{})
	if a.TimedOut || !errors.Is(a.Err, context.Canceled) {
		t.Errorf("got %+v, want cancelled", a)
	}
}

func ExampleFunc() {
	fetch := func(ctx context.Context, target client.Target) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.URL, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request) // does not know the target's roots: it must refuse
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	var underTest client.Client = client.Func(fetch)
	_ = underTest
	// Output:
}
