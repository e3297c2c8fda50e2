package message

import (
	"bytes"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// FuzzMessages feeds bytes to the parser of every message: none may panic, and
// what one takes it must write again byte for byte.
func FuzzMessages(f *testing.F) {
	parsers := []func() Message{
		func() Message { return &ClientHello{} },
		func() Message { return &ServerHello{} },
		func() Message { return &EncryptedExtensions{} },
		func() Message { return &Certificate{} },
		func() Message { return &Certificate13{} },
		func() Message { return &CompressedCertificate{} },
		func() Message { return &CertificateStatus{} },
		func() Message { return &CertificateRequest{} },
		func() Message { return &CertificateRequest{HasSchemes: true} },
		func() Message { return &CertificateRequest13{} },
		func() Message { return &CertificateVerify{} },
		func() Message { return &CertificateVerify{HasScheme: true} },
		func() Message { return &ServerKeyExchange{ECDH: &ECDHParams{}, Signed: true, HasScheme: true} },
		func() Message { return &ServerKeyExchange{DH: &DHParams{}, Signed: true} },
		func() Message { return &ServerKeyExchange{RSA: &RSAParams{}, Signed: true} },
		func() Message { return &ClientKeyExchange{} },
		func() Message { return &Finished{} },
		func() Message { return &Empty{MsgType: iana.ServerHelloDone} },
		func() Message { return &NewSessionTicket{} },
		func() Message { return &NewSessionTicket13{} },
		func() Message { return &KeyUpdate{} },
	}
	for _, m := range examples() {
		for i := range parsers {
			f.Add(uint8(i), m.full.Marshal())
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		m := parsers[int(which)%len(parsers)]()
		if m.Parse(body) != nil {
			return
		}
		again := m.Marshal()
		if sh, ok := m.(*ServerHello); ok && len(sh.Extensions) == 0 && bytes.HasSuffix(body, []byte{0, 0}) {
			return // an empty list of extensions and none at all read the same
		}
		if !bytes.Equal(again, body) {
			t.Errorf("%T: %x was written again as %x", m, body, again)
		}
	})
}

// FuzzExtensionValues does the same for the data of extensions.
func FuzzExtensionValues(f *testing.F) {
	f.Add(ALPN([]string{"h2", "http/1.1"}))
	f.Add(ServerName("localhost"))
	f.Add(KeyShares([]KeyShare{{29, make([]byte, 32)}}))
	f.Add((&PreSharedKeys{[]PSKIdentity{{[]byte("id"), 5}}, [][]byte{make([]byte, 32)}}).Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		same := func(what string, ok bool, again []byte) {
			if ok && !bytes.Equal(again, data) {
				t.Errorf("%s: %x was written again as %x", what, data, again)
			}
		}
		alpn, ok := ParseALPN(data)
		same("ALPN", ok, ALPN(alpn))
		shares, ok := ParseKeyShares(data)
		same("key shares", ok, KeyShares(shares))
		share, ok := ParseKeyShare(data)
		same("key share", ok, share.Bytes())
		list, ok := ParseUint16List(data)
		same("list", ok, Uint16List(list))
		list, ok = ParseUint16List8(data)
		if ok {
			same("short list", ok, Uint16List8(list))
		}
		if psk, ok := ParsePreSharedKeys(data); ok {
			same("pre-shared keys", ok, psk.Bytes())
		}
		_, _ = ParseServerName(data)
	})
}
