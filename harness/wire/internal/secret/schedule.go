package secret

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"

	"golang.org/x/crypto/cryptobyte"
)

// Labels of Derive-Secret, RFC 8446 7.1.
const (
	ResumptionBinder  = "res binder"
	ClientEarly       = "c e traffic"
	ClientHandshake   = "c hs traffic"
	ServerHandshake   = "s hs traffic"
	ClientApplication = "c ap traffic"
	ServerApplication = "s ap traffic"
	ResumptionMaster  = "res master"
	derived           = "derived"
	resumptionLabel   = "resumption"
)

// Schedule is the key schedule of TLS 1.3, RFC 8446 7.1, at one of its three stages.
type Schedule struct {
	Hash    crypto.Hash
	current []byte
}

// NewSchedule starts at the early secret; psk is nil without one.
func NewSchedule(h crypto.Hash, psk []byte) *Schedule {
	s := &Schedule{Hash: h}
	if psk == nil {
		psk = make([]byte, h.Size())
	}
	s.current = s.extract(psk, nil)
	return s
}

// Advance goes on to the handshake secret with the (EC)DHE secret, then to the
// master secret with nil; nil also stands for key exchange by PSK alone.
func (s *Schedule) Advance(secret []byte) {
	if secret == nil {
		secret = make([]byte, s.Hash.Size())
	}
	s.current = s.extract(secret, s.Derive(derived, nil))
}

func (s *Schedule) extract(secret, salt []byte) []byte {
	prk, err := hkdf.Extract(s.Hash.New, secret, salt)
	if err != nil {
		panic("hkdf: " + err.Error()) // only in FIPS 140-only mode, which the engine cannot serve
	}
	return prk
}

// Derive is Derive-Secret over a transcript.
func (s *Schedule) Derive(label string, transcript []byte) []byte {
	return ExpandLabel(s.Hash, s.current, label, s.Sum(transcript), s.Hash.Size())
}

// Sum is Transcript-Hash over messages that are already joined, RFC 8446 4.4.1.
func (s *Schedule) Sum(transcript []byte) []byte {
	h := s.Hash.New()
	h.Write(transcript)
	return h.Sum(nil)
}

// ExpandLabel is HKDF-Expand-Label, RFC 8446 7.1.
func ExpandLabel(h crypto.Hash, secret []byte, label string, context []byte, n int) []byte {
	var b cryptobyte.Builder
	b.AddUint16(uint16(n))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(context) })
	out, err := hkdf.Expand(h.New, secret, string(b.BytesOrPanic()), n)
	if err != nil {
		panic("hkdf: " + err.Error()) // n is a hash or key length, never too long
	}
	return out
}

// TrafficKey returns the key and IV of a traffic secret, RFC 8446 7.3.
func TrafficKey(h crypto.Hash, secret []byte, keyLen int) (key, iv []byte) {
	return ExpandLabel(h, secret, "key", nil, keyLen), ExpandLabel(h, secret, "iv", nil, 12)
}

// NextTraffic returns the traffic secret after a KeyUpdate, RFC 8446 7.2.
func NextTraffic(h crypto.Hash, secret []byte) []byte {
	return ExpandLabel(h, secret, "traffic upd", nil, h.Size())
}

// VerifyData returns the verify_data of a Finished, or a PSK binder, over a
// hash of the transcript, RFC 8446 4.4.4 and 4.2.11.2.
func VerifyData(h crypto.Hash, secret, transcriptHash []byte) []byte {
	mac := hmac.New(h.New, ExpandLabel(h, secret, "finished", nil, h.Size()))
	mac.Write(transcriptHash)
	return mac.Sum(nil)
}

// ResumptionPSK returns the PSK that goes with a ticket, RFC 8446 4.6.1.
func ResumptionPSK(h crypto.Hash, resumptionMaster, nonce []byte) []byte {
	return ExpandLabel(h, resumptionMaster, resumptionLabel, nonce, h.Size())
}
