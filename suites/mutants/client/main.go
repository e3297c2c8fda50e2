// Command client is a child of the tests of package mutants: Go's client, built
// from sources of which checks were cut out. It reads targets on standard input,
// a JSON value each, meets them at once and side by side, and says on standard
// output how it fared.
package main

import (
	"context"
	_ "crypto/md5"  // links the hash, for the mutant that takes it
	_ "crypto/sha1" // likewise
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client"
)

// request is one target to meet; the test numbers them.
type request struct {
	ID        int
	URL, Host string
	Port      int
	Addr      string
	RootsPEM  []byte
}

// answer is what came of the request with its ID: no error where the client
// fetched the whole resource.
type answer struct {
	ID    int
	Error string
}

// No attempt waits for its time to be up: the test leaves out the servers that let a
// client wait. A busy machine may need long for the signature of a long RSA key.
const (
	patience    = 2 * time.Minute
	attemptTime = 3 * time.Minute
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers requests until there are no more.
func serve(in io.Reader, out io.Writer) error {
	goClient := client.Go(client.GoOptions{Timeout: patience})
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	var running sync.WaitGroup
	defer running.Wait()
	var writing sync.Mutex
	for {
		var r request
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a target: %w", err)
		}
		running.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), attemptTime)
			defer cancel()
			a := answer{ID: r.ID}
			if attempt := goClient.Attempt(ctx, r.target()); !attempt.Succeeded() {
				a.Error = attempt.Err.Error()
			}
			writing.Lock()
			defer writing.Unlock()
			_ = encoder.Encode(a) // a test that went away misses nothing
		})
	}
}

// target is what the request names.
func (r request) target() client.Target {
	return client.Target{URL: r.URL, Host: r.Host, Port: r.Port, Addr: r.Addr, RootsPEM: r.RootsPEM}
}
