package wire

import (
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/sign"
)

// CipherSuiteID finds the number of a cipher suite by its IANA name. The error names the nearest that the engine knows.
func CipherSuiteID(name string) (uint16, error) {
	if s := iana.SuiteByName(name); s != nil {
		return s.ID, nil
	}
	var names []string
	for _, s := range iana.Suites() {
		names = append(names, s.Name)
	}
	return 0, unknown("cipher suite", name, names)
}

// GroupID finds the number of a named group by its IANA name. The error names the nearest that the engine knows.
func GroupID(name string) (uint16, error) {
	if id, ok := iana.GroupByName(name); ok {
		return id, nil
	}
	return 0, unknown("group", name, iana.GroupNames())
}

// SignatureSchemeID finds the number of a signature scheme by its IANA name. The error names the nearest that the engine knows.
func SignatureSchemeID(name string) (uint16, error) {
	if s := sign.ByName(name); s != nil {
		return s.ID, nil
	}
	return 0, unknown("signature scheme", name, sign.Names())
}

// CipherSuiteName is the IANA name of a cipher suite, or 0x and four digits.
func CipherSuiteName(id uint16) string { return iana.SuiteName(id) }

// GroupName is the IANA name of a named group, or 0x and four digits.
func GroupName(id uint16) string { return iana.GroupName(id) }

// VersionName names a protocol version, such as "TLS 1.2".
func VersionName(id uint16) string { return iana.VersionName(id) }

// unknown says that there is no such word, and which comes nearest.
func unknown(what, word string, known []string) error {
	return fmt.Errorf("no %s %q; did you mean %q?", what, word, nearest(word, known))
}
