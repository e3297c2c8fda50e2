package twin

import "net"

// Dir is the directory that a Twin shares with its container.
func (t *Twin) Dir() string { return t.shell.Dir }

// ListenIP is where its processes listen.
func (t *Twin) ListenIP() net.IP { return t.listenIP() }
