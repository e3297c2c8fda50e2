//go:build unix

package keeper

import (
	"crypto/rand"
	"os"
	"os/exec"
	"syscall"
)

// script reads directories until the pipe ends, and tidies up: what carries the
// word is killed until there is no more of it, as some may be starting others; one
// that is turning into another program has no environment for a moment.
const script = `word=$1; shift
while IFS= read -r dir; do set -- "$@" "$dir"; done
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	found=
	for file in $(grep -alsF -- "$word" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file#/proc/}
		kill -9 "${pid%/environ}" 2>/dev/null && found=1
	done
	[ -n "$found" ] || [ "$round" = 1 ] || break
	sleep 0.1
done
for dir; do rm -rf "$dir"/tlsfault-*-"$word"-*; done`

// start starts the shell, in a session of its own so that what is meant for us
// at a terminal does not reach it.
func start() *keeper {
	k := &keeper{word: rand.Text()[:12], dirs: make(map[string]bool)}
	read, write, err := os.Pipe()
	if err != nil {
		return k
	}
	defer func() { _ = read.Close() }() // the shell has its own
	cmd := exec.Command("/bin/sh", "-c", script, "tlsfault-keeper", k.word)
	cmd.Stdin, cmd.Dir = read, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = write.Close() // which nobody reads
		return k
	}
	_ = cmd.Process.Release() // it ends after us
	k.tell = write
	return k
}
