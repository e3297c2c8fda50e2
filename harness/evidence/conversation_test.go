package evidence

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"testing"
	"time"
)

// step is bytes of one side.
type step struct {
	server bool
	bytes  []byte
}

func client(parts ...[]byte) step { return step{bytes: join(parts...)} }
func server(parts ...[]byte) step { return step{server: true, bytes: join(parts...)} }

// play feeds steps in pieces of at most size bytes.
func play(steps []step, size int) *conversation {
	c := newConversation("192.0.2.1:1", time.Now())
	for _, s := range steps {
		for b := s.bytes; len(b) > 0; {
			n := min(size, len(b))
			if s.server {
				c.fromServer(b[:n])
			} else {
				c.fromClient(b[:n])
			}
			b = b[n:]
		}
	}
	return c
}

// timeless returns what is known with what depends on the clock left out.
func (c *conversation) timeless() (Connection, *Fetch) {
	out, hit := c.connection(c.start), c.cleartext()
	out.Start, out.Duration = time.Time{}, 0
	if hit != nil {
		hit.At = time.Time{}
	}
	return out, hit
}

type want struct {
	progress     Progress
	version      string
	suite        string
	alpn         string
	hello        bool
	sslv2        bool
	retried      bool
	certificates int
	client       *Alert
	server       *Alert
	ending       Ending
	request      string
}

func plain(level, description uint8) *Alert {
	return &Alert{Level: level, Description: description, Name: AlertName(description), Plaintext: true}
}

var conversations = []struct {
	name  string
	steps []step
	want  want
}{
	{"nothing", nil, want{}},
	{"one byte", []step{client([]byte{22})}, want{progress: BytesSeen}},
	{"half a ClientHello", []step{client(handshake(typeClientHello, hello13())[:60])}, want{progress: BytesSeen}},
	{"garbage", []step{client(bytes.Repeat([]byte{0xee, 0x01}, 300))}, want{progress: BytesSeen}},
	{"SSH banner", []step{client([]byte("SSH-2.0-OpenSSH_9.2\r\n"))}, want{progress: BytesSeen}},
	{"ClientHello", []step{client(handshake(typeClientHello, hello13()))}, want{progress: ClientHelloSeen, hello: true}},
	{"ClientHello in records of one byte", []step{client(fragmented(message(typeClientHello, hello13()), 1))},
		want{progress: ClientHelloSeen, hello: true}},
	{"ClientHello of 70,000 bytes in records", []step{client(fragmented(message(typeClientHello, longHello(70_000)), 16384))},
		want{progress: ClientHelloSeen, hello: true}},
	{"ClientHello beyond the limit", []step{client(fragmented(append([]byte{1, 0x02, 0, 1}, make([]byte, 0x20001)...), 16384))},
		want{progress: BytesSeen}},
	{"ClientHello that does not parse", []step{client(handshake(typeClientHello, []byte{3, 3, 1}))}, want{progress: BytesSeen}},
	{"empty records before the ClientHello", []step{client(record(typeHandshake, nil), record(typeHandshake, nil), handshake(typeClientHello, hello12()))},
		want{progress: ClientHelloSeen, hello: true}},

	{"1.2: ServerHello", []step{client(handshake(typeClientHello, hello12())), server(serverHello12(alpn("h2")))},
		want{progress: ServerHelloSent, hello: true, version: "TLS 1.2", suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", alpn: "h2"}},
	{"1.2: mid-certificate", []step{client(handshake(typeClientHello, hello12())), server(flight12()[:300])},
		want12(want{progress: ServerHelloSent})},
	{"1.2: flight", []step{client(handshake(typeClientHello, hello12())), server(flight12())},
		want12(want{progress: ServerFlightSent})},
	{"1.2: flight in one record", []step{client(handshake(typeClientHello, hello12())),
		server(record(typeHandshake, unrecord(flight12())))}, want12(want{progress: ServerFlightSent})},
	{"1.2: alert for the certificate", []step{client(handshake(typeClientHello, hello12())), server(flight12()), client(alert(2, 45))},
		want12(want{progress: ServerFlightSent, client: plain(2, 45), ending: EndAlert})},
	{"1.2: alert in two records", []step{client(handshake(typeClientHello, hello12())), server(flight12()),
		client(record(typeAlert, []byte{2}), record(typeAlert, []byte{48}))},
		want12(want{progress: ServerFlightSent, client: plain(2, 48), ending: EndAlert})},
	{"1.2: a warning, then a fatal alert", []step{client(handshake(typeClientHello, hello12())), server(flight12()), client(alert(1, 41), alert(2, 40), alert(2, 42))},
		want12(want{progress: ServerFlightSent, client: plain(2, 40), ending: EndAlert})},
	{"1.2: only a warning", []step{client(handshake(typeClientHello, hello12())), server(flight12()), client(alert(1, 90))},
		want12(want{progress: ServerFlightSent, client: plain(1, 90)})},
	{"1.2: user_canceled, then close_notify", []step{client(handshake(typeClientHello, hello12())), server(flight12()), client(alert(1, 90), alert(1, 0))},
		want12(want{progress: ServerFlightSent, client: plain(1, 90), ending: EndCloseNotify})},
	{"1.2: client's flight", []step{client(handshake(typeClientHello, hello12())), server(flight12()),
		client(handshake(16, make([]byte, 66)), changeCipherSpec(), sealed(typeHandshake, 40))},
		want12(want{progress: ClientReplied})},
	{"1.2: client's flight with two certificates", []step{client(handshake(typeClientHello, hello12())), server(flight12()),
		client(handshake(typeCertificate, certificates12(2)), handshake(16, make([]byte, 66)))},
		want12(want{progress: ClientReplied, certificates: 2})},
	{"1.2: encrypted alert", []step{client(handshake(typeClientHello, hello12())), server(flight12()),
		client(handshake(16, make([]byte, 66)), changeCipherSpec(), sealed(typeHandshake, 40), sealed(typeAlert, 26))},
		want12(want{progress: ClientReplied})},
	{"1.2: resumption", []step{client(handshake(typeClientHello, hello12())), server(serverHello12(), changeCipherSpec(), sealed(typeHandshake, 40))},
		want12(want{progress: ServerFlightSent})},
	{"1.2: the server refuses in plaintext", []step{client(handshake(typeClientHello, hello12())), server(alert(2, 40))},
		want{progress: ClientHelloSeen, hello: true, server: plain(2, 40)}},
	{"1.2: the server warns, then goes on", []step{client(handshake(typeClientHello, hello12())), server(alert(1, 112), flight12())},
		want12(want{progress: ServerFlightSent, server: plain(1, 112)})},

	{"1.3: flight", []step{client(handshake(typeClientHello, hello13())), server(flight13())}, want13(want{progress: ServerFlightSent})},
	{"1.3: cut within a record", []step{client(handshake(typeClientHello, hello13())), server(flight13()[:300])}, want13(want{progress: ServerHelloSent})},
	{"1.3: plaintext alert", []step{client(handshake(typeClientHello, hello13())), server(flight13()), client(alert(2, 48))},
		want13(want{progress: ServerFlightSent, client: plain(2, 48), ending: EndAlert})},
	{"1.3: plaintext alert after ChangeCipherSpec", []step{client(handshake(typeClientHello, hello13())), server(flight13()), client(changeCipherSpec(), alert(2, 45))},
		want13(want{progress: ServerFlightSent, client: plain(2, 45), ending: EndAlert})},
	{"1.3: plaintext alert at the level of a warning", []step{client(handshake(typeClientHello, hello13())), server(flight13()), client(alert(1, 45))},
		want13(want{progress: ServerFlightSent, client: plain(1, 45), ending: EndAlert})},
	{"1.3: encrypted alert", []step{client(handshake(typeClientHello, hello13())), server(flight13()), client(changeCipherSpec(), sealed(typeApplicationData, 19))},
		want13(want{progress: ServerFlightSent})},
	{"1.3: encrypted Finished", []step{client(handshake(typeClientHello, hello13())), server(flight13()), client(changeCipherSpec(), sealed(typeApplicationData, 53))},
		want13(want{progress: ClientReplied})},
	{"1.3: early data that the server leaves aside", []step{client(handshake(typeClientHello, earlyHello())), server(flight13()), client(sealed(typeApplicationData, 300))},
		want13(want{progress: ServerFlightSent})},
	{"1.3: HelloRetryRequest alone", []step{client(handshake(typeClientHello, hello13())), server(helloRetryRequest(), changeCipherSpec())},
		want{progress: ClientHelloSeen, hello: true}},
	{"1.3: second ClientHello after ChangeCipherSpec", []step{client(handshake(typeClientHello, hello13())), server(helloRetryRequest(), changeCipherSpec()),
		client(changeCipherSpec(), handshake(typeClientHello, hello13())), server(flight13())},
		want13(want{progress: ServerFlightSent, retried: true})},
	{"1.3: second ClientHello unasked", []step{client(handshake(typeClientHello, hello13()), handshake(typeClientHello, hello13()))},
		want{progress: ClientHelloSeen, hello: true}},

	{"SSL 2.0 format", []step{client(sslv2(0x0301)), server(flight12()), client(alert(2, 40))},
		want12(want{progress: ServerFlightSent, sslv2: true, client: plain(2, 40), ending: EndAlert})},
	{"plain HTTP", []step{client([]byte("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"))}, want{progress: BytesSeen, request: "GET /a?b"}},
	{"plain HTTP, cut", []step{client([]byte("GET /a?b HT"))}, want{progress: BytesSeen}},
	{"plain HTTP with an endless path", []step{client([]byte("GET /"), bytes.Repeat([]byte{'a'}, 5000))},
		want{progress: BytesSeen, request: "GET /" + string(bytes.Repeat([]byte{'a'}, requestLineLimit-5))}},
	{"CONNECT", []step{client([]byte("CONNECT example.test:443 HTTP/1.1\n"))}, want{progress: BytesSeen, request: "CONNECT example.test:443"}},
	{"a mail client", []step{client([]byte("EHLO localhost\r\n"))}, want{progress: BytesSeen}},
	{"the server answers in plain HTTP", []step{client(handshake(typeClientHello, hello12())), server([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), client(alert(2, 70))},
		want{progress: ClientHelloSeen, hello: true, client: plain(2, 70), ending: EndAlert}},
	{"the server sends a record of unknown type and version", []step{client(handshake(typeClientHello, hello12())),
		server([]byte{99, 3, 9, 0, 2, 0xff, 0xff}, flight12())}, want12(want{progress: ServerFlightSent})},
}

func want12(w want) want {
	w.hello, w.version, w.suite = true, "TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	return w
}

func want13(w want) want {
	w.hello, w.version, w.suite = true, "TLS 1.3", "TLS_AES_128_GCM_SHA256"
	return w
}

// fragmented cuts messages into records of at most size bytes.
func fragmented(messages []byte, size int) []byte {
	var out []byte
	for len(messages) > 0 {
		n := min(size, len(messages))
		out = append(out, record(typeHandshake, messages[:n])...)
		messages = messages[n:]
	}
	return out
}

// unrecord returns the bodies of records.
func unrecord(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		n := recordHeaderLen + int(b[3])<<8 + int(b[4])
		out = append(out, b[recordHeaderLen:n]...)
		b = b[n:]
	}
	return out
}

func longHello(size int) []byte {
	return clientHello(0x0303, make([]uint16, 15_000), extension{21, make([]byte, size-30_000)})
}

// certificates12 is the body of a Certificate message of n entries.
func certificates12(n int) []byte {
	entry := append([]byte{0, 0, 100}, make([]byte, 100)...)
	list := bytes.Repeat(entry, n)
	return append([]byte{0, byte(len(list) >> 8), byte(len(list))}, list...)
}

// sslv2 is a hello for version in the SSL 2.0 format, with one suite of either kind.
func sslv2(version uint16) []byte {
	body := join([]byte{1, byte(version >> 8), byte(version), 0, 6, 0, 0, 0, 16}, []byte{0x01, 0x00, 0x80, 0x00, 0x00, 0x2f}, make([]byte, 16))
	return append([]byte{0x80, byte(len(body))}, body...)
}

func TestConversations(t *testing.T) {
	for _, test := range conversations {
		t.Run(test.name, func(t *testing.T) {
			c, hit := play(test.steps, 1<<20).timeless()
			got := want{progress: c.Progress, version: c.Version, suite: c.CipherSuite, alpn: c.ALPN, hello: c.ClientHello != nil,
				sslv2: c.ClientHello != nil && c.ClientHello.SSLv2, retried: c.HelloRetried, certificates: c.ClientCertificates,
				client: c.ClientAlert, server: c.ServerAlert, ending: c.Ending}
			if hit != nil {
				got.request = hit.Method + " " + hit.Path
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("\n got %+v (client %v, server %v)\nwant %+v (client %v, server %v)", got, got.client, got.server,
					test.want, test.want.client, test.want.server)
			}
		})
	}
}

func TestResultDoesNotDependOnHowTheBytesAreCut(t *testing.T) {
	for _, test := range conversations {
		whole, wholeHit := play(test.steps, 1<<20).timeless()
		for _, size := range []int{1, 2, 3, 7, 100, 4096} {
			cut, cutHit := play(test.steps, size).timeless()
			if !reflect.DeepEqual(whole, cut) || !reflect.DeepEqual(wholeHit, cutHit) {
				t.Errorf("%s in pieces of %d:\n got %+v %v\nwant %+v %v", test.name, size, cut, cutHit, whole, wholeHit)
			}
		}
	}
}

func TestNoMemoryIsKeptOfWhatIsNotNeeded(t *testing.T) {
	for _, test := range conversations {
		c := play(test.steps, 1000)
		if n := cap(c.received.buf) + cap(c.sent.buf); n > 2*messageLimit {
			t.Errorf("%s: %d bytes", test.name, n)
		}
	}
	c := play([]step{client(handshake(typeClientHello, hello13())), server(flight13())}, 1<<20)
	data := sealed(typeApplicationData, 1<<14)
	if n := testing.AllocsPerRun(100, func() { c.fromClient(data); c.fromServer(data) }); n != 0 {
		t.Errorf("%v allocations per record of application data", n)
	}
}

func TestWhatAFailedWriteDidNotSendIsTakenBack(t *testing.T) {
	flight := flight12()
	for _, sent := range []int{0, 3, 50, 200, len(flight)} {
		c := play([]step{client(handshake(typeClientHello, hello12()))}, 1<<20)
		before := c.sent
		c.fromServer(flight)
		c.undo(before, flight[:sent])

		direct := play([]step{client(handshake(typeClientHello, hello12())), server(flight[:sent])}, 1<<20)
		got, _ := c.timeless()
		want, _ := direct.timeless()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("after %d bytes:\n got %+v\nwant %+v", sent, got, want)
		}
		// The rest may still follow, and must be read as if nothing had happened.
		c.fromServer(flight[sent:])
		if c.progress() != ServerFlightSent {
			t.Errorf("after %d bytes and the rest: progress %v", sent, c.progress())
		}
	}
}

func TestHeldBackFlightIsNotTakenForWhole(t *testing.T) {
	c := play([]step{client(handshake(typeClientHello, hello13())), server(flight13())}, 1<<20)
	c.noted.heldBack = true
	if c.progress() != ServerHelloSent {
		t.Errorf("progress %v", c.progress())
	}
}

func TestNotedParametersCountForMoreThanTheServerHello(t *testing.T) {
	c := play([]step{client(handshake(typeClientHello, hello13())), server(flight13())}, 1<<20)
	c.noted = noted{done: true, version: tls.VersionTLS13, suite: tls.TLS_CHACHA20_POLY1305_SHA256, alpn: "h2", certificates: 1}
	got, _ := c.timeless()
	if got.Progress != HandshakeDone || got.CipherSuite != "TLS_CHACHA20_POLY1305_SHA256" || got.ALPN != "h2" || got.ClientCertificates != 1 {
		t.Errorf("%+v", got)
	}
}
