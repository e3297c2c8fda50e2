package forge

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Identifier octets of X.690 8.1.2 that surgeries write.
const (
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagNull            = 0x05
	tagPrintableString = 0x13
	tagUTF8String      = 0x0c
	tagBMPString       = 0x1e
	tagSequence        = 0x30
	tagSet             = 0x31
	constructed        = 0x20
)

// split takes one DER element apart that we wrote ourselves.
func split(der []byte) (tag byte, content []byte, err error) {
	input := cryptobyte.String(der)
	var body cryptobyte.String
	var t cbasn1.Tag
	if !input.ReadAnyASN1(&body, &t) || !input.Empty() {
		return 0, nil, fmt.Errorf("%d bytes are not one DER element", len(der))
	}
	return byte(t), body, nil
}

// children returns the elements within a constructed element, each with its tag.
func children(der []byte) ([][]byte, error) {
	_, content, err := split(der)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for input := cryptobyte.String(content); !input.Empty(); {
		var child cryptobyte.String
		var t cbasn1.Tag
		if !input.ReadAnyASN1Element(&child, &t) {
			return nil, fmt.Errorf("the contents of %d bytes are not DER", len(content))
		}
		list = append(list, child)
	}
	return list, nil
}

// element puts contents behind a tag and their length, as short as it can be (X.690 10.1).
func element(tag byte, contents ...[]byte) []byte {
	content := joined(contents...)
	return append(append([]byte{tag}, length(len(content))...), content...)
}

func joined(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// length returns the length octets of X.690 8.1.3, as few as can be.
func length(n int) []byte {
	switch {
	case n < 0x80:
		return []byte{byte(n)}
	case n < 0x100:
		return []byte{0x81, byte(n)}
	case n < 0x10000:
		return []byte{0x82, byte(n >> 8), byte(n)}
	}
	return []byte{0x83, byte(n >> 16), byte(n >> 8), byte(n)}
}

// anotherLength returns der with other length octets before the same contents.
func anotherLength(der []byte, octets func(n int) []byte) ([]byte, error) {
	tag, content, err := split(der)
	return joined([]byte{tag}, octets(len(content)), content), err
}

// indefinite is the indefinite form of BER, X.690 8.1.3.6.
func indefinite(der []byte) ([]byte, error) {
	der, err := anotherLength(der, func(int) []byte { return []byte{0x80} })
	return append(der, 0, 0), err
}

// nonMinimal has a zero before the length, which BER allows and DER does not.
func nonMinimal(der []byte) ([]byte, error) {
	return anotherLength(der, func(n int) []byte { return []byte{0x84, 0, byte(n >> 16), byte(n >> 8), byte(n)} })
}

// off has a length that is wrong by some octets.
func off(by int) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) {
		return anotherLength(der, func(n int) []byte { return length(n + by) })
	}
}

// huge announces 2^31-1 octets.
func huge(der []byte) ([]byte, error) {
	return anotherLength(der, func(int) []byte { return []byte{0x84, 0x7f, 0xff, 0xff, 0xff} })
}

// retagged has another tag before the same length and contents.
func retagged(tag byte) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) { return append([]byte{tag}, der[1:]...), nil }
}

// longTag writes the tag number in the form for those above 30, X.690 8.1.2.4.
func longTag(der []byte) ([]byte, error) {
	return append([]byte{der[0] | 0x1f, der[0] & 0x1f}, der[1:]...), nil
}

// within appends to the contents of a constructed element.
func within(more ...byte) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) {
		tag, content, err := split(der)
		return element(tag, content, more), err
	}
}

// after appends behind an element.
func after(more ...byte) func([]byte) ([]byte, error) {
	return func(der []byte) ([]byte, error) { return append(append([]byte{}, der...), more...), nil }
}

// segmented cuts a string into two, in the constructed form of BER, X.690 8.6.4 and 8.7.3.
func segmented(der []byte) ([]byte, error) {
	tag, content, err := split(der)
	if err != nil {
		return nil, err
	}
	cut := len(content) / 2
	first, second := content[:cut], content[cut:]
	if tag == tagBitString { // each segment counts its unused bits
		second = append([]byte{0}, second...)
	}
	return element(tag|constructed, element(tag, first), element(tag, second)), nil
}

// nested returns a NULL within that many SEQUENCEs.
func nested(depth int) []byte {
	// Built from the inside out, lengths first: a copy for each level would cost the square.
	sizes := make([]int, depth)
	size := 2
	for i := range sizes {
		sizes[i] = size
		size += 1 + len(length(size))
	}
	der := make([]byte, 0, size)
	for i := depth - 1; i >= 0; i-- {
		der = append(append(der, tagSequence), length(sizes[i])...)
	}
	return append(der, tagNull, 0)
}
