package verdict_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Every sample is read first by its own entry among those of its stack, and what
// the whole dictionary makes of it does not contradict the entry.
func TestBuiltinSamples(t *testing.T) {
	d := verdict.Builtin()
	for _, e := range d.Entries() {
		t.Run(fmt.Sprintf("line %d", e.Line), func(t *testing.T) {
			found := d.Explain(e.Sample)
			own := slices.IndexFunc(found, func(x verdict.Explanation) bool { return x.Entry.Stack == e.Stack })
			if own < 0 {
				t.Fatalf("%s %q does not read its sample %q", e.Stack, e.Pattern, e.Sample)
			}
			if first := found[own].Entry; first.Line != e.Line {
				t.Errorf("%s %q is shadowed by %q of line %d for %q", e.Stack, e.Pattern, first.Pattern, first.Line, e.Sample)
			}
			best := found[0].Reasons
			if len(e.Reasons) > 0 && !shareReason(best, e.Reasons) {
				t.Errorf("%q is read as %v by %s %q, and as %v by its own", e.Sample, best, found[0].Entry.Stack, found[0].Entry.Pattern, e.Reasons)
			}
			if len(e.Reasons) == 0 && len(best) > 0 {
				t.Errorf("%q says nothing of the reason, but %s %q reads %v", e.Sample, found[0].Entry.Stack, found[0].Entry.Pattern, best)
			}
		})
	}
}

func shareReason(a, b []scenarios.Reason) bool {
	return slices.ContainsFunc(a, func(r scenarios.Reason) bool { return slices.Contains(b, r) })
}

func TestBuiltinCoverage(t *testing.T) {
	entries := verdict.Builtin().Entries()
	if len(entries) < 250 {
		t.Errorf("%d entries, want 250 or more", len(entries))
	}
	stacks := make(map[string]int)
	reasons := make(map[scenarios.Reason]bool)
	for _, e := range entries {
		stacks[e.Stack]++
		for _, r := range e.Reasons {
			reasons[r] = true
		}
	}
	for _, stack := range []string{"openssl", "python", "curl", "wget", "node", "go", "java", "gnutls", "nss", "chromium", "firefox", "dotnet", "schannel", "apple", "rustls", "php", "ruby", "perl", "wolfssl", "mbedtls", "erlang"} {
		if stacks[stack] == 0 {
			t.Errorf("nothing of %s", stack)
		}
	}
	for _, r := range scenarios.Reasons() {
		if !reasons[r] && !r.IsPagePolicy() { // for a page's policy nobody is refused
			t.Errorf("no text states %s", r)
		}
	}
}

// A pattern twice in one stack would hide its second entry.
func TestBuiltinHasNoDuplicates(t *testing.T) {
	seen := make(map[string]int)
	for _, e := range verdict.Builtin().Entries() {
		key := e.Stack + "\t" + e.Pattern
		if line, twice := seen[key]; twice {
			t.Errorf("line %d repeats line %d: %s", e.Line, line, key)
		}
		seen[key] = e.Line
	}
}

// What real clients printed at real servers with one fault each, whole, and the
// reason that must be among those read from it.
func TestBuiltinReadsWholeOutputs(t *testing.T) {
	javaExpired := `javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed
	at java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)
Caused by: java.security.cert.CertPathValidatorException: validity check failed
Caused by: java.security.cert.CertificateExpiredException: NotAfter: Sun Nov 22 16:55:06 UTC 2026
`
	tests := []struct {
		name, output string
		want         []scenarios.Reason
	}{
		{"curl", "curl: (60) SSL certificate problem: certificate has expired\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server\n", []scenarios.Reason{scenarios.Expired}},
		{"silent curl, of which only the exit code speaks", "curl: exit status 90", []scenarios.Reason{scenarios.PinMismatch}},
		{"java narrows", javaExpired, []scenarios.Reason{scenarios.Expired}},
		{"s_client", "depth=0 CN = lab leaf\nverify error:num=20:unable to get local issuer certificate\nverify return:1\ndepth=0 CN = lab leaf\nverify error:num=21:unable to verify the first certificate\nread:errno=104\n", []scenarios.Reason{scenarios.UntrustedRoot, scenarios.MissingIntermediate}},
		{"gnutls-cli", "- Status: The certificate is NOT trusted. The certificate issuer is not a CA. The certificate chain violates the signer's constraints. \n*** PKI verification of server certificate failed...\n*** Fatal error: Error in the certificate.\n", []scenarios.Reason{scenarios.NotACA}},
		{"wget", "ERROR: The certificate of ‘localhost’ is not trusted.\nERROR: The certificate of ‘localhost’ has expired.\n", []scenarios.Reason{scenarios.Expired}},
		{"perl tells nothing", "SSL connect attempt failed error:0A000086:SSL routines::certificate verify failed\n", nil},
		{"php tells nothing", "PHP Warning:  file_get_contents(): SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A000086:SSL routines::certificate verify failed in a.php on line 3\nPHP Warning:  file_get_contents(): Failed to enable crypto in a.php on line 3\n", nil},
		{"a page", "<html><body>ok</body></html>", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			obs := verdict.Observe(conns(connection{}), said(test.output), expecting(scenarios.Expired), verdict.Builtin())
			if !slices.Equal(obs.Reasons, test.want) {
				t.Errorf("%v, want %v (from %q)", obs.Reasons, test.want, obs.Message)
			}
		})
	}
}

func TestExplainOrder(t *testing.T) {
	d, err := verdict.LoadDictionary([]byte("# a comment\n\nstack\tpattern\treasons\tsource\tsample\n" +
		"a\tbad\t\ts\tbad\na\treset\tconnection-closed\ts\treset\na\tcert bad\texpired|revoked\ts\tcert bad\na\tcert\trevoked\ts\tcert\na\tvery bad cert\trevoked\ts\tvery bad cert\nb\tlater\tself-signed\ts\tlater\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range d.Explain("reset bad\nvery bad cert bad\r\nlater\nbad") {
		got = append(got, x.Entry.Pattern+" in "+x.Line)
	}
	want := []string{"very bad cert in very bad cert bad", "cert in very bad cert bad", "cert bad in very bad cert bad", "later in later", "reset in reset bad", "bad in reset bad"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestExplainIsBounded(t *testing.T) {
	d := verdict.Builtin()
	if found := d.Explain(strings.Repeat("x", 64<<10) + "\ncertificate has expired"); len(found) != 0 {
		t.Errorf("read beyond 64 KiB: %v", found)
	}
	if found := d.Explain(strings.Repeat("x", 5000) + "certificate has expired"); len(found) != 0 {
		t.Errorf("read a line beyond 4 KiB: %v", found)
	}
	if found := d.Explain(strings.Repeat("\n", 501) + "certificate has expired"); len(found) != 0 {
		t.Errorf("read beyond 500 lines: %v", found)
	}
	long := d.Explain("certificate has expired " + strings.Repeat("y", 4000))
	if len(long) == 0 || len(long[0].Line) > 300 {
		t.Errorf("%d explanations, the line not cut", len(long))
	}
}

func TestLoadDictionaryRefuses(t *testing.T) {
	const header = "stack\tpattern\treasons\tsource\tsample\n"
	tests := []struct{ name, tsv, want string }{
		{"another header", "stack\tpattern\n", `reading an error dictionary: line 1: the header must be "stack\tpattern\treasons\tsource\tsample"`},
		{"too few fields", header + "a\tb\n", `reading an error dictionary: line 2: 2 fields instead of 5: "a\tb"`},
		{"no pattern", header + "a\t\t\tc\td\n", `reading an error dictionary: line 2: no pattern: "a\t\t\tc\td"`},
		{"an unknown reason", header + "a\tb\texpierd\tc\td\n", `reading an error dictionary: line 2: unknown reason "expierd"`},
		{"a reason twice", header + "a\tb\texpired|expired\tc\td\n", `reading an error dictionary: line 2: reason "expired" twice`},
		{"a broken pattern", header + "a\t(\t\tc\td\n", "reading an error dictionary: line 2: pattern: error parsing regexp: missing closing ): `(`"},
		{"a pattern for everything", header + "a\tx*\t\tc\td\n", `reading an error dictionary: line 2: pattern "x*" matches an empty line`},
		{"two mistakes", header + "a\tb\n# fine\na\tb\tx\tc\td\n", "reading an error dictionary: line 2: 2 fields instead of 5: \"a\\tb\"\nline 4: unknown reason \"x\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := verdict.LoadDictionary([]byte(test.tsv))
			if got := message(err); got != test.want {
				t.Errorf("%q\nwant %q", got, test.want)
			}
		})
	}
}

// The quick test by literal text must never rule out what the pattern matches.
func TestQuickTestAgreesWithPatterns(t *testing.T) {
	d := verdict.Builtin()
	entries := d.Entries()
	patterns := make([]*regexp.Regexp, len(entries))
	for i, e := range entries {
		patterns[i] = regexp.MustCompile(e.Pattern)
	}
	for n := 0; n < len(entries); n += 7 {
		sample := strings.ToUpper(entries[n].Sample[:1]) + entries[n].Sample[1:]
		found := make(map[int]bool)
		for _, x := range d.Explain(sample) {
			found[x.Entry.Line] = true
		}
		for i, e := range entries {
			if patterns[i].MatchString(sample) != found[e.Line] {
				t.Errorf("%q matches %q: %v, but Explain found it: %v", e.Pattern, sample, !found[e.Line], found[e.Line])
			}
		}
	}
}

func ExampleDictionary_Explain() {
	for _, x := range verdict.Builtin().Explain("curl: (60) SSL certificate problem: certificate has expired")[:1] {
		fmt.Println(x.Reasons[0], "by", x.Entry.Source)
		fmt.Println(x.Remedy)
	}
	// Output:
	// expired by openssl x509_txt.c X509_V_ERR_CERT_HAS_EXPIRED (10)
	// Renew the certificate, install it on every listener, reload the server, and alert 30 days ahead; if it is current, check the clock of the client.
}

func FuzzDictionary(f *testing.F) {
	d := verdict.Builtin()
	for _, e := range d.Entries() {
		f.Add(e.Sample)
	}
	f.Add("\xff\xfe\n\r\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		found := d.Explain(text)
		if len(found) > len(d.Entries()) {
			t.Fatalf("%d explanations by %d entries", len(found), len(d.Entries()))
		}
		for _, x := range found {
			if len(x.Line) > 300 || strings.ContainsFunc(x.Line, func(r rune) bool { return r < ' ' }) {
				t.Fatalf("line not fit to print: %q", x.Line)
			}
		}
	})
}

func FuzzLoadDictionary(f *testing.F) {
	f.Add([]byte("stack\tpattern\treasons\tsource\tsample\na\tb\texpired\tc\td\n"))
	f.Fuzz(func(_ *testing.T, tsv []byte) {
		if d, err := verdict.LoadDictionary(tsv); err == nil {
			d.Explain(string(tsv))
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	d := verdict.Builtin()
	for b.Loop() {
		d.Explain(`Get "https://localhost:19010/": tls: failed to verify certificate: x509: certificate signed by unknown authority`)
	}
}
