package evidence

import (
	"bytes"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// record makes a record of version 3.3 around body.
func record(typ uint8, body []byte) []byte {
	return append([]byte{typ, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

// message makes a handshake message.
func message(typ uint8, body []byte) []byte {
	n := len(body)
	return append([]byte{typ, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func handshake(typ uint8, body []byte) []byte { return record(typeHandshake, message(typ, body)) }

func alert(level, description uint8) []byte { return record(typeAlert, []byte{level, description}) }

func changeCipherSpec() []byte { return record(typeChangeCipherSpec, []byte{1}) }

// sealed is a record whose body nobody can read.
func sealed(typ uint8, length int) []byte { return record(typ, bytes.Repeat([]byte{0xa5}, length)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// extension is one TLS extension.
type extension struct {
	typ  uint16
	data []byte
}

// list8 and list16 make the length-prefixed lists of extensions, of values of 16 bits.
func list8(values ...uint16) []byte {
	var b cryptobyte.Builder
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, values) })
	return b.BytesOrPanic()
}

func list16(values ...uint16) []byte {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, values) })
	return b.BytesOrPanic()
}

func addUint16s(b *cryptobyte.Builder, values []uint16) {
	for _, v := range values {
		b.AddUint16(v)
	}
}

func serverName(name string) extension {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
	})
	return extension{extServerName, b.BytesOrPanic()}
}

func alpn(protocols ...string) extension {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, p := range protocols {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(p)) })
		}
	})
	return extension{extALPN, b.BytesOrPanic()}
}

// clientHello makes the body of a ClientHello.
func clientHello(version uint16, suites []uint16, extensions ...extension) []byte {
	var b cryptobyte.Builder
	b.AddUint16(version)
	b.AddBytes(make([]byte, 32))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 32)) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, suites) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
	addExtensions(&b, extensions)
	return b.BytesOrPanic()
}

func addExtensions(b *cryptobyte.Builder, extensions []extension) {
	if len(extensions) == 0 {
		return
	}
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, e := range extensions {
			b.AddUint16(e.typ)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.data) })
		}
	})
}

// hello12 and hello13 are the ClientHellos of clients of TLS 1.2 and of TLS 1.3 and 1.2.
func hello12() []byte {
	return clientHello(0x0303, []uint16{0xc02b, 0xc02f, 0x00ff}, serverName("localhost"))
}

func hello13() []byte {
	return clientHello(0x0303, []uint16{0x1301, 0xc02b}, serverName("localhost"),
		extension{extSupportedVersions, list8(0x0304, 0x0303)})
}

func earlyHello() []byte {
	return clientHello(0x0303, []uint16{0x1301}, extension{extEarlyData, nil}, extension{extSupportedVersions, list8(0x0304)})
}

// serverHelloBody makes the body of a ServerHello.
func serverHelloBody(version, suite uint16, random []byte, extensions ...extension) []byte {
	var b cryptobyte.Builder
	b.AddUint16(version)
	b.AddBytes(append(slices.Clone(random), make([]byte, 32-len(random))...))
	b.AddUint8(0) // no session id
	b.AddUint16(suite)
	b.AddUint8(0)
	addExtensions(&b, extensions)
	return b.BytesOrPanic()
}

func serverHello12(extensions ...extension) []byte {
	return handshake(typeServerHello, serverHelloBody(0x0303, 0xc02b, nil, extensions...))
}

func serverHello13() []byte {
	return handshake(typeServerHello, serverHelloBody(0x0303, 0x1301, nil, extension{extSupportedVersions, []byte{3, 4}}))
}

func helloRetryRequest() []byte {
	random := retryRandom()
	return handshake(typeServerHello, serverHelloBody(0x0303, 0x1301, random[:], extension{extSupportedVersions, []byte{3, 4}}))
}

// flight12 is a server's flight of TLS 1.2, with messages that nobody looks into.
func flight12() []byte {
	return join(serverHello12(), handshake(typeCertificate, make([]byte, 700)), handshake(12, make([]byte, 140)),
		handshake(typeServerHelloDone, nil))
}

// flight13 is a server's flight of TLS 1.3.
func flight13() []byte {
	return join(serverHello13(), changeCipherSpec(), sealed(typeApplicationData, 30), sealed(typeApplicationData, 700),
		sealed(typeApplicationData, 100), sealed(typeApplicationData, 53))
}
