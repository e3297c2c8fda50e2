package message

import (
	"golang.org/x/crypto/cryptobyte"
)

// The data of extensions. Each Parse function returns false for data that is
// not what the extension's definition asks for.

// KeyShare is an entry of key_share, RFC 8446 4.2.8.
type KeyShare struct {
	Group uint16
	Key   []byte
}

// Bytes returns the entry as a ServerHello's key_share holds it.
func (k KeyShare) Bytes() []byte {
	return build(func(b *cryptobyte.Builder) { k.marshal(b) })
}

func (k KeyShare) marshal(b *cryptobyte.Builder) {
	b.AddUint16(k.Group)
	vec16(b, k.Key)
}

// ParseKeyShare reads the key_share of a ServerHello.
func ParseKeyShare(data []byte) (KeyShare, bool) {
	s, k := reader(data), KeyShare{}
	ok := s.ReadUint16(&k.Group) && readVec16(&s, &k.Key) && s.Empty()
	return k, ok
}

// KeyShares returns the key_share of a ClientHello.
func KeyShares(shares []KeyShare) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, k := range shares {
				k.marshal(b)
			}
		})
	})
}

// ParseKeyShares reads the key_share of a ClientHello.
func ParseKeyShares(data []byte) ([]KeyShare, bool) {
	s, list := reader(data), reader(nil)
	if !s.ReadUint16LengthPrefixed(&list) || !s.Empty() {
		return nil, false
	}
	shares := []KeyShare{}
	for !list.Empty() {
		var k KeyShare
		if !list.ReadUint16(&k.Group) || !readVec16(&list, &k.Key) {
			return nil, false
		}
		shares = append(shares, k)
	}
	return shares, true
}

// Uint16 returns a single number: selected group or version, record size limit.
func Uint16(v uint16) []byte { return []byte{byte(v >> 8), byte(v)} }

// ParseUint16 reads a single number.
func ParseUint16(data []byte) (uint16, bool) {
	s, v := reader(data), uint16(0)
	ok := s.ReadUint16(&v) && s.Empty()
	return v, ok
}

// Uint16List returns a list whose length takes two bytes: supported_groups, signature_algorithms.
func Uint16List(v []uint16) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, v) })
	})
}

// ParseUint16List reads a list whose length takes two bytes.
func ParseUint16List(data []byte) (v []uint16, ok bool) {
	s, list := reader(data), reader(nil)
	ok = s.ReadUint16LengthPrefixed(&list) && s.Empty() && readUint16s(list, &v)
	return v, ok
}

// Uint16List8 returns a list whose length takes one byte: supported_versions, compress_certificate.
func Uint16List8(v []uint16) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, v) })
	})
}

// ParseUint16List8 reads a list whose length takes one byte.
func ParseUint16List8(data []byte) (v []uint16, ok bool) {
	s, list := reader(data), reader(nil)
	ok = s.ReadUint8LengthPrefixed(&list) && s.Empty() && readUint16s(list, &v)
	return v, ok
}

// Vector8 returns bytes whose length takes one byte: renegotiation_info, point formats, PSK modes.
func Vector8(v []byte) []byte {
	return build(func(b *cryptobyte.Builder) { vec8(b, v) })
}

// ParseVector8 reads bytes whose length takes one byte.
func ParseVector8(data []byte) (v []byte, ok bool) {
	s := reader(data)
	ok = readVec8(&s, &v) && s.Empty()
	return v, ok
}

// Vector16 returns bytes whose length takes two bytes: cookie.
func Vector16(v []byte) []byte {
	return build(func(b *cryptobyte.Builder) { vec16(b, v) })
}

// ParseVector16 reads bytes whose length takes two bytes.
func ParseVector16(data []byte) (v []byte, ok bool) {
	s := reader(data)
	ok = readVec16(&s, &v) && s.Empty()
	return v, ok
}

// ALPN returns a protocol name list, RFC 7301 3.1.
func ALPN(protocols []string) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, p := range protocols {
				vec8(b, []byte(p))
			}
		})
	})
}

// ParseALPN reads a protocol name list; it must not be empty nor hold empty names.
func ParseALPN(data []byte) ([]string, bool) {
	s, list := reader(data), reader(nil)
	if !s.ReadUint16LengthPrefixed(&list) || !s.Empty() || list.Empty() {
		return nil, false
	}
	var protocols []string
	for !list.Empty() {
		var p []byte
		if !readVec8(&list, &p) || len(p) == 0 {
			return nil, false
		}
		protocols = append(protocols, string(p))
	}
	return protocols, true
}

// ServerName returns a server_name of one host name, RFC 6066 3.
func ServerName(host string) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			vec16(b, []byte(host))
		})
	})
}

// ParseServerName reads the host name out of a server_name.
func ParseServerName(data []byte) (string, bool) {
	s, list := reader(data), reader(nil)
	if !s.ReadUint16LengthPrefixed(&list) || !s.Empty() {
		return "", false
	}
	host := ""
	for !list.Empty() {
		var typ uint8
		var name []byte
		if !list.ReadUint8(&typ) || !readVec16(&list, &name) {
			return "", false
		}
		if typ == 0 && host == "" {
			host = string(name)
		}
	}
	return host, host != ""
}

// OCSPStaple returns the CertificateStatus structure of RFC 6066 8, as TLS 1.3 puts it into an extension.
func OCSPStaple(response []byte) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint8(1)
		vec24(b, response)
	})
}

// SCTList returns a SignedCertificateTimestampList, RFC 6962 3.3.
func SCTList(scts [][]byte) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, sct := range scts {
				vec16(b, sct)
			}
		})
	})
}

// PSKIdentity is an entry of OfferedPsks, RFC 8446 4.2.11.
type PSKIdentity struct {
	Identity []byte
	Age      uint32
}

// PreSharedKeys is the pre_shared_key of a ClientHello.
type PreSharedKeys struct {
	Identities []PSKIdentity
	Binders    [][]byte
}

// Bytes returns the data of the extension.
func (p *PreSharedKeys) Bytes() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, id := range p.Identities {
				vec16(b, id.Identity)
				b.AddUint32(id.Age)
			}
		})
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, binder := range p.Binders {
				vec8(b, binder)
			}
		})
	})
}

// BindersLen is how many bytes at the end of a ClientHello the binders take, their length included.
func (p *PreSharedKeys) BindersLen() int {
	n := 2
	for _, b := range p.Binders {
		n += 1 + len(b)
	}
	return n
}

// ParsePreSharedKeys reads the pre_shared_key of a ClientHello.
func ParsePreSharedKeys(data []byte) (*PreSharedKeys, bool) {
	s, ids, binders := reader(data), reader(nil), reader(nil)
	if !s.ReadUint16LengthPrefixed(&ids) || !s.ReadUint16LengthPrefixed(&binders) || !s.Empty() {
		return nil, false
	}
	p := &PreSharedKeys{}
	for !ids.Empty() {
		var id PSKIdentity
		if !readVec16(&ids, &id.Identity) || !ids.ReadUint32(&id.Age) {
			return nil, false
		}
		p.Identities = append(p.Identities, id)
	}
	for !binders.Empty() {
		var binder []byte
		if !readVec8(&binders, &binder) {
			return nil, false
		}
		p.Binders = append(p.Binders, binder)
	}
	return p, len(p.Identities) > 0 && len(p.Identities) == len(p.Binders)
}
