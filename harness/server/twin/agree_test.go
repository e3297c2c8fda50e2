package twin_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/harness/server/twin"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// agreed are the scenarios in which clients are to judge our own server and the
// real ones alike.
var agreed = []string{
	"validity/leaf-expired", "validity/leaf-not-yet-valid-rsa-2048-1.2",
	"chain/missing-intermediate-ecdsa-p256-1.2", "chain/missing-intermediate-rsa-2048-1.3", "chain/reversed-rsa-2048-1.3", "chain/with-root-ecdsa-p256-1.2",
	"trust/self-signed-leaf-ecdsa-p256-1.3", "trust/same-name-root-sent-along-ecdsa-p256-1.3",
	"names/wrong-name-ecdsa-p256-1.2", "names/ip-mismatch-ecdsa-p256-1.3",
	"signature/leaf-forged-ecdsa-p256-1.3",

	"algorithms/leaf-md5-1.3", "algorithms/leaf-sha1-rsa-2048-1.2", "algorithms/leaf-rsa-1024-1.2", "usage/leaf-for-clients-ecdsa-p256-1.3",
	"dh/group-of-1024-bits", "dh/composite-modulus", "dh/named-group-ffdhe3072", "dh/weak-group-512",
	"protocol/only-tls-1.0-rsa-2048", "protocol/only-tls-1.1-ecdsa-p256", "protocol/static-rsa-aes-128-gcm", "protocol/triple-des-rsa", "protocol/ssl3",
	"baseline/p521-1.3", "baseline/ed25519-1.3", "baseline/suite-chacha20", "baseline/group-x25519-1.3",
	"staple/good", "staple/revoked", "staple/intermediate-revoked",
	"negotiation/client-certificate-asked-for-ecdsa-p256-1.3", "negotiation/client-certificate-demanded-rsa-2048-1.3", "negotiation/alpn-nothing-in-common-ecdsa-p256-1.3",
	"http/redirect-to-cleartext-1.3", "http/truncated-body-ecdsa-p256-1.3",
	"handshake/extension-unasked-1.2", "transport/before-server-hello-close", "der/leaf-ber-indefinite-length-1.2",
}

// certain is how many of them, from the first, are about certificates alone.
const certain = 11

// judges are the clients, and how many of the scenarios each meets. The one that
// does not verify shows that the fault alone stands between a client and the real
// server too.
var judges = map[string]int{"go": len(agreed), "curl": len(agreed), "gnutls-cli": len(agreed), "go:insecure": certain}

func TestClientsJudgeRealServersAsOurs(t *testing.T) {
	needEngine(t)
	own := make(map[string]map[string]verdict.Result)
	for judge, n := range judges {
		own[judge] = execute(t, judge, nil, selection(t, agreed[:n]))
	}
	limits, differences := readRows(t, "limits.tsv", 3), readRows(t, "differences.tsv", 5)
	for _, name := range twin.Names() {
		t.Run(name, func(t *testing.T) {
			real := start(t, name)
			for judge, n := range judges {
				got := execute(t, judge, real, selection(t, agreed[:n]))
				for id, want := range own[judge] {
					what := judge + " " + id
					if row := limits.find(name, id); row != nil {
						checkLimit(t, what, got[id], row[2])
					} else if row := differences.find(name, judge, id); row != nil {
						checkDifference(t, what, want, got[id], row[3])
					} else {
						compare(t, what, want, got[id])
					}
				}
			}
		})
	}
}

// compare says where two results differ.
func compare(t *testing.T, what string, own, real verdict.Result) {
	t.Helper()
	a, b := own.Observation, real.Observation
	if own.Verdict != real.Verdict || a.Accepted != b.Accepted || a.Reason != b.Reason || a.Alert != b.Alert {
		t.Errorf("%s: of our server\n%s\nof the real one\n%s", what, harness.Describe(own), harness.Describe(real))
	}
}

// checkLimit holds a result to what the server cannot be set to.
func checkLimit(t *testing.T, what string, real verdict.Result, words string) {
	t.Helper()
	if real.Verdict != verdict.Inconclusive || real.Finding.Kind != verdict.NotServed || !strings.Contains(real.Finding.Text, words) {
		t.Errorf("%s: want that it cannot be set to %q, got %s", what, words, harness.Describe(real))
	}
}

// checkDifference holds a result to a difference that is known.
func checkDifference(t *testing.T, what string, own, real verdict.Result, words string) {
	t.Helper()
	if own.Verdict == real.Verdict || real.Finding == nil || !strings.Contains(real.Finding.Text, words) {
		t.Errorf("%s: want that it differs by %q, got of our server\n%s\nof the real one\n%s", what, words, harness.Describe(own), harness.Describe(real))
	}
}

// rows are those of a table, each of which begins with what it is about.
type rows [][]string

// find returns the row that begins with key, in which "*" stands for anything; nil for none.
func (r rows) find(key ...string) []string {
	for _, row := range r {
		if slices.EqualFunc(row[:len(key)], key, func(has, want string) bool { return has == want || has == "*" }) {
			return row
		}
	}
	return nil
}

func readRows(t *testing.T, name string, columns int) rows {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all rows
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(strings.TrimSpace(line), "\t")
		if len(row) != columns {
			t.Fatalf("%s: %q has %d columns, want %d", name, line, len(row), columns)
		}
		if !slices.ContainsFunc(row, func(cell string) bool { return slices.Contains(agreed, cell) }) {
			t.Fatalf("%s: %q is about no scenario of the test", name, line)
		}
		all = append(all, row)
	}
	return all
}

func TestServersEndWithTheirContainer(t *testing.T) {
	needEngine(t)
	real := start(t, "nginx")
	instance, err := real.Serve(t.Context(), aSetup(t))
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Close()
	if open := listeners(t, real); len(open) != 3 { // its own port, ours behind it, and the claim to the address
		t.Errorf("listening: %q", open)
	}
	if err := real.Close(); err != nil {
		t.Fatal(err)
	}
	instance.Close()
	if open := listeners(t, real); len(open) > 0 {
		t.Errorf("still listening: %q", open)
	}
}

// listeners lists who listens on the address of a server, and on ours behind it.
func listeners(t *testing.T, real *twin.Twin) []string {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("%08X", binary.NativeEndian.Uint32(real.ListenIP().To4()))
	var found []string
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 3 && strings.HasPrefix(f[1], address) && f[3] == "0A" { // LISTEN
			found = append(found, f[1])
		}
	}
	return found
}

// aSetup is a good server.
func aSetup(t *testing.T) server.Setup {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return server.Setup{Chain: [][]byte{der}, Key: key, Anchors: [][]byte{der}}
}

func TestUnknownServer(t *testing.T) {
	if _, err := twin.New(t.Context(), "iis", nil); err == nil || !strings.Contains(err.Error(), `no server is called "iis"`) {
		t.Errorf("%v", err)
	}
}

// needEngine skips or fails t unless there is an engine with the base image.
func needEngine(t *testing.T) {
	t.Helper()
	if err := container.Available(t.Context()); err != nil {
		need.Missing(t, err.Error())
	}
	if err := exec.CommandContext(t.Context(), need.Tool(t, "docker"), "image", "inspect", fixtures.BaseImage).Run(); err != nil {
		need.Missing(t, "the image "+fixtures.BaseImage+" is not there: fixtures/images/base.sh makes it")
	}
}

func start(t *testing.T, name string) *twin.Twin {
	t.Helper()
	real, err := twin.New(t.Context(), name, nil)
	if unavailable := new(container.UnavailableError); errors.As(err, &unavailable) {
		need.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(real.Dir())
	t.Cleanup(func() {
		if err := real.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", dir, err)
		}
	})
	return real
}

func selection(t *testing.T, ids []string) []scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := scenarios.Select(all, ids, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(selected) != len(ids) {
		t.Fatalf("%d scenarios selected by %d ids", len(selected), len(ids))
	}
	return selected
}

func execute(t *testing.T, name string, real server.Twin, selected []scenarios.Scenario) map[string]verdict.Result {
	t.Helper()
	preset, err := client.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if info := preset.Describe(t.Context()); !info.Installed {
		need.Missing(t, "the program "+name+" is not installed")
	}
	run, err := harness.Execute(t.Context(), harness.Config{Client: preset.Client(), Scenarios: selected, Twin: real})
	if err != nil {
		t.Fatal(err)
	}
	results := make(map[string]verdict.Result)
	for _, r := range run.Results {
		results[r.Scenario.ID] = r
	}
	return results
}
