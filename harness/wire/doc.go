// Package wire is the server side of SSL 3.0 to TLS 1.3, written to produce any
// handshake, right or wrong in exactly one place.
//
// # Use
//
// Server wraps a connection as crypto/tls does; the zero value of everything in
// Config but Certificate is a correct and sound server. Edits make it a wrong
// one. ParseEdit finds an edit by the words that scenarios use, and Edits lists
// them all:
//
//	edit, err := wire.ParseEdit(wire.AreaHandshake, "certificate-verify-corrupted", nil)
//	conn := wire.Server(raw, &wire.Config{Certificate: cert, Edits: []wire.Edit{edit}})
//	err = conn.Handshake(ctx)
//
// # How it works
//
// A handshake is a list of steps, each a method that is named as the RFC names
// what it sends or reads: see legacySteps for SSL 3.0 to TLS 1.2 and
// tls13Steps. The list is data; handshake.run goes through it. A step that
// sends fills in a plain struct of internal/message and hands it to send, which
// encodes it, adds it to the transcript and queues it in records. Records wait
// in a list, each with the keys it is to be sealed with, until the server has
// to read: then the flight is sealed and written at once.
//
// An edit is a row of a table (edits_*.go) with functions for some of the
// stages below. The engine calls whatever functions there are at each stage and
// knows nothing of what they do, so that a fault is complete in its row:
//
//	config      the configuration, before the first byte is read
//	hello       the ClientHello has been read, nothing is chosen yet
//	negotiated  version, cipher suite and the rest are chosen
//	plan        the list of steps
//	share       the server's key share of TLS 1.3 and the secret it leads to
//	message     a message before it is signed, and again after
//	signing     what is signed, by which key and scheme
//	encoded     the bytes of a message, before and after the transcript takes them in
//	records     the list of records of a flight, before encryption; each may
//	            also carry functions that change it before and after it is sealed
//	finished    the handshake is over
//	close       the end of the connection
//
// An edit says whether it came to act: Conn.Applied. Where a message is
// mutated at the right stage everything after it stays consistent, so that a
// client which lacks just the one check that the fault is about goes on as if
// nothing were wrong; where the client would compute something unusual, the
// edit replaces what the server computes. EditInfo.NotIsolated says so where
// this cannot be.
//
// # Evidence
//
// Config.Trace gets every message, alert, and change of cipher spec of the
// client in clear, and what the server sent. Alerts of TLS 1.3 are understood
// in plaintext and under the keys of either epoch, since clients differ.
//
// # Bounds
//
// The engine starts no goroutine. It reads as much as Limits allow and for as
// long as the caller's context and deadlines allow. It does not resist timing
// attacks and holds itself to no FIPS profile: its peers are clients under test.
package wire
