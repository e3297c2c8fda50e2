package scenarios

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// The bounds on what an author writes out in a certificate.
const (
	maxNames      = 10_000
	maxSerialText = 2_000
	maxValueText  = 2 << 20 // of an extension, in hexadecimal digits
)

var (
	hostPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)
	// mistakenName matches what is rather a slip than a broken DNS name; the prefix dns: makes it one.
	mistakenName = regexp.MustCompile(`[ \t,;/@]`)
	oidText      = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)
	subjectText  = regexp.MustCompile(`^\s*[A-Za-z0-9.]+=`)
	serial       = regexp.MustCompile(`^-?(0x[0-9A-Fa-f]+|0|[1-9][0-9]*)$`)
)

// nameTypes are the prefixes of names; raw: takes the DER of any GeneralName in hexadecimal.
var nameTypes = []string{"dns", "ip", "email", "uri", "dirname", "rid", "raw"}

// checkName looks at the host that clients are told.
func (c *checker) checkName() {
	name := c.Given.Name
	if name == "" {
		return
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return
	}
	switch {
	case strings.Contains(name, "://"):
		c.problem("given.name", "write the host alone", "given.name takes a host, not the URL %q", name)
	case strings.Contains(name, ":"):
		c.problem("given.name", "the port is chosen when the server starts", "given.name takes a host without a port, not %q", name)
	case !hostPattern.MatchString(name) || strings.Contains(name, "*"):
		c.problem("given.name", "", "%q is neither a DNS name nor an IP address", name)
	case len(name) > 253:
		c.problem("given.name", "", "a DNS name has at most 253 characters, RFC 1035 2.3.4")
	}
}

func (c *checker) checkCertificates(where string, certificates Certificates) {
	for _, of := range []struct {
		place string
		is    *Certificate
	}{{"leaf", certificates.Leaf}, {"intermediate", certificates.Intermediate}, {"intermediate2", certificates.Intermediate2}, {"root", certificates.Root}} {
		if of.is != nil {
			c.checkCertificate(where+"."+of.place, of.is)
		}
	}
}

func (c *checker) checkCertificate(at string, is *Certificate) {
	c.checkTimes(at, is)
	if is.Names != nil {
		c.checkNames(at+".names", *is.Names, false)
	}
	if n := is.NameConstraints; n != nil {
		c.checkNames(at+".nameConstraints.permitted", n.Permitted, true)
		c.checkNames(at+".nameConstraints.excluded", n.Excluded, true)
	}
	if is.Serial != "" && (!serial.MatchString(is.Serial) || len(is.Serial) > maxSerialText) {
		c.problem(at+".serial", `such as "1", "-1" or "0x80ff"`, "%q is no serial number", shortened(is.Serial))
	}
	if is.KeyUsage != nil {
		c.checkWords(at+".keyUsage", "key usage", *is.KeyUsage, keyUsages, false)
	}
	if is.ExtKeyUsage != nil {
		c.checkWords(at+".extKeyUsage", "purpose", *is.ExtKeyUsage, extKeyUsages, true)
	}
	if b := is.BasicConstraints; b != nil && b.Absent && (b.CA != nil || b.PathLen != nil) {
		c.problem(at+".basicConstraints.absent", "keep absent, or the others", "basicConstraints cannot be absent and say something")
	}
	c.checkIdentifiers(at, is)
	c.checkWords(at+".critical", "extension", is.Critical, extensionNames, false)
	c.checkWords(at+".notCritical", "extension", is.NotCritical, extensionNames, false)
	for i, x := range is.Extensions {
		c.checkExtension(fmt.Sprintf("%s.extensions.%d", at, i), x)
	}
}

// checkIdentifiers looks at the subject and the key identifiers.
func (c *checker) checkIdentifiers(at string, is *Certificate) {
	if is.Subject != nil && is.CommonName != nil {
		c.problem(at+".commonName", "write CN= in subject", "commonName and subject both say who it is")
	}
	if is.Subject != nil && *is.Subject != "" && !subjectText.MatchString(*is.Subject) {
		c.problem(at+".subject", `such as "C=XX,O=Shop,CN=api"`, "%q is no distinguished name", shortened(*is.Subject))
	}
	for _, of := range []struct {
		key string
		id  *string
	}{{"subjectKeyID", is.SubjectKeyID}, {"authorityKeyID", is.AuthorityKeyID}} {
		if of.id == nil {
			continue
		}
		if wrong := hexMistake(*of.id); wrong != "" {
			c.problem(at+"."+of.key, "two hexadecimal digits an octet, such as 0a1b", "%s", wrong)
		}
	}
}

func (c *checker) checkTimes(at string, is *Certificate) {
	// The loader must not depend on the clock: any moment does to find mistakes.
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, of := range []struct {
		key string
		is  Time
	}{{"notBefore", is.NotBefore}, {"notAfter", is.NotAfter}} {
		if of.is == "" {
			continue
		}
		moment, err := of.is.Resolve(now)
		switch {
		case err != nil:
			c.problem(at+"."+of.key, timeHint(of.is), "%s", err)
		case moment.Year() < 0 || moment.Year() > 9999:
			c.problem(at+"."+of.key, "", "a certificate holds years from 0000 to 9999, not %d", moment.Year())
		}
	}
}

// timeHint helps with what is nearly a time.
func timeHint(t Time) string {
	if _, relative, _ := t.offset(); relative {
		return "a certificate that old or that far ahead is written as a date, such as 1963-01-01"
	}
	bare := strings.ReplaceAll(string(t), " ", "")
	for _, long := range []string{"seconds", "minutes", "hours", "days", "years", "second", "minute", "hour", "day", "year", "min"} {
		if cut, ok := strings.CutSuffix(bare, long); ok {
			bare = cut + long[:1]
			break
		}
	}
	if offset.MatchString(bare) {
		return didYouMean(bare)
	}
	if offset.MatchString("+" + bare) {
		return fmt.Sprintf("did you mean %q or %q?", "-"+bare, "+"+bare)
	}
	return "an offset from now such as -1d or +2h (s, m, h, d, y), or a date such as 1963-01-01"
}

// checkNames looks at subjectAltName entries, or at the subtrees of name constraints.
func (c *checker) checkNames(at string, names []string, subtrees bool) {
	if len(names) > maxNames {
		c.problem(at, "use extraNames", "more than %d names are written out", maxNames)
		return
	}
	for i, name := range names {
		if hint, wrong := nameMistake(name, subtrees); wrong != "" {
			c.problem(fmt.Sprintf("%s.%d", at, i), hint, "%s", wrong)
		}
	}
}

// nameMistake says what is wrong with a name, "" if nothing is. What stands
// behind dns:, email: and uri: may be anything: it goes into the certificate as it is.
func nameMistake(name string, subtree bool) (hint, wrong string) {
	prefix, value, typed := strings.Cut(name, ":")
	if _, err := netip.ParseAddr(name); err == nil && !subtree {
		return fmt.Sprintf("write ip:%s, or dns:%s to put it where a DNS name belongs", name, name), fmt.Sprintf("%q is an IP address without ip:", name)
	}
	if _, err := netip.ParsePrefix(name); err == nil {
		return "write ip:" + name, fmt.Sprintf("%q is an IP prefix without ip:", name)
	}
	if !typed {
		if mistakenName.MatchString(name) {
			hint = "write dns: before it if that is meant"
			if strings.Contains(name, "@") {
				hint = "write email: before it, or dns: to put it where a DNS name belongs"
			}
			return hint, fmt.Sprintf("%q is no DNS name", shortened(name))
		}
		return "", ""
	}
	switch prefix {
	case "ip":
		if subtree {
			if _, err := netip.ParsePrefix(value); err != nil {
				return "such as ip:10.0.0.0/8 or ip:fd00::/8", fmt.Sprintf("%q is no IP prefix", value)
			}
		} else if address, err := netip.ParseAddr(value); err != nil || address.Zone() != "" {
			return "such as ip:192.0.2.1 or ip:2001:db8::1", fmt.Sprintf("%q is no IP address", value)
		}
	case "rid":
		if oidMistake(value) != "" {
			return "such as rid:2.999.1", oidMistake(value)
		}
	case "raw":
		return "", hexMistake(value)
	case "dns", "email", "uri", "dirname":
	default:
		return yamltree.Suggest(prefix, nameTypes), fmt.Sprintf("unknown type of name %q", prefix)
	}
	return "", ""
}

func (c *checker) checkWords(at, what string, list, known []string, orOID bool) {
	for i, word := range list {
		here := fmt.Sprintf("%s.%d", at, i)
		switch {
		case slices.Contains(list[:i], word):
			c.problem(here, "", "the %s %q stands here twice", what, word)
		case slices.Contains(known, word):
		case orOID && oidText.MatchString(word):
			if wrong := oidMistake(word); wrong != "" {
				c.problem(here, "", "%s", wrong)
			}
		default:
			c.problem(here, yamltree.Suggest(word, known), "unknown %s %q", what, word)
		}
	}
}

func (c *checker) checkExtension(at string, x Extension) {
	if wrong := oidMistake(x.OID); wrong != "" {
		c.problem(at+".oid", "such as 2.5.29.17", "%s", wrong)
	}
	if wrong := hexMistake(x.Value); wrong != "" {
		c.problem(at+".value", "two hexadecimal digits an octet, such as 0500", "%s", wrong)
	}
}

// oidMistake says what is wrong with a dotted object identifier (X.660), "" if nothing is.
func oidMistake(oid string) string {
	if !oidText.MatchString(oid) {
		return fmt.Sprintf("%q is no dotted object identifier", shortened(oid))
	}
	arcs := strings.Split(oid, ".")
	for _, arc := range arcs {
		if len(arc) > 1 && arc[0] == '0' {
			return fmt.Sprintf("%q is no object identifier: the number %s begins with 0", shortened(oid), arc)
		}
	}
	first, err := strconv.Atoi(arcs[0])
	second, ok := new(big.Int).SetString(arcs[1], 10)
	if err != nil || !ok || first > 2 || first < 2 && second.Cmp(big.NewInt(39)) > 0 {
		return fmt.Sprintf("%q is no object identifier: it begins with 0, 1 or 2, then under 0 and 1 with a number up to 39", shortened(oid))
	}
	return ""
}

// hexMistake says what is wrong with octets in hexadecimal, "" if nothing is.
func hexMistake(text string) string {
	if len(text) > maxValueText {
		return fmt.Sprintf("more than %d octets are written out", maxValueText/2)
	}
	for i, r := range text {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return fmt.Sprintf("%q at %d is no hexadecimal digit", r, i+1)
		}
	}
	if _, err := hex.DecodeString(text); err != nil {
		return fmt.Sprintf("%d hexadecimal digits make no whole octets", len(text))
	}
	return ""
}

// shortened cuts text for a message.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
