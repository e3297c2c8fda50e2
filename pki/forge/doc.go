// Package forge is the dishonest authority: it makes the certificates that an
// honest one refuses to make.
//
// A [Spec] is an honest request and how the certificate departs from it. The
// zero value of every departure is none, so that a forged certificate differs
// from the honest one in the declared field alone: same extensions in the same
// order, same criticality, same string types. [Issue] makes it in the first of
// three ways that can: cfssl by package pki, x509.CreateCertificate with our own
// extensions, and our own DER, field by field with cryptobyte and signed here.
// [Spec.Way] tells which.
//
// An issuer may itself be a forgery: all that issuing needs of it is a name, a
// key identifier and a key. [Stranger] and [Misnamed] swap one of them.
//
// What no field of a certificate can say is a [Surgery]: a named operation on
// the subject, on the encoded fields, on the signed parts or on the whole. To
// add one, add a row to the table in surgeries.go.
package forge
