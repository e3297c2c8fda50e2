package browser_test

import (
	"bytes"
	"iter"
	"os"
	"path/filepath"
	"strconv"
)

// allProcesses yields the numbers of the processes of this machine, where it has /proc.
func allProcesses() iter.Seq[int] {
	return func(yield func(int) bool) {
		paths, _ := filepath.Glob("/proc/[0-9]*") // a constant pattern
		for _, path := range paths {
			if pid, err := strconv.Atoi(filepath.Base(path)); err == nil && !yield(pid) {
				return
			}
		}
	}
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// commandLine is empty for a process that is gone, or a zombie.
func commandLine(pid int) string {
	text, _ := os.ReadFile(procFile(pid, "cmdline"))
	return string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
}
