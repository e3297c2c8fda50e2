package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// portTries bounds the search for a port that is free on both loopback addresses.
const portTries = 16

// listenLoopback listens on one port of 127.0.0.1 and, where there is one, of
// ::1; port 0 asks for any. Clients that are told "localhost" may try either.
func listenLoopback(port int) ([]net.Listener, error) {
	for range portTries {
		v4, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, fmt.Errorf("listening on 127.0.0.1 port %d: %w", port, err)
		}
		got := v4.Addr().(*net.TCPAddr).Port
		v6, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(got)))
		switch {
		case err == nil:
			return []net.Listener{v4, v6}, nil
		case errors.Is(err, syscall.EADDRINUSE) && port == 0:
			_ = v4.Close() // somebody has this port on ::1: take another
			continue
		case errors.Is(err, syscall.EADDRINUSE):
			_ = v4.Close()
			return nil, fmt.Errorf("listening on ::1 port %d: %w", port, err)
		default:
			return []net.Listener{v4}, nil // a machine without IPv6
		}
	}
	return nil, errors.New("listening on loopback: found no port that is free on 127.0.0.1 and ::1")
}

// listenOn listens on the one loopback address that clients of host are told: a
// fleet of thousands would run out of descriptors with two each.
func listenOn(host string, port int) ([]net.Listener, error) {
	address := "127.0.0.1"
	if ip := net.ParseIP(host); ip != nil {
		address = host
	}
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listening on %s port %d: %w", address, port, err)
	}
	return []net.Listener{l}, nil
}

// acceptor runs accept loops and can stop them without losing a connection
// that the kernel has already taken in.
type acceptor struct {
	listeners []net.Listener
	// admit takes a connection in, in the order of acceptance, and returns what
	// is left to do with it; nil for nothing.
	admit func(net.Conn) func()

	closing atomic.Bool
	last    []chan net.Addr // per listener: the address of our own last connection to it
	loops   sync.WaitGroup
	conns   sync.WaitGroup
}

// startAcceptor admits each connection and runs what that returns in a goroutine of its own.
func startAcceptor(listeners []net.Listener, admit func(net.Conn) func()) *acceptor {
	a := &acceptor{listeners: listeners, admit: admit}
	for _, l := range listeners {
		last := make(chan net.Addr, 1)
		a.last = append(a.last, last)
		a.loops.Add(1)
		go a.loop(l, last)
	}
	return a
}

func (a *acceptor) loop(l net.Listener, last chan net.Addr) {
	defer a.loops.Done()
	var ours net.Addr
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(5 * time.Millisecond) // out of descriptors: give it a moment
			continue
		}
		if a.closing.Load() {
			if ours == nil {
				ours = <-last
			}
			if ours != nil && conn.RemoteAddr().String() == ours.String() {
				_ = conn.Close()
				return
			}
		}
		if serve := a.admit(conn); serve != nil {
			a.conns.Go(serve)
		}
	}
}

// stop closes the listeners after everything that had connected before was
// accepted: connections queue in order, so that one of our own marks the end.
func (a *acceptor) stop(ctx context.Context) {
	a.closing.Store(true)
	for i, l := range a.listeners {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			close(a.last[i])
			_ = l.Close()
			continue
		}
		a.last[i] <- c.LocalAddr()
		defer c.Close() //nolint:errcheck // a connection that never carried a byte
	}
	a.loops.Wait()
	for _, l := range a.listeners {
		_ = l.Close()
	}
}

// wait returns once every handler has.
func (a *acceptor) wait() { a.conns.Wait() }

// abandon closes the listeners at once, whatever is still queued.
func (a *acceptor) abandon() {
	closeAll(a.listeners)
	a.loops.Wait()
}
