package isolate

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Run starts this program again with args in a world of its own, passes signals
// on to it, and returns its exit code. The world ends with this process, also
// when that is killed.
func Run(args []string) (int, error) {
	runtime.LockOSThread() // the death of the parent that Pdeathsig is about is that of its thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		// The same user as outside: some programs behave otherwise for root.
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE},
		Pdeathsig:   syscall.SIGTERM,
		Setpgid:     true, // a terminal then interrupts this process alone, which passes it on once
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, unavailable(err)
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				_ = cmd.Process.Signal(s) // it may be gone already
			case <-done:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(done)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("waiting for the isolated run: %w", err)
	}
	return 0, nil
}

// unavailable says what stands in the way of namespaces on this machine.
func unavailable(err error) error {
	e := &UnavailableError{Err: err, Hint: "use a proxy instead: --proxy"}
	switch {
	case setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
		e.Hint = "allow them with sysctl kernel.apparmor_restrict_unprivileged_userns=0, or use --proxy instead"
	case setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
		e.Hint = "allow them with sysctl kernel.unprivileged_userns_clone=1, or use --proxy instead"
	case setting("/proc/sys/user/max_user_namespaces") == "0":
		e.Hint = "allow them with sysctl user.max_user_namespaces=1024, or use --proxy instead"
	case errors.Is(err, unix.EPERM):
		e.Hint = "within a container run it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or use --proxy instead"
	}
	return e
}

func setting(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Enter furnishes the world: loopback is up, names and localhost lead to it and
// no other name leads anywhere, and the system's roots are none. It is called
// once, by the process that Run has started.
func Enter(names []string) (*World, error) {
	// Nothing that is mounted from here on is seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, unavailable(fmt.Errorf("making the mounts private: %w", err))
	}
	if err := raiseLoopback(); err != nil {
		return nil, unavailable(fmt.Errorf("bringing loopback up: %w", err))
	}
	// For programs that drop what the parent was given; where this cannot be written, that does.
	_ = os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)

	w := new(World)
	err := withScratch(func(scratch string) error {
		replace := func(path, content string) error {
			file := filepath.Join(scratch, strings.ReplaceAll(path, "/", "-"))
			if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
				return err
			}
			if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
				return fmt.Errorf("replacing %s: %w", path, err)
			}
			return nil
		}
		if err := replace("/etc/hosts", hosts(names)); err != nil {
			return err
		}
		for path, content := range map[string]string{
			"/etc/resolv.conf":   "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
			"/etc/nsswitch.conf": nameServices(),
		} {
			if exists(path) {
				if err := replace(path, content); err != nil {
					return err
				}
			}
		}
		for _, path := range storeFiles {
			// Several of them may be one file, by way of links.
			if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(w.stores, real) {
				if err := replace(real, ""); err != nil {
					return err
				}
				w.stores = append(w.stores, real)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Daemons outside that would answer for names through a socket in the file system.
	for _, dir := range []string{"/run/nscd", "/run/systemd/resolve"} {
		if exists(dir) {
			if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=64k"); err != nil {
				return nil, fmt.Errorf("hiding %s: %w", dir, err)
			}
		}
	}
	return w, dropAmbient()
}

// withScratch lets use put files into a file system of their own. It has no name
// when withScratch returns, and lives on in the mounts of its files.
func withScratch(use func(dir string) error) (err error) {
	dir := os.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=8m,mode=755"); err != nil {
		return fmt.Errorf("mounting a place for files: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Unmount(dir, unix.MNT_DETACH)) }()
	return use(dir)
}

// dropAmbient keeps the programs that are run from what was needed to furnish.
// The right to listen on port 443 stays, as it is this process that listens.
func dropAmbient() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.ENOTSUP: // a build with cgo cannot; then programs could undo their own world, no more
		return nil
	}
	return fmt.Errorf("dropping the capabilities: %w", errno)
}

func raiseLoopback() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(s) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request)
}

func hosts(names []string) string {
	text := "127.0.0.1 localhost\n::1 localhost\n"
	for _, name := range names {
		text += "127.0.0.1 " + name + "\n"
	}
	return text
}

// nameServices is the system's table of name services with files alone for hosts.
func nameServices() string {
	text, _ := os.ReadFile("/etc/nsswitch.conf") // none is as good
	kept := "hosts: files dns\n"
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "hosts:") {
			kept += line
		}
	}
	return kept
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
