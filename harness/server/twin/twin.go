// Package twin serves scenarios by the servers that people run: nginx, HAProxy,
// Apache and openssl s_server, in a container. Each is set up by its own
// configuration, and what that has no setting for is a server.CannotError: no
// scenario is served by another server than the one that was asked for.
//
// There is one container, and in it a process for each scenario. A process
// listens on an address of 127.0.0.0/8 that nobody else uses, and every
// connection to it comes from another one, by which the server tells us whose
// request it passes on and whose alert it logs. Before a process serves, it is
// seen to send what it was set to send.
//
// Clients judge these servers as they judge those of package server, but for
// few things. A server on OpenSSL does not send a leaf to a client whose
// signature_algorithms_cert excludes its signature (RFC 8446 4.4.2.2), as that of
// Go does with MD5: then the fault does not meet the client. nginx and Apache
// speak HTTP themselves, so that what is no HTTP, or none that they take, is not
// seen. And that the handshake is done shows, but with HAProxy, only when a
// request comes. What alert came under encryption is read off the server's log,
// where an older error of OpenSSL can hide it, as after loading a strange key.
//
// Linux only, as other systems have but one loopback address, and their Docker
// runs on another machine.
package twin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/server"
)

// startTime bounds how long a server may take until it answers.
const startTime = 30 * time.Second

// imageRepository is the name of the image that holds the servers.
const imageRepository = "tlsfault-server"

// opensslConfig lets OpenSSL do what its default configuration forbids: each
// server's own configuration says what of that it does.
const opensslConfig = `openssl_conf = servers
[servers]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = None
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
`

// Names lists the servers there are.
func Names() []string {
	var names []string
	for i := range kinds {
		names = append(names, kinds[i].name)
	}
	return names
}

// Twin is a server.Twin in a container. It must be closed.
type Twin struct {
	kind  *kind
	shell *container.Shell
	// version is as in "1.22.1 (OpenSSL 3.0.17)".
	version string
	// suites are OpenSSL's names of cipher suites by those of IANA.
	suites map[string]string
	net    byte         // the second octet of its addresses
	claim  net.Listener // says to others that these addresses are taken
	cases  atomic.Uint32
	conns  atomic.Uint32
	ports  atomic.Uint32
}

var _ server.Twin = (*Twin)(nil)

// New starts the container for the server called name, one of Names. The error
// is a *container.UnavailableError on a machine that runs no containers. Where the
// image has to be built first, which takes minutes, onBuild is called, if it is not nil.
func New(ctx context.Context, name string, onBuild func()) (*Twin, error) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no server is called %q", name)
	}
	if runtime.GOOS != "linux" {
		return nil, &container.UnavailableError{Err: errors.New("servers in containers need the loopback addresses of Linux")}
	}
	dockerfile, err := fixtures.Image("servers")
	if err != nil {
		return nil, err
	}
	shell, err := container.NewShell(ctx, imageRepository, dockerfile, onBuild)
	if err != nil {
		return nil, fmt.Errorf("starting the container of %s: %w", name, err)
	}
	t := &Twin{kind: &kinds[i], shell: shell}
	err = t.claimAddresses()
	if err == nil {
		err = t.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// claimAddresses finds addresses that no other twin on the machine has, so that
// none of its processes can take a port that one of ours is about to listen on.
func (t *Twin) claimAddresses() (err error) {
	first := rand.IntN(128) //nolint:gosec // not a secret
	for i := range 128 {
		t.net = byte(64 + (first+i)%128) //nolint:gosec // it fits
		t.claim, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: t.listenIP(), Port: claimPort})
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("looking for addresses: %w", err)
	}
	return nil
}

// prepare asks the programs in the container who they are and what they have.
func (t *Twin) prepare(ctx context.Context) error {
	if err := os.WriteFile(filepath.Join(t.shell.Dir, "openssl.cnf"), []byte(opensslConfig), 0o644); err != nil { //nolint:gosec // programs in the container run as others
		return err
	}
	version, err := t.shell.Output(ctx, "sh", "-c", t.kind.version+" 2>&1")
	if err != nil {
		return fmt.Errorf("asking %s for its version: %w", t.kind.name, err)
	}
	tls, err := t.shell.Output(ctx, "openssl", "version")
	if err != nil {
		return fmt.Errorf("asking OpenSSL for its version: %w", err)
	}
	t.version = versionNumber.FindString(string(version))
	if number := versionNumber.FindString(string(tls)); t.kind.name != "openssl" {
		t.version += " (OpenSSL " + number + ")"
	}
	list, err := t.shell.Output(ctx, "env", "OPENSSL_CONF="+container.ShellDir+"/openssl.cnf", "openssl", "ciphers", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
	if err != nil {
		return fmt.Errorf("asking OpenSSL for its cipher suites: %w", err)
	}
	t.suites = make(map[string]string)
	for line := range strings.Lines(string(list)) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == "-" {
			t.suites[f[0]] = f[2]
		}
	}
	return nil
}

var versionNumber = regexp.MustCompile(`\d+\.\d+\.\d+`)

// Name implements server.Twin.
func (t *Twin) Name() string { return t.kind.name }

// Version implements server.Twin.
func (t *Twin) Version() string { return t.version }

// Close ends the container.
func (t *Twin) Close() error {
	if t.claim != nil {
		_ = t.claim.Close() // nobody ever connects to it
	}
	return t.shell.Close()
}

// listenIP is where the processes listen.
func (t *Twin) listenIP() net.IP { return net.IPv4(127, t.net, 0, 1) }

// nextIP is an address for a connection to come from.
func (t *Twin) nextIP() net.IP {
	n := t.conns.Add(1)
	return net.IPv4(127, t.net, byte(1+n/250%250), byte(1+n%250))
}

// The ports of the processes: below those that Linux gives to whoever asks for any.
const (
	claimPort = 9999
	firstPort = 10000
	portCount = 20000
)

// freePort is a port of listenIP that nobody uses. It gives none twice before all
// were given: a process may take a while until it has its own.
func (t *Twin) freePort() (int, error) {
	for range portCount {
		port := firstPort + int(t.ports.Add(1)%portCount)
		if l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: t.listenIP(), Port: port}); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("looking for a port: none is free")
}

// cannot is the error of what the server has no setting for.
func (t *Twin) cannot(format string, args ...any) error {
	return &server.CannotError{Server: t.Name(), What: fmt.Sprintf(format, args...)}
}

// directory makes the directory of a process.
func (t *Twin) directory() (name, host string, err error) {
	name = "case-" + strconv.Itoa(int(t.cases.Add(1)))
	host = filepath.Join(t.shell.Dir, name)
	return name, host, os.Mkdir(host, 0o755) //nolint:gosec // programs in the container run as others
}
