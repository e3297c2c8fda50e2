package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// ja4 returns the JA4 fingerprint of a TLS ClientHello over TCP, as FoxIO
// specifies it (github.com/FoxIO-LLC/ja4, technical_details/JA4.md): a readable
// part, the hash of the sorted cipher suites, and the hash of the sorted
// extensions and the signature algorithms. GREASE is left out everywhere.
func (o *offer) ja4() string {
	a, b, c := o.ja4Parts()
	return a + "_" + ja4Hash(b) + "_" + ja4Hash(c)
}

// ja4Parts returns the three parts before hashing, which joined by _ are JA4_r.
func (o *offer) ja4Parts() (a, b, c string) {
	suites := withoutGREASE(o.suites)
	extensions := withoutGREASE(o.extensions)
	destination := "i"
	if o.has(extServerName) {
		destination = "d"
	}
	a = fmt.Sprintf("t%s%s%02d%02d%s", o.ja4Version(), destination,
		min(len(suites), 99), min(len(extensions), 99), o.ja4ALPN())

	slices.Sort(suites)
	// Server name and ALPN change with the destination, not with the client.
	extensions = slices.DeleteFunc(extensions, func(e uint16) bool { return e == extServerName || e == extALPN })
	slices.Sort(extensions)
	c = hexList(extensions)
	if schemes := withoutGREASE(o.schemes); len(schemes) > 0 {
		c += "_" + hexList(schemes)
	}
	return a, hexList(suites), c
}

// ja4Version is the highest version offered, in two characters.
func (o *offer) ja4Version() string {
	version := o.version
	if versions := withoutGREASE(o.versions); len(versions) > 0 {
		version = slices.Max(versions)
	}
	switch version {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	}
	return "00"
}

// ja4ALPN is the first and the last character of the first protocol, or of its
// hexadecimal form where one of them is no letter or digit.
func (o *offer) ja4ALPN() string {
	if len(o.rawALPN) == 0 {
		return "00"
	}
	first, last := o.rawALPN[0], o.rawALPN[len(o.rawALPN)-1]
	if !alphanumeric(first) || !alphanumeric(last) {
		digits := hexDigits(o.rawALPN)
		first, last = digits[0], digits[len(digits)-1]
	}
	return string([]byte{first, last})
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func ja4Hash(list string) string {
	if list == "" {
		return "000000000000"
	}
	sum := sha256.Sum256([]byte(list))
	return hexDigits(sum[:6])
}

func hexList(values []uint16) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%04x", v)
	}
	return b.String()
}

func hexDigits(b []byte) string { return hex.EncodeToString(b) }

func withoutGREASE(values []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(values), isGREASE)
}
