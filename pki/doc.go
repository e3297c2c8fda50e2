// Package pki is the honest authority: it makes roots, intermediates and leaves
// as a good certification authority would, through cfssl, and the keys that
// they stand on.
//
// A [Request] says what a certificate is to hold. Its zero value with a key, an
// issuer and names is an ordinary TLS server certificate; every further field
// replaces one default. [Issue] hands it to cfssl and returns a [Certificate],
// which can itself be the Issuer of further requests. What cfssl would refuse,
// drop or rename is refused by [Request.Unfit] before it gets there, so that a
// certificate never differs silently from its request; package
// github.com/tlsfault/tlsfault/pki/forge makes those.
//
// Keys come from a pool, [Keys], that makes each key the first time somebody
// asks for it. [PrivateConstraints] are the name constraints that keep a root
// harmless if somebody trusts it by mistake.
package pki
