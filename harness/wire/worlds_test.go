package wire_test

import (
	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
)

// world is a correct server with a client that accepts it.
type world struct {
	server wire.Config
	client wiretest.Client
	// resumes has the client bring a session of a correct server.
	resumes bool
}

func suites(names ...string) []uint16 {
	var ids []uint16
	for _, n := range names {
		ids = append(ids, must(wire.CipherSuiteID(n)))
	}
	return ids
}

// worlds are named by version and what is special.
func worlds() map[string]world {
	a := theAuthority()
	rsa, p256 := a.leaves["rsa"], a.leaves["p256"]
	stapled := rsa
	stapled.OCSPStaple = []byte("a staple")
	key := &[32]byte{4}
	one := func(version uint16, cert wire.Certificate, names ...string) world {
		w := world{server: wire.Config{Certificate: cert, Versions: []uint16{version}}, client: wiretest.Client{Versions: []uint16{version}}}
		if len(names) > 0 {
			w.server.CipherSuites, w.client.CipherSuites = suites(names...), suites(names...)
		}
		return w
	}
	all := map[string]world{
		"ssl3":     one(wire.VersionSSL30, rsa, "TLS_RSA_WITH_AES_128_CBC_SHA"),
		"1.0":      one(wire.VersionTLS10, rsa, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
		"1.1 dhe":  one(wire.VersionTLS11, rsa, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
		"1.2":      one(wire.VersionTLS12, rsa),
		"1.2 ec":   one(wire.VersionTLS12, p256),
		"1.2 dhe":  one(wire.VersionTLS12, rsa, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"),
		"1.2 rsa":  one(wire.VersionTLS12, rsa, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
		"1.2 cbc":  one(wire.VersionTLS12, rsa, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
		"1.2 rc4":  one(wire.VersionTLS12, rsa, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
		"1.2 anon": one(wire.VersionTLS12, rsa, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
		"1.3":      one(wire.VersionTLS13, rsa),
		"1.3 ec":   one(wire.VersionTLS13, p256),
	}
	with := func(name, from string, f func(w *world)) {
		w := all[from]
		f(&w)
		all[name] = w
	}
	alpn := func(w *world) {
		w.server.ALPN, w.client.ALPN = []string{"http/1.1"}, []string{"h2", "http/1.1"}
	}
	tickets := func(w *world) { w.server.TicketKey, w.client.Tickets = key, true }
	resumes := func(w *world) { tickets(w); w.resumes = true }
	asks := func(w *world) { w.server.ClientAuth = wire.RequestClientCert }
	with("1.2 cbc", "1.2 cbc", func(w *world) { w.client.NoEtM = true })
	with("1.2 alpn", "1.2", alpn)
	with("1.2 tickets", "1.2", tickets)
	with("1.2 resumes", "1.2", resumes)
	with("1.2 offers tickets", "1.2", func(w *world) { w.client.Tickets = true })
	with("1.2 asks", "1.2", asks)
	with("1.2 stapled", "1.2", func(w *world) { w.server.Certificate, w.client.Status = stapled, true })
	with("1.3 alpn", "1.3", alpn)
	with("1.3 tickets", "1.3", tickets)
	with("1.3 resumes", "1.3", resumes)
	with("1.3 asks", "1.3", asks)
	with("1.3 compressed", "1.3", func(w *world) { w.client.Compressed = true })
	with("1.3 p256", "1.3", func(w *world) { w.client.Groups = []uint16{iana.Secp256r1, iana.X25519} })
	with("1.3 ffdhe", "1.3", func(w *world) {
		w.client.Groups, w.server.Groups = []uint16{iana.X25519, iana.FFDHE2048}, []uint16{iana.FFDHE2048, iana.X25519}
	})
	with("all", "1.3", func(w *world) {
		w.server.Versions, w.client.Versions = nil, []uint16{wire.VersionTLS13, wire.VersionTLS12}
		w.server.CipherSuites = nil
		for _, s := range iana.Suites() {
			if s.KX != iana.RSA && s.KX != iana.ECDHEECDSA && !s.KX.Anonymous() && !s.KX.Export() && s.KeyLen > 8 && s.Cipher.AEAD() {
				w.client.CipherSuites = append(w.client.CipherSuites, s.ID)
			}
		}
		w.client.CipherSuites = append(w.client.CipherSuites, suites("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA")...)
	})
	return all
}

// moreWorlds are those that a single row needs.
func moreWorlds(all map[string]world) {
	w := all["1.3"]
	w.server.Versions, w.client.CipherSuites = nil, append(suites("TLS_AES_128_GCM_SHA256"), must(wire.CipherSuiteID("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")))
	all["1.3 and suites of 1.2"] = w
	w = all["all"]
	w.server.Versions = []uint16{wire.VersionTLS12}
	all["all, server 1.2"] = w
	w = all["1.3"]
	w.client.Schemes = []uint16{0x0804}
	all["1.3, few schemes"] = w
}
