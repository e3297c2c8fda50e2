package checker

import (
	"bytes"
	"strings"
)

// Identifier octets of X.690 8.1.2.
const (
	tagBoolean         = 0x01
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagOID             = 0x06
	tagUTF8String      = 0x0c
	tagPrintableString = 0x13
	tagTeletexString   = 0x14
	tagIA5String       = 0x16
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagUniversalString = 0x1c
	tagBMPString       = 0x1e
	tagSequence        = 0x30
	tagSet             = 0x31
	constructed        = 0x20
)

var textTags = map[byte]bool{
	tagUTF8String: true, tagPrintableString: true, tagTeletexString: true, tagIA5String: true, tagBMPString: true, tagUniversalString: true,
}

// deepest bounds how deep elements are read; what is deeper stays bytes.
const deepest = 32

// node is an element of BER as it was sent, and as it is to be written.
type node struct {
	tag     byte
	raw     []byte
	content []byte  // of a primitive
	kids    []*node // of a constructed one
}

// tagOf reads an identifier octet, also in the form for tag numbers above 30.
func tagOf(b []byte) (tag byte, size int) {
	switch {
	case len(b) == 0:
		return 0, 0
	case b[0]&0x1f != 0x1f || len(b) < 2:
		tag, size = b[0], 1
	default:
		tag, size = b[0]&0xe0|b[1]&0x1f, 2
	}
	if tag == tagSequence&^constructed || tag == tagSet&^constructed {
		tag |= constructed // they have no other form
	}
	return tag, size
}

// lengthOf reads length octets; -1 is the indefinite length.
func lengthOf(b []byte) (n, size int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if b[0] < 0x80 {
		return int(b[0]), 1, true
	}
	size = int(b[0] & 0x7f)
	if size == 0 {
		return -1, 1, true
	}
	if size > 8 || size >= len(b) {
		return 0, 0, false
	}
	for _, octet := range b[1 : size+1] {
		if n = n<<8 | int(octet); n > 1<<40 {
			n = 1 << 40
		}
	}
	return n, size + 1, true
}

// elements reads all elements of b, as far as they can be read.
func elements(b []byte, depth int) []*node {
	var list []*node
	for len(b) > 0 {
		n, rest, ok := read(b, depth)
		if !ok {
			break
		}
		list, b = append(list, n), rest
	}
	return list
}

// read reads one element. A length beyond the end is cut to what is there.
func read(b []byte, depth int) (n *node, rest []byte, ok bool) {
	tag, header := tagOf(b)
	length, size, ok := lengthOf(b[header:])
	if !ok {
		return nil, nil, false
	}
	n = &node{tag: tag}
	body := b[header+size:]
	if length < 0 {
		for !bytes.HasPrefix(body, []byte{0, 0}) {
			kid, after, ok := read(body, depth+1)
			if !ok {
				return nil, nil, false
			}
			n.kids, body = append(n.kids, kid), after
		}
		rest = body[2:]
		n.raw = b[:len(b)-len(rest)]
		return n, rest, true
	}
	length = min(length, len(body))
	body, rest = body[:length], body[length:]
	n.raw = b[:header+size+length]
	if tag&constructed != 0 && depth < deepest {
		n.kids = elements(body, depth+1)
	} else {
		n.content = body
	}
	return n, rest, true
}

// octets returns the contents of a string, put together from its segments, each
// without its count of unused bits where it has one.
func (n *node) octets(bits bool) []byte {
	if n.tag&constructed == 0 {
		if bits && n.tag == tagBitString && len(n.content) > 0 {
			return n.content[1:]
		}
		return n.content
	}
	var all []byte
	for _, kid := range n.kids {
		all = append(all, kid.octets(bits)...)
	}
	return all
}

// canonical makes DER of n and all below it.
func (n *node) canonical() {
	for _, kid := range n.kids {
		kid.canonical()
	}
	switch n.tag {
	case tagBoolean:
		value := byte(0)
		if len(bytes.Trim(n.content, "\x00")) > 0 {
			value = 0xff
		}
		n.content = []byte{value}
	case tagInteger:
		n.content = shortest(n.content)
	case tagOID:
		n.content = arcs(n.content)
	case tagPrintableString:
		n.content = bytes.Map(printable, n.content)
	case tagUTF8String:
		n.content = bytes.ToValidUTF8(n.content, []byte("x"))
	case tagBMPString:
		n.content = n.content[:len(n.content)&^1]
	}
}

// shortest is the shortest INTEGER of the same value, 1 for none.
func shortest(content []byte) []byte {
	if len(content) == 0 {
		return []byte{1}
	}
	for len(content) > 1 && (content[0] == 0 && content[1] < 0x80 || content[0] == 0xff && content[1] >= 0x80) {
		content = content[1:]
	}
	return content
}

// arcs writes each arc of an object identifier in as few octets as can be, and ends the last; 1.2.3 for none.
func arcs(content []byte) []byte {
	if len(content) == 0 {
		return []byte{0x2a, 3}
	}
	var out []byte
	begins := true
	for _, octet := range content {
		if begins && octet == 0x80 {
			continue
		}
		out = append(out, octet)
		begins = octet < 0x80
	}
	if n := len(out); n > 0 {
		out[n-1] &^= 0x80
	}
	return out
}

// printable replaces what a PrintableString cannot hold, X.680 41.4.
func printable(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" '()+,-./:=?", r) {
		return r
	}
	return 'x'
}

// encode writes n in the definite form, with as few length octets as can be.
func (n *node) encode() []byte {
	content := n.content
	if n.tag&constructed != 0 && n.content == nil {
		content = nil
		for _, kid := range n.kids {
			content = append(content, kid.encode()...)
		}
	}
	size := len(content)
	head := []byte{n.tag}
	switch {
	case size < 0x80:
		head = append(head, byte(size))
	case size < 0x100:
		head = append(head, 0x81, byte(size))
	case size < 0x10000:
		head = append(head, 0x82, byte(size>>8), byte(size))
	default:
		head = append(head, 0x83, byte(size>>16), byte(size>>8), byte(size))
	}
	return append(head, content...)
}
