package record

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// macFunc computes the MAC of a record.
type macFunc func(seq uint64, typ uint8, version uint16, content []byte) []byte

// newMAC returns the HMAC of TLS, RFC 5246 6.2.3.1, or the MAC of SSL 3.0, RFC 6101 5.2.3.1.
func newMAC(version uint16, h crypto.Hash, key []byte) macFunc {
	if version == iana.SSL30 {
		return ssl3MAC(h, key)
	}
	mac := hmac.New(h.New, key)
	return func(seq uint64, typ uint8, version uint16, content []byte) []byte {
		mac.Reset()
		mac.Write(additionalData(seq, typ, version, len(content)))
		mac.Write(content)
		return mac.Sum(nil)
	}
}

func ssl3MAC(h crypto.Hash, key []byte) macFunc {
	padLen := 40
	if h.Size() == md5.Size {
		padLen = 48
	}
	pad1, pad2 := bytes.Repeat([]byte{0x36}, padLen), bytes.Repeat([]byte{0x5c}, padLen)
	return func(seq uint64, typ uint8, _ uint16, content []byte) []byte {
		ad := additionalData(seq, typ, 0, len(content))
		inner := h.New()
		inner.Write(key)
		inner.Write(pad1)
		inner.Write(ad[:9])
		inner.Write(ad[11:])
		inner.Write(content)
		outer := h.New()
		outer.Write(key)
		outer.Write(pad2)
		outer.Write(inner.Sum(nil))
		return outer.Sum(nil)
	}
}

// keyStream is a stream cipher.
type keyStream interface{ XORKeyStream(dst, src []byte) }

// nullCipher encrypts nothing: the NULL suites.
type nullCipher struct{}

func (nullCipher) XORKeyStream(dst, src []byte) { copy(dst, src) }

// stream is a stream cipher with a MAC, RFC 5246 6.2.3.1.
type stream struct {
	mac macFunc
	xor keyStream
}

func (p *stream) seal(o *Outgoing, seq uint64) ([]byte, error) {
	in := Inner{Content: o.Payload, MAC: p.mac(seq, o.Type, o.Version, o.Payload)}
	if o.EditInner != nil {
		o.EditInner(&in)
	}
	plain := bytes.Join([][]byte{in.Content, in.MAC, in.Tail}, nil)
	p.xor.XORKeyStream(plain, plain)
	return append(header(o.Type, o.Version, len(plain)), plain...), nil
}

func (p *stream) open(rec Incoming, seq uint64, lenient Lenience) (uint8, []byte, error) {
	plain := make([]byte, len(rec.Fragment))
	p.xor.XORKeyStream(plain, rec.Fragment)
	macLen := len(p.mac(0, 0, 0, nil))
	if len(plain) < macLen {
		return 0, nil, ErrBadMAC
	}
	content, sum := plain[:len(plain)-macLen], plain[len(plain)-macLen:]
	if subtle.ConstantTimeCompare(sum, p.mac(seq, rec.Type, rec.Version, content)) != 1 && !lenient.MAC {
		return 0, nil, ErrBadMAC
	}
	return rec.Type, content, nil
}
