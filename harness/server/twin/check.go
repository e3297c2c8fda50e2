package twin

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
	"github.com/tlsfault/tlsfault/scenarios"
)

// errSeen ends a handshake of which enough was seen.
var errSeen = errors.New("seen")

// usualGroups are secp256r1, secp384r1, secp521r1 and x25519.
var usualGroups = []uint16{23, 24, 25, 29}

// dhChecks are what a client must not mind that looks at a server with weak groups.
var dhChecks = []wiretest.Check{wiretest.DHSize, wiretest.DHHuge, wiretest.DHPrime, wiretest.DHSubgroup, wiretest.DHPublic}

// check sees that the server sends what it was set to send: the very
// certificates, with the group and the staple that were asked for. A server may
// drop what it takes for a mistake, and in TLS 1.3 no record shows that later.
func (i *instance) check(ctx context.Context, setup server.Setup) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	dialled, err := i.Dial(ctx)
	if err != nil {
		return err
	}
	defer dialled.Close() //nolint:errcheck // nothing more is said on it
	l := dialled.(*link)
	if err := l.SetDeadline(time.Now().Add(startTime)); err != nil {
		return err
	}
	client, err := i.prober(setup)
	if err != nil {
		return err
	}
	var sent [][]byte
	client.Verify = func(chain [][]byte) (crypto.PublicKey, error) {
		sent = slices.Clone(chain)
		if setup.DH != nil {
			return setup.Key.Public(), nil // the group comes after
		}
		return nil, errSeen
	}
	go func() { // what asks only to see an answer needs no good one
		select {
		case plain := <-l.Plain():
			_ = plain.Close()
		case <-ctx.Done():
		}
	}()
	result, err := client.Fetch(l, []byte("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
	switch {
	case sent == nil, setup.DH != nil && result.Version == 0:
		return i.unlike(l, err)
	case !slices.EqualFunc(sent, setup.Chain, bytes.Equal):
		return i.twin.cannot("send these %d certificates: it sent %d, or others", len(setup.Chain), len(sent))
	case setup.DH != nil && (setup.DH.P.Cmp(number(result.Modulus)) != 0 || setup.DH.G.Cmp(number(result.Generator)) != 0):
		return i.twin.cannot("use this Diffie-Hellman group: it used one of %d bits", number(result.Modulus).BitLen())
	case setup.Staple != nil:
		return i.checkStaple(ctx, setup)
	}
	return nil
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

// logTime bounds how long a server may take to write why it refused.
const logTime = time.Second

// unlike says that the server refused what it was set to, in its own words if it
// has any. Where it neither said why nor sent an alert, it is our failure that err tells of.
func (i *instance) unlike(l *link, err error) error {
	for end := time.Now().Add(logTime); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if sslError.MatchString(l.process.words()) || l.process.ended() {
			return i.refused(l.process)
		}
	}
	network := new(net.OpError)
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("seeing what %s sends: %w: %s", i.twin.kind.name, err, firstError(l.process.words()))
	}
	return i.twin.cannot("serve this: %v", err)
}

// prober is a client that has what the server should have.
func (i *instance) prober(setup server.Setup) (*wiretest.Client, error) {
	c := &wiretest.Client{Without: dhChecks, ALPN: setup.ALPN}
	numbers := map[string]uint16{
		string(scenarios.TLS10): wire.VersionTLS10, string(scenarios.TLS11): wire.VersionTLS11,
		string(scenarios.TLS12): wire.VersionTLS12, string(scenarios.TLS13): wire.VersionTLS13,
	}
	for _, v := range slices.Backward(i.settings.Versions) {
		c.Versions = append(c.Versions, numbers[v])
	}
	for name := range i.twin.suites {
		if id, err := wire.CipherSuiteID(name); err == nil && !strings.Contains(name, "_anon_") && !strings.Contains(name, "_PSK_") {
			c.CipherSuites = append(c.CipherSuites, id)
		}
	}
	slices.Sort(c.CipherSuites)
	for _, name := range setup.TLS.Groups {
		id, err := wire.GroupID(name)
		if err != nil {
			return nil, err
		}
		c.Groups = append(c.Groups, id)
	}
	for _, id := range usualGroups { // a certificate's curve may be none of the server's groups
		if !slices.Contains(c.Groups, id) {
			c.Groups = append(c.Groups, id)
		}
	}
	return c, nil
}

// checkStaple sees that the response is stapled as it is.
func (i *instance) checkStaple(ctx context.Context, setup server.Setup) error {
	l, err := i.Dial(ctx)
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // nothing more is said on it
	if err := l.SetDeadline(time.Now().Add(startTime)); err != nil {
		return err
	}
	c := tls.Client(l, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}) //nolint:gosec // it only looks
	if err := c.HandshakeContext(ctx); err != nil {
		return i.unlike(l.(*link), err)
	}
	if staple := c.ConnectionState().OCSPResponse; !bytes.Equal(staple, setup.Staple) {
		return i.twin.cannot("staple this response")
	}
	return nil
}
