package proxy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// The numbers of RFC 1928 that are used here, and those of SOCKS4 that say no.
const (
	socks5 = 5

	noAuthentication    = 0
	noAcceptableMethods = 0xff

	commandConnect = 1

	addressIPv4 = 1
	addressName = 3
	addressIPv6 = 4

	succeeded           = 0
	notAllowed          = 2
	connectionRefused   = 5
	commandUnsupported  = 7
	addressUnsupported  = 8
	socks4              = 4
	socks4Rejected      = 0x5b
	socksReplyAddresses = "\x00\x01\x00\x00\x00\x00\x00\x00" // reserved, and an IPv4 address that says nothing
)

// serveSOCKS makes a tunnel, RFC 1928.
func (l *listener) serveSOCKS(conn *net.TCPConn, head *bufio.Reader) {
	if !greet(conn, head) {
		return
	}
	reply := func(code byte) bool {
		_, err := conn.Write(append([]byte{socks5, code}, socksReplyAddresses...))
		return err == nil
	}
	command, host, port, err := readSOCKS(head)
	switch {
	case errors.Is(err, errAddress):
		reply(addressUnsupported)
		finish(conn)
		return
	case err != nil:
		return
	case command != commandConnect:
		reply(commandUnsupported)
		finish(conn)
		return
	}
	server, err := l.dial(host, port)
	if err != nil {
		code := byte(connectionRefused)
		if errors.Is(err, errRefused) {
			code = notAllowed
		}
		reply(code)
		finish(conn)
		return
	}
	defer l.release(server)
	if reply(succeeded) {
		tunnel(conn, head, server)
	}
}

// greet agrees with the client that it need not say who it is.
func greet(conn *net.TCPConn, head *bufio.Reader) bool {
	var start [2]byte // version, number of methods
	if _, err := io.ReadFull(head, start[:]); err != nil {
		return false
	}
	methods := make([]byte, start[1])
	if _, err := io.ReadFull(head, methods); err != nil {
		return false
	}
	chosen := byte(noAuthentication)
	if !slices.Contains(methods, noAuthentication) {
		chosen = noAcceptableMethods
	}
	_, err := conn.Write([]byte{socks5, chosen})
	return err == nil && chosen == noAuthentication
}

var errAddress = errors.New("no such type of address")

// readSOCKS reads a request.
func readSOCKS(head *bufio.Reader) (command byte, host, port string, err error) {
	var start [4]byte // version, command, reserved, type of address
	if _, err := io.ReadFull(head, start[:]); err != nil {
		return 0, "", "", err
	}
	if start[0] != socks5 {
		return 0, "", "", errors.New("not SOCKS5")
	}
	var length byte
	switch start[3] {
	case addressIPv4:
		length = 4
	case addressIPv6:
		length = 16
	case addressName:
		if length, err = head.ReadByte(); err != nil {
			return 0, "", "", err
		}
	default:
		return 0, "", "", errAddress
	}
	rest := make([]byte, int(length)+2)
	if _, err := io.ReadFull(head, rest); err != nil {
		return 0, "", "", err
	}
	address, number := rest[:length], binary.BigEndian.Uint16(rest[length:])
	host = string(address)
	if ip, ok := netip.AddrFromSlice(address); ok && start[3] != addressName {
		host = ip.String()
	}
	return start[1], host, strconv.Itoa(int(number)), nil
}
