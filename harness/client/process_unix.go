//go:build unix && !linux

package client

import (
	"os/exec"
	"syscall"
)

// group is a running program with its process group.
type group struct {
	cmd     *exec.Cmd
	err     error // of cmd.Wait
	stopped bool  // its time was up: we have ended it, and its process group with it
}

func newGroup(cmd *exec.Cmd, _ string) *group { return &group{cmd: cmd} }

// awaitExit returns when the program has exited.
func (g *group) awaitExit() { g.err = g.cmd.Wait() }

func (g *group) terminate() {
	g.stopped = true
	_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGTERM) // it may be gone already
}

func (g *group) kill() { _ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) } // it may be gone already

// wait returns the program's exit status, after awaitExit.
func (g *group) wait() error { return g.err }

// sweep ends what is left in the exited program's process group. How many
// processes that were is not known: it counts them as one.
func (g *group) sweep() int {
	if err := syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL); err != nil || g.stopped {
		return 0
	}
	return 1
}

// separate puts the program into a session and process group of its own.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
