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
// with: in the image of each is a small one, called fetch.
func imagePresets() []Preset {
	var all []Preset
	for _, l := range []struct{ name, about string }{
		{"mbedtls", "Mbed TLS, by a small program"},
	} {
		all = append(all, Preset{
			Name:      l.name,
			About:     l.about + "; in a container",
			imageOnly: true,
			programs:  []string{"fetch"},
			args:      "[trust] --ca {ca} [cert] --host {host} --port {port} --addr {addr} --timeout {seconds} {path}",
			insecure:  "--insecure",
			cert:      "--cert {cert} --key {key}",
			probe:     probe{args: []string{"--version"}, version: `^fetch .* (\S+)\n`, tls: `^fetch (.+)\n`},
		})
	}
	return all
}
