package secret

import (
	"bytes"
	"crypto"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The figures are those of RFC 8448 section 3, "Simple 1-RTT Handshake".
func TestScheduleOfRFC8448(t *testing.T) {
	s := NewSchedule(crypto.SHA256, nil)
	if want := unhex(t, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"); !bytes.Equal(s.current, want) {
		t.Errorf("early secret %x, want %x", s.current, want)
	}
	s.Advance(unhex(t, "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"))
	if want := unhex(t, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"); !bytes.Equal(s.current, want) {
		t.Errorf("handshake secret %x, want %x", s.current, want)
	}
	traffic := unhex(t, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
	key, iv := TrafficKey(crypto.SHA256, traffic, 16)
	if want := unhex(t, "3fce516009c21727d0f2e4e86ee403bc"); !bytes.Equal(key, want) {
		t.Errorf("server handshake key %x, want %x", key, want)
	}
	if want := unhex(t, "5d313eb2671276ee13000b30"); !bytes.Equal(iv, want) {
		t.Errorf("server handshake IV %x, want %x", iv, want)
	}
	s.Advance(nil)
	if want := unhex(t, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"); !bytes.Equal(s.current, want) {
		t.Errorf("master secret %x, want %x", s.current, want)
	}
	resumption := unhex(t, "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c")
	if got, want := ResumptionPSK(crypto.SHA256, resumption, []byte{0, 0}), unhex(t, "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"); !bytes.Equal(got, want) {
		t.Errorf("PSK %x, want %x", got, want)
	}
}

// The vector was published on the TLS working group's list for P_SHA256 and is
// what implementations commonly test the PRF of TLS 1.2 with.
func TestPRFOfTLS12(t *testing.T) {
	l := &Legacy{Version: iana.TLS12, Hash: crypto.SHA256}
	got := l.PRF(unhex(t, "9bbe436ba940f017b17652849a71db35"), "test label", unhex(t, "a0ba9f936cda311827a6f796ffd5198c"), 100)
	want := unhex(t, "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0"+
		"22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66")
	if !bytes.Equal(got, want) {
		t.Errorf("PRF = %x, want %x", got, want)
	}
}

func TestKeyBlocksAreCutInOrder(t *testing.T) {
	for _, version := range []uint16{iana.SSL30, iana.TLS10, iana.TLS11, iana.TLS12} {
		l := &Legacy{Version: version, Hash: crypto.SHA256}
		master := l.Master(bytes.Repeat([]byte{3}, 48))
		b := l.Block(master, Sizes{MAC: 20, Key: 16, IV: 16})
		whole := l.PRF(master, "key expansion", append(l.Server[:], l.Client[:]...), 104)
		joined := bytes.Join([][]byte{b.ClientMAC, b.ServerMAC, b.ClientKey, b.ServerKey, b.ClientIV, b.ServerIV}, nil)
		if len(master) != MasterLen || !bytes.Equal(joined, whole) {
			t.Errorf("%s: the parts are not the whole", iana.VersionName(version))
		}
		e := l.Block(master, Sizes{MAC: 16, Key: 16, IV: 8, Secret: 5})
		if len(e.ClientKey) != 16 || len(e.ServerIV) != 8 || bytes.Equal(e.ClientKey, e.ServerKey) {
			t.Errorf("%s: export keys %x %x", iana.VersionName(version), e.ClientKey, e.ServerKey)
		}
	}
}
