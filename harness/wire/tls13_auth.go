package wire

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// sendEncryptedExtensions is RFC 8446 4.3.1.
func (hs *handshake) sendEncryptedExtensions() error {
	m := &message.EncryptedExtensions{}
	if hs.alpn != "" {
		m.Extensions.Add(iana.ExtALPN, message.ALPN([]string{hs.alpn}))
	}
	if hs.tls13.early {
		m.Extensions.Add(iana.ExtEarlyData, nil)
	}
	hs.send(stepEncryptedExtensions, m)
	return nil
}

// sendCertificateRequest13 is RFC 8446 4.3.2.
func (hs *handshake) sendCertificateRequest13() error {
	hs.send(stepCertificateRequest, hs.certificateRequest13(nil))
	return nil
}

func (hs *handshake) certificateRequest13(context []byte) *message.CertificateRequest13 {
	m := &message.CertificateRequest13{Context: context}
	m.Extensions.Add(iana.ExtSignatureAlgorithms, message.Uint16List(soundSchemes))
	if len(hs.cfg.ClientCAs) > 0 {
		m.Extensions.Add(iana.ExtCertificateAuthorities, message.Authorities(hs.cfg.ClientCAs))
	}
	return m
}

// sendCertificate13 is RFC 8446 4.4.2, or RFC 8879 4 where the client takes zlib.
func (hs *handshake) sendCertificate13() error {
	m := &message.Certificate13{}
	for i, der := range hs.cfg.Certificate.Chain {
		e := message.CertificateEntry{Data: der}
		staple := hs.cfg.Certificate.OCSPStaple
		if above := i - 1; above >= 0 {
			staple = nil
			if above < len(hs.cfg.Certificate.ChainStaples) {
				staple = hs.cfg.Certificate.ChainStaples[above]
			}
		}
		if hs.offer.statusRequest && staple != nil {
			e.Extensions.Add(iana.ExtStatusRequest, message.OCSPStaple(staple))
		}
		if scts := hs.cfg.Certificate.SCTs; i == 0 && hs.offer.sct && scts != nil {
			e.Extensions.Add(iana.ExtSCT, message.SCTList(scts))
		}
		m.Entries = append(m.Entries, e)
	}
	if !contains(hs.offer.compressions, iana.CompressZlib) {
		hs.send(stepCertificate, m)
		return nil
	}
	hs.script.message(hs, afterSigning, m)
	body := m.Marshal()
	data, err := deflate(body)
	if err != nil {
		return err
	}
	hs.send(stepCertificate, &message.CompressedCertificate{Algorithm: iana.CompressZlib, Length: uint32(len(body)), Data: data})
	return nil
}

func deflate(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress the certificate: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress the certificate: %w", err)
	}
	return b.Bytes(), nil
}

// Context strings of CertificateVerify, RFC 8446 4.4.3.
const (
	contextServer = "TLS 1.3, server CertificateVerify"
	contextClient = "TLS 1.3, client CertificateVerify"
)

// signedContent is what a CertificateVerify signs, RFC 8446 4.4.3.
func signedContent(context string, transcriptHash []byte) []byte {
	return append([]byte(strings.Repeat(" ", 64)+context+"\x00"), transcriptHash...)
}

// sendCertificateVerify is RFC 8446 4.4.3.
func (hs *handshake) sendCertificateVerify() error {
	if hs.cfg.Certificate.Key == nil {
		return errors.New("no key to sign with")
	}
	s := &signing{
		key: hs.cfg.Certificate.Key, scheme: hs.scheme,
		context: contextServer, hash: hs.tls13.schedule.Sum(hs.transcript),
	}
	hs.script.signing(hs, s)
	if s.scheme == 0 {
		return alertf(iana.AlertHandshakeFailure, "no signature scheme in common")
	}
	if s.content == nil {
		s.content = signedContent(s.context, s.hash)
	}
	signature, err := sign.Sign(hs.cfg.Rand == nil, s.key, s.scheme, s.content)
	if err != nil {
		return err
	}
	hs.setScheme(s.scheme)
	hs.send(stepCertificateVerify, &message.CertificateVerify{HasScheme: true, Scheme: s.scheme, Signature: signature})
	return nil
}

// readCertificate13 reads the client's chain, RFC 8446 4.4.2.
func (hs *handshake) readCertificate13() error {
	var m message.Certificate13
	if _, err := hs.readInto(&m); err != nil {
		return err
	}
	if len(m.Context) != 0 {
		return alertf(iana.AlertIllegalParameter, "the client's Certificate answers another request")
	}
	return hs.takeClientChain(m.Chain())
}
