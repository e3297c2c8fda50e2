// Package server puts a scenario on a listener. A Factory owns what a run
// shares (keys, roots, intermediates, root files) and starts one Server per
// case: it translates the scenario into a certificate chain, an engine and
// listeners on loopback, hands out the Target that a client is given, and when
// closed returns the Evidence of everything that connected. It is the only
// translator from scenario to PKI and wire.
//
// The way of one connection: accept, wrap in an evidence.Tap, let the engine
// shake hands with the fault in place, answer one HTTP request, say goodbye,
// and read on until the client closes, so that a late alert is still seen.
//
// A Twin takes the place of the engine: a server of the world, such as nginx. The
// tap still reads the records, which are passed on, and the twin sends on what it
// decrypts, to be answered here; package twin has such servers.
package server
