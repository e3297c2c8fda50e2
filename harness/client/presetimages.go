package client

// imageOf is the directory of fixtures/images with the program of a preset, which
// runs natively as well.
var imageOf = map[string]string{
	"curl":         "curl",
	"openssl":      "openssl",
	"socat":        "openssl",
	"ncat":         "openssl",
	"w3m":          "openssl",
	"links":        "openssl",
	"gnutls-cli":   "gnutls",
	"wget":         "gnutls",
	"wget2":        "gnutls",
	"aria2c":       "gnutls",
	"lynx":         "gnutls",
	"elinks":       "gnutls",
	"git":          "gnutls",
	"tstclnt":      "nss",
	"libcurl-nss":  "nss",
	"python":       "python",
	"requests":     "python",
	"urllib3":      "python",
	"httpx":        "python",
	"aiohttp":      "python",
	"pycurl":       "python",
	"node":         "node",
	"undici":       "node",
	"java":         "java",
	"java-url":     "java",
	"bouncycastle": "java",
	"ruby":         "ruby",
	"php":          "php",
	"php-curl":     "php",
	"perl":         "perl",
	"lwp":          "perl",
	"erlang":       "erlang",
	"botan":        "botan",
}

// imagePresets lists the libraries that no program of a distribution is a client
// with: in their images are small ones, which are called alike.
func imagePresets() []Preset {
	var all []Preset
	for _, l := range []struct {
		name, image, tls, about string
		plainRoots              bool
	}{
		{"mbedtls", "embedded", "Mbed TLS ", "Mbed TLS, which cannot read name constraints", true},
		{"wolfssl", "embedded", "wolfSSL ", "wolfSSL, told to verify, which Debian's does not do by default", false},
		{"bearssl", "embedded", "BearSSL ", "BearSSL; shows no certificate of its own", false},
		{"rustls", "rustls", "rustls ", "rustls, whose webpki misjudges a root's name constraints", true},
		{"go119", "golang", "crypto/tls of ", "Go 1.19's net/http", false},
	} {
		all = append(all, Preset{
			Name:  l.name,
			About: l.about + "; in a container",
			image: l.image, plainRoots: l.plainRoots,
			programs: []string{l.name + "-fetch"},
			args:     "[trust] --ca {ca} [cert] --host {host} --addr {addr} --port {port} --timeout {seconds} {path}",
			insecure: "--insecure",
			cert:     "--cert {cert} --key {key}",
			probe:    probe{args: []string{"--version"}, version: `^fetch (\S+)`, tls: `^fetch (\S+)`, tlsName: l.tls},
		})
	}
	return append(all, Preset{
		Name:     "haskell",
		About:    "pandoc, which fetches with Haskell's tls; in a container",
		image:    "haskell",
		programs: []string{"pandoc"},
		args:     "[trust] --from=html --to=plain {url}",
		insecure: "--no-check-certificate",
		env:      []string{"SYSTEM_CERTIFICATE_PATH={ca}"},
		probe:    probe{args: []string{"--version"}, version: `^pandoc (\S+)`, tlsName: "Haskell tls"},
	})
}
