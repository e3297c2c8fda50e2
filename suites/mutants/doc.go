// Package mutants proves the catalogue with mutants of Go's own client: each is
// crypto/tls and crypto/x509 with one check removed. A mutant must accept the
// scenarios that are about its check, and refuse and accept everything else as
// Go does. A scenario that no mutant accepts, or two of them, is either broken
// in more than one way or says why.
//
// Nothing of Go's source is kept here. The test reads the sources of the
// installed Go, cuts the checks out of copies of them, and builds one program
// from those with the overlay of the go command; an environment variable says
// which check the program lacks. A table says where each check stands, by its
// function and its condition. When Go's source changes so that a check is not
// found any more, the test says so and the table wants updating.
package mutants
