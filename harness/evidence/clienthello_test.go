package evidence

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestClientHelloFields(t *testing.T) {
	body := clientHello(0x0303, []uint16{0x0a0a, 0x1301, 0xc02b, 0x1234, 0x5600},
		extension{0x3a3a, nil},
		serverName("www.example.test"),
		extension{extStatusRequest, []byte{1, 0, 0, 0, 0}},
		extension{extSupportedGroups, list16(0x4a4a, 4588, 29, 23)},
		extension{extSignatureAlgorithms, list16(0x0403, 0x0804)},
		alpn("h2", "http/1.1"),
		extension{extSCT, nil},
		extension{extSupportedVersions, list8(0x5a5a, 0x0304, 0x0303)})
	got, ok := parseClientHello(body)
	if !ok {
		t.Fatal("does not parse")
	}
	if !strings.HasPrefix(got.JA4, "t13d0407h2_") {
		t.Errorf("JA4 %s", got.JA4)
	}
	got.JA4 = ""
	want := &ClientHello{
		LegacyVersion:       "TLS 1.2",
		Versions:            []string{"GREASE", "TLS 1.3", "TLS 1.2"},
		CipherSuites:        []string{"GREASE", "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "0x1234", "TLS_FALLBACK_SCSV"},
		Groups:              []string{"GREASE", "X25519MLKEM768", "x25519", "secp256r1"},
		SignatureAlgorithms: []string{"ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"},
		ServerName:          "www.example.test",
		ALPN:                []string{"h2", "http/1.1"},
		Extensions:          []uint16{0x3a3a, 0, 5, 10, 13, 16, 18, 43},
		OCSPStapling:        true,
		SCT:                 true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestClientHelloWithoutExtensions(t *testing.T) {
	got, ok := parseClientHello(clientHello(0x0301, []uint16{0x0005}))
	if !ok || got.LegacyVersion != "TLS 1.0" || !slices.Equal(got.Versions, []string{"TLS 1.0"}) || len(got.Extensions) != 0 {
		t.Errorf("%v %+v", ok, got)
	}
}

func TestClientHelloThatIsCutAnywhereDoesNotParse(t *testing.T) {
	body := hello13()
	// Up to the end of compression_methods it lacks a field; there it is a hello without extensions.
	bare := len(clientHello(0x0303, []uint16{0x1301, 0xc02b}))
	for n := range len(body) {
		if _, ok := parseClientHello(body[:n]); ok != (n == bare) {
			t.Errorf("%d of %d bytes: parsed %v", n, len(body), ok)
		}
	}
	if _, ok := parseClientHello(append(body, 0)); ok {
		t.Error("trailing bytes parse")
	}
}

func TestClientHelloWithBadExtensionContentTellsTheRest(t *testing.T) {
	for _, typ := range []uint16{extServerName, extSupportedGroups, extSignatureAlgorithms, extALPN, extSupportedVersions} {
		got, ok := parseClientHello(clientHello(0x0303, []uint16{0x1301}, extension{typ, []byte{0xff, 0xff, 0xff}}, extension{extSCT, nil}))
		if !ok || !got.SCT || !slices.Equal(got.Extensions, []uint16{typ, extSCT}) {
			t.Errorf("extension %d: %v %+v", typ, ok, got)
		}
	}
}

func TestClientHelloTextIsPrintable(t *testing.T) {
	got, _ := parseClientHello(clientHello(0x0303, []uint16{0x1301}, serverName("a\xff.test"), alpn("\xfe")))
	if got.ServerName != "a\uFFFD.test" || got.ALPN[0] != "\uFFFD" {
		t.Errorf("%q %q", got.ServerName, got.ALPN)
	}
}

func TestSSLv2Hello(t *testing.T) {
	for version, name := range map[uint16]string{0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0"} {
		got, ok := parseSSLv2Hello(sslv2(version)[2:])
		want := &ClientHello{LegacyVersion: name, Versions: []string{name}, SSLv2: true,
			CipherSuites: []string{"SSL_CK_RC4_128_WITH_MD5", "TLS_RSA_WITH_AES_128_CBC_SHA"}}
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %+v", name, ok, got)
		}
	}
	body := sslv2(0x0301)[2:]
	for n := range len(body) {
		if _, ok := parseSSLv2Hello(body[:n]); ok {
			t.Errorf("%d of %d bytes parse", n, len(body))
		}
	}
}
