// Package secret derives every key and every verify_data of SSL 3.0 to TLS 1.3
// from shared secrets and transcripts. Its functions are pure.
package secret

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"hash"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// MasterLen is the length of a master secret, RFC 5246 8.1.
const MasterLen = 48

// Legacy derives the secrets of one connection of SSL 3.0 to TLS 1.2.
type Legacy struct {
	Version uint16
	Hash    crypto.Hash // of the PRF, TLS 1.2 only
	Client  [32]byte    // client_random
	Server  [32]byte    // server_random
}

// PRF is the PRF of TLS 1.0 to 1.2 (RFC 5246 5, RFC 2246 5) and the
// construction that SSL 3.0 has in its place (RFC 6101 6.1, 6.2.2), which knows
// no label.
func (l *Legacy) PRF(secret []byte, label string, seed []byte, n int) []byte {
	switch l.Version {
	case iana.SSL30:
		return ssl3PRF(secret, seed, n)
	case iana.TLS10, iana.TLS11:
		seed = append([]byte(label), seed...)
		half := (len(secret) + 1) / 2
		out := pHash(md5.New, secret[:half], seed, n)
		for i, b := range pHash(sha1.New, secret[len(secret)-half:], seed, n) {
			out[i] ^= b
		}
		return out
	}
	return pHash(l.Hash.New, secret, append([]byte(label), seed...), n)
}

func pHash(h func() hash.Hash, secret, seed []byte, n int) []byte {
	mac := hmac.New(h, secret)
	sum := func(parts ...[]byte) []byte {
		mac.Reset()
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	out := make([]byte, 0, n+mac.Size())
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

func ssl3PRF(secret, seed []byte, n int) []byte {
	var out []byte
	for i := 1; len(out) < n; i++ {
		inner := sha1.New()
		inner.Write(bytes.Repeat([]byte{byte('A' + i - 1)}, i))
		inner.Write(secret)
		inner.Write(seed)
		outer := md5.New()
		outer.Write(secret)
		outer.Write(inner.Sum(nil))
		out = outer.Sum(out)
	}
	return out[:n]
}

func (l *Legacy) clientServer() []byte { return append(l.Client[:], l.Server[:]...) }
func (l *Legacy) serverClient() []byte { return append(l.Server[:], l.Client[:]...) }

// Master returns the master secret, RFC 5246 8.1.
func (l *Legacy) Master(premaster []byte) []byte {
	return l.PRF(premaster, "master secret", l.clientServer(), MasterLen)
}

// ExtendedMaster returns the extended master secret, RFC 7627 4, over the
// transcript up to and including ClientKeyExchange.
func (l *Legacy) ExtendedMaster(premaster, transcript []byte) []byte {
	return l.PRF(premaster, "extended master secret", l.TranscriptHash(transcript), MasterLen)
}

// TranscriptHash is the hash of the handshake messages that TLS 1.0 to 1.2 feed to the PRF.
func (l *Legacy) TranscriptHash(transcript []byte) []byte {
	if l.Version >= iana.TLS12 {
		h := l.Hash.New()
		h.Write(transcript)
		return h.Sum(nil)
	}
	m, s := md5.Sum(transcript), sha1.Sum(transcript)
	return append(m[:], s[:]...)
}

// Block is a key block cut up, RFC 5246 6.3.
type Block struct {
	ClientMAC, ServerMAC []byte
	ClientKey, ServerKey []byte
	ClientIV, ServerIV   []byte
}

// Sizes says how to cut a key block.
type Sizes struct {
	MAC, Key, IV int
	// Secret is how many bytes of an export key come from the key block; 0 for all, RFC 2246 6.3.1.
	Secret int
}

// Block expands a master secret into keys.
func (l *Legacy) Block(master []byte, z Sizes) Block {
	raw := z.Key
	if z.Secret > 0 {
		raw = z.Secret
	}
	block := l.PRF(master, "key expansion", l.serverClient(), 2*(z.MAC+raw+z.IV))
	next := func(n int) []byte {
		v := block[:n:n]
		block = block[n:]
		return v
	}
	b := Block{
		ClientMAC: next(z.MAC), ServerMAC: next(z.MAC),
		ClientKey: next(raw), ServerKey: next(raw),
		ClientIV: next(z.IV), ServerIV: next(z.IV),
	}
	if z.Secret > 0 {
		l.export(&b, z)
	}
	return b
}

// export turns the short secrets of an export suite into keys, RFC 2246 6.3.1 and RFC 6101 6.2.2.1.
func (l *Legacy) export(b *Block, z Sizes) {
	if l.Version == iana.SSL30 {
		sum := func(parts ...[]byte) []byte {
			v := md5.Sum(bytes.Join(parts, nil))
			return v[:]
		}
		b.ClientKey = sum(b.ClientKey, l.Client[:], l.Server[:])[:z.Key]
		b.ServerKey = sum(b.ServerKey, l.Server[:], l.Client[:])[:z.Key]
		b.ClientIV = sum(l.Client[:], l.Server[:])[:z.IV]
		b.ServerIV = sum(l.Server[:], l.Client[:])[:z.IV]
		return
	}
	b.ClientKey = l.PRF(b.ClientKey, "client write key", l.clientServer(), z.Key)
	b.ServerKey = l.PRF(b.ServerKey, "server write key", l.clientServer(), z.Key)
	ivs := l.PRF(nil, "IV block", l.clientServer(), 2*z.IV)
	b.ClientIV, b.ServerIV = ivs[:z.IV:z.IV], ivs[z.IV:]
}

// Finished returns verify_data over a transcript, RFC 5246 7.4.9 and RFC 6101 5.6.9.
func (l *Legacy) Finished(master, transcript []byte, byServer bool) []byte {
	if l.Version == iana.SSL30 {
		sender := []byte("CLNT")
		if byServer {
			sender = []byte("SRVR")
		}
		return append(ssl3Hash(md5.New(), 48, master, transcript, sender), ssl3Hash(sha1.New(), 40, master, transcript, sender)...)
	}
	label := "client finished"
	if byServer {
		label = "server finished"
	}
	return l.PRF(master, label, l.TranscriptHash(transcript), 12)
}

// CertificateVerify returns the digest that a client signs in SSL 3.0, RFC 6101 5.6.8: MD5 and SHA-1, or SHA-1 alone.
func (l *Legacy) CertificateVerify(master, transcript []byte) (both, sha []byte) {
	sha = ssl3Hash(sha1.New(), 40, master, transcript, nil)
	return append(ssl3Hash(md5.New(), 48, master, transcript, nil), sha...), sha
}

func ssl3Hash(h hash.Hash, pad int, master, transcript, sender []byte) []byte {
	h.Write(transcript)
	h.Write(sender)
	h.Write(master)
	h.Write(bytes.Repeat([]byte{0x36}, pad))
	inner := h.Sum(nil)
	h.Reset()
	h.Write(master)
	h.Write(bytes.Repeat([]byte{0x5c}, pad))
	h.Write(inner)
	return h.Sum(nil)
}
