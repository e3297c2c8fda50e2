//go:build !unix

package client

import (
	"os"
	"os/exec"
)

// group is a running program. Its children are out of reach here.
type group struct {
	cmd *exec.Cmd
	err error // of cmd.Wait
}

func newGroup(cmd *exec.Cmd, _ string) *group { return &group{cmd: cmd} }

// awaitExit returns when the program has exited.
func (g *group) awaitExit() { g.err = g.cmd.Wait() }

// terminate does nothing: there is no gentle way.
func (g *group) terminate() {}

func (g *group) kill() { _ = g.cmd.Process.Kill() } // it may be gone already

// wait returns the program's exit status, after awaitExit.
func (g *group) wait() error { return g.err }

func (g *group) sweep() int { return 0 }

func separate(*exec.Cmd) {}

func signalName(*os.ProcessState) string { return "" }
