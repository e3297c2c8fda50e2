// Package keeper tidies up after a process that was killed and could not do it
// itself. At the first use it starts a shell that waits for the end of this
// process, which it learns from a pipe, however that end came; the shell then ends
// what this process has started and marked (on Linux), and removes its temporary
// files, which carry the same word. A process that ends as it should has left
// nothing to do.
//
// Where there is no such shell, on Windows above all, nobody tidies up.
package keeper

import (
	"os"
	"path/filepath"
	"sync"
)

// Word is what processes that this one starts have to carry in their environment,
// anywhere, in order to be ended with it.
func Word() string { return shared().word }

// MkdirTemp makes a directory of this process's own for temporary files, called
// "tlsfault-" and kind and more. It goes with the process.
func MkdirTemp(kind string) (string, error) {
	dir := os.TempDir()
	return os.MkdirTemp(dir, shared().pattern(dir, kind))
}

// CreateTemp makes a temporary file as MkdirTemp makes a directory, with an ending such as ".pem".
func CreateTemp(kind, ending string) (*os.File, error) {
	dir := os.TempDir()
	return os.CreateTemp(dir, shared().pattern(dir, kind)+ending)
}

// keeper is the shell that outlives this process.
type keeper struct {
	word string

	mu   sync.Mutex
	tell *os.File // ends with this process; nil where there is no shell
	dirs map[string]bool
}

// shared is the one keeper of this process, as its end is one.
var shared = sync.OnceValue(start)

// pattern returns the name of something temporary in dir, with a * for what makes it unique.
func (k *keeper) pattern(dir, kind string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if whole, err := filepath.Abs(dir); err == nil && k.tell != nil && !k.dirs[whole] {
		k.dirs[whole] = true
		_, _ = k.tell.WriteString(whole + "\n") // a keeper that is gone keeps nothing
	}
	return "tlsfault-" + kind + "-" + k.word + "-*"
}
