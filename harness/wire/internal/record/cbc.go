package record

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// cbc is a block cipher in CBC mode with a MAC: RFC 5246 6.2.3.2, with the
// chained IV of TLS 1.0 and SSL 3.0, or RFC 7366 with the MAC outside.
type cbc struct {
	version uint16
	block   cipher.Block
	iv      []byte // the next IV where it is implicit
	mac     macFunc
	macLast bool
}

func (p *cbc) explicitIV() bool { return p.version >= iana.TLS11 }

// padding returns padding with its length byte: what n bytes lack to whole blocks, and extra blocks.
func (p *cbc) padding(n, extra int) []byte {
	size := p.block.BlockSize()
	fill := size - n%size + extra*size
	fill = min(fill, 256-(256-fill%size)%size)
	pad := bytes.Repeat([]byte{byte(fill - 1)}, fill)
	if p.version == iana.SSL30 {
		clear(pad[:fill-1]) // any bytes do, RFC 6101 5.2.3.2
	}
	return pad
}

func (p *cbc) seal(o *Outgoing, seq uint64) ([]byte, error) {
	in := Inner{Content: o.Payload}
	if !p.macLast {
		in.MAC = p.mac(seq, o.Type, o.Version, o.Payload)
	}
	in.Tail = p.padding(len(in.Content)+len(in.MAC), o.Padding)
	if o.EditInner != nil {
		o.EditInner(&in)
	}
	plain := bytes.Join([][]byte{in.Content, in.MAC, in.Tail}, nil)
	plain = plain[:len(plain)-len(plain)%p.block.BlockSize()]

	iv, body := p.iv, []byte(nil)
	if p.explicitIV() {
		iv = make([]byte, p.block.BlockSize())
		_, _ = rand.Read(iv) // never fails
		body = iv
	}
	sealed := make([]byte, len(plain))
	cipher.NewCBCEncrypter(p.block, iv).CryptBlocks(sealed, plain)
	if !p.explicitIV() && len(sealed) > 0 {
		p.iv = sealed[len(sealed)-p.block.BlockSize():]
	}
	body = append(body[:len(body):len(body)], sealed...)
	if p.macLast {
		body = append(body, p.mac(seq, o.Type, o.Version, body)...)
	}
	return append(header(o.Type, o.Version, len(body)), body...), nil
}

func (p *cbc) open(rec Incoming, seq uint64, lenient Lenience) (uint8, []byte, error) {
	body, size := rec.Fragment, p.block.BlockSize()
	macLen := len(p.mac(0, 0, 0, nil))
	if p.macLast {
		if len(body) < macLen {
			return 0, nil, ErrBadMAC
		}
		sum := body[len(body)-macLen:]
		body = body[:len(body)-macLen]
		if subtle.ConstantTimeCompare(sum, p.mac(seq, rec.Type, rec.Version, body)) != 1 && !lenient.MAC {
			return 0, nil, ErrBadMAC
		}
	}
	iv := p.iv
	if p.explicitIV() {
		if len(body) < size {
			return 0, nil, ErrBadMAC
		}
		iv, body = body[:size], body[size:]
	}
	if len(body) == 0 || len(body)%size != 0 {
		return 0, nil, ErrBadMAC
	}
	plain := make([]byte, len(body))
	cipher.NewCBCDecrypter(p.block, iv).CryptBlocks(plain, body)
	if !p.explicitIV() {
		p.iv = append([]byte(nil), body[len(body)-size:]...)
	}
	plain, ok := p.unpad(plain, lenient.Padding)
	if !ok {
		return 0, nil, ErrBadMAC
	}
	if p.macLast {
		return rec.Type, plain, nil
	}
	if len(plain) < macLen {
		return 0, nil, ErrBadMAC
	}
	content, sum := plain[:len(plain)-macLen], plain[len(plain)-macLen:]
	if subtle.ConstantTimeCompare(sum, p.mac(seq, rec.Type, rec.Version, content)) != 1 && !lenient.MAC {
		return 0, nil, ErrBadMAC
	}
	return rec.Type, content, nil
}

// unpad takes the padding off; SSL 3.0 says nothing of its content, only that it is less than a block.
func (p *cbc) unpad(plain []byte, anyContent bool) ([]byte, bool) {
	last := plain[len(plain)-1]
	n := int(last) + 1
	if n > len(plain) {
		return nil, false
	}
	if p.version == iana.SSL30 {
		return plain[:len(plain)-n], n <= p.block.BlockSize()
	}
	for _, b := range plain[len(plain)-n:] {
		if b != last && !anyContent {
			return nil, false
		}
	}
	return plain[:len(plain)-n], true
}
