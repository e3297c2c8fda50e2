package mutants

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/tlsfault/tlsfault/harness/client"
)

// remote is a running client that lacks a check, or none.
type remote struct {
	name  string
	ofTLS bool // its check is one of crypto/tls

	mu      sync.Mutex
	stdin   *json.Encoder
	next    int
	waiting map[int]chan string // by the number of the request
	gone    bool
}

// start runs program as the mutant called name until the test ends; the empty
// name stands for Go as it is.
func start(t *testing.T, program, name string) *remote {
	t.Helper()
	cmd := exec.Command(program) // not bound to the test's context, which ends before the clean-up
	cmd.Env = append(os.Environ(), variable+"="+name)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the mutant %q: %v", name, err)
	}
	r := &remote{name: name, stdin: json.NewEncoder(stdin), waiting: make(map[int]chan string)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.read(stdout)
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // tells it to end
		<-done
		if err := cmd.Wait(); err != nil {
			t.Errorf("the mutant %q ended badly: %v\n%s", name, err, stderr.Bytes())
		}
	})
	return r
}

// answer is what the program writes.
type answer struct {
	ID    int
	Error string
}

// read hands answers to those that wait for them, and when there are no more
// tells all that still wait.
func (r *remote) read(stdout io.Reader) {
	decoder := json.NewDecoder(stdout)
	for {
		var a answer
		err := decoder.Decode(&a)
		r.mu.Lock()
		if err != nil {
			r.gone = true
			for _, wait := range r.waiting {
				wait <- errGone.Error()
			}
			r.mu.Unlock()
			return
		}
		if wait := r.waiting[a.ID]; wait != nil {
			delete(r.waiting, a.ID)
			wait <- a.Error
		}
		r.mu.Unlock()
	}
}

var errGone = errors.New("the mutant is gone")

// meet lets the client meet target; it returns nil where the client fetched the whole resource.
func (r *remote) meet(target client.Target) error {
	wait := make(chan string, 1)
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return errGone
	}
	r.next++
	r.waiting[r.next] = wait
	err := r.stdin.Encode(struct {
		ID        int
		URL, Host string
		Port      int
		Addr      string
		RootsPEM  []byte
	}{r.next, target.URL, target.Host, target.Port, target.Addr, target.RootsPEM})
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if text := <-wait; text != "" {
		return errors.New(text)
	}
	return nil
}
