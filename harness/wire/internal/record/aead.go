package record

import (
	"crypto/cipher"
	"encoding/binary"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// aead12 is GCM (RFC 5288) and ChaCha20-Poly1305 (RFC 7905) in TLS 1.2.
type aead12 struct {
	aead     cipher.AEAD
	iv       []byte
	explicit bool // eight bytes of nonce go with each record
}

const explicitNonceLen = 8

func (p *aead12) nonce(explicit []byte, seq uint64) []byte {
	if p.explicit {
		return append(append([]byte(nil), p.iv...), explicit...)
	}
	return xorNonce(p.iv, seq)
}

func (p *aead12) seal(o *Outgoing, seq uint64) ([]byte, error) {
	in := Inner{Content: o.Payload}
	if o.EditInner != nil {
		o.EditInner(&in)
	}
	var explicit []byte
	if p.explicit {
		explicit = binary.BigEndian.AppendUint64(nil, seq)
	}
	wire := header(o.Type, o.Version, len(explicit)+len(in.Content)+p.aead.Overhead())
	wire = append(wire, explicit...)
	ad := additionalData(seq, o.Type, o.Version, len(in.Content))
	return p.aead.Seal(wire, p.nonce(explicit, seq), in.Content, ad), nil
}

func (p *aead12) open(rec Incoming, seq uint64, _ Lenience) (uint8, []byte, error) {
	var explicit []byte
	sealed := rec.Fragment
	if p.explicit {
		if len(sealed) < explicitNonceLen {
			return 0, nil, ErrBadMAC
		}
		explicit, sealed = sealed[:explicitNonceLen], sealed[explicitNonceLen:]
	}
	if len(sealed) < p.aead.Overhead() {
		return 0, nil, ErrBadMAC
	}
	ad := additionalData(seq, rec.Type, rec.Version, len(sealed)-p.aead.Overhead())
	content, err := p.aead.Open(nil, p.nonce(explicit, seq), sealed, ad)
	if err != nil {
		return 0, nil, ErrBadMAC
	}
	return rec.Type, content, nil
}

// aead13 is the protection of TLS 1.3, RFC 8446 5.2.
type aead13 struct {
	aead cipher.AEAD
	iv   []byte
}

func (p *aead13) seal(o *Outgoing, seq uint64) ([]byte, error) {
	in := Inner{Content: o.Payload, Tail: make([]byte, 1+o.Padding)}
	in.Tail[0] = o.Type
	if o.EditInner != nil {
		o.EditInner(&in)
	}
	outer := iana.RecordApplicationData
	if o.OuterType != 0 {
		outer = o.OuterType
	}
	n := len(in.Content) + len(in.Tail)
	wire := header(outer, o.Version, n+p.aead.Overhead())
	// The content goes where Seal puts its output, so that nothing is copied twice.
	plain := append(append(wire[HeaderLen:], in.Content...), in.Tail...)
	return p.aead.Seal(wire, xorNonce(p.iv, seq), plain, wire[:HeaderLen:HeaderLen]), nil
}

func (p *aead13) open(rec Incoming, seq uint64, lenient Lenience) (uint8, []byte, error) {
	ad := header(rec.Type, rec.Version, len(rec.Fragment))
	inner, err := p.aead.Open(nil, xorNonce(p.iv, seq), rec.Fragment, ad)
	if err != nil {
		return 0, nil, ErrBadMAC
	}
	if len(inner) > MaxPlaintext+1 && !lenient.Length {
		return 0, nil, ErrOverflow
	}
	for n := len(inner) - 1; n >= 0; n-- {
		if inner[n] != 0 {
			return inner[n], inner[:n], nil
		}
	}
	if lenient.Type {
		return 0, nil, nil
	}
	return 0, nil, ErrMalformed
}
