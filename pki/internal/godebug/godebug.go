// Package godebug undoes what an imported package does to the GODEBUG
// environment variable.
//
// cfssl links github.com/zmap/zcrypto, whose init functions add rsa1024min=0 to
// it. That lifts crypto/rsa's least key size in the whole process and in every
// Go program it starts: clients under test would accept the weak keys that they
// are tested with. This package remembers the variable before that, since Go
// initializes packages that wait for no other in the order of their paths, and
// puts it back when package pki, which depends on cfssl, is initialized.
package godebug

import "os"

const name = "GODEBUG"

var before, wasSet = os.LookupEnv(name)

// Restore gives GODEBUG the value that it had when the program was started. It
// returns an error when the environment cannot be changed.
func Restore() error {
	if !wasSet {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, before)
}
