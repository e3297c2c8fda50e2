package message

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// examples holds one of every message with something in every field.
func examples() map[string]struct {
	full, blank Message
} {
	type pair = struct{ full, blank Message }
	ext := Extensions{{iana.ExtALPN, ALPN([]string{"h2"})}, {0xfafa, nil}, {0xfafa, []byte{1}}}
	key := []byte{4, 1, 2, 3}
	return map[string]pair{
		"ClientHello": {&ClientHello{Version: iana.TLS12, SessionID: []byte{1, 2}, CipherSuites: []uint16{0x1301, 0xc02f},
			Compressions: []uint8{0}, Extensions: ext}, &ClientHello{}},
		"ClientHello without extensions": {&ClientHello{Version: iana.SSL30, CipherSuites: []uint16{5}, Compressions: []uint8{0},
			NoExtensions: true}, &ClientHello{}},
		"ServerHello":                 {&ServerHello{Version: iana.TLS12, SessionID: []byte{9}, CipherSuite: 0x1301, Compression: 1, Extensions: ext}, &ServerHello{}},
		"EncryptedExtensions":         {&EncryptedExtensions{ext}, &EncryptedExtensions{}},
		"Certificate":                 {&Certificate{[][]byte{{1, 2, 3}, {4}}}, &Certificate{}},
		"Certificate of 1.3":          {&Certificate13{[]byte{7}, []CertificateEntry{{[]byte{1, 2}, ext}, {[]byte{3}, nil}}}, &Certificate13{}},
		"CompressedCertificate":       {&CompressedCertificate{1, 70000, []byte{1, 2}}, &CompressedCertificate{}},
		"CertificateStatus":           {&CertificateStatus{1, []byte{1, 2}}, &CertificateStatus{}},
		"CertificateRequest":          {&CertificateRequest{Types: []byte{1, 64}, Authorities: [][]byte{{1}, {2, 3}}}, &CertificateRequest{}},
		"CertificateRequest of 1.2":   {&CertificateRequest{HasSchemes: true, Types: []byte{1}, Schemes: []uint16{0x401}}, &CertificateRequest{HasSchemes: true}},
		"CertificateRequest of 1.3":   {&CertificateRequest13{[]byte{1}, ext}, &CertificateRequest13{}},
		"CertificateVerify":           {&CertificateVerify{Signature: key}, &CertificateVerify{}},
		"CertificateVerify of 1.2":    {&CertificateVerify{HasScheme: true, Scheme: 0x804, Signature: key}, &CertificateVerify{HasScheme: true}},
		"ServerKeyExchange ECDHE":     {&ServerKeyExchange{ECDH: &ECDHParams{CurveType: CurveNamed, Group: 23, Point: key}, Signed: true, HasScheme: true, Scheme: 0x403, Signature: key}, &ServerKeyExchange{ECDH: &ECDHParams{}, Signed: true, HasScheme: true}},
		"ServerKeyExchange explicit":  {&ServerKeyExchange{ECDH: &ECDHParams{CurveType: CurveExplicitPrime, Explicit: [6][]byte{{1}, {2}, {3}, {4}, {5}, {6}}, Point: key}}, &ServerKeyExchange{ECDH: &ECDHParams{}}},
		"ServerKeyExchange DHE":       {&ServerKeyExchange{DH: &DHParams{key, []byte{2}, key}, Signed: true, Signature: key}, &ServerKeyExchange{DH: &DHParams{}, Signed: true}},
		"ServerKeyExchange anonymous": {&ServerKeyExchange{DH: &DHParams{key, []byte{2}, key}}, &ServerKeyExchange{DH: &DHParams{}}},
		"ServerKeyExchange export":    {&ServerKeyExchange{RSA: &RSAParams{key, []byte{3}}, Signed: true, Signature: key}, &ServerKeyExchange{RSA: &RSAParams{}, Signed: true}},
		"ClientKeyExchange":           {&ClientKeyExchange{key}, &ClientKeyExchange{}},
		"Finished":                    {&Finished{key}, &Finished{}},
		"ServerHelloDone":             {&Empty{iana.ServerHelloDone}, &Empty{iana.ServerHelloDone}},
		"NewSessionTicket":            {&NewSessionTicket{300, key}, &NewSessionTicket{}},
		"NewSessionTicket of 1.3":     {&NewSessionTicket13{300, 7, []byte{0}, key, ext}, &NewSessionTicket13{}},
		"KeyUpdate":                   {&KeyUpdate{UpdateRequested}, &KeyUpdate{}},
	}
}

func TestEveryMessageComesBackAsItWentOut(t *testing.T) {
	for name, m := range examples() {
		t.Run(name, func(t *testing.T) {
			raw := Encode(m.full)
			if err := Decode(raw, m.blank); err != nil {
				t.Fatalf("%x does not parse: %v", raw, err)
			}
			if again := Encode(m.blank); !bytes.Equal(raw, again) {
				t.Errorf("parsed and written again:\n%x, was\n%x", again, raw)
			}
		})
	}
}

func TestMessagesEndWhereTheyEnd(t *testing.T) {
	for name, m := range examples() {
		switch m.full.(type) {
		case *ClientKeyExchange, *Finished:
			continue // any length is theirs
		}
		t.Run(name, func(t *testing.T) {
			body := m.full.Marshal()
			if err := m.blank.Parse(append(bytes.Clone(body), 0)); !errors.Is(err, ErrMalformed) {
				t.Errorf("with a byte after the end: %v, want ErrMalformed", err)
			}
			for n := range body {
				if hello, ok := m.full.(*ClientHello); ok && n == len(body)-extensionsLen(hello) {
					continue // a hello may end before its extensions
				}
				if sh, ok := m.full.(*ServerHello); ok && n == 38+len(sh.SessionID) {
					continue
				}
				if err := m.blank.Parse(body[:n]); !errors.Is(err, ErrMalformed) {
					t.Errorf("cut to %d of %d bytes: %v, want ErrMalformed", n, len(body), err)
				}
			}
		})
	}
}

func extensionsLen(m *ClientHello) int {
	if m.NoExtensions {
		return 0
	}
	return len(build(m.Extensions.marshal))
}

func TestExtensionListsAreEditedInPlace(t *testing.T) {
	e := Extensions{{1, []byte{1}}, {2, nil}, {1, []byte{2}}}
	if typ, twice := e.Duplicate(); !twice || typ != 1 {
		t.Errorf("Duplicate = %d, %t", typ, twice)
	}
	e.Set(2, []byte{9})
	e.Set(3, []byte{3})
	if d, _ := e.Get(2); !bytes.Equal(d, []byte{9}) || len(e) != 4 {
		t.Errorf("after Set: %v", e)
	}
	if !e.Remove(1) || e.Remove(1) || len(e) != 2 || e.Has(1) {
		t.Errorf("after Remove: %v", e)
	}
	if _, twice := e.Duplicate(); twice {
		t.Error("still a duplicate")
	}
}

func TestExtensionValues(t *testing.T) {
	if p, ok := ParseALPN(ALPN([]string{"h2", "http/1.1"})); !ok || len(p) != 2 || p[1] != "http/1.1" {
		t.Errorf("ALPN: %v %t", p, ok)
	}
	if n, ok := ParseServerName(ServerName("localhost")); !ok || n != "localhost" {
		t.Errorf("server_name: %q %t", n, ok)
	}
	if k, ok := ParseKeyShares(KeyShares([]KeyShare{{29, []byte{1}}, {23, []byte{4}}})); !ok || len(k) != 2 || k[1].Group != 23 {
		t.Errorf("key_share: %v %t", k, ok)
	}
	psk := &PreSharedKeys{[]PSKIdentity{{[]byte("id"), 5}}, [][]byte{make([]byte, 32)}}
	back, ok := ParsePreSharedKeys(psk.Bytes())
	if !ok || back.Identities[0].Age != 5 || back.BindersLen() != 35 {
		t.Errorf("pre_shared_key: %v %t", back, ok)
	}
	for name, bad := range map[string]bool{
		"ALPN, empty list":  second(ParseALPN([]byte{0, 0})),
		"ALPN, empty name":  second(ParseALPN([]byte{0, 1, 0})),
		"odd list":          second(ParseUint16List([]byte{0, 1, 9})),
		"server_name":       second(ParseServerName([]byte{0, 0})),
		"key_share cut":     second(ParseKeyShare([]byte{0, 29, 0, 2, 1})),
		"PSK, no binder":    second(ParsePreSharedKeys([]byte{0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 0})),
		"vector, too short": second(ParseVector8([]byte{2, 1})),
	} {
		if bad {
			t.Errorf("%s was taken", name)
		}
	}
}

func second[T any](_ T, ok bool) bool { return ok }
