package container

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// ryukVariable turns off the reaper of testcontainers-go when it is "true". The
// reaper is an image to pull, and we need none.
const ryukVariable = "TESTCONTAINERS_RYUK_DISABLED"

// The labels of our containers.
const (
	labelRun   = "io.github.tlsfault.run"   // a word of its own for each run
	labelOwner = "io.github.tlsfault.owner" // the process that the container belongs to
)

// connectTime bounds how long an engine may take to answer.
const connectTime = 10 * time.Second

// engine is Docker, or Podman by its Docker API.
type engine struct {
	provider *testcontainers.DockerProvider
	api      client.APIClient
	run      string
	top      []string // what asks for the numbers and states of a container's processes
}

// connect returns the engine that the environment (DOCKER_HOST, the context of
// docker) names. The error is an UnavailableError.
func connect(ctx context.Context) (*engine, error) {
	if _, set := os.LookupEnv(ryukVariable); !set {
		if err := os.Setenv(ryukVariable, "true"); err != nil {
			return nil, err
		}
	}
	provider, err := newProvider()
	if err != nil {
		return nil, &UnavailableError{err}
	}
	e := &engine{provider: provider, api: provider.Client(), run: rand.Text()}
	if asked := os.Getenv(client.EnvOverrideHost); asked != "" && e.api.DaemonHost() != asked {
		err := fmt.Errorf("%s is %s, and does not answer", client.EnvOverrideHost, asked) // another did, which was not asked for
		return nil, errors.Join(&UnavailableError{err}, e.close())
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	version, err := e.api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return nil, errors.Join(&UnavailableError{err}, e.close())
	}
	e.top = []string{"-eo", "pid,stat"} // of ps, which Docker runs on its machine
	for _, part := range version.Components {
		if strings.HasPrefix(part.Name, "Podman") {
			e.top = []string{"pid,state"} // its own words; with others it looks for a ps in the container
		}
	}
	return e, nil
}

// connecting guards the logger of testcontainers-go.
var connecting sync.Mutex

// newProvider connects without the words that testcontainers-go has for it.
func newProvider() (*testcontainers.DockerProvider, error) {
	connecting.Lock()
	defer connecting.Unlock()
	defer log.SetDefault(log.Default())
	log.SetDefault(log.NewNoopLogger())
	return testcontainers.NewDockerProvider(quiet{})
}

// quiet keeps testcontainers-go from printing what it does.
type quiet struct{}

// ApplyDockerTo implements testcontainers.DockerProviderOption.
func (quiet) ApplyDockerTo(o *testcontainers.DockerProviderOptions) { o.Logger = log.NewNoopLogger() }

func (e *engine) close() error { return e.provider.Close() }

// build makes the image of a directory with a Dockerfile and returns its name,
// which is the same each time for the same directory. What the engine has
// built before it does not build again.
func (e *engine) build(ctx context.Context, dir string, onBuild func()) (string, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(whole, "Dockerfile")); err != nil {
		return "", fmt.Errorf("reading the Dockerfile: %w", err)
	}
	sum := sha256.Sum256([]byte(whole))
	return e.buildFrom(ctx, testcontainers.FromDockerfile{Context: whole, Tag: hex.EncodeToString(sum[:6])}, onBuild)
}

// imageRepository is the name of all images that are built here.
const imageRepository = "tlsfault-client"

func (e *engine) buildFrom(ctx context.Context, from testcontainers.FromDockerfile, onBuild func()) (string, error) {
	if onBuild != nil {
		onBuild()
	}
	var said bytes.Buffer
	from.Repo, from.KeepImage, from.BuildLogWriter = cmp.Or(from.Repo, imageRepository), true, &said
	image, err := e.provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: from})
	if err != nil {
		return "", fmt.Errorf("building the image: %w\n%s", err, lastLines(said.String(), 15))
	}
	return image, nil
}

// buildFS makes the image of a directory with a Dockerfile, unless it has been
// made of the same files before, and returns its name.
func (e *engine) buildFS(ctx context.Context, repository string, dir fs.FS, onBuild func()) (string, error) {
	archive, err := pack(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(archive)
	tag := hex.EncodeToString(sum[:6])
	if name := repository + ":" + tag; e.has(ctx, name) {
		return name, nil
	}
	return e.buildFrom(ctx, testcontainers.FromDockerfile{ContextArchive: bytes.NewReader(archive), Repo: repository, Tag: tag}, onBuild)
}

// pack returns the files of a directory as a tar archive: the same files, the same archive.
func pack(dir fs.FS) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	err = errors.Join(err, w.Close())
	return archive.Bytes(), err
}

// has reports whether the engine has an image.
func (e *engine) has(ctx context.Context, image string) bool {
	_, err := e.api.ImageInspect(ctx, image)
	return err == nil
}

// lastLines returns the last n lines of text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// betweenStates reports whether Podman says that a container, which is about to
// end by itself, cannot be ended just now. Docker calls that a conflict.
func betweenStates(err error) bool { return strings.Contains(err.Error(), "container state improper") }

// remove ends and removes a container and returns when it is gone.
func (e *engine) remove(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	for {
		_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		switch {
		case errdefs.IsNotFound(err):
			return nil
		case err != nil && !errdefs.IsConflict(err) && !betweenStates(err):
			return fmt.Errorf("removing the container %.12s: %w", id, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("removing the container %.12s: %w", id, errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// sweep removes the containers and directories whose process on this machine has ended.
func (e *engine) sweep(ctx context.Context) error {
	list, err := e.api.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelOwner),
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list.Items {
		if gone(c.Labels[labelOwner]) {
			errs = append(errs, e.remove(c.ID))
		}
	}
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), dirPattern))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if label, err := os.ReadFile(filepath.Join(dir, fileOwner)); err == nil && gone(string(label)) {
			errs = append(errs, os.RemoveAll(dir))
		}
	}
	return errors.Join(errs...)
}

// owner tells which process this is: the boot of the machine, the space of
// process numbers, the number, and when it started; "" where that is not known.
func owner(pid int) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The program's name, in parentheses, may hold anything. The start is field 22, proc_pid_stat(5).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return ""
	}
	return strings.Join([]string{strings.TrimSpace(string(boot)), space, strconv.Itoa(pid), fields[19]}, " ")
}

// gone reports whether the process that owner told of was on this machine, and has ended.
func gone(label string) bool {
	was := strings.Fields(label)
	us := strings.Fields(owner(os.Getpid()))
	if len(was) != 4 || len(us) != 4 || was[0] != us[0] || was[1] != us[1] {
		return false
	}
	pid, err := strconv.Atoi(was[2])
	return err == nil && owner(pid) != label
}

var _ io.Closer = (*Client)(nil)
