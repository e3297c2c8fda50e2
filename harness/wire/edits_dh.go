package wire

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/kx"
	"github.com/tlsfault/tlsfault/harness/wire/internal/message"
)

const (
	needsDHE     = "a DHE or anonymous DH suite"
	noteDegraded = "with such a generator the public value is degenerate as well"
)

var weakDHAlerts = []string{"insufficient_security", "handshake_failure", "illegal_parameter"}

// dhEdits are faults of the parameters of finite field Diffie-Hellman, which a
// client sees in ServerKeyExchange.
var dhEdits = []row{
	{EditInfo{
		Area: AreaDH, Name: "bits", Causes: "The modulus is a safe prime of so many bits.",
		Params: sizedParam(), RFC: "RFC 7919 3, RFC 9325 4.1, CVE-2015-4000 (Logjam)", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(p params) ops {
		g, _ := kx.Sized(p.int("bits"))
		return dhGroup(g)
	}},
	{EditInfo{
		Area: AreaDH, Name: "named", Causes: "The modulus is that of a group of RFC 7919.",
		Params: enum("group", "Group of RFC 7919.", "ffdhe2048", "ffdhe3072", "ffdhe4096"), RFC: "RFC 7919 4", Versions: upToTLS12, Legal: true, Needs: needsDHE,
	}, func(p params) ops {
		id, _ := iana.GroupByName(p.string("group"))
		g, _ := kx.FFDHE(id)
		return dhGroup(g)
	}},
	{EditInfo{
		Area: AreaDH, Name: "composite-p", Causes: "The modulus of 2048 bits is the product of two primes.",
		RFC: "RFC 7919 2.1, NIST SP 800-56A 5.5.2", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(params) ops { return dhGroup(kx.Composite()) }},
	{EditInfo{
		Area: AreaDH, Name: "even-p", Causes: "The modulus of 2048 bits is even.",
		RFC: "NIST SP 800-56A 5.5.2", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(params) ops { return dhGroup(kx.Even()) }},
	{EditInfo{
		Area: AreaDH, Name: "small-subgroup", Causes: "The modulus is a prime of 2048 bits, but the generator has order 13147.",
		RFC: "RFC 2785 4, NIST SP 800-56A 5.6.2.3.1", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(params) ops { return dhGroup(kx.SmallSubgroup()) }},
	{EditInfo{
		Area: AreaDH, Name: "huge-p", Causes: "The modulus is the least known Mersenne prime of at least so many bits, which takes a client long to compute with.",
		Params: number("bits", "Least number of bits of the modulus.", 32768, 1, 44497),
		RFC:    "CVE-2018-0732", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(p params) ops {
		g, _ := kx.Huge(p.int("bits"))
		return dhGroup(g)
	}},
	{EditInfo{
		Area: AreaDH, Name: "g", Causes: "The generator is a number that generates nothing; " + noteDegraded + ".",
		Params: enum("value", "The generator.", "0", "1", "p-1"),
		RFC:    "NIST SP 800-56A 5.5.2", Alerts: weakDHAlerts, Versions: upToTLS12, Needs: needsDHE,
	}, func(p params) ops {
		o := onDH(func(hs *handshake, m *message.DHParams) {
			hs.legacy.exchange.premasters = degenerate(hs.cfg.DH.P, new(big.Int).SetBytes(m.Y))
		})
		o.config = func(cfg *Config) bool {
			cfg.DH = &DHParams{P: cfg.DH.P, G: relative(p.string("value"), cfg.DH.P)}
			return false
		}
		return o
	}},
	{EditInfo{
		Area: AreaDH, Name: "y", Causes: "The server's public value is a number that makes the secret one of one or two.",
		Params: enum("value", "The public value.", "0", "1", "p-1", "p", "p+1"),
		RFC:    "RFC 7919 5.1", Alerts: []string{"handshake_failure", "illegal_parameter"}, AlertNamed: true, Versions: upToTLS12, Needs: needsDHE,
	}, func(p params) ops {
		return onDH(func(hs *handshake, m *message.DHParams) {
			modulus := new(big.Int).SetBytes(m.P)
			y := relative(p.string("value"), modulus)
			m.Y = dhBytes(y)
			hs.legacy.exchange.premasters = degenerate(modulus, y)
		})
	}},
	{EditInfo{
		Area: AreaDH, Name: "export", Causes: "The server chooses TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA with a modulus of 512 bits, whatever the client offered.",
		RFC: "RFC 2246 A.5, RFC 4346 A.5", Alerts: []string{"illegal_parameter", "handshake_failure"}, Versions: upToTLS12, Needs: "an RSA certificate",
	}, func(params) ops { return chooseSuite("TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA") }},
}

// sizedParam is a modulus size for which there is a prime.
func sizedParam() []ParamInfo {
	p := ParamInfo{Name: "bits", Type: ParamInt, Default: 1024, Max: 1 << 16, Doc: "Bits of the modulus."}
	for _, bits := range kx.Sizes() {
		p.Enum = append(p.Enum, strconv.Itoa(bits))
	}
	return []ParamInfo{p}
}

// onDH edits the parameters of DHE before they are signed.
func onDH(f func(hs *handshake, m *message.DHParams)) ops {
	return on(beforeSigning, func(hs *handshake, m *message.ServerKeyExchange) bool {
		if m.DH == nil {
			return false
		}
		f(hs, m.DH)
		return true
	})
}

// dhGroup replaces the parameters; that it came to act shows in ServerKeyExchange.
func dhGroup(g kx.DHGroup) ops {
	o := onDH(func(*handshake, *message.DHParams) {})
	o.config = func(cfg *Config) bool {
		cfg.DH = &DHParams{P: g.P, G: g.G}
		return false
	}
	return o
}

// groupEdits are the edits of AreaDH that no more than replace the group.
var groupEdits = []string{"bits", "named", "composite-p", "even-p", "small-subgroup", "huge-p"}

// Group returns the parameters of finite field Diffie-Hellman that are all there
// is to the edit, so that any server can be given them; nil for other edits.
func (e Edit) Group() *DHParams {
	if e.row == nil || e.Area != AreaDH || !slices.Contains(groupEdits, e.Name) {
		return nil
	}
	var cfg Config
	e.row.build(e.params).config(&cfg)
	return cfg.DH
}

// relative reads a number given relative to p.
func relative(value string, p *big.Int) *big.Int {
	one := big.NewInt(1)
	switch value {
	case "p":
		return p
	case "p-1":
		return new(big.Int).Sub(p, one)
	case "p+1":
		return new(big.Int).Add(p, one)
	case "1":
		return one
	}
	return new(big.Int)
}

// degenerate lists the secrets that a client without checks computes from y: 0,
// 1, or one of 1 and p-1; each without leading zeros as RFC 5246 8.1.2 has it,
// then as long as the modulus, since implementations differ.
func degenerate(p, y *big.Int) func(*handshake, *message.ClientKeyExchange) ([][]byte, error) {
	z := new(big.Int).Mod(y, p)
	secrets := []*big.Int{z}
	if z.Cmp(big.NewInt(1)) > 0 {
		secrets = append(secrets, big.NewInt(1))
	}
	var all [][]byte
	for _, s := range secrets {
		all = append(all, s.Bytes(), kx.DHGroup{P: p}.Padded(s))
	}
	if z.Sign() == 0 {
		all = append(all, []byte{0})
	}
	return func(*handshake, *message.ClientKeyExchange) ([][]byte, error) { return all, nil }
}
