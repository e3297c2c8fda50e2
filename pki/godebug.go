package pki

import "github.com/tlsfault/tlsfault/pki/internal/godebug"

// The clients under test in this process and below it need Go's own limits:
// see package godebug. Nothing but an init function runs early enough.
func init() {
	if err := godebug.Restore(); err != nil {
		panic("restoring GODEBUG: " + err.Error())
	}
}
