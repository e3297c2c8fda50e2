package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/wire"
)

const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// toolTime bounds what is not waited for when all is well: Java, for one, takes
// its time on a busy machine.
const toolTime = 2 * time.Minute

// tool runs a program with a request on its standard input, which stays open
// until the answer has come: OpenSSL's s_client leaves at the end of its input.
func tool(t *testing.T, name string, args ...string) (output string, answered bool) {
	t.Helper()
	path := need.Tool(t, name)
	ctx, cancel := context.WithTimeout(context.Background(), toolTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write([]byte(request))
	_ = cmd.Wait() // its exit code says less than the answer
	_ = in.Close()
	return out.String(), strings.Contains(out.String(), "\nok")
}

func port(addr string) string {
	_, p, _ := net.SplitHostPort(addr)
	return p
}

// openssl returns what s_client is asked for in each test, trust included.
func openssl(t *testing.T, addr string, args ...string) (string, bool) {
	return tool(t, "openssl", append([]string{
		"s_client", "-connect", addr, "-servername", "localhost", "-CAfile", theAuthority().rootFile(t), "-verify_return_error",
		"-ign_eof",
	}, args...)...)
}

func TestOpenSSLAcceptsEverySuiteThatItHas(t *testing.T) {
	a := theAuthority()
	versions := map[string]uint16{"-tls1": wire.VersionTLS10, "-tls1_1": wire.VersionTLS11, "-tls1_2": wire.VersionTLS12, "-tls1_3": wire.VersionTLS13}
	// Names of OpenSSL for the suites that Debian's build still has, and that no other test of this package speaks.
	for _, c := range []struct{ option, name, iana, leaf string }{
		{"-tls1", "DHE-RSA-AES128-SHA", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "rsa"},
		{"-tls1", "ADH-AES256-SHA", "TLS_DH_anon_WITH_AES_256_CBC_SHA", "rsa"},
		{"-tls1", "AECDH-AES128-SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "rsa"},
		{"-tls1", "NULL-MD5", "TLS_RSA_WITH_NULL_MD5", "rsa"},
		{"-tls1", "ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "p256"},
		{"-tls1_1", "AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", "rsa"},
		{"-tls1_1", "DHE-RSA-AES256-SHA", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "rsa"},
		{"-tls1_2", "NULL-SHA", "TLS_RSA_WITH_NULL_SHA", "rsa"},
		{"-tls1_2", "NULL-SHA256", "TLS_RSA_WITH_NULL_SHA256", "rsa"},
		{"-tls1_2", "ECDHE-RSA-NULL-SHA", "TLS_ECDHE_RSA_WITH_NULL_SHA", "rsa"},
		{"-tls1_2", "AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256", "rsa"},
		{"-tls1_2", "DHE-RSA-AES128-SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "rsa"},
		{"-tls1_2", "DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "rsa"},
		{"-tls1_2", "DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa"},
		{"-tls1_2", "ADH-AES128-GCM-SHA256", "TLS_DH_anon_WITH_AES_128_GCM_SHA256", "rsa"},
		{"-tls1_2", "ADH-AES256-SHA256", "TLS_DH_anon_WITH_AES_256_CBC_SHA256", "rsa"},
		{"-tls1_2", "AECDH-AES256-SHA", "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", "rsa"},
		{"-tls1_2", "ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "rsa"},
		{"-tls1_2", "ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "p384"},
		{"-tls1_2", "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa"},
		{"-tls1_3", "", "TLS_AES_256_GCM_SHA384", "p521"},
		{"-tls1_3", "", "TLS_CHACHA20_POLY1305_SHA256", "ed25519"},
	} {
		t.Run(c.iana+" "+c.option, func(t *testing.T) {
			id, err := wire.CipherSuiteID(c.iana)
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, &wire.Config{Certificate: a.leaves[c.leaf], CipherSuites: []uint16{id}, Versions: []uint16{versions[c.option]}})
			args := []string{c.option}
			if c.name != "" {
				args = append(args, "-cipher", c.name+":@SECLEVEL=0")
			}
			output, answered := openssl(t, s.addr, args...)
			seen := s.stop(t)
			if !answered || !seen[0].accepted() {
				t.Fatalf("the server saw %v\n%s", seen[0].err, output)
			}
			if seen[0].state.CipherSuite != id || seen[0].state.Version != versions[c.option] {
				t.Errorf("%+v", seen[0].state)
			}
		})
	}
}

func TestOpenSSLWithoutExtendedMasterSecretOrEncryptThenMAC(t *testing.T) {
	a := theAuthority()
	for _, ignore := range [][]uint16{{23}, {22}, {22, 23}} {
		s := serve(t, &wire.Config{Certificate: a.leaves["rsa"], Ignore: ignore, Versions: []uint16{wire.VersionTLS11}})
		output, answered := openssl(t, s.addr, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
		if seen := s.stop(t); !answered || !seen[0].accepted() {
			t.Errorf("ignoring %v: the server saw %v\n%s", ignore, seen[0].err, output)
		}
	}
}

func TestOpenSSLTakesEveryGroupOfTLS13(t *testing.T) {
	a := theAuthority()
	for _, group := range []string{"x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072", "ffdhe4096"} {
		id, err := wire.GroupID(group)
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, &wire.Config{Certificate: a.leaves["rsa"], Groups: []uint16{id}})
		offered := "X25519"
		if group != "x25519" {
			offered += ":" + group
		}
		output, answered := openssl(t, s.addr, "-tls1_3", "-groups", offered)
		seen := s.stop(t)
		if !answered || !seen[0].accepted() || seen[0].state.Group != id || seen[0].state.HelloRetried != (group != "x25519") {
			t.Errorf("%s: the server saw %v, %+v\n%s", group, seen[0].err, seen[0].state, output)
		}
	}
}

// A ticket of one connection is used in the next; the second sends early data,
// which the server takes or refuses.
func TestOpenSSLResumesAndSendsEarlyData(t *testing.T) {
	a := theAuthority()
	for _, c := range []struct {
		version string
		early   uint32
		cookie  []byte
	}{{"-tls1_2", 0, nil}, {"-tls1_3", 0, nil}, {"-tls1_3", 4096, nil}, {"-tls1_3", 4096, []byte("retry")}} {
		t.Run(fmt.Sprintf("%s, %d bytes of early data, cookie %q", c.version, c.early, c.cookie), func(t *testing.T) {
			first := serve(t, &wire.Config{Certificate: a.leaves["p256"], TicketKey: &[32]byte{2}, EarlyData: c.early})
			file := t.TempDir() + "/session.pem"
			if output, answered := openssl(t, first.addr, c.version, "-sess_out", file); !answered {
				t.Fatalf("first: the server saw %v\n%s", first.stop(t)[0].err, output)
			}
			second := serve(t, &wire.Config{Certificate: a.leaves["p256"], TicketKey: &[32]byte{2}, EarlyData: c.early, Cookie: c.cookie})
			args := []string{c.version, "-sess_in", file}
			if c.early > 0 {
				early := t.TempDir() + "/early"
				writeFile(t, early, "GET /early HTTP/1.1\r\nHost: localhost\r\n\r\n")
				args = append(args, "-early_data", early)
			}
			output, answered := openssl(t, second.addr, args...)
			seen := second.stop(t)
			if !answered || !seen[0].accepted() || !seen[0].state.Resumed {
				t.Fatalf("second: the server saw %v, %+v\n%s", seen[0].err, seen[0].state, output)
			}
			taken := c.early > 0 && c.cookie == nil
			if s := seen[0].state; s.EarlyData != (c.early > 0) || s.EarlyDataAccepted != taken {
				t.Errorf("%+v", s)
			}
			if strings.HasPrefix(string(seen[0].request), "GET /early") != taken {
				t.Errorf("the request is %q", seen[0].request)
			}
		})
	}
}

func TestOpenSSLUpdatesKeys(t *testing.T) {
	need.Tool(t, "openssl")
	a := theAuthority()
	updated := make(chan struct{}, 10)
	s := serve(t, &wire.Config{Certificate: a.leaves["p256"], Trace: func(e wire.Event) {
		if e.Name == "key_update" && !e.Sent {
			updated <- struct{}{}
		}
	}})
	cmd := exec.Command("openssl", "s_client", "-connect", s.addr, "-CAfile", a.rootFile(t), "-tls1_3")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"K\n", "k\n"} { // update with request, and without
		_, _ = in.Write([]byte(line))
		<-updated // s_client takes commands only at the start of what it reads at once
	}
	_, _ = in.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	_ = cmd.Wait()
	updates := 2 + len(updated)
	seen := s.stop(t)
	if !seen[0].accepted() || updates != 2 || !strings.Contains(out.String(), "\nok") {
		t.Errorf("%d updates; the server saw %v\n%s", updates, seen[0].err, out.String())
	}
}

func TestGnuTLSAccepts(t *testing.T) {
	a := theAuthority()
	root := a.rootFile(t)
	for priority, want := range map[string]string{
		"NORMAL": "TLS_AES_128_GCM_SHA256",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA":                      "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-256-CBC": "TLS_RSA_WITH_AES_256_CBC_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305":        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"NORMAL:-VERS-ALL:+VERS-TLS1.1":                                       "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+3DES-CBC":                 "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+ARCFOUR-128":              "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:%NO_ETM":      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:+NULL:-CIPHER-ALL:+NULL:-KX-ALL:+RSA":  "TLS_RSA_WITH_NULL_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-DH":                      "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH":                    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048":           "TLS_AES_128_GCM_SHA256",
	} {
		t.Run(priority, func(t *testing.T) {
			id, err := wire.CipherSuiteID(want)
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, &wire.Config{
				Certificate: a.leaves["rsa"], CipherSuites: []uint16{id}, TicketKey: &[32]byte{3},
				Versions: []uint16{wire.VersionTLS10, wire.VersionTLS11, wire.VersionTLS12, wire.VersionTLS13},
			})
			output, answered := tool(t, "gnutls-cli", "--priority", priority, "--x509cafile", root, "-p", port(s.addr), "localhost")
			if seen := s.stop(t); !answered || !seen[0].accepted() || seen[0].state.CipherSuite != id {
				t.Errorf("the server saw %v\n%s", seen[0].err, output)
			}
		})
	}
}
