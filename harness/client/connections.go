package client

import (
	"net"
	"sync"
	"time"
)

// closeGrace is how long a connection may take to close by itself once the
// answer was read: net/http says goodbye from a goroutine of its own.
const closeGrace = 250 * time.Millisecond

// connections are the connections of one attempt of the built-in client, so
// that none is open when it returns.
type connections struct {
	open  sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn
	over  bool // the attempt has returned; nothing may be opened any more
}

func (c *connections) track(conn net.Conn) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		_ = conn.Close() // nobody will use it, so nobody cares how it closed
		return nil, net.ErrClosed
	}
	c.open.Add(1)
	tracked := &trackedConn{Conn: conn, closed: sync.OnceFunc(c.open.Done)}
	c.conns = append(c.conns, tracked)
	return tracked, nil
}

// wait returns when every connection is closed, and closes those that linger.
func (c *connections) wait() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	linger := time.AfterFunc(closeGrace, func() {
		for _, conn := range c.conns { // over: no longer written to
			_ = conn.Close() // closed already or lingering: either way done with
		}
	})
	defer linger.Stop()
	c.open.Wait()
}

type trackedConn struct {
	net.Conn
	closed func()
}

func (c *trackedConn) Close() error {
	err := c.Conn.Close()
	c.closed()
	return err
}
