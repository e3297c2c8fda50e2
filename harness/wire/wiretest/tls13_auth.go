package wiretest

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/rsa"
	"io"
	"strings"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// readAuthentication reads from CertificateRequest to CertificateVerify, RFC 8446 4.4.
func (s *conn) readAuthentication() error {
	typ, err := s.peekPast(iana.EncryptedExtensions)
	if err != nil {
		return err
	}
	if typ == iana.CertificateRequest {
		if err := s.readRequest13(); err != nil {
			return err
		}
	}
	if s.result.Resumed {
		return nil
	}
	if typ, err = s.peekPast(iana.CertificateRequest); err != nil {
		return err
	}
	if typ == iana.CertificateVerify || typ == iana.Finished {
		if err := s.must(false, Certificate, iana.AlertUnexpectedMessage, "no Certificate"); err != nil {
			return err
		}
		if typ == iana.CertificateVerify {
			_, err = s.expect(iana.CertificateVerify)
		}
		return err
	}
	raw, err := s.expect(iana.Certificate, iana.CompressedCertificate)
	if err != nil {
		return err
	}
	if err := s.takeCertificate13(raw); err != nil {
		return err
	}
	return s.readCertificateVerify()
}

// peekPast is peek beyond repetitions of a message and beyond strays, which are Order's affair.
func (s *conn) peekPast(typ uint8) (uint8, error) {
	for {
		next, err := s.peek()
		if err != nil || next == isCCS || next == isData {
			return next, err
		}
		if has([]uint8{iana.Certificate, iana.CompressedCertificate, iana.CertificateRequest, iana.CertificateVerify, iana.Finished}, next) && next != typ {
			return next, nil
		}
		if err := s.must(false, Order, iana.AlertUnexpectedMessage, "%s out of place", iana.MessageName(next)); err != nil {
			return 0, err
		}
		if s.seen[next] && has(repeatable, next) {
			s.transcript = append(s.transcript, s.waiting.raw...)
		}
		s.waiting = nil
	}
}

func (s *conn) readRequest13() error {
	if err := s.must(!s.result.Resumed, CertificateRequest, iana.AlertUnexpectedMessage, "a CertificateRequest of a resuming server"); err != nil {
		return err
	}
	raw, err := s.expect(iana.CertificateRequest)
	if err != nil {
		return err
	}
	s.tls13.asked = &message.CertificateRequest13{}
	if err := s.decode(raw, s.tls13.asked); err != nil {
		return err
	}
	return s.must(s.tls13.asked.Extensions.Has(iana.ExtSignatureAlgorithms), RequestAlgorithms, iana.AlertMissingExtension, "a CertificateRequest that takes nothing")
}

func (s *conn) takeCertificate13(raw []byte) error {
	if raw[0] == iana.CompressedCertificate {
		var err error
		if raw, err = s.inflate(raw); err != nil {
			return err
		}
	}
	var m message.Certificate13
	if err := s.decode(raw, &m); err != nil {
		return err
	}
	if err := s.must(len(m.Context) == 0, CertificateContext, iana.AlertIllegalParameter, "a Certificate that answers a request"); err != nil {
		return err
	}
	for _, e := range m.Entries {
		if err := s.checkExtensions(e.Extensions, nil); err != nil {
			return err
		}
	}
	return s.verifyChain(m.Chain())
}

// inflate is RFC 8879 4.
func (s *conn) inflate(raw []byte) ([]byte, error) {
	var m message.CompressedCertificate
	if err := s.decode(raw, &m); err != nil {
		return nil, err
	}
	if err := s.must(s.Compressed, CompressionUnasked, iana.AlertUnexpectedMessage, "a compressed certificate"); err != nil {
		return nil, err
	}
	in, err := zlib.NewReader(bytes.NewReader(m.Data))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(in, 1<<16))
	if err != nil {
		return nil, err
	}
	if err := s.must(len(body) == int(m.Length), CompressionLength, iana.AlertBadCertificate, "%d bytes, not %d", len(body), m.Length); err != nil {
		return nil, err
	}
	return message.Encode(&message.Raw{MsgType: iana.Certificate, Body: body}), nil
}

// readCertificateVerify is RFC 8446 4.4.3.
func (s *conn) readCertificateVerify() error {
	typ, err := s.peekPast(iana.Certificate)
	if err != nil {
		return err
	}
	if typ == iana.Finished {
		return s.must(false, CertificateVerify, iana.AlertUnexpectedMessage, "no CertificateVerify")
	}
	hash := s.tls13.schedule.Sum(s.transcript)
	raw, err := s.expect(iana.CertificateVerify)
	if err != nil {
		return err
	}
	m := &message.CertificateVerify{HasScheme: true}
	if err := s.decode(raw, m); err != nil {
		return err
	}
	key := s.serverKey()
	if key == nil {
		return nil
	}
	scheme := sign.ByID(m.Scheme)
	forbidden := scheme == nil || scheme.Kind == sign.PKCS1 || m.Scheme == sign.ECDSASHA1
	if err := s.must(!forbidden, SchemeForbidden, iana.AlertIllegalParameter, "scheme %04x in a handshake", m.Scheme); err != nil {
		return err
	}
	if !forbidden && !scheme.Suits(iana.TLS13, key) && sameAlgorithm(scheme, key) {
		if err := s.must(false, SchemeKey, iana.AlertIllegalParameter, "scheme %04x with this key", m.Scheme); err != nil {
			return err
		}
	} else if err := s.must(forbidden || has(s.Schemes, m.Scheme), Scheme, iana.AlertIllegalParameter, "scheme %04x was not offered", m.Scheme); err != nil {
		return err
	}
	content := append([]byte(strings.Repeat(" ", 64)+"TLS 1.3, server CertificateVerify\x00"), hash...)
	return s.verdict(sign.Verify(key, m.Scheme, content, m.Signature), m.Signature)
}

func sameAlgorithm(scheme *sign.Scheme, key any) bool {
	switch key.(type) {
	case *rsa.PublicKey:
		return scheme.Kind == sign.PSSPSS
	case *ecdsa.PublicKey:
		return scheme.Kind == sign.ECDSA
	}
	return false
}
