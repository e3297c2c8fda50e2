package evidence

import (
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// conversation is what is known of one connection: both streams, what was read
// off them, and what the server noted. It is not safe for concurrent use; its
// Tap locks.
type conversation struct {
	remote string
	start  time.Time

	received  received
	sent      sent
	bytesIn   int64
	bytesOut  int64
	noted     noted
	ending    Ending
	end       time.Time // zero while open
	sawFIN    bool
	serverErr string
}

// received is what the client's bytes told.
type received struct {
	stream
	conversation *conversation // for what its meaning depends on: the server's answer

	hello        *ClientHello
	retried      bool
	replied      bool
	changedSpec  bool
	certificates int
	alerted      *Alert
	cleartext    *Fetch
}

// sent is what the server's bytes told. It holds no pointers into the rest, so
// that a copy can be put back when a write fails.
type sent struct {
	stream
	version     uint16 // of ServerHello; 0 before it
	suite       uint16
	alpn        string
	retry       bool // a HelloRetryRequest went out
	changedSpec bool
	flight      bool // up to TLS 1.2: ServerHelloDone, or an encrypted Finished
	protected   bool // TLS 1.3: a whole encrypted record went out
	alerted     *Alert
}

// noted is what the server said, beyond the wire.
type noted struct {
	done         bool
	version      uint16
	suite        uint16
	alpn         string
	certificates int
	appData      int64
	first        []byte
	answered     bool
	heldBack     bool
	awaited      string // the fault that is to come
	needs        string // for it
	fault        string // that came to act
	faultLate    bool   // it meets a client only after its request
	alerted      *Alert // sent
}

func newConversation(remote string, start time.Time) *conversation {
	c := &conversation{remote: remote, start: start}
	c.received.fromClient = true
	c.received.conversation = c
	return c
}

// fromClient reads bytes that came in.
func (c *conversation) fromClient(b []byte) {
	c.bytesIn += int64(len(b))
	c.received.feed(b, &c.received)
}

// fromServer reads bytes that go out.
func (c *conversation) fromServer(b []byte) { c.sent.feed(b, &c.sent) }

// undo takes back what did not go out of bytes that were read before a write of
// them failed: before is the state from then, b what did go out.
func (c *conversation) undo(before sent, b []byte) {
	c.sent = before
	c.fromServer(b)
}

// finish notes how the connection ended. The first cause wins, except that what
// the client said counts for more than what its transport, or the server, did.
func (c *conversation) finish(e Ending, now time.Time) {
	switch {
	case c.end.IsZero():
		c.ending, c.end = e, now
	case e == EndAlert && c.ending != EndCloseNotify, e == EndCloseNotify && c.ending != EndAlert:
		c.ending = e
	}
}

// clientAlert notes an alert of the client: the first fatal one, or else the
// first warning. close_notify is an ending and no alert.
func (c *conversation) clientAlert(a Alert, now time.Time) {
	if a.Description == alertCloseNotify {
		c.finish(EndCloseNotify, now)
		return
	}
	c.received.alerted = graver(c.received.alerted, a, c.sent.version)
	if fatal(a, c.sent.version) {
		c.finish(EndAlert, now)
	}
}

// serverAlert notes an alert that the server says it sent.
func (c *conversation) serverAlert(a Alert) {
	if a.Description != alertCloseNotify {
		c.noted.alerted = graver(c.noted.alerted, a, c.sent.version)
	}
}

const (
	alertCloseNotify  = 0
	alertUserCanceled = 90
	levelFatal        = 2
)

// fatal reports whether a ends a connection. In TLS 1.3 the level says nothing,
// RFC 8446 section 6.
func fatal(a Alert, version uint16) bool {
	return a.Level == levelFatal || version == 0x0304 && a.Description != alertUserCanceled
}

func graver(have *Alert, a Alert, version uint16) *Alert {
	if have != nil && (fatal(*have, version) || !fatal(a, version)) {
		return have
	}
	a.Name = AlertName(a.Description)
	return &a
}

// progress derives the furthest point reached. In TLS 1.3 the server's flight is
// encrypted: it counts as whole once an encrypted record went out, none is half
// out, and the server did not note that it holds the rest back.
func (c *conversation) progress() Progress {
	flight := c.sent.flight || c.sent.protected && !c.sent.midRecord() && !c.noted.heldBack
	switch {
	case c.noted.done:
		return HandshakeDone
	case c.received.replied:
		return ClientReplied
	case flight:
		return ServerFlightSent
	case c.sent.version != 0:
		return ServerHelloSent
	case c.received.hello != nil:
		return ClientHelloSeen
	case c.bytesIn > 0:
		return BytesSeen
	}
	return NothingSeen
}

// encrypted tells whether the body of a record that begins is encrypted. Up to
// TLS 1.2 everything after ChangeCipherSpec is, but an alert of two bytes has no
// room for a MAC or tag. In TLS 1.3 only application data records are, and
// ChangeCipherSpec means nothing (RFC 8446 appendix D.4).
func encrypted(typ uint8, length int, version uint16, changedSpec bool) bool {
	switch {
	case typ == typeApplicationData:
		return true
	case typ == typeAlert && length == 2:
		return false
	case version == 0x0304:
		return typ != typeHandshake && typ != typeChangeCipherSpec
	}
	return changedSpec && version != 0
}

// alertSized reports whether an encrypted record of TLS 1.3 has the size of an
// alert without padding: two bytes, the content type and a tag of 16 or 8 bytes.
func alertSized(length int) bool { return length == 2+1+16 || length == 2+1+8 }

func (r *received) encrypted(typ uint8, length int) bool {
	return encrypted(typ, length, r.conversation.sent.version, r.changedSpec)
}

func (r *received) record(typ uint8, length int, sealed bool, begins uint8) {
	version := r.conversation.sent.version
	switch {
	case version == 0:
	case version == 0x0304:
		// Early data looks the same, and may still be on its way: it is no reply.
		early := r.hello != nil && slices.Contains(r.hello.Extensions, extEarlyData)
		r.replied = r.replied || typ == typeApplicationData && !alertSized(length) && !early
	case typ == typeHandshake:
		r.replied = r.replied || sealed || begins != typeClientHello
	case typ == typeChangeCipherSpec:
		r.replied = true
	}
	if typ == typeChangeCipherSpec {
		r.changedSpec = true
	}
}

func (r *received) wants(typ uint8, _ int) bool {
	return typ == typeClientHello && r.hello == nil || typ == typeCertificate
}

func (r *received) message(typ uint8, body []byte) {
	switch typ {
	case typeClientHello:
		if r.hello == nil {
			r.hello, _ = parseClientHello(body)
		} else if r.conversation.sent.retry {
			r.retried = true
		}
	case typeCertificate:
		r.certificates = countCertificates(body)
	}
}

func (r *received) alert(level, description uint8) {
	r.conversation.clientAlert(Alert{Level: level, Description: description, Plaintext: true}, time.Now())
}

func (r *received) sslv2(body []byte) { r.hello, _ = parseSSLv2Hello(body) }

func (r *received) request(method, path string) {
	r.cleartext = &Fetch{At: time.Now(), Remote: r.conversation.remote, Method: method, Path: path}
}

// countCertificates counts the entries of a Certificate message, RFC 5246 7.4.2.
func countCertificates(body []byte) int {
	s := cryptobyte.String(body)
	var list, certificate cryptobyte.String
	n := 0
	if s.ReadUint24LengthPrefixed(&list) {
		for list.ReadUint24LengthPrefixed(&certificate) {
			n++
		}
	}
	return n
}

func (s *sent) encrypted(typ uint8, length int) bool {
	return encrypted(typ, length, s.version, s.changedSpec)
}

func (s *sent) record(typ uint8, _ int, sealed bool, _ uint8) {
	switch typ {
	case typeChangeCipherSpec:
		s.changedSpec = true
	case typeHandshake:
		s.flight = s.flight || sealed
	case typeApplicationData:
		s.protected = s.protected || s.version == 0x0304
	}
}

func (s *sent) wants(typ uint8, _ int) bool { return typ == typeServerHello && s.version == 0 }

func (s *sent) message(typ uint8, body []byte) {
	switch typ {
	case typeServerHello:
		hello, ok := parseServerHello(body)
		switch {
		case s.version != 0 || !ok:
		case hello.retry:
			s.retry = true
		default:
			s.version, s.suite, s.alpn = hello.version, hello.suite, hello.alpn
		}
	case typeServerHelloDone:
		s.flight = s.flight || s.version != 0
	}
}

func (s *sent) alert(level, description uint8) {
	if description != alertCloseNotify {
		s.alerted = graver(s.alerted, Alert{Level: level, Description: description, Plaintext: true}, s.version)
	}
}

// A server's stream is never taken for one of these.
func (s *sent) sslv2([]byte)           {}
func (s *sent) request(string, string) {}
