package client

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// graceRounds is in how many looks, some 10 ms apart, children may still be there once
// the program has ended: git, for one, does not wait for the helper that speaks TLS.
const graceRounds = 30

// sweepRounds bounds how often leftovers are looked for: each round kills what
// it finds, and a program that forks faster than it is killed must not hold us up.
const sweepRounds = 200

// group is a running program with all that it has started.
type group struct {
	cmd     *exec.Cmd
	marker  string
	stopped bool // its time was up: we have ended it, and its process group with it
}

func newGroup(cmd *exec.Cmd, marker string) *group { return &group{cmd: cmd, marker: marker} }

// awaitExit returns when the program has exited. It leaves it a zombie, so that
// its process group's number cannot be given to another before sweep has used it.
func (g *group) awaitExit() {
	for {
		err := unix.Waitid(unix.P_PID, g.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func (g *group) terminate() {
	g.stopped = true
	_ = unix.Kill(-g.cmd.Process.Pid, unix.SIGTERM) // it may be gone already
}

func (g *group) kill() { _ = unix.Kill(-g.cmd.Process.Pid, unix.SIGKILL) } // it may be gone already

// wait collects the program's exit status, after awaitExit and sweep.
func (g *group) wait() error { return g.cmd.Wait() }

// sweep ends what the exited program has left behind and returns how many
// processes that were; its process group does not count when we have ended that
// ourselves. It returns when they are gone.
func (g *group) sweep() int {
	leftovers := make(map[int]bool)
	for round := range sweepRounds {
		members, escaped := g.processes()
		if len(members)+len(escaped) == 0 {
			break
		}
		if !g.stopped && round < graceRounds {
			time.Sleep(time.Duration(min(round+1, 10)) * time.Millisecond)
			continue
		}
		g.kill()
		if !g.stopped { // else they end with the program, not after it
			count(leftovers, members)
		}
		count(leftovers, escaped)
		for _, pid := range append(members, escaped...) {
			g.end(pid)
		}
		time.Sleep(time.Duration(min(round+1, 10)) * time.Millisecond)
	}
	return len(leftovers)
}

func count(set map[int]bool, pids []int) {
	for _, pid := range pids {
		set[pid] = true
	}
}

// processes lists what is alive of the program: members of its process group,
// and those that have left it.
func (g *group) processes() (members, escaped []int) {
	for _, pid := range candidates(g.cmd.Process.Pid) {
		switch inGroup, ours := g.owns(pid); {
		case ours && inGroup:
			members = append(members, pid)
		case ours:
			escaped = append(escaped, pid)
		}
	}
	return members, escaped
}

// end kills pid. The process is held by a pidfd before it is looked at again, so
// that a number that was given to another process meanwhile does no harm.
func (g *group) end(pid int) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer func() { _ = process.Release() }() // nothing to learn: it only closes the pidfd
	if _, ours := g.owns(pid); ours {
		_ = process.Kill() // it may be gone already
	}
}

// owns reports whether pid is alive and belongs to the program: by process group
// or session, or by the marker in its environment.
func (g *group) owns(pid int) (inGroup, ours bool) {
	state, pgrp, session, err := processStat(pid)
	if err != nil || state == 'Z' || state == 'X' {
		return false, false
	}
	leader := g.cmd.Process.Pid
	if pgrp == leader || session == leader {
		return pgrp == leader, true
	}
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return false, err == nil && bytes.Contains(environ, []byte(g.marker))
}

// processStat reads what /proc/pid/stat says of a process, proc_pid_stat(5).
func processStat(pid int) (state byte, pgrp, session int, err error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, 0, err
	}
	// The program's name, in parentheses, may hold anything; what follows may not.
	rest := data[bytes.LastIndexByte(data, ')')+1:]
	var ppid int
	_, err = fmt.Sscanf(string(rest), " %c %d %d %d", &state, &ppid, &pgrp, &session)
	return state, pgrp, session, err
}

// candidates lists the processes that can have been started by leader: those
// with a higher number, as the kernel gives them out in ascending order, or all
// others when the numbers have begun anew since.
func candidates(leader int) []int {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = proc.Close() }() // read-only
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil
	}
	from := leader + 1
	if lastPID() < leader {
		from = 2
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid >= from && pid != leader {
			pids = append(pids, pid)
		}
	}
	return pids
}

// lastPID is the number of the process that was started last, the last field of
// /proc/loadavg; 0 when it cannot be read.
func lastPID() int {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) == 0 {
		return 0
	}
	pid, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return 0
	}
	return pid
}

// separate puts the program into a session and process group of its own.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
