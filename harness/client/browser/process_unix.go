//go:build unix

package browser

import (
	"os/exec"
	"syscall"
	"time"
)

// keeper runs a browser and removes its home when it has ended, however that
// came about: when the harness is killed, the pipe by which it rules the browser
// breaks, the browser ends by itself, and the keeper tidies up.
const keeper = `home=$1; shift; "$@"; rm -rf "$home"`

// keep puts the keeper before the browser, in a process group of its own, so that a Ctrl-C
// at the terminal is for the harness alone.
func keep(cmd *exec.Cmd, home string) {
	cmd.Args = append([]string{"sh", "-c", keeper, "tlsfault-browser", home, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.Dir = home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// leash runs a browser that would outlive its harness: it reads from the pipe at
// standard input, which breaks when the harness ends, and kills the browser then.
const leash = `exec 3<&0
"$@" 3<&- & browser=$!
{ read -r _; kill -KILL $browser; } <&3 3<&- >/dev/null 2>&1 & leash=$!
exec 3<&-
wait $browser
kill -KILL $leash`

// tie puts a leash on the browser. Closing its standard input ends it.
func tie(cmd *exec.Cmd) {
	cmd.Args = append([]string{"sh", "-c", leash, "tlsfault-leash", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
}

// killRounds bounds how long killGroup looks for survivors.
const killRounds = 200

// killGroup ends what is left of a process group and returns when it is gone.
func killGroup(group int) {
	for range killRounds {
		if syscall.Kill(-group, syscall.SIGKILL) != nil {
			return // there is no such group any more
		}
		time.Sleep(5 * time.Millisecond)
	}
}
