package evidence

import (
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

// fingerprints are published JA4 values with the offers that they were made of
// (JA4_ro: everything in its original order, without GREASE). The first is the
// example of the specification, github.com/FoxIO-LLC/ja4 technical_details/JA4.md;
// the second comes with its test captures (sigalg-grease.pcapng).
var fingerprints = []struct {
	name, suites, extensions, schemes, alpn, raw, ja4 string
}{
	{
		name:       "example of the specification",
		suites:     "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035",
		extensions: "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015",
		schemes:    "0403,0804,0401,0503,0805,0501,0806,0601",
		alpn:       "h2",
		raw: "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
			"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601",
		ja4: "t13d1516h2_8daaf6152771_e5627efa2ab1",
	},
	{
		name:       "GREASE among the signature algorithms",
		suites:     "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035",
		extensions: "fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,000b,ca34,002d,0000,0005,001b,0012",
		schemes:    "0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601",
		alpn:       "h2",
		raw: "t13d1517h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
			"0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,ca34,fe0d,ff01_0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601",
		ja4: "t13d1517h2_8daaf6152771_cb7bf5808d99",
	},
	{
		name:       "no signature algorithms",
		suites:     "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035",
		extensions: "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015",
		alpn:       "http/1.1",
		raw: "t13d1516h1_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
			"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01",
		ja4: "t13d1516h1_8daaf6152771_6d807ffa2a79",
	},
	{
		name:       "nothing but a name",
		extensions: "0000",
		raw:        "t12d0001" + "00" + "__",
		ja4:        "t12d000100_000000000000_000000000000",
	},
}

// hexValues reads a list of values of 16 bits as JA4 writes it.
func hexValues(t *testing.T, list string) []uint16 {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(list, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return uint16s(b)
}

// published makes the ClientHello of a published fingerprint, with GREASE
// wherever a client may put it.
func published(t *testing.T, suites, extensions, schemes, protocol string) []byte {
	t.Helper()
	list := []extension{{typ: 0x1a1a}}
	for _, typ := range hexValues(t, extensions) {
		e := extension{typ: typ}
		switch typ {
		case extServerName:
			e = serverName("example.test")
		case extALPN:
			e = alpn(protocol, "second")
		case extSignatureAlgorithms:
			e.data = list16(append([]uint16{0x2a2a}, hexValues(t, schemes)...)...)
		case extSupportedVersions:
			e.data = list8(0xdada, 0x0303, 0x0304)
		}
		list = append(list, e)
	}
	return clientHello(0x0303, append([]uint16{0xbaba}, hexValues(t, suites)...), append(list, extension{typ: 0x3a3a})...)
}

func TestJA4OfPublishedFingerprints(t *testing.T) {
	for _, test := range fingerprints {
		t.Run(test.name, func(t *testing.T) {
			o, ok := parseOffer(published(t, test.suites, test.extensions, test.schemes, test.alpn))
			if !ok {
				t.Fatal("the hello does not parse")
			}
			a, b, c := o.ja4Parts()
			if raw := a + "_" + b + "_" + c; raw != test.raw {
				t.Errorf("JA4_r\n got %s\nwant %s", raw, test.raw)
			}
			if got := o.ja4(); got != test.ja4 {
				t.Errorf("JA4\n got %s\nwant %s", got, test.ja4)
			}
		})
	}
}

func TestJA4HashesAgreeWithSha256sum(t *testing.T) {
	for _, test := range fingerprints {
		parts := strings.SplitN(test.raw, "_", 3)
		for i, hash := range strings.Split(test.ja4, "_")[1:] {
			if parts[i+1] == "" {
				continue // the specification sets it to zeros
			}
			cmd := exec.Command(need.Tool(t, "sha256sum"))
			cmd.Stdin = strings.NewReader(parts[i+1])
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if string(out[:12]) != hash {
				t.Errorf("%s: %s of %q is %s", test.name, hash, parts[i+1], out[:12])
			}
		}
	}
}

func TestJA4Protocol(t *testing.T) {
	for _, test := range []struct{ protocol, want string }{
		{"h2", "h2"}, {"http/1.1", "h1"}, {"", "00"}, {"x", "xx"},
		{"\xab", "ab"}, {"\xab\xcd", "ad"}, {"0\xab", "3b"}, {"01\xab\xcd", "3d"}, {"0\xab\xcd1", "01"},
	} {
		o, ok := parseOffer(clientHello(0x0303, nil, alpn(test.protocol)))
		if !ok {
			t.Fatalf("%q does not parse", test.protocol)
		}
		if got := o.ja4()[8:10]; got != test.want {
			t.Errorf("%q: got %q, want %q", test.protocol, got, test.want)
		}
	}
}

func TestJA4CountsStopAt99(t *testing.T) {
	o, _ := parseOffer(clientHello(0x0301, make([]uint16, 150)))
	if got := o.ja4(); !strings.HasPrefix(got, "t10i990000_") {
		t.Error(got)
	}
}
