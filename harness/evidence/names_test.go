package evidence

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{VersionName(0x0304), "TLS 1.3"},
		{VersionName(0x0300), "SSL 3.0"},
		{VersionName(0x7a7a), "GREASE"},
		{VersionName(0x7f1c), "0x7F1C"},
		{CipherSuiteName(0x00ff), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
		{CipherSuiteName(0x5600), "TLS_FALLBACK_SCSV"},
		{CipherSuiteName(0x0003), "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
		{CipherSuiteName(0x0034), "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
		{CipherSuiteName(0xc0ae), "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
		{CipherSuiteName(0x0a0a), "GREASE"},
		{CipherSuiteName(0xabcd), "0xABCD"},
		{GroupName(29), "x25519"},
		{GroupName(256), "ffdhe2048"},
		{GroupName(4588), "X25519MLKEM768"},
		{GroupName(26), "brainpoolP256r1"},
		{GroupName(0xfafa), "GREASE"},
		{SignatureSchemeName(0x0804), "rsa_pss_rsae_sha256"},
		{SignatureSchemeName(0x0303), "ecdsa_sha224"},
		{AlertName(45), "certificate_expired"},
		{AlertName(99), "alert(99)"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestAlertsHaveOneNumberPerName(t *testing.T) {
	for number := range 256 {
		name := AlertName(uint8(number))
		back, known := AlertNumber(name)
		if _, listed := alerts[uint8(number)]; listed != known || known && int(back) != number {
			t.Errorf("%d is %q is %d", number, name, back)
		}
	}
	if _, known := AlertNumber("no_such_alert"); known {
		t.Error("an alert that does not exist has a number")
	}
}

func TestGREASEIsWhatRFC8701Lists(t *testing.T) {
	want := make(map[uint16]bool)
	for i := range uint16(16) {
		want[i<<12|0x0a00|i<<4|0x000a] = true
	}
	for v := range 1 << 16 {
		if got := isGREASE(uint16(v)); got != want[uint16(v)] {
			t.Errorf("%04x: %v", v, got)
		}
	}
}

func TestNamesAgreeWithCryptoTLS(t *testing.T) {
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if got := CipherSuiteName(suite.ID); got != suite.Name {
			t.Errorf("%04x is %q here and %q there", suite.ID, got, suite.Name)
		}
	}
	for v := uint16(0x0301); v <= 0x0304; v++ {
		if got := VersionName(v); got != tls.VersionName(v) {
			t.Errorf("%04x is %q here and %q there", v, got, tls.VersionName(v))
		}
	}
}

func TestSuitesAgreeWithOpenSSL(t *testing.T) {
	out, err := exec.Command(need.Tool(t, "openssl"), "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		var high, low uint16
		var name string
		if _, err := fmt.Sscanf(strings.TrimSpace(lines.Text()), "0x%X,0x%X - %s", &high, &low, &name); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		seen++
		if got := CipherSuiteName(high<<8 | low); got != name {
			t.Errorf("%02x%02x is %q here and %q there", high, low, got, name)
		}
	}
	if seen < 60 {
		t.Errorf("OpenSSL names only %d suites", seen)
	}
}
