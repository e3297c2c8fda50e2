package twin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/server"
)

// instance is one scenario served.
type instance struct {
	twin     *Twin
	settings settings
	dir      string // of the host
	upstream *upstream
	process  *process // nil where each connection has its own
}

// process is a server that runs.
type process struct {
	twin *Twin
	name string // of its files, within the directory of the twin
	addr *net.TCPAddr
	over sync.Once
}

// Serve implements server.Twin.
func (t *Twin) Serve(ctx context.Context, setup server.Setup) (server.Instance, error) {
	settings, err := t.translate(setup)
	if err != nil {
		return nil, err
	}
	i := &instance{twin: t, settings: settings}
	err = i.start()
	if err == nil {
		err = i.check(ctx, setup)
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

func (i *instance) start() error {
	name, dir, err := i.twin.directory()
	if err != nil {
		return err
	}
	i.dir, i.settings.Dir = dir, container.ShellDir+"/"+name
	for file, content := range i.settings.files {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil { //nolint:gosec // keys of a test, which the server reads as another user
			return err
		}
	}
	if i.upstream, err = listenUpstream(i.twin.listenIP()); err != nil {
		return err
	}
	i.settings.Upstream = i.upstream.listener.Addr().String()
	i.settings.UpstreamPort = i.upstream.port()
	if i.twin.kind.perConnection {
		return nil
	}
	i.process, err = i.run("")
	return err
}

// run starts the server, for a connection from the address peer if that is not
// empty.
func (i *instance) run(peer string) (*process, error) {
	port, err := i.twin.freePort()
	if err != nil {
		return nil, err
	}
	s := i.settings
	s.Listen, s.Peer = net.JoinHostPort(i.twin.listenIP().String(), strconv.Itoa(port)), peer
	prefix := ""
	if peer != "" {
		prefix = peer + "."
	}
	s.Log = s.Dir + "/" + prefix + "log"
	command, err := i.twin.kind.render(i.dir, s)
	if err != nil {
		return nil, err
	}
	p := &process{twin: i.twin, name: filepath.Join(filepath.Base(i.dir), prefix), addr: &net.TCPAddr{IP: i.twin.listenIP(), Port: port}}
	if prefix == "" {
		p.name += "/"
	}
	in := container.ShellDir + "/" + p.name
	line := fmt.Sprintf("cd %s; export OPENSSL_CONF=%s/openssl.cnf; (%s) >%sout 2>&1 & echo $! >%spid; wait $!; echo $? >%sexit",
		s.Dir, container.ShellDir, command, in, in, in)
	if err := i.twin.shell.Run(line); err != nil {
		return nil, err
	}
	return p, nil
}

// connect opens a connection to p from ip once p listens; it is an error if p ends before.
func (i *instance) connect(ctx context.Context, p *process, ip net.IP) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}
	for {
		conn, err := d.DialContext(ctx, "tcp4", p.addr.String())
		if err == nil {
			return conn, nil
		}
		if p.ended() {
			return nil, i.refused(p)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s does not listen: %w: %s", i.twin.kind.name, err, firstError(p.words()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (p *process) file(name string) string { return filepath.Join(p.twin.shell.Dir, p.name+name) }

// ended reports whether the process has ended by itself.
func (p *process) ended() bool {
	_, err := os.Stat(p.file("exit"))
	return err == nil
}

// words is what the process has printed and logged.
func (p *process) words() string {
	var all []byte
	for _, name := range []string{"out", "log"} {
		text, _ := os.ReadFile(p.file(name)) // none is no words
		all = append(all, text...)
	}
	return string(all)
}

// end ends the process, and removes what else is named.
func (p *process) end(remove string) {
	line := fmt.Sprintf("kill -9 $(cat %s/%spid)", container.ShellDir, p.name)
	if remove != "" {
		line += "; rm -rf " + remove
	}
	p.over.Do(func() { _ = p.twin.shell.Run(line) }) // or it ends with the container
}

// refused is the error of a server that does not do as it was set to.
func (i *instance) refused(p *process) error {
	words := p.words()
	if strings.Contains(words, "Address already in use") || strings.Contains(words, "cannot bind") {
		return fmt.Errorf("%s did not start: %s", i.twin.kind.name, firstError(words))
	}
	return i.twin.cannot("serve this: %s", cmp.Or(firstError(words), "it ended without a word"))
}

// Dial implements server.Instance.
func (i *instance) Dial(ctx context.Context) (server.Link, error) {
	ip := i.twin.nextIP()
	l := &link{instance: i, peer: ip.String(), process: i.process}
	l.pending = i.upstream.wait(l.peer, i.twin.kind.perConnection)
	var err error
	if i.twin.kind.perConnection {
		l.process, err = i.run(l.peer)
	}
	if err == nil {
		l.Conn, err = i.connect(ctx, l.process, ip)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// Close implements server.Instance.
func (i *instance) Close() {
	switch {
	case i.process != nil:
		i.process.end(i.settings.Dir) // the number of the process is in there
	case i.dir != "":
		_ = os.RemoveAll(i.dir) // what is left goes with the container
	}
	if i.upstream != nil {
		i.upstream.close()
	}
}

// link is a connection to a server.
type link struct {
	net.Conn
	instance *instance
	process  *process
	peer     string
	pending  *pending
}

// CloseWrite implements server.Link.
func (l *link) CloseWrite() error {
	half, ok := l.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// Plain implements server.Link.
func (l *link) Plain() <-chan net.Conn { return l.pending.plain }

// Settle implements server.Link. A process of this connection alone has done its part.
func (l *link) Settle() {
	if l.instance.process == nil {
		l.process.end("")
	}
	l.instance.upstream.settle(l.pending)
}

// Close implements server.Link.
func (l *link) Close() error {
	l.instance.upstream.forget(l.peer)
	if l.process != nil && l.instance.process == nil {
		l.process.end("")
	}
	if l.Conn == nil {
		return nil
	}
	return l.Conn.Close()
}

// Alert implements server.Link.
func (l *link) Alert() (description uint8, ok bool) {
	if l.instance.process == nil { // every word of the process is about this connection
		return alertTo(l.process.words(), "")
	}
	return alertTo(l.process.words(), l.peer)
}
