// Package eyes has others look at the certificates of the catalogue: openssl,
// GnuTLS and zlint. What each says of a chain is compared with what its scenario
// claims to break; testdata/differences.tsv says where they differ with good
// reason. Two more tests look without them: a faulty chain differs from its
// control in what the scenario declares and nothing else, and a chain without a
// fault has nothing that a linter objects to.
package eyes
