package eyes_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"

	"github.com/tlsfault/tlsfault/fixtures/need"
)

// A tool looks at a chain and returns each complaint in its own words, none if it is content.
type tool struct {
	name string
	look func(ctx context.Context, c *chain, f files) ([]string, error)
}

// tools returns the tools that look at every chain, and skips t where one is missing.
func tools(t *testing.T) []tool {
	t.Helper()
	openssl, certtool := need.Tool(t, "openssl"), need.Tool(t, "certtool")
	return []tool{
		{"openssl", func(ctx context.Context, c *chain, f files) ([]string, error) {
			return opensslVerify(ctx, openssl, c, f, 2)
		}},
		// Level 0 asks for no strength at all: what is weak and nothing else is fine by it.
		{"openssl-0", func(ctx context.Context, c *chain, f files) ([]string, error) {
			return opensslVerify(ctx, openssl, c, f, 0)
		}},
		{"certtool", func(ctx context.Context, c *chain, f files) ([]string, error) {
			return certtoolVerify(ctx, certtool, c, f)
		}},
		{"zlint", func(_ context.Context, c *chain, _ files) ([]string, error) { return lints(c), nil }},
	}
}

// files are the certificates of a chain in PEM, by the path of the file.
type files struct{ leaf, rest, sent, root, crls string }

// writeFiles writes a chain to dir.
func writeFiles(dir string, c *chain) (files, error) {
	f := files{
		leaf: filepath.Join(dir, "leaf.pem"), rest: filepath.Join(dir, "rest.pem"), sent: filepath.Join(dir, "sent.pem"),
		root: filepath.Join(dir, "root.pem"), crls: filepath.Join(dir, "crls.pem"),
	}
	return f, errors.Join(
		os.WriteFile(f.leaf, encodePEM(c.Sent[:1]...), 0o600), os.WriteFile(f.rest, encodePEM(c.Sent[1:]...), 0o600),
		os.WriteFile(f.sent, encodePEM(c.Sent...), 0o600), os.WriteFile(f.root, encodePEM(c.Anchors...), 0o600),
		os.WriteFile(f.crls, c.CRLs, 0o600),
	)
}

func encodePEM(certificates ...[]byte) []byte {
	var text []byte
	for _, der := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text
}

// opensslError is a line of openssl verify such as "error 10 at 0 depth lookup: certificate has expired".
var opensslError = regexp.MustCompile(`(?m)^error \d+ at \d+ depth lookup: (.*)$`)

func opensslVerify(ctx context.Context, path string, c *chain, f files, level int) ([]string, error) {
	args := []string{
		"verify", "-x509_strict", "-purpose", "sslserver", "-auth_level", fmt.Sprint(level),
		"-no-CApath", "-no-CAstore", "-CAfile", f.root,
	}
	if _, err := netip.ParseAddr(c.host); err == nil {
		args = append(args, "-verify_ip", c.host)
	} else {
		args = append(args, "-verify_hostname", c.host)
	}
	if len(c.Sent) > 1 {
		args = append(args, "-untrusted", f.rest)
	}
	if len(c.CRLs) > 0 {
		args = append(args, "-crl_check_all", "-CRLfile", f.crls)
	}
	out, failed, err := run(ctx, path, append(args, f.leaf)...)
	if err != nil || !failed {
		return nil, err
	}
	var complaints []string
	for _, match := range opensslError.FindAllStringSubmatch(out, -1) {
		complaints = append(complaints, match[1])
	}
	if complaints == nil {
		complaints = []string{out}
	}
	return complaints, nil
}

func certtoolVerify(ctx context.Context, path string, c *chain, f files) ([]string, error) {
	// The profile "medium" asks for 112 bits, as level 2 of openssl does.
	out, failed, err := run(ctx, path, "--verify", "--verify-profile", "medium", "--load-ca-certificate", f.root,
		"--verify-purpose", "1.3.6.1.5.5.7.3.1", "--verify-hostname", c.host, "--infile", f.sent)
	if err != nil || !failed {
		return nil, err
	}
	_, verdict, found := strings.Cut(out, "Chain verification output: ")
	if !found {
		return []string{out}, nil
	}
	var complaints []string
	for sentence := range strings.SplitSeq(verdict, ". ") {
		sentence = strings.Trim(sentence, ". \n")
		if sentence != "" && sentence != "Not verified" && sentence != "The certificate is NOT trusted" {
			complaints = append(complaints, sentence)
		}
	}
	if complaints == nil {
		complaints = []string{"Not verified, and no word of why"}
	}
	return complaints, nil
}

// run runs a program and returns all it wrote and whether it ended in a failure of its own.
func run(ctx context.Context, path string, args ...string) (out string, failed bool, err error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "OPENSSL_CONF=/dev/null", "GNUTLS_SYSTEM_PRIORITY_FILE=/dev/null")
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return string(text), true, nil
	}
	return string(text), false, err
}

// lints returns the lints that a certificate of the chain fails, of those sent and the root.
func lints(c *chain) []string {
	var failed []string
	for _, der := range append(slices.Clone(c.Sent), c.Anchors...) {
		parsed, err := zx509.ParseCertificate(der)
		if err != nil {
			failed = append(failed, "unreadable: "+err.Error())
			continue
		}
		for name, result := range zlint.LintCertificate(parsed).Results {
			if result.Status >= lint.Error {
				failed = append(failed, name)
			}
		}
	}
	slices.Sort(failed)
	return slices.Compact(failed)
}
