// Package client adapts whatever connects, a Go function, a command, a preset
// of a well-known program, a trigger of a sender elsewhere, to one method: Attempt. An adapter runs the client
// under test once against a Target and returns the client's own words. It
// judges nothing: what the server saw is evidence, and the verdict is made of
// both elsewhere.
//
// Func is a Go function, Go the built-in net/http client, Command any program,
// and Lookup gives well-known programs ready made, each row of one table with the
// arguments that make it verify with the target's roots alone. A program is
// contained: its time, its output and what it leaves running are bounded.
package client

import (
	"context"
	"time"
)

// Client is a client under test. Attempt connects once to target, exchanges
// one request, and returns what the client said of it. It respects ctx, leaves
// nothing running when it returns, and is called concurrently.
type Client interface {
	Attempt(ctx context.Context, target Target) Attempt
}

// PageLoader is a client that loads what the pages refer to that it is served: a
// browser. Some scenarios are for it alone.
type PageLoader interface {
	Client
	LoadsPages() bool
}

// LoadsPages reports whether c is a PageLoader, and loads them.
func LoadsPages(c Client) bool {
	loader, ok := c.(PageLoader)
	return ok && loader.LoadsPages()
}

// NeedsPlainRoots reports whether c cannot read the name constraints of a root
// (RFC 5280 4.2.1.10), as it says by a method of that name.
func NeedsPlainRoots(c Client) bool {
	needy, ok := c.(interface{ NeedsPlainRoots() bool })
	return ok && needy.NeedsPlainRoots()
}

// Ready lets c get ready for a target before its attempt, so that getting ready,
// such as starting a browser, takes nothing from the attempt's time. What goes
// wrong there shows in the attempt. Most clients have nothing to do.
func Ready(ctx context.Context, c Client, target Target) {
	if readier, ok := c.(interface {
		Ready(context.Context, Target)
	}); ok {
		readier.Ready(ctx, target)
	}
}

// Target is what a client is given: everything that it needs to connect and to
// verify, and nothing that tells a fault from its control.
type Target struct {
	URL      string // https URL of the resource to fetch
	Host     string // name or IP literal to connect to and to verify
	Port     int    // TCP port
	Addr     string // IP address to dial where Host does not resolve
	CAFile   string // PEM file with the only roots to trust
	RootsPEM []byte // the same roots in memory
	CRLFile  string // PEM file with the CRLs of the path's authorities; empty for none

	// Also are the hosts and ports, as host:port, that the case leads to besides: by a
	// redirect, from a page, for the status of a certificate.
	Also []string
	// Proxy is the URL of the proxy through which alone Host and Port are reached,
	// http://… or socks5h://…; empty for none.
	Proxy string
	// DNS is the address and port of a DNS server that knows Host; empty for none.
	DNS string

	// Pins are the keys to pin: SHA-256 of each SubjectPublicKeyInfo in base64 (RFC 7469 2.4); empty for none.
	Pins []string
	// LogListFile is a list of transparency logs as browsers have it, and CTLogFile
	// the same as OpenSSL reads it; empty where there are no SCTs.
	LogListFile string
	CTLogFile   string

	// Await waits until somebody has connected to the target and then left it in
	// peace for quiet, or ctx is done. It reports whether anybody connected, and
	// whether all was over before ctx was done. Nil where nobody watches the target.
	Await func(ctx context.Context, quiet time.Duration) (connected, over bool) `json:"-"`

	// ClientCertFile and ClientKeyFile are PEM files to authenticate with; empty for none.
	ClientCertFile string
	ClientKeyFile  string
}

// Attempt is one run of a client against one target, in the client's own words.
type Attempt struct {
	// Err is nil when the client reported success: a Go func that returned nil, a command that exited 0.
	Err error
	// Exit is the exit code of a command, -1 when a signal ended it; nil for clients that have none.
	Exit *int
	// Signal names the signal that ended a command by itself ("segmentation fault"), not by us.
	// It is PanicSignal for a Go func that panicked.
	Signal string
	// Output is what the client printed on both streams, cut to OutputLimit bytes.
	Output []byte
	// OutputCut reports that the client printed more than was kept.
	OutputCut bool
	// TimedOut reports that the client was still running when its time was up, and was ended.
	TimedOut bool
	// Starved reports that the machine was too busy to tell whether the client or the
	// server took its time. A Client does not say so itself: whoever runs it does.
	Starved bool
	// NotStarted reports that the client could not be run at all; Err says why.
	NotStarted bool
	// Unclaimed reports that nobody said how the attempt ended: there is neither success nor failure in Err.
	Unclaimed bool
	// Leftover counts processes of the client that outlived it and were ended.
	Leftover int
	// Refused is whom the client asked for what on its way to the server, and was refused:
	// "its proxy for example.org:443". Nil where nobody is to be asked.
	Refused []string
	// Screenshot is the file with a picture of what a browser showed in place of the page; empty for none.
	Screenshot string
	// CPU is the processor time that a command used, with the children that it
	// waited for; zero for clients that are no process of their own.
	CPU time.Duration
	// Duration is how long the attempt took.
	Duration time.Duration
}

// Succeeded reports whether the client claims to have fetched the resource.
func (a Attempt) Succeeded() bool {
	return a.Err == nil && !a.TimedOut && !a.NotStarted && !a.Unclaimed
}

// Crashed reports whether a signal or a panic of its own ended the client.
func (a Attempt) Crashed() bool { return a.Signal != "" }

// Message is the client's own words on one text: the error of a Go client, the output of a command.
func (a Attempt) Message() string {
	if len(a.Output) > 0 {
		return string(a.Output)
	}
	if a.Err != nil {
		return a.Err.Error()
	}
	return ""
}
