package client

import "fmt"

// bouncyCastle is where Debian has the jars of Bouncy Castle.
const (
	bouncyCastleTLS = "/usr/share/java/bctls.jar"
	bouncyCastle    = bouncyCastleTLS + ":/usr/share/java/bcprov.jar:/usr/share/java/bcutil.jar:/usr/share/java/bcpkix.jar"
)

// libraryPresets lists libraries beside those that come with a language.
func libraryPresets() []Preset {
	all := []Preset{{
		Name:     "libcurl-nss",
		About:    "libcurl with NSS, from Python",
		programs: []string{"python3"},
		args:     "-I -c {script} libcurl-nss.so.4 [trust]",
		insecure: "insecure",
		script:   "libcurl.py",
		probe: probe{
			args: []string{"-I", "-c", "import ctypes, sys; c = ctypes.CDLL('libcurl-nss.so.4'); c.curl_version.restype = ctypes.c_char_p; print(sys.executable); print(c.curl_version().decode())"},
			path: line1, version: `libcurl/(\S+)`, tls: `(NSS/\S+)`,
		},
	}, {
		Name:     "lwp",
		About:    "Perl's LWP and IO::Socket::SSL",
		programs: []string{"perl"},
		args:     "-e {script} [trust]",
		insecure: "insecure",
		script:   "lwp.pl",
		probe: probe{
			args: []string{"-MLWP::UserAgent", "-MLWP::Protocol::https", "-e", `print join("\n", $^X, $LWP::UserAgent::VERSION, Net::SSLeay::SSLeay_version(0)), "\n"`},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "php-curl",
		About:    "PHP's curl",
		programs: []string{"php"},
		args:     "-n -d extension=curl -d display_errors=stderr -d html_errors=0 -r {script} -- [trust]",
		insecure: "insecure",
		script:   "curl.php",
		probe: probe{
			args: []string{"-n", "-d", "extension=curl", "-d", "display_errors=stderr", "-r", `echo PHP_BINARY, "\n", curl_version()["version"], "\n", curl_version()["ssl_version"], "\n";`},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "undici",
		About:    "the fetch that is built into Node.js; shows no certificate of its own",
		programs: []string{"node", "nodejs"},
		args:     "--use-openssl-ca -e {script} [trust]",
		insecure: "insecure",
		script:   "undici.js",
		probe: probe{
			args: []string{"-e", "console.log([process.execPath, process.versions.undici, process.versions.openssl].join('\\n'))"},
			path: line1, version: `^.*\n(\d.*)\n`, tls: line3, tlsName: "OpenSSL ",
		},
	}, {
		Name:     "erlang",
		About:    "Erlang's httpc and ssl",
		programs: []string{"erl"},
		args:     "-noshell -noinput -eval {script} -extra [trust]",
		insecure: "insecure",
		script:   "httpc.erl",
		env:      []string{"ERL_CRASH_DUMP_SECONDS=0"},
		probe: probe{
			args:    []string{"-noshell", "-noinput", "-eval", `ok = application:load(ssl), {ok, V} = application:get_key(ssl, vsn), io:format("OTP ~s~nssl ~s~n", [erlang:system_info(otp_release), V]), halt().`},
			version: `OTP (\S+)`, tls: `ssl (\S+)`, tlsName: "Erlang ssl ",
		},
	}, {
		Name:     "java-url",
		About:    "Java's HttpsURLConnection and JSSE; needs a JDK 11 or later",
		programs: []string{"java"},
		args:     javaOptions + " " + javaHosts + " -cp {home} Fetch url [trust]",
		insecure: "insecure",
		script:   "Fetch.java",
		java:     true,
		probe: probe{
			args:    []string{"-XshowSettings:properties", "-version"},
			version: `java\.version = (\S+)`, tls: `java\.version = (\S+)`, tlsName: "SunJSSE ",
		},
	}, {
		Name:     "bouncycastle",
		About:    "Java's HttpsURLConnection over Bouncy Castle's JSSE; needs a JDK 11 or later",
		programs: []string{"java"},
		args:     javaOptions + " " + javaHosts + " -cp {home}:" + bouncyCastle + " Fetch bouncycastle [trust]",
		insecure: "insecure",
		script:   "Fetch.java",
		java:     true,
		needs:    bouncyCastleTLS,
		probe: probe{
			args:    []string{"-XshowSettings:properties", "-version"},
			version: `java\.version = (\S+)`, tls: `bctls-([\d.]+)\.jar`, tlsName: "Bouncy Castle ",
		},
	}}
	for _, l := range []struct{ name, module, about, version, tls string }{
		{"requests", "requests", "Python's requests", "requests.__version__", "ssl.OPENSSL_VERSION"},
		{"urllib3", "urllib3", "Python's urllib3", "urllib3.__version__", "ssl.OPENSSL_VERSION"},
		{"httpx", "httpx", "Python's httpx", "httpx.__version__", "ssl.OPENSSL_VERSION"},
		{"aiohttp", "aiohttp", "Python's aiohttp", "aiohttp.__version__", "ssl.OPENSSL_VERSION"},
		{"pycurl", "pycurl", "Python's pycurl", "pycurl.version_info()[1]", "pycurl.version_info()[5]"},
	} {
		all = append(all, Preset{
			Name:     l.name,
			About:    l.about,
			programs: []string{"python3", "python"},
			args:     "-I -c {script} " + l.module + " [trust]",
			insecure: "insecure",
			script:   "library.py",
			probe: probe{
				args: []string{"-I", "-c", fmt.Sprintf("import %s, ssl, sys; print(sys.executable); print(%s); print(%s)", l.module, l.version, l.tls)},
				path: line1, version: line2, tls: line3,
			},
		})
	}
	return all
}
