package evidence

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

// firstFlight runs a client against a server that hangs up once it has the
// ClientHello, and returns the bytes that came and the offer in them.
func firstFlight(t *testing.T, start func(tapped)) ([]byte, *offer) {
	t.Helper()
	var raw []byte
	s := serve(t, Limits{}, func(tap *Tap) {
		_ = tap.SetDeadline(time.Now().Add(toolTime))
		buf := make([]byte, 1<<16)
		for tap.conversation.progress() < ClientHelloSeen {
			n, err := tap.Read(buf)
			raw = append(raw, buf[:n]...)
			if err != nil {
				return
			}
		}
		drain(tap)
	})
	start(s)
	if c := s.only(t); c.ClientHello == nil {
		t.Fatalf("no ClientHello: %s", c.line())
	}
	messages := unrecord(raw)
	o, ok := parseOffer(messages[4:])
	if !ok {
		t.Fatal("the ClientHello does not parse")
	}
	return raw, o
}

// pcap writes a capture of one TCP segment per payload, each from a port of its own to 443.
func pcap(t *testing.T, payloads [][]byte) string {
	t.Helper()
	const linkTypeRaw = 101
	var out bytes.Buffer
	write := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&out, binary.BigEndian, v) // a buffer takes it
		}
	}
	write(uint32(0xa1b2c3d4), uint16(2), uint16(4), uint64(0), uint32(1<<17), uint32(linkTypeRaw))
	for i, payload := range payloads {
		length := uint32(20 + 20 + len(payload))
		write(uint64(0), length, length)
		write(uint16(0x4500), uint16(length), uint32(0), uint8(64), uint8(6), uint16(0), [4]byte{127, 0, 0, 1}, [4]byte{127, 0, 0, 1})
		write(uint16(40000+i), uint16(443), uint32(1), uint32(1), uint16(0x5018), uint16(0xffff), uint32(0), payload)
	}
	path := filepath.Join(t.TempDir(), "hello.pcap")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClientHelloAgreesWithTshark(t *testing.T) {
	tshark := need.Tool(t, "tshark")
	names := []string{"go", "curl", "openssl", "gnutls-cli"}
	var payloads [][]byte
	var offers []*offer
	for _, start := range []func(tapped){
		func(s tapped) {
			_ = get(s.addr, &tls.Config{ServerName: "go.example.test", NextProtos: []string{"h2", "http/1.1"}, InsecureSkipVerify: true}) // #nosec G402
		},
		func(s tapped) {
			run(t, "curl", "-sk", "https://localhost:"+s.port+"/", "--resolve", "localhost:"+s.port+":127.0.0.1")
		},
		func(s tapped) {
			run(t, "openssl", "s_client", "-connect", s.addr, "-servername", "a.test", "-alpn", "http/1.1", "-status")
		},
		func(s tapped) { run(t, "gnutls-cli", "--insecure", "-p", s.port, "127.0.0.1") },
	} {
		raw, o := firstFlight(t, start)
		payloads, offers = append(payloads, raw), append(offers, o)
	}
	args := []string{"-r", pcap(t, payloads), "-T", "fields", "-E", "separator=|", "-E", "aggregator=,"}
	for _, field := range []string{"version", "extensions.supported_version", "ciphersuite", "extensions_supported_group",
		"sig_hash_alg", "extensions_server_name", "extensions_alpn_str", "extension.type"} {
		args = append(args, "-e", "tls.handshake."+field)
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(offers) {
		t.Fatalf("tshark tells of %d hellos: %q", len(lines), lines)
	}
	for i, line := range lines {
		o := offers[i]
		got := []string{numbers([]uint16{o.version}), numbers(o.versions), numbers(o.suites), numbers(o.groups),
			numbers(o.schemes), o.serverName, strings.Join(o.alpn, ","), numbers(o.extensions)}
		for j, want := range strings.Split(line, "|") {
			if j != 5 && j != 6 {
				values := parseNumbers(t, want)
				if j == 4 && o.has(50) && len(values) > len(o.schemes) {
					values = values[:len(o.schemes)] // signature_algorithms_cert follows
				}
				want = numbers(values)
			}
			if got[j] != want {
				t.Errorf("%s, field %d:\n    here %s\n tshark %s", names[i], j, got[j], want)
			}
		}
	}
}

func numbers(values []uint16) string { return strings.Trim(fmt.Sprint(values), "[]") }

// parseNumbers reads tshark's list of numbers, decimal or hexadecimal.
func parseNumbers(t *testing.T, list string) []uint16 {
	t.Helper()
	var values []uint16
	for _, s := range slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" }) {
		v, err := strconv.ParseUint(s, 0, 16)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, uint16(v))
	}
	return values
}
