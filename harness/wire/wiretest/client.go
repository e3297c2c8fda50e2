// Package wiretest is a TLS client of SSL 3.0 to TLS 1.3 for tests. It makes
// the checks that a sound client makes, and each of them can be left out, so
// that a test can show of a broken server that exactly one check stands between
// it and a client. It speaks what Go's client does not: finite field
// Diffie-Hellman, SSL 3.0, anonymous, export and NULL suites. It is nothing to
// connect to strangers with.
package wiretest

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// Client says what a test client offers and which checks it leaves out. The
// zero value offers TLS 1.2 and 1.3 with sound suites and makes every check.
type Client struct {
	// Roots verify the server's chain for ServerName; it is not verified when nil.
	Roots      *x509.CertPool
	ServerName string
	// Verify, when not nil, reads and verifies the server's chain in place of
	// crypto/x509 and Roots, and returns the leaf's key. An empty certificate is
	// left to it as well.
	Verify func(chain [][]byte) (crypto.PublicKey, error)

	Versions     []uint16 // TLS 1.2 and 1.3 when empty
	CipherSuites []uint16 // AEAD suites with forward secrecy when empty
	Groups       []uint16 // x25519 and the NIST curves when empty
	Shares       []uint16 // groups to send key shares of; the first of Groups when empty
	Schemes      []uint16 // signature schemes; all but MD5 and SHA-1 when empty
	ALPN         []string
	Status       bool // ask for a stapled OCSP response
	Compressed   bool // take certificates compressed with zlib
	Tickets      bool // take tickets
	NoEMS        bool // do without extended master secret
	NoEtM        bool // do without encrypt-then-mac

	// Session is resumed where the server does.
	Session *Session
	// Chain and Key answer a CertificateRequest.
	Chain [][]byte
	Key   crypto.Signer

	// Without are the checks left out.
	Without []Check
}

// Session is what a ticket stands for.
type Session struct {
	version, suite uint16
	secret         []byte
	ticket         []byte
	ageAdd         uint32
	extended       bool
}

// Result is what came of a connection.
type Result struct {
	Version, CipherSuite, Group uint16
	// Modulus and Generator are what the server sent of finite field Diffie-Hellman.
	Modulus, Generator []byte
	Resumed            bool
	ALPN               string
	// Answer is all the application data that the server sent.
	Answer []byte
	// Session can be resumed; nil when no ticket came.
	Session *Session
}

// Refusal is a server refused by a check.
type Refusal struct {
	Check Check
	Alert string // IANA name of the alert that was sent
	Text  string
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("%s (%s): %s", r.Check, r.Alert, r.Text) }

// Fetch runs a handshake over raw, sends request and reads until the server is
// done. The error is a *Refusal where a check refused the server. The caller
// closes raw and sets its deadlines.
func (c *Client) Fetch(raw net.Conn, request []byte) (Result, error) {
	s := &conn{Client: c.withDefaults(), raw: raw, reader: record.NewReader(raw), outVersion: iana.TLS10}
	s.reader.AnyLength = s.lacks(RecordLength)
	err := s.fetch(request)
	if err != nil {
		s.sendAlert(err)
	}
	return s.result, err
}

func (s *conn) fetch(request []byte) error {
	if err := s.handshake(); err != nil {
		return err
	}
	s.result.Version, s.result.CipherSuite = s.version, s.suite.ID
	if err := s.write(iana.RecordApplicationData, request); err != nil {
		return err
	}
	return s.readAnswer()
}

// readAnswer reads until close_notify or the end of the stream.
func (s *conn) readAnswer() error {
	s.done = true
	for {
		it, err := s.next()
		if errors.Is(err, errClosed) {
			return nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return s.must(false, CloseNotify, 0, "the connection ended without close_notify")
		}
		if err != nil {
			return err
		}
		switch {
		case it.data != nil:
			s.result.Answer = append(s.result.Answer, it.data...)
		case it.ccs && s.in == nil && s.lacks(CCSBeforeFinished):
			s.in = s.legacy.in
		case it.ccs:
			err = s.must(false, CCSPlace, iana.AlertUnexpectedMessage, "ChangeCipherSpec after the handshake")
		default:
			err = s.afterHandshake(it.raw)
		}
		if err != nil {
			return err
		}
	}
}

func (c *Client) withDefaults() *Client {
	d := *c
	if len(d.Versions) == 0 {
		d.Versions = []uint16{iana.TLS13, iana.TLS12}
	}
	if len(d.CipherSuites) == 0 {
		for _, suite := range iana.Suites() {
			if suite.Cipher.AEAD() && (suite.KX == iana.Any || suite.KX.Elliptic()) {
				d.CipherSuites = append(d.CipherSuites, suite.ID)
			}
		}
	}
	if len(d.Groups) == 0 {
		d.Groups = []uint16{iana.X25519, iana.Secp256r1, iana.Secp384r1}
	}
	if len(d.Shares) == 0 {
		d.Shares = d.Groups[:1]
	}
	if len(d.Schemes) == 0 {
		for _, name := range sign.Names() {
			if id := sign.ByName(name); id.Hash != crypto.MD5 && id.Hash != crypto.SHA1 && id.Kind != sign.PSSPSS {
				d.Schemes = append(d.Schemes, id.ID)
			}
		}
	}
	return &d
}

func (c *Client) lacks(k Check) bool {
	for _, w := range c.Without {
		if w == k {
			return true
		}
	}
	return false
}

// must is a check: an error unless it passes or is left out.
func (c *Client) must(passes bool, k Check, alert uint8, format string, args ...any) error {
	if passes || c.lacks(k) {
		return nil
	}
	return &Refusal{Check: k, Alert: iana.AlertName(alert), Text: fmt.Sprintf(format, args...)}
}
