package twin

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/harness/client/container"
)

// firstError is the line that says most: the first error of OpenSSL, else the
// first line that tells of an error, else the last; without what differs each time.
func firstError(words string) string {
	said, weight := "", 0
	for line := range strings.Lines(words) {
		line = strings.TrimSpace(volatile.ReplaceAllString(strings.TrimSpace(line), ""))
		line = loopback.ReplaceAllString(line, "…")
		w := 1
		switch {
		case line == "", strings.Contains(line, "ignoring stale"): // nginx: of something before
			continue
		case sslError.MatchString(line):
			w = 3
		case errorWords.MatchString(line):
			w = 2
		}
		if w > weight || w == 1 && weight == 1 {
			said, weight = line, w
		}
	}
	return said
}

var (
	sslError   = regexp.MustCompile(`error:[0-9A-F]{8}:`)
	errorWords = regexp.MustCompile(`(?i)emerg|\bcrit|alert|error|unable|fail`)
	// volatile is what of a line tells when, where and to whom it was said.
	volatile = regexp.MustCompile(strings.Join([]string{
		`^[\d/]+ [\d:]+ `, `\d+#\d+: `, `\*\d+ `, ` while SSL handshaking, client: .*$`, // nginx
		`^\[[A-Z]+\] +\(\d+\) : `, `^127[\d.]+ `, // HAProxy
		`^(-|[\d.:]+) thread-\d+ `, // Apache
		`\b[0-9A-F]{12,16}:`,       // openssl
		container.ShellDir + `/case-\d+/`,
	}, "|"))
	loopback = regexp.MustCompile(`127\.\d+\.\d+\.\d+(:\d+)?`)
)

// opensslError is an error of OpenSSL's TLS as servers log it: the last digits are
// the reason, which for an alert that came is 1000 and its number.
var opensslError = regexp.MustCompile(`error:0A([0-9A-F]{6})`)

// alertReasons is where the reasons begin that stand for alerts.
const alertReasons = 1000

// threadLine is a line of Apache's log: the client or none, the thread, and what it says.
var threadLine = regexp.MustCompile(`^(-|[\d.]+)\S* (thread-\d+) `)

// alertTo returns the alert that a server says it was sent by the client at peer,
// or by any if that is empty.
func alertTo(words, peer string) (description uint8, ok bool) {
	threads := make(map[string]string)
	for line := range strings.Lines(words) {
		about := peer == "" || strings.Contains(line, peer+" ") || strings.Contains(line, peer+",")
		if m := threadLine.FindStringSubmatch(line); m != nil {
			if m[1] != "-" {
				threads[m[2]] = m[1]
			}
			about = threads[m[2]] == peer // what OpenSSL says is logged without the client, next to a line with it
		}
		if !about {
			continue
		}
		for _, m := range opensslError.FindAllStringSubmatch(line, -1) {
			if n, err := strconv.ParseUint(m[1], 16, 32); err == nil && n >= alertReasons && n < alertReasons+256 {
				return uint8(n - alertReasons), true //nolint:gosec // it is less than 256
			}
		}
	}
	return 0, false
}
