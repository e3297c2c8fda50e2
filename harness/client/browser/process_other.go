//go:build !unix

package browser

import "os/exec"

// keep does nothing where there is no shell: a home outlives a harness that is killed.
func keep(*exec.Cmd, string) {}

// tie does nothing where there is no shell: a browser that is not told to end outlives a harness that is killed.
func tie(*exec.Cmd) {}

// killGroup does nothing where there are no process groups: the browser ends with its pipe.
func killGroup(int) {}
