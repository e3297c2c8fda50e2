//go:build unix

package client_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

func TestTrigger(t *testing.T) {
	await := func(connected, over bool) func(context.Context, time.Duration) (bool, bool) {
		return func(context.Context, time.Duration) (bool, bool) { return connected, over }
	}
	sh := func(line string) *client.Command { return &client.Command{Args: []string{"sh", "-c", line}} }
	for _, c := range []struct {
		name    string
		trigger client.Trigger
		await   func(context.Context, time.Duration) (bool, bool)
		want    client.Attempt // of its truths alone
		says    string
	}{
		{"nobody watches", client.Trigger{Start: sh("exit 0")}, nil, client.Attempt{NotStarted: true}, "nobody watches"},
		{"the trigger fails", client.Trigger{Start: sh("echo no such path; exit 7")}, await(true, true), client.Attempt{NotStarted: true}, "no such path"},
		{"nobody can be asked", client.Trigger{Start: sh("exit 0")}, await(true, true), client.Attempt{Unclaimed: true}, ""},
		{"nothing came", client.Trigger{Start: sh("exit 0"), Result: sh("exit 0")}, await(false, false), client.Attempt{Unclaimed: true}, ""},
		{"it is still connected", client.Trigger{Start: sh("exit 0"), Result: sh("exit 0")}, await(true, false), client.Attempt{TimedOut: true}, "still connected"},
		{"delivered", client.Trigger{Start: sh("exit 0"), Result: sh("exit 0")}, await(true, true), client.Attempt{}, ""},
		{"not delivered", client.Trigger{Start: sh("exit 0"), Result: sh("echo certificate has expired; exit 1")}, await(true, true), client.Attempt{}, "exit status 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.trigger.Attempt(t.Context(), client.Target{Await: c.await})
			if got.NotStarted != c.want.NotStarted || got.Unclaimed != c.want.Unclaimed || got.TimedOut != c.want.TimedOut {
				t.Errorf("got %+v, want the truths of %+v", got, c.want)
			}
			switch {
			case c.says == "" && got.Err != nil:
				t.Errorf("an error: %v", got.Err)
			case c.says != "" && (got.Err == nil || !strings.Contains(got.Err.Error(), c.says)):
				t.Errorf("got %v, want an error that says %q", got.Err, c.says)
			case got.Succeeded() != (c.name == "delivered"):
				t.Errorf("succeeded: %t", got.Succeeded())
			}
		})
	}
}
