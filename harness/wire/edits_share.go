package wire

import (
	"bytes"
	"math/big"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
)

var badShare = []string{"illegal_parameter", "decode_error"}

// shareEdits are faults of the key share in a ServerHello of TLS 1.3, RFC 8446 4.2.8.
var shareEdits = []row{
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-group-not-offered", Causes: "The key share is labelled by a group that the client sent no share of.",
		RFC: "RFC 8446 4.2.8", Alerts: []string{"illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(ops{share: func(hs *handshake, s *share) bool {
		for _, g := range []uint16{iana.Secp521r1, iana.Secp384r1, iana.Secp256r1, iana.X25519} {
			if hs.offer.share(g) == nil {
				s.group = g
				return !s.absent
			}
		}
		return false
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-missing", Causes: "ServerHello has neither a key share nor a PSK; the server computes with zeros.",
		RFC: "RFC 8446 4.2.8, 9.2, CVE-2023-3724", Alerts: []string{"missing_extension", "handshake_failure", "illegal_parameter"}, AlertNamed: true, Versions: onlyTLS13,
	}, fixed(ops{share: func(hs *handshake, s *share) bool {
		if hs.resumption != nil {
			return false
		}
		s.absent, s.secret = true, nil
		return true
	}})},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-length", Causes: "The key share is a byte too short, and would be right with a zero after it; or a byte too long.",
		Params: enum("form", "What its length is.", "short", "long"),
		RFC:    "RFC 8446 4.2.8.1, 4.2.8.2", Alerts: badShare, Versions: onlyTLS13,
	}, func(p params) ops {
		return ops{share: func(hs *handshake, s *share) bool {
			if p.string("form") == "long" {
				s.public = append(bytes.Clone(s.public), 0)
				return !s.absent
			}
			return s.endInZero(hs) && len(s.public) > 0
		}}
	}},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-off-curve", Causes: "The key share is a point that is not on the curve, of order three on the one it is on: two clients in three that do not look compute the secret that the server supposes.",
		RFC: "RFC 8446 4.2.8.2", Alerts: badShare, Versions: onlyTLS13, Needs: "a NIST curve in the client's offer",
	}, fixed(withGroup(func(_ *handshake, s *share) bool {
		c := kx.Weierstrass(s.group)
		if c == nil || s.absent {
			return false
		}
		point := c.OrderThree()
		s.public, s.secret = c.Encode(point), c.X(point)
		return true
	}, nistGroups...))},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-infinity", Causes: "The key share is the point at infinity; the server computes with zeros.",
		RFC: "RFC 8446 4.2.8.2", Alerts: badShare, Versions: onlyTLS13, Needs: "a NIST curve in the client's offer",
	}, fixed(withGroup(func(_ *handshake, s *share) bool {
		c := kx.Weierstrass(s.group)
		if c == nil || s.absent {
			return false
		}
		s.public, s.secret = c.Encode(nil), c.X(nil)
		return true
	}, nistGroups...))},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-x25519-zero", Causes: "The x25519 value of the key share is all zeros, and so is what it leads to.",
		RFC: "RFC 8446 7.4.2, RFC 7748 6.1", Alerts: badShare, Versions: onlyTLS13, Needs: "x25519 or X25519MLKEM768 in the client's offer",
	}, fixed(withGroup(func(_ *handshake, s *share) bool {
		if s.absent || s.group != iana.X25519 && s.group != iana.X25519MLKEM768 {
			return false
		}
		clear(s.public[len(s.public)-32:])
		clear(s.secret[len(s.secret)-32:])
		return true
	}, iana.X25519, iana.X25519MLKEM768))},
	{EditInfo{
		Area: AreaHandshake, Name: "key-share-ffdhe-y", Causes: "The key share of an FFDHE group is a number that makes the secret one of one or two; of p-1, every second client computes what the server supposes.",
		Params: enum("value", "The public value.", "0", "1", "p-1", "p"),
		RFC:    "RFC 8446 4.2.8.1, RFC 7919 5.1", Alerts: []string{"illegal_parameter", "handshake_failure"}, AlertNamed: true, Versions: onlyTLS13, Needs: "an FFDHE group in the client's offer",
	}, func(p params) ops {
		return withGroup(func(_ *handshake, s *share) bool {
			g, ok := kx.FFDHE(s.group)
			if !ok || s.absent {
				return false
			}
			y := relative(p.string("value"), g.P)
			z := new(big.Int).Mod(y, g.P)
			if z.Cmp(big.NewInt(1)) > 0 {
				z.SetInt64(1)
			}
			s.public, s.secret = g.Padded(y), g.Padded(z)
			return true
		}, iana.FFDHE2048, iana.FFDHE3072, iana.FFDHE4096)
	}},
}

// withGroup edits the share of the first group of a list that the client
// offered; where the client sent no share of it, it is asked for one first.
func withGroup(f func(hs *handshake, s *share) bool, groups ...uint16) ops {
	return ops{share: f, negotiated: func(hs *handshake) bool {
		if hs.version != iana.TLS13 || hs.tls13.retried {
			return false
		}
		for _, g := range groups {
			if hs.offer.share(g) != nil {
				hs.group = g
				return false
			}
		}
		hs.useGroup(groups...)
		return false
	}}
}

// endInZero draws keys until the public value ends in a zero, and takes that
// off. A hybrid value does so as often as its x25519 part.
func (s *share) endInZero(hs *handshake) bool {
	if s.absent {
		return false
	}
	for range 1 << 14 {
		public, secret, err := kx.Respond(s.group, hs.offer.share(s.group), nil)
		if err == nil && public[len(public)-1] == 0 {
			s.public, s.secret = public[:len(public)-1], secret
			return true
		}
	}
	return false
}
