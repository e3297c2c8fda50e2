//go:build unix

package client

import (
	"os"
	"syscall"
)

// signalName names the signal that ended a process, or is empty.
func signalName(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	return status.Signal().String()
}
