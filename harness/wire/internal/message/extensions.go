package message

import (
	"golang.org/x/crypto/cryptobyte"
)

// Extension is one extension as it stands on the wire, RFC 8446 4.2.
type Extension struct {
	Type uint16
	Data []byte
}

// Extensions is an ordered list of extensions; it may hold a type twice.
type Extensions []Extension

// Get returns the data of the first extension of a type.
func (e Extensions) Get(typ uint16) ([]byte, bool) {
	for _, x := range e {
		if x.Type == typ {
			return x.Data, true
		}
	}
	return nil, false
}

// Has reports whether there is an extension of a type.
func (e Extensions) Has(typ uint16) bool {
	_, ok := e.Get(typ)
	return ok
}

// Duplicate returns a type that occurs twice.
func (e Extensions) Duplicate() (uint16, bool) {
	seen := make(map[uint16]bool, len(e))
	for _, x := range e {
		if seen[x.Type] {
			return x.Type, true
		}
		seen[x.Type] = true
	}
	return 0, false
}

// Add appends an extension.
func (e *Extensions) Add(typ uint16, data []byte) {
	*e = append(*e, Extension{typ, data})
}

// Set replaces the data of the extensions of a type, or appends one.
func (e *Extensions) Set(typ uint16, data []byte) {
	found := false
	for i := range *e {
		if (*e)[i].Type == typ {
			(*e)[i].Data, found = data, true
		}
	}
	if !found {
		e.Add(typ, data)
	}
}

// Remove takes every extension of a type out and reports whether there was one.
func (e *Extensions) Remove(typ uint16) bool {
	kept, n := (*e)[:0:0], len(*e)
	for _, x := range *e {
		if x.Type != typ {
			kept = append(kept, x)
		}
	}
	*e = kept
	return len(kept) != n
}

func (e Extensions) marshal(b *cryptobyte.Builder) {
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, x := range e {
			b.AddUint16(x.Type)
			vec16(b, x.Data)
		}
	})
}

func (e *Extensions) parse(s *reader) bool {
	var list reader
	if !s.ReadUint16LengthPrefixed(&list) {
		return false
	}
	*e = nil
	for !list.Empty() {
		var x Extension
		if !list.ReadUint16(&x.Type) || !readVec16(&list, &x.Data) {
			return false
		}
		*e = append(*e, x)
	}
	return true
}

// marshalOptional leaves an empty list out altogether, as TLS 1.2 and below may, RFC 5246 7.4.1.2.
func (e Extensions) marshalOptional(b *cryptobyte.Builder) {
	if len(e) > 0 {
		e.marshal(b)
	}
}
