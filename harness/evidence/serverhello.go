package evidence

import (
	"bytes"
	"crypto/sha256"

	"golang.org/x/crypto/cryptobyte"
)

// serverHello is what is read of a ServerHello, RFC 8446 4.1.3.
type serverHello struct {
	version uint16
	suite   uint16
	alpn    string
	retry   bool // it is a HelloRetryRequest
}

// retryRandom is the random that makes a ServerHello a HelloRetryRequest: the
// SHA-256 of its name, RFC 8446 4.1.3.
func retryRandom() [32]byte { return sha256.Sum256([]byte("HelloRetryRequest")) }

// parseServerHello reads the body of a ServerHello. The server may be meant to
// lie: extensions that do not parse, and whatever follows, are passed over.
func parseServerHello(body []byte) (serverHello, bool) {
	s := cryptobyte.String(body)
	var h serverHello
	var random []byte
	var sessionID, extensions cryptobyte.String
	if !s.ReadUint16(&h.version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&sessionID) ||
		!s.ReadUint16(&h.suite) || !s.Skip(1) {
		return h, false
	}
	want := retryRandom()
	h.retry = bytes.Equal(random, want[:])
	if !s.ReadUint16LengthPrefixed(&extensions) {
		return h, true
	}
	var typ uint16
	var data cryptobyte.String
	for extensions.ReadUint16(&typ) && extensions.ReadUint16LengthPrefixed(&data) {
		switch typ {
		case extSupportedVersions:
			data.ReadUint16(&h.version)
		case extALPN:
			if protocols, _ := readALPN(data); len(protocols) > 0 {
				h.alpn = protocols[0]
			}
		}
	}
	return h, true
}
