package dissect

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// fields are what tshark is asked for.
var fields = []string{
	"tls.record.content_type", "tls.record.version", "tls.record.length",
	"tls.handshake.type", "tls.handshake.version", "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite",
	"tls.handshake.comp_method", "tls.handshake.session_id_length", "tls.handshake.extension.type",
	"tls.handshake.p_len", "tls.handshake.g", "tls.handshake.g_len", "tls.handshake.yc_len", "tls.handshake.ys_len", "tls.handshake.ys",
	"tls.handshake.server_named_curve", "tls.handshake.server_point_len", "tls.handshake.server_curve_type",
	"tls.handshake.sig_hash_alg", "tls.handshake.sig_len", "tls.handshake.extensions_key_share_group",
	"tls.alert_message.level", "tls.alert_message.desc", "tls.handshake.certificates_length", "tls.handshake.verify_data",
	"tls.handshake.extensions_alpn_str", "tls.handshake.extensions_reneg_info_len", "tls.handshake.key_update.request_update",
	"tls.handshake.session_ticket_lifetime_hint", "_ws.malformed",
}

// seen is what tshark read of what the server of a scenario sent: per field its
// values in the order in which they came, joined with commas.
type seen map[string]string

func dissectAll(t *testing.T, all []*scenarios.Scenario) []seen {
	t.Helper()
	factory := server.NewFactory(server.Config{})
	var keys bytes.Buffer
	conversations := make([][]segment, len(all))
	for i, s := range all {
		conversations[i] = record(t, factory, s, &keys)
	}
	file := capture(t, conversations)
	keyFile := filepath.Join(filepath.Dir(file), "keys.log")
	if err := os.WriteFile(keyFile, keys.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-r", file, "-Y", "tls && tcp.srcport == 443", "-o", "tls.keylog_file:" + keyFile, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", "-E", "separator=|", "-e", "tcp.stream"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "tshark", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, &stderr)
	}
	return read(t, out, len(all))
}

// read gathers the lines of tshark by stream.
func read(t *testing.T, out []byte, streams int) []seen {
	t.Helper()
	all := make([]seen, streams)
	for i := range all {
		all[i] = seen{}
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "|")
		var stream int
		for _, digit := range columns[0] {
			stream = stream*10 + int(digit-'0')
		}
		if stream >= streams || len(columns) != len(fields)+1 {
			t.Fatalf("a line of tshark that nobody asked for: %q", lines.Text())
		}
		for i, value := range columns[1:] {
			if value == "" {
				continue
			}
			if all[stream][fields[i]] != "" {
				value = all[stream][fields[i]] + "," + value
			}
			all[stream][fields[i]] = value
		}
	}
	return all
}

// claim is what tshark must read of a scenario, and must not read of its control.
type claim struct{ scenario, field, want string }

// Numbers are those of IANA: handshake types 0 hello_request, 1 client_hello,
// 2 server_hello, 4 new_session_ticket, 5 end_of_early_data,
// 8 encrypted_extensions, 11 certificate, 12 server_key_exchange,
// 14 server_hello_done, 15 certificate_verify, 20 finished, 24 key_update,
// 25 compressed_certificate; content types 20 change_cipher_spec, 21 alert,
// 22 handshake, 23 application_data, 24 heartbeat.
const (
	types    = "tls.handshake.type"
	contents = "tls.record.content_type"
)

var claims = []claim{
	{"dh/weak-group-480", "tls.handshake.p_len", "60"},
	{"dh/weak-group-512", "tls.handshake.p_len", "64"},
	{"dh/weak-group-768", "tls.handshake.p_len", "96"},
	{"dh/group-of-1024-bits", "tls.handshake.p_len", "128"},
	{"dh/named-group-ffdhe3072", "tls.handshake.p_len", "384"},
	{"dh/named-group-ffdhe4096", "tls.handshake.p_len", "512"},
	{"dh/small-subgroup", "tls.handshake.g_len", "256"},
	{"dh/huge-modulus-32768", "tls.handshake.p_len", "5563"},
	{"dh/generator-zero", "tls.handshake.g", "00"},
	{"dh/generator-one", "tls.handshake.g", "01"},
	{"dh/generator-p-minus-1", "tls.handshake.g_len", "256"},
	{"dh/public-value-zero", "tls.handshake.ys", "00"},
	{"dh/public-value-one", "tls.handshake.ys", "01"},
	{"dh/export", "tls.handshake.ciphersuite", "0x0014"},
	{"dh/export", "tls.handshake.p_len", "64"},

	{"protocol/version-not-offered-1.0", "tls.handshake.version", "0x0301"},
	{"protocol/version-not-offered-1.1", "tls.handshake.version", "0x0302"},
	{"protocol/version-in-legacy-field", "tls.handshake.version", "0x0304"},
	{"protocol/legacy-version", "tls.handshake.version", "0x0301"},
	{"protocol/version-unknown", "tls.handshake.extensions.supported_version", "0x7a7a"},
	{"protocol/supported-versions-below-tls13", "tls.handshake.extensions.supported_version", "0x0303"},
	{"protocol/suite-not-offered-null", "tls.handshake.ciphersuite", "0x0002"},
	{"protocol/suite-not-offered-export", "tls.handshake.ciphersuite", "0x0003"},
	{"protocol/suite-not-offered-export-des", "tls.handshake.ciphersuite", "0x0008"},
	{"protocol/suite-not-offered-rc4", "tls.handshake.ciphersuite", "0x0005"},
	{"protocol/suite-not-offered-3des", "tls.handshake.ciphersuite", "0x000a"},
	{"protocol/suite-not-offered-anonymous", types, "2,12,14"},
	{"protocol/suite-of-tls12-in-tls13", "tls.handshake.ciphersuite", "0xc02f"},

	{"handshake/extension-unasked-1.2", "tls.handshake.extension.type", "65281,23,11,65370"},
	{"handshake/extension-unasked-1.3", "tls.handshake.extension.type", "43,51,65370"},
	{"handshake/extension-twice-1.2", "tls.handshake.extension.type", "65281,23,11,65281"},
	{"handshake/extension-twice-1.3", "tls.handshake.extension.type", "43,51,43"},
	{"handshake/server-hello-twice-1.2", types, "2,2,11,12,14"},
	{"handshake/compression-1.2", "tls.handshake.comp_method", "1"},
	{"handshake/compression-1.3", "tls.handshake.comp_method", "1"},
	{"handshake/session-id-too-long", "tls.handshake.session_id_length", "33"},
	{"handshake/renegotiation-info-wrong", "tls.handshake.extensions_reneg_info_len", "12"},
	{"handshake/renegotiation-info-missing", "tls.handshake.extension.type", "23,11"},
	{"handshake/alpn-not-offered-1.2", "tls.handshake.extensions_alpn_str", "tlsfault/none"},
	{"handshake/alpn-not-offered-1.3", "tls.handshake.extensions_alpn_str", "tlsfault/none"},
	{"handshake/alpn-two", "tls.handshake.extensions_alpn_str", "http/1.1,http/1.1"},
	{"handshake/message-unexpected", types, "2,8,11,15,0,20"},
	{"handshake/certificate-empty-1.2", "tls.handshake.certificates_length", "0"},
	{"handshake/certificate-empty-1.3", "tls.handshake.certificates_length", "0"},
	{"handshake/certificate-skipped-1.2", types, "2,12,14"},
	{"handshake/certificate-skipped-1.3", types, "2,8,15,20"},
	{"handshake/certificate-twice-1.2", types, "2,11,11,12,14"},
	{"handshake/certificate-twice-1.3", types, "2,8,11,11,15,20"},
	{"handshake/certificate-type-not-of-suite-ecdsa-p256", "tls.handshake.ciphersuite", "0xc02f"},
	{"handshake/certificate-type-not-of-suite-rsa-2048", "tls.handshake.ciphersuite", "0xc02b"},
	{"handshake/compressed-certificate-unasked", types, "2,8,25,15,20"},
	{"handshake/ticket-unpromised", types, "2,11,12,14,4,20"},
	{"handshake/renegotiation", types, "2,11,12,14,20,0"},
	{"handshake/key-update-invalid", "tls.handshake.key_update.request_update", "2"},
	{"handshake/key-update-before-finished", types, "2,8,11,15,24,20"},
	{"handshake/key-updates-packed", types, "2,8,11,15,20,24,24"},

	{"record/coalesced-1.2", contents, "22,20,22,23,21"},
	{"record/coalesced-1.3", contents, "22,20,22,23,21"},
	{"record/unknown-type-1.3", contents, "22,20,22,22,22,99,22"},
	{"record/interleaved", "tls.alert_message.desc", "90"},
	{"record/application-data-before-finished-1.2", contents, "22,22,22,22,20,23,22,21"},
	{"record/alert-unknown", "tls.alert_message.desc", "255,0"},
	{"record/alert-unknown-serverhello", "tls.alert_message.desc", "255,0"},
	{"record/alert-fatal-ignored-1.3", "tls.alert_message.desc", "40"},
	{"record/warning-unrecognized-name", "tls.alert_message.desc", "112,0"},
	{"record/no-close-notify-1.2", contents, "22,22,22,22,20,22,23"},
	{"record/no-close-notify-1.3", contents, "22,20,22,22,22,22,23"},
	{"record/heartbeat-over-read-1.2", contents, "22,22,22,22,20,22,24,23,21"},
	{"record/heartbeat-over-read-1.3", contents, "22,20,22,22,22,22,24,23,21"},
}

// Controls are read as correct servers, by all of their messages.
var plainTypes = map[scenarios.Version]string{scenarios.TLS12: "2,11,12,14,20", scenarios.TLS13: "2,8,11,15,20"}

func TestTsharkReadsWhatScenariosClaim(t *testing.T) {
	need.Tool(t, "tshark")
	if len(claims) < 40 {
		t.Errorf("there are %d claims, want 40 or more", len(claims))
	}
	catalogue, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[string]*scenarios.Scenario)
	for i := range catalogue {
		byID[catalogue[i].ID] = &catalogue[i]
	}
	var all []*scenarios.Scenario
	index := make(map[string]int)
	add := func(s *scenarios.Scenario) int {
		if _, ok := index[s.ID]; !ok {
			index[s.ID] = len(all)
			all = append(all, s)
		}
		return index[s.ID]
	}
	controls := make(map[string]int) // of scenarios
	for _, c := range claims {
		s := byID[c.scenario]
		if s == nil {
			t.Fatalf("no scenario %s", c.scenario)
		}
		add(s)
		control := s.Control()
		controls[s.ID] = add(&control)
	}
	read := dissectAll(t, all)
	for _, c := range claims {
		t.Run(c.scenario+" "+c.field, func(t *testing.T) {
			if got := read[index[c.scenario]][c.field]; got != c.want {
				t.Errorf("tshark reads %q, want %q", got, c.want)
			}
			if got := read[controls[c.scenario]][c.field]; got == c.want {
				t.Errorf("tshark reads %q of the control too", got)
			}
		})
	}
	for i, s := range all {
		if s.Faulty() || s.Given.TLS.KeyExchange != scenarios.ECDHE || len(s.Given.TLS.Versions) != 1 {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			want := plainTypes[s.Given.TLS.Versions[0]]
			if got := read[i][types]; got != want || read[i]["_ws.malformed"] != "" {
				t.Errorf("tshark reads the messages %q and %q, want %q", got, read[i]["_ws.malformed"], want)
			}
		})
	}
}
