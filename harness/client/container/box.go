package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	api "github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/keeper"
)

// mountPoint is where the files of the target are in a container.
const mountPoint = "/tlsfault"

// The files of the target, in mountPoint.
const (
	fileCA    = "ca.pem"
	fileCRL   = "crls.pem"
	fileCert  = "cert.pem"
	fileKey   = "key.pem"
	fileLogs  = "logs.json"
	fileCT    = "logs.cnf"
	fileHosts = "hosts"
)

// The directory of a container on the host, and what in it tells whose it is.
const (
	dirPattern = "tlsfault-container-*"
	fileOwner  = "owner"
)

// storeFiles is where programs look for the system's roots: Debian, Fedora with
// its relatives, SUSE, and Alpine. In a container each is the target's file.
var storeFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// exitGrace is how long children may take to end by themselves once the program has.
const exitGrace = 250 * time.Millisecond

// box is one running container.
type box struct {
	engine *engine
	id     string
	hold   api.HijackedResponse // the standard input of its program; the container ends when it closes
	dir    string               // of the host, what is mounted in is in it
}

// start starts a container of the image, in which nothing runs but cat.
func (e *engine) start(ctx context.Context, image string) (*box, error) {
	dir, err := keeper.MkdirTemp("container") // for its owner alone; what is in it the container's user reads, whoever that is
	if err != nil {
		return nil, err
	}
	b := &box{engine: e, dir: dir}
	if err := b.start(ctx, image); err != nil {
		return nil, errors.Join(err, b.remove())
	}
	return b, nil
}

func (b *box) start(ctx context.Context, image string) error {
	if err := os.WriteFile(filepath.Join(b.dir, fileOwner), []byte(owner(os.Getpid())), 0o600); err != nil {
		return err
	}
	files := filepath.Join(b.dir, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return err
	}
	if err := b.write(client.Target{Host: "localhost", Addr: "127.0.0.1"}); err != nil {
		return err
	}
	binds := []string{files + ":" + mountPoint + ":ro", filepath.Join(files, fileHosts) + ":/etc/hosts:ro"}
	for _, store := range storeFiles {
		binds = append(binds, filepath.Join(files, fileCA)+":"+store+":ro")
	}
	return b.run(ctx, image, []string{"cat"}, binds)
}

// run starts the container with a program that ends when its standard input does.
func (b *box) run(ctx context.Context, image string, program, binds []string) error {
	created, err := b.engine.provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image:      image,
		Entrypoint: program,
		Labels:     map[string]string{labelRun: b.engine.run, labelOwner: owner(os.Getpid())},
		ConfigModifier: func(c *container.Config) {
			c.Cmd, c.Healthcheck = nil, &container.HealthConfig{Test: []string{"NONE"}}
			c.OpenStdin, c.StdinOnce, c.AttachStdin = true, true, true
		},
		HostConfigModifier: func(h *container.HostConfig) {
			h.NetworkMode, h.AutoRemove, h.Binds = "host", true, binds
			h.SecurityOpt = []string{"label=disable"} // SELinux would keep it from the mounted files
		},
	})
	if created != nil {
		b.id = created.GetContainerID()
	}
	if err != nil {
		return fmt.Errorf("making a container of %s: %w", image, err)
	}
	// Attached before it starts, so that at no time it runs without being held.
	attached, err := b.engine.api.ContainerAttach(ctx, b.id, api.ContainerAttachOptions{Stream: true, Stdin: true})
	if err != nil {
		return fmt.Errorf("holding the container of %s: %w", image, err)
	}
	b.hold = attached.HijackedResponse
	if err := created.Start(ctx); err != nil {
		return fmt.Errorf("starting the container of %s, which needs the program %s: %w", image, program[0], err)
	}
	return nil
}

// remove ends the container and returns when nothing of it is left.
func (b *box) remove() error {
	if b.hold.Conn != nil {
		b.hold.Close()
	}
	var err error
	if b.id != "" {
		err = b.engine.remove(b.id)
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// write puts the files of a target where the container sees them. They stay the
// same files, as some are mounted one by one.
func (b *box) write(target client.Target) error {
	addr := target.Addr
	if addr == "" {
		addr = "127.0.0.1"
	}
	hosts := "127.0.0.1 localhost host.docker.internal host.containers.internal\n::1 localhost\n"
	if target.Host != "localhost" {
		hosts += addr + " " + target.Host + "\n"
	}
	content := map[string][]byte{fileCA: target.RootsPEM, fileHosts: []byte(hosts)}
	for file, name := range filesOf(&target) {
		if *file == "" {
			if name != fileCA {
				content[name] = nil // what the target before had
			}
			continue
		}
		text, err := os.ReadFile(*file)
		if err != nil {
			return err
		}
		content[name] = text
	}
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(b.dir, "files", name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// filesOf returns where a target has files, and what they are called in mountPoint.
func filesOf(target *client.Target) map[*string]string {
	return map[*string]string{
		&target.CAFile: fileCA, &target.CRLFile: fileCRL, &target.ClientCertFile: fileCert, &target.ClientKeyFile: fileKey,
		&target.LogListFile: fileLogs, &target.CTLogFile: fileCT,
	}
}

// inside returns the target as it is seen from the container.
func inside(target client.Target) client.Target {
	for file, name := range filesOf(&target) {
		if *file != "" {
			*file = mountPoint + "/" + name
		}
	}
	return target
}

// attempt runs the command once. It reports whether the container is as it was before.
func (b *box) attempt(ctx context.Context, command *client.Command, home *home, target client.Target) (a client.Attempt, clean bool) {
	if err := errors.Join(b.write(target), b.furnish(home)); err != nil {
		return client.Attempt{NotStarted: true, Err: fmt.Errorf("giving the container its files: %w", err)}, false
	}
	expanded, err := command.Expand(ctx, inside(target))
	if err != nil {
		return client.Attempt{NotStarted: true, Err: err}, true
	}
	name := expanded.Args[0]
	if err := ctx.Err(); err != nil {
		return client.Attempt{NotStarted: true, Err: fmt.Errorf("%s: not started: %w", name, err)}, true
	}
	kept := client.NewOutput(command.OutputLimit)
	code, err := b.exec(ctx, process{
		args: home.wrap(expanded.Args), env: expanded.Env, dir: command.Dir, stdin: expanded.Stdin, hold: command.HoldStdin,
	}, kept)
	a.Output, a.OutputCut = kept.Kept()
	switch {
	case ctx.Err() != nil:
		a.TimedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
		a.Err = fmt.Errorf("%s: still running when it was ended: %w", name, ctx.Err())
		return a, false
	case err != nil:
		a.NotStarted, a.Err = true, fmt.Errorf("%s: %w", name, err)
		return a, false
	case (code == 126 || code == 127) && slices.ContainsFunc(runtimeWords, func(w string) bool { return strings.Contains(string(a.Output), w) }):
		a.NotStarted, a.Err = true, fmt.Errorf("%s: the container cannot run it: %s", name, strings.TrimSpace(string(a.Output)))
		return a, true
	}
	conclude(&a, name, code)
	a.Leftover, err = b.leftover(ctx)
	return a, err == nil && a.Leftover == 0
}

// runtimeWords are how the runtimes that an engine uses begin to say that a program cannot be run.
var runtimeWords = []string{"OCI runtime exec failed", "crun: executable file", "runc: exec failed"}

// conclude fills in what an exit code says. A program that a signal ended has 128 and its number.
func conclude(a *client.Attempt, name string, code int) {
	a.Exit = &code
	if code == 0 {
		return
	}
	a.Err = fmt.Errorf("%s: exit status %d", name, code)
	switch signal := syscall.Signal(code - 128); signal {
	case syscall.SIGILL, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV:
		ended := -1
		a.Exit, a.Signal, a.Err = &ended, signal.String(), fmt.Errorf("%s: signal: %s", name, signal)
	}
}

// process is a program to run in a container.
type process struct {
	args, env  []string
	dir, stdin string
	hold       bool // keep stdin open
}

// exec runs a program and returns its exit code, or an error once ctx is done,
// when the program is still running.
func (b *box) exec(ctx context.Context, p process, output io.Writer) (code int, err error) {
	created, err := b.engine.api.ExecCreate(ctx, b.id, api.ExecCreateOptions{
		Cmd: p.args, Env: p.env, WorkingDir: p.dir, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return 0, err
	}
	streams, err := b.engine.api.ExecAttach(ctx, created.ID, api.ExecAttachOptions{})
	if err != nil {
		return 0, err
	}
	defer streams.Close()
	stop := context.AfterFunc(ctx, streams.Close) // ends the copies below
	defer stop()
	fed := make(chan struct{})
	defer func() { <-fed }()
	defer streams.Close()
	go func() {
		defer close(fed)
		_, _ = io.WriteString(streams.Conn, p.stdin) // a program need not read what it is given
		if !p.hold {
			_ = streams.CloseWrite()
		}
	}()
	if _, err := stdcopy.StdCopy(output, output, streams.Reader); err != nil && ctx.Err() == nil {
		return 0, fmt.Errorf("reading its output: %w", err)
	}
	return b.exitCode(ctx, created.ID)
}

// exitCode waits until the program, whose output has ended, has ended itself.
func (b *box) exitCode(ctx context.Context, id string) (int, error) {
	for {
		state, err := b.engine.api.ExecInspect(ctx, id, api.ExecInspectOptions{})
		if err != nil {
			return 0, err
		}
		if !state.Running {
			return state.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// leftover counts what runs in the container beside cat, once it has had the
// time to end by itself.
func (b *box) leftover(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTime)
	defer cancel()
	for end := time.Now().Add(exitGrace); ; time.Sleep(10 * time.Millisecond) {
		top, err := b.engine.api.ContainerTop(ctx, b.id, api.ContainerTopOptions{Arguments: b.engine.top})
		if err != nil {
			return 0, err
		}
		count := -1 // cat
		for _, p := range top.Processes {
			if len(p) > 1 && !strings.HasPrefix(p[1], "Z") {
				count++
			}
		}
		if count <= 0 || time.Now().After(end) {
			return max(count, 0), nil
		}
	}
}
