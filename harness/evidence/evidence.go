// Package evidence is what the server side saw of an attempt. A Tap wraps an
// accepted connection and reads the TLS records off it as they pass, in both
// directions, so that the evidence rests on the wire and not on what a TLS
// library chooses to report; the server adds what only it can know (decrypted
// alerts, the negotiated parameters, application data). A Log collects the
// connections of one attempt and closes into an Evidence that no longer changes.
package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"
)

// Evidence is everything the server side saw of one attempt. It is complete
// and immutable once its Log is closed.
type Evidence struct {
	Connections  []Connection `json:"connections"`
	OCSPRequests []Fetch      `json:"ocspRequests,omitempty"`
	CRLFetches   []Fetch      `json:"crlFetches,omitempty"`
	AIAFetches   []Fetch      `json:"aiaFetches,omitempty"`
	// CleartextHits are plain HTTP requests: to the TLS port or to the cleartext listener of the case.
	CleartextHits []Fetch `json:"cleartextHits,omitempty"`
	// Front are the connections to the valid server that redirects to the case's; empty where there is none.
	Front []Connection `json:"front,omitempty"`
	// Page is what became of what the case's page loads; nil where the case has no page.
	Page *Page `json:"page,omitempty"`
	// Dropped counts connections beyond the limit that were closed unseen.
	Dropped int `json:"dropped,omitempty"`
	// DroppedFetches counts plain HTTP requests beyond the limit.
	DroppedFetches int `json:"droppedFetches,omitempty"`
}

// Fetch is one plain HTTP request that the server side saw.
type Fetch struct {
	At     time.Time `json:"at"`
	Remote string    `json:"remote"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	// Serial is the certificate serial number asked for, in hexadecimal; OCSP only.
	Serial string `json:"serial,omitempty"`
	// Cookie is the Cookie field; of pages only.
	Cookie string `json:"cookie,omitempty"`
	// Bytes is the size of the answer.
	Bytes int `json:"bytes"`
}

// Page is what was seen of an HTML page that loads one thing by itself. What of
// it came in plain HTTP is among the CleartextHits.
type Page struct {
	// SetsCookie reports that the page came with a cookie for TLS only.
	SetsCookie bool `json:"setsCookie,omitempty"`
	// Loads are the requests over TLS for what the page loads.
	Loads []Fetch `json:"loads,omitempty"`
}

// Connection is what was seen of one TCP connection.
type Connection struct {
	Remote   string        `json:"remote"`
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"durationNs"`

	// ClientHello is the first ClientHello; nil when none came.
	ClientHello *ClientHello `json:"clientHello,omitempty"`
	// HelloRetried reports that a second ClientHello followed a HelloRetryRequest.
	HelloRetried bool `json:"helloRetried,omitempty"`

	// Version, CipherSuite and ALPN are what was negotiated; zero while unknown. IANA spellings.
	Version     string `json:"version,omitempty"`
	CipherSuite string `json:"cipherSuite,omitempty"`
	ALPN        string `json:"alpn,omitempty"`

	// Progress is the furthest point of the handshake that was seen on the wire.
	Progress Progress `json:"progress"`
	// HandshakeComplete reports that the client's Finished was verified by the server.
	HandshakeComplete bool `json:"handshakeComplete"`
	// ClientCertificates counts the certificates that the client presented.
	ClientCertificates int `json:"clientCertificates,omitempty"`

	// Fault names the fault of the handshake or record layer that came to act, and Awaited the one that never
	// did, with Needs for what it would have needed; both are empty for faults that lie elsewhere.
	Fault   string `json:"fault,omitempty"`
	Awaited string `json:"awaited,omitempty"`
	Needs   string `json:"needs,omitempty"`
	// FaultAfterRequest reports that a client meets the fault only once it may have sent its request.
	FaultAfterRequest bool `json:"faultAfterRequest,omitempty"`

	// ClientAlert is the fatal alert that the client sent first, or else its first warning, close_notify aside; nil when it sent none.
	ClientAlert *Alert `json:"clientAlert,omitempty"`
	// ServerAlert is the alert that the server sent, of several the one that ClientAlert would be.
	ServerAlert *Alert `json:"serverAlert,omitempty"`

	// AppData counts the bytes of application data that came from the client, decrypted.
	AppData int64 `json:"appData"`
	// FirstBytes are the first bytes of it, at most FirstBytesLimit.
	FirstBytes []byte `json:"firstBytes,omitempty"`
	// Answered reports that the server wrote its whole answer.
	Answered bool `json:"answered,omitempty"`

	// Ending is how the client's side of the connection ended.
	Ending Ending `json:"ending"`
	// ServerError is what the server's TLS stack said, for people to read.
	ServerError string `json:"serverError,omitempty"`
	// BytesIn and BytesOut count what passed on the wire.
	BytesIn  int64 `json:"bytesIn"`
	BytesOut int64 `json:"bytesOut"`
}

// FirstBytesLimit bounds Connection.FirstBytes.
const FirstBytesLimit = 256

// Alert is a TLS alert, RFC 8446 section 6.
type Alert struct {
	Level       uint8 `json:"level"`
	Description uint8 `json:"description"`
	// Name is the IANA spelling of Description, such as "certificate_expired".
	Name string `json:"name"`
	// Plaintext reports that it was read off an unencrypted record, as OpenSSL clients send it in TLS 1.3.
	Plaintext bool `json:"plaintext"`
}

// Progress is a point of the handshake as seen from the server side.
type Progress int

// The points, in the order in which they are reached.
const (
	NothingSeen      Progress = iota // not one byte came
	BytesSeen                        // bytes came, but no ClientHello
	ClientHelloSeen                  // a whole ClientHello came
	ServerHelloSent                  // the server answered with ServerHello
	ServerFlightSent                 // the server's first flight went out whole, as far as TLS 1.3 shows it
	ClientReplied                    // a client handshake record came after the server's flight
	HandshakeDone                    // the client's Finished was verified
)

var progressNames = []string{
	"nothing-seen", "bytes-seen", "client-hello-seen", "server-hello-sent", "server-flight-sent", "client-replied", "handshake-done",
}

// String is the point's name, as reports write it.
func (p Progress) String() string {
	if p < 0 || int(p) >= len(progressNames) {
		return "progress-" + strconv.Itoa(int(p))
	}
	return progressNames[p]
}

// MarshalText writes the point's name.
func (p Progress) MarshalText() ([]byte, error) {
	if p < 0 || int(p) >= len(progressNames) {
		return nil, fmt.Errorf("no point of a handshake is numbered %d", int(p))
	}
	return []byte(progressNames[p]), nil
}

// JSONSchema tells the schema of reports that a point is written by its name.
func (Progress) JSONSchema() *jsonschema.Schema {
	names := make([]any, len(progressNames))
	for i, name := range progressNames {
		names[i] = name
	}
	return &jsonschema.Schema{Type: "string", Enum: names}
}

// UnmarshalText reads the point's name.
func (p *Progress) UnmarshalText(text []byte) error {
	i := slices.Index(progressNames, string(text))
	if i < 0 {
		return fmt.Errorf("%q is no point of a handshake; they are %s", text, strings.Join(progressNames, ", "))
	}
	*p = Progress(i)
	return nil
}

// Ending is how a connection ended, as the server saw it.
type Ending string

// The endings.
const (
	EndOpen        Ending = ""             // still open when the log was closed
	EndCloseNotify Ending = "close_notify" // the client closed properly
	EndFIN         Ending = "fin"          // the client's FIN without close_notify
	EndRST         Ending = "rst"          // a reset
	EndTimeout     Ending = "timeout"      // the time limit of the server
	EndAlert       Ending = "alert"        // a fatal alert of the client
	EndServer      Ending = "server"       // the server ended it
)
