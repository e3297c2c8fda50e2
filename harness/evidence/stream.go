package evidence

import (
	"bytes"
	"encoding/binary"
)

// Content types of records, RFC 8446 5.1.
const (
	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	typeApplicationData  = 23
	typeHeartbeat        = 24
)

// Handshake message types, RFC 8446 section 4 and RFC 5246 7.4.
const (
	typeClientHello     = 1
	typeServerHello     = 2
	typeCertificate     = 11
	typeServerHelloDone = 14
)

const (
	recordHeaderLen = 5
	// messageLimit bounds the handshake messages that are put together; a longer one is passed over.
	messageLimit = 1 << 17
	// requestLineLimit bounds the request line of a plain HTTP request.
	requestLineLimit = 2048
)

// framing is what a stream turned out to carry.
type framing uint8

const (
	undecided  framing = iota
	records            // TLS records
	sslv2Hello         // an SSL 2.0 hello, after which TLS records follow
	plainHTTP          // a request line
	passedOver         // anything else, or nothing more to learn
)

// sink takes what a stream finds. Slices are only good during the call.
type sink interface {
	// encrypted reports whether the body of a record that begins is encrypted.
	encrypted(typ uint8, length int) bool
	// record is called at the end of each record; begins gives the type of the
	// first handshake message that began in it, 0 when none did or could be read.
	record(typ uint8, length int, encrypted bool, begins uint8)
	// wants reports whether message is to be called with a body.
	wants(typ uint8, length int) bool
	message(typ uint8, body []byte)
	alert(level, description uint8)
	sslv2(body []byte)
	request(method, path string)
}

// stream reads one direction of a connection incrementally. Its result depends
// on the bytes alone, not on how they are cut. It keeps only a handshake message
// or a request line that is not yet complete.
type stream struct {
	fromClient bool
	framing    framing

	head   [recordHeaderLen]byte // a record header, or the first bytes of the stream
	have   int                   // how many of them are there
	typ    uint8                 // of the record in work
	length int                   // of its body
	left   int                   // bytes of its body to come
	sealed bool                  // its body is encrypted
	begins uint8

	msgHead [4]byte
	msgHave int
	msgLeft int
	keep    bool
	buf     []byte // a message, an SSL 2.0 hello or a request line in work

	alertHead [2]byte
	alertHave int
}

// feed reads the next bytes.
func (s *stream) feed(b []byte, to sink) {
	for len(b) > 0 {
		switch s.framing {
		case undecided:
			n := copy(s.head[s.have:], b)
			s.have += n
			b = b[n:]
			if s.have == recordHeaderLen {
				s.decide(to)
			}
		case records:
			b = s.readRecord(b, to)
		case sslv2Hello:
			b = s.readSSLv2(b, to)
		case plainHTTP:
			b = s.readRequestLine(b, to)
		default:
			return
		}
	}
}

// decide tells from its first bytes what a stream carries. A server is given
// more benefit: it may be meant to send records of unknown types or versions.
func (s *stream) decide(to sink) {
	h := s.head
	known := typeChangeCipherSpec <= h[0] && h[0] <= typeHeartbeat
	switch {
	case known && h[1] == 3, !s.fromClient && (known || h[1] == 3):
		s.framing = records
		s.beginRecord(to)
	case s.fromClient && looksLikeSSLv2(h):
		s.framing = sslv2Hello
		s.left = int(binary.BigEndian.Uint16(h[:]) & 0x7fff)
		s.readSSLv2(h[2:], to)
	case s.fromClient && 'A' <= h[0] && h[0] <= 'Z':
		s.framing = plainHTTP
		s.readRequestLine(h[:], to)
	default:
		s.framing = passedOver
	}
}

// looksLikeSSLv2 reports a CLIENT-HELLO in an SSL 2.0 record with a header of
// two bytes, for SSL 2.0 itself or for a later version.
func looksLikeSSLv2(h [recordHeaderLen]byte) bool {
	const emptyHello = 9
	length := binary.BigEndian.Uint16(h[:])
	return length&0x8000 != 0 && length&0x7fff >= emptyHello && h[2] == typeClientHello &&
		(h[3] == 3 || h[3] == 0 && h[4] == 2)
}

func (s *stream) readRecord(b []byte, to sink) (rest []byte) {
	if s.have < recordHeaderLen {
		n := copy(s.head[s.have:], b)
		s.have += n
		if s.have == recordHeaderLen {
			s.beginRecord(to)
		}
		return b[n:]
	}
	n := min(s.left, len(b))
	if !s.sealed {
		switch s.typ {
		case typeHandshake:
			s.readHandshake(b[:n], to)
		case typeAlert:
			s.readAlert(b[:n], to)
		}
	}
	s.left -= n
	if s.left == 0 {
		s.endRecord(to)
	}
	return b[n:]
}

func (s *stream) beginRecord(to sink) {
	s.typ = s.head[0]
	s.length = int(binary.BigEndian.Uint16(s.head[3:]))
	s.left = s.length
	s.sealed = to.encrypted(s.typ, s.length)
	s.begins = 0
	if s.left == 0 {
		s.endRecord(to)
	}
}

func (s *stream) endRecord(to sink) {
	s.have = 0
	to.record(s.typ, s.length, s.sealed, s.begins)
}

// midRecord reports whether a record has begun and not ended.
func (s *stream) midRecord() bool { return s.have > 0 }

// readHandshake puts messages together, however they lie in the records
// (RFC 8446 5.1).
func (s *stream) readHandshake(p []byte, to sink) {
	for len(p) > 0 {
		if s.msgHave < len(s.msgHead) {
			if s.msgHave == 0 && s.begins == 0 {
				s.begins = p[0]
			}
			n := copy(s.msgHead[s.msgHave:], p)
			s.msgHave += n
			p = p[n:]
			if s.msgHave < len(s.msgHead) {
				return
			}
			s.msgLeft = int(binary.BigEndian.Uint32(s.msgHead[:]) & 0xffffff)
			s.keep = s.msgLeft <= messageLimit && to.wants(s.msgHead[0], s.msgLeft)
		}
		n := min(s.msgLeft, len(p))
		if s.keep {
			s.buf = append(s.buf, p[:n]...)
		}
		s.msgLeft -= n
		p = p[n:]
		if s.msgLeft == 0 {
			body := s.buf
			s.buf, s.msgHave = nil, 0
			to.message(s.msgHead[0], body)
		}
	}
}

func (s *stream) readAlert(p []byte, to sink) {
	for len(p) > 0 {
		n := copy(s.alertHead[s.alertHave:], p)
		s.alertHave += n
		p = p[n:]
		if s.alertHave == len(s.alertHead) {
			s.alertHave = 0
			to.alert(s.alertHead[0], s.alertHead[1])
		}
	}
}

func (s *stream) readSSLv2(b []byte, to sink) (rest []byte) {
	n := min(s.left, len(b))
	s.buf = append(s.buf, b[:n]...)
	s.left -= n
	if s.left == 0 {
		body := s.buf
		s.buf, s.have = nil, 0
		s.framing = records
		to.sslv2(body)
	}
	return b[n:]
}

// readRequestLine reads the first line of a plain HTTP request, RFC 9112
// section 3; what follows it is of no interest.
func (s *stream) readRequestLine(b []byte, to sink) (rest []byte) {
	for i, c := range b {
		if c != '\n' && len(s.buf) < requestLineLimit {
			s.buf = append(s.buf, c)
			continue
		}
		rest = b[i:]
		line := s.buf
		s.buf, s.framing = nil, passedOver
		if method, path, ok := requestLine(line); ok {
			to.request(method, path)
		}
		return rest
	}
	return nil
}

// requestLine takes a request line apart. One that was cut at the limit has no
// version and is taken for what its beginning says.
func requestLine(line []byte) (method, path string, ok bool) {
	m, rest, found := bytes.Cut(line, []byte{' '})
	if !found || len(m) < 2 || len(m) > 20 {
		return "", "", false
	}
	for _, c := range m {
		if c < 'A' || c > 'Z' {
			return "", "", false
		}
	}
	target, version, found := bytes.Cut(rest, []byte{' '})
	if len(target) == 0 || !found && len(line) < requestLineLimit || found && !bytes.HasPrefix(version, []byte("HTTP/")) {
		return "", "", false
	}
	return string(m), text(target), true
}
