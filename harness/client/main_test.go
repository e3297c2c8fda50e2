//go:build unix

package client_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roleVariable makes this test binary play a badly behaved program: its value
// names the role.
const roleVariable = "TLSFAULT_TEST_ROLE"

// readyVariable names a file that a program makes once it has come to where it stays.
const readyVariable = "TLSFAULT_TEST_READY"

// spinTime is how much processor time the program in the role "spin" uses.
const spinTime = 300 * time.Millisecond

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	goleak.VerifyTestMain(m)
}

// play does what a role says and exits.
func play(role string) {
	switch role {
	case "good":
		fmt.Println("fetched", os.Getenv("TLSFAULT_URL"))
	case "refuse":
		fmt.Fprintln(os.Stderr, "certificate has expired")
		os.Exit(60)
	case "spin":
		for spent := time.Duration(0); spent < spinTime; {
			var usage syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
				os.Exit(3)
			}
			spent = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
	case "hang":
		fmt.Println("hanging")
		stay()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		fmt.Println("hanging")
		stay()
	case "flood":
		flood(os.Stdout, 100<<20)
	case "flood-errors":
		flood(os.Stderr, 100<<20)
	case "echo":
		input, _ := io.ReadAll(os.Stdin)
		fmt.Printf("%q", input)
	case "first-line":
		var word string
		_, _ = fmt.Scanln(&word)
		fmt.Println("read", word)
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "arguments":
		fmt.Println(strings.Join(os.Args[1:], "\n"))
	case "child":
		startChild(&syscall.SysProcAttr{}, nil)
	case "child-in-session":
		startChild(&syscall.SysProcAttr{Setsid: true}, nil)
	case "child-in-session-hang":
		startChild(&syscall.SysProcAttr{Setsid: true}, nil)
		stay()
	case "child-clean":
		startChild(&syscall.SysProcAttr{Setpgid: true}, []string{roleVariable + "=stubborn"})
	case "forks":
		for range 20 {
			startChild(&syscall.SysProcAttr{Setsid: true}, nil)
		}
	default:
		fmt.Fprintln(os.Stderr, "no such role:", role)
		os.Exit(3)
	}
	os.Exit(0)
}

// stay says that it has come so far, if anybody wants to know, and stays.
func stay() {
	if ready := os.Getenv(readyVariable); ready != "" {
		_ = os.WriteFile(ready, nil, 0o600) // the test waits for it
	}
	time.Sleep(time.Hour)
}

func flood(w io.Writer, bytesToWrite int) {
	_, _ = io.WriteString(w, "the first words\n")
	chunk := bytes.Repeat([]byte("0123456789abcde\n"), 4096)
	for n := 0; n < bytesToWrite; n += len(chunk) {
		_, _ = w.Write(chunk)
	}
	_, _ = io.WriteString(w, "the last words\n")
}

// startChild starts a child that ignores SIGTERM, holds the output open, and
// outlives its parent. Its number is printed once it is up.
func startChild(attributes *syscall.SysProcAttr, environment []string) {
	child := exec.Command(os.Args[0])
	child.Env = environment
	if environment == nil {
		child.Env = append(os.Environ(), roleVariable+"=stubborn", readyVariable+"=")
	}
	child.SysProcAttr = attributes
	ready, err := child.StdoutPipe()
	if err == nil {
		child.Stderr = os.Stderr
		err = child.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	_, _ = ready.Read(make([]byte, 1))
	fmt.Println("child", child.Process.Pid)
}
