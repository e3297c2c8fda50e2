// Tlsfault tests TLS clients against servers that are broken in exactly one
// way, and tells whether each refuses and accepts as it should.
//
// This package is the command line: a file for each subcommand, with its flags
// and what it prints. The work is done by the packages it imports; the
// environment is read once, in newEnvironment.
package main

import "os"

func main() {
	env := newEnvironment()
	root := newRoot(env)
	os.Exit(exitCode(env, root, root.Execute()))
}
