// Package isolate gives a run a world of its own, as an ordinary user of Linux
// and without any setting of the client: a user, mount and network namespace in
// which there is nothing but loopback, names lead where /etc/hosts says, port 443
// can be listened on, and the system's trust store holds what a case says.
//
// A process cannot go there by itself once it has threads, so Run starts this
// program again, inside; there Inside reports true, and Enter furnishes the
// world before the first client runs. All of it is gone with its last process:
// nothing is mounted or written outside.
package isolate

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tlsfault/tlsfault/harness/client"
)

// insideVariable marks the process that Run has started.
const insideVariable = "TLSFAULT_ISOLATED"

// Inside reports whether this process is one that Run has started.
func Inside() bool { return os.Getenv(insideVariable) != "" }

// UnavailableError says why the machine gives no world of one's own.
type UnavailableError struct {
	Err error
	// Hint is what to do about it.
	Hint string
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("no user, mount and network namespace to be had: %v", e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// storeFiles is where programs look for the system's roots: Debian, Fedora with its
// relatives, SUSE, and Alpine.
var storeFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// World is what Enter has furnished.
type World struct {
	stores []string // files of the system's roots, each the same file of ours
}

// Client returns c with the target's roots in the system's trust store for the
// time of its attempts, one of which runs at a time.
func (w *World) Client(c client.Client) client.Client { return &resident{w, c} }

type resident struct {
	world *World
	client.Client
}

// Attempt implements Client.
func (r *resident) Attempt(ctx context.Context, target client.Target) client.Attempt {
	for _, store := range r.world.stores {
		if err := os.WriteFile(store, target.RootsPEM, 0o644); err != nil {
			return client.Attempt{NotStarted: true, Err: fmt.Errorf("putting the roots into the system's store: %w", err)}
		}
	}
	return r.Client.Attempt(ctx, target)
}

// Close ends what the client keeps running.
func (r *resident) Close() error {
	if closer, ok := r.Client.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// LoadsPages reports whether the client loads pages.
func (r *resident) LoadsPages() bool { return client.LoadsPages(r.Client) }
