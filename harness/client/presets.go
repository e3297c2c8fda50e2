package client

import (
	"regexp"
	"slices"
)

// Interpreters are asked for three lines: the program's real path, which a
// version manager may hide, its version, and its TLS library.
const (
	line1 = `^(.*)\n`
	line2 = `^.*\n(.*)\n`
	line3 = `^.*\n.*\n(.*)`
)

// rawRequest is what a program that speaks TLS but not HTTP is given to say.
const rawRequest = "GET {path} HTTP/1.1\r\nHost: {hostport}\r\nConnection: close\r\n\r\n"

// presetTable lists the presets. {home} is an empty directory of the attempt,
// {tmp} the one that it is in, {script} the text of the preset's script, and
// {space} a space within an argument.
func presetTable() []Preset {
	return slices.Concat(commonPresets(), programPresets(), libraryPresets(), imagePresets())
}

// javaOptions are for a program that runs once and does little.
const javaOptions = "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"

// javaHosts is a file of names and addresses that is written for a Java program.
const javaHosts = "-Djdk.net.hosts.file={home}/hosts"

// commonPresets lists what most programs are, or are written with.
func commonPresets() []Preset {
	return []Preset{{
		Name:    "go",
		About:   "Go's net/http, built in",
		proxies: "http socks5h",
		modes: []mode{{"staple", "insists on a good stapled response", ""}, {"revocation", "looks at staples, OCSP and CRLs", ""},
			{"transparency", "wants SCTs of two logs", ""}, {"pins", "wants a pinned key", ""}},
	}, {
		Name:     "curl",
		About:    "curl",
		modes:    []mode{{"staple", "insists on a good stapled response", "--cert-status"}, {"crl", "insists on CRLs", "--crlfile {crls}"}, {"pins", "wants a pinned key", "--pinnedpubkey {pins}"}},
		programs: []string{"curl"},
		args:     "-q --silent --show-error --fail --max-time {timeout} --cacert {ca} --capath {home} [way] [trust] [cert] {url}",
		direct:   "--noproxy * --resolve {resolve}",
		proxies:  "http socks5h",
		insecure: "--insecure",
		cert:     "--cert {cert} --key {key}",
		probe: probe{
			args:    []string{"-q", "--version"},
			version: `^curl (\S+)`,
			tls:     `(?i) \(?((?:openssl|gnutls|libressl|boringssl|quictls|wolfssl|mbedtls|bearssl|rustls-ffi|aws-lc|schannel|securetransport)[^ )]*)`,
		},
	}, {
		Name:     "wget",
		About:    "GNU wget; has no option for the address of a name, so names that do not resolve come out inconclusive without a proxy",
		modes:    []mode{{"crl", "insists on CRLs", "--crl-file={crls}"}, {"pins", "wants a pinned key", "--pinnedpubkey={pins}"}},
		programs: []string{"wget"},
		args: "--no-config --no-hsts [way] --no-verbose --tries=1 --timeout={timeout} --ca-certificate={ca}" +
			" --ca-directory={home} [trust] [cert] --output-document=- {url}",
		direct:   "--no-proxy",
		proxies:  "http",
		insecure: "--no-check-certificate",
		cert:     "--certificate={cert} --private-key={key}",
		probe:    probe{args: []string{"--no-config", "--version"}, version: `^GNU Wget (\S+)`, tls: `\+ssl/(\w+)`},
	}, {
		Name:     "openssl",
		About:    "openssl s_client, told to verify; has no time limit of its own",
		modes:    []mode{{"crl", "insists on a CRL for the leaf", "-crl_check -CRL {crls}"}, {"crl-download", "insists on a CRL for the leaf, which it fetches", "-crl_check -crl_download"}},
		programs: []string{"openssl"},
		args:     "s_client -quiet [way] -CAfile {ca} -no-CApath -no-CAstore [host] [trust] [cert]",
		direct:   "-connect {addrport}",
		proxied:  "-proxy {proxyaddr} -connect {hostport}",
		proxies:  "http",
		verify:   "-verify_return_error",
		name:     "-servername {host} -verify_hostname {host}",
		literal:  "-noservername -verify_ip {host}",
		cert:     "-cert {cert} -key {key}",
		stdin:    rawRequest, // after which -quiet keeps it waiting for the answer
		probe:    probe{args: []string{"version"}, version: `^\w+ (\S+)`, tls: `^(\w+ \S+)`},
	}, {
		Name:     "gnutls-cli",
		About:    "gnutls-cli; has no time limit of its own",
		modes:    []mode{{"ocsp", "asks the OCSP responder", "--ocsp"}},
		programs: []string{"gnutls-cli"},
		args:     "--port {port} --x509cafile {ca} --verify-hostname {host} [host] [trust] [cert] {addr}",
		insecure: "--insecure",
		name:     "--sni-hostname {host}",
		cert:     "--x509certfile {cert} --x509keyfile {key}",
		stdin:    rawRequest,
		hold:     true, // it would leave before the answer
		probe:    probe{args: []string{"--version"}, version: `^gnutls-cli (\S+)`, tls: `^gnutls-cli (\S+)`, tlsName: "GnuTLS "},
	}, {
		Name:     "python",
		About:    "Python's http.client and ssl",
		modes:    []mode{{"crl", "insists on CRLs", "crl"}},
		programs: []string{"python3", "python"},
		args:     "-I -c {script} [trust]",
		insecure: "insecure",
		proxies:  "http",
		script:   "fetch.py",
		probe: probe{
			args: []string{"-I", "-c", "import platform, ssl, sys; print(sys.executable); print(platform.python_version()); print(ssl.OPENSSL_VERSION)"},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "node",
		About:    "Node.js' https",
		modes:    []mode{{"crl", "insists on CRLs; it looks at no OCSP response", "crl"}},
		programs: []string{"node", "nodejs"},
		args:     "-e {script} [trust]",
		insecure: "insecure",
		script:   "fetch.js",
		probe: probe{
			args: []string{"-e", "console.log([process.execPath, process.version, process.versions.openssl].join('\\n'))"},
			path: line1, version: line2, tls: line3, tlsName: "OpenSSL ",
		},
	}, {
		Name:     "java",
		About:    "Java's HttpClient and JSSE; needs a JDK 11 or later",
		modes:    []mode{{"revocation", "looks at staples, OCSP and CRLs", "revocation"}},
		programs: []string{"java"},
		args:     javaOptions + " [way] -cp {home} Fetch [trust]",
		direct:   javaHosts,
		proxied:  "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={proxyport} -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort={proxyport} -Dhttp.nonProxyHosts=",
		proxies:  "http",
		insecure: "insecure",
		script:   "Fetch.java",
		java:     true,
		probe: probe{
			args:    []string{"-XshowSettings:properties", "-version"},
			version: `java\.version = (\S+)`, tls: `java\.version = (\S+)`, tlsName: "SunJSSE ",
		},
	}, {
		Name:     "perl",
		About:    "Perl's HTTP::Tiny and IO::Socket::SSL, whose time limit fails after the session tickets of TLS 1.3",
		modes:    []mode{{"staple", "insists on a good stapled response", "staple"}, {"crl", "insists on CRLs", "crl"}},
		programs: []string{"perl"},
		args:     "-e {script} [trust]",
		insecure: "insecure",
		proxies:  "http",
		script:   "fetch.pl",
		probe: probe{
			args: []string{"-MHTTP::Tiny", "-MIO::Socket::SSL", "-e", `print join("\n", $^X, substr($^V, 1), Net::SSLeay::SSLeay_version(0)), "\n"`},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "ruby",
		About:    "Ruby's Net::HTTP and openssl",
		modes:    []mode{{"crl", "insists on CRLs", "crl"}},
		programs: []string{"ruby"},
		args:     "--disable=gems,rubyopt -e {script} [trust]",
		insecure: "insecure",
		proxies:  "http",
		script:   "fetch.rb",
		probe: probe{
			args: []string{"--disable=gems,rubyopt", "-rrbconfig", "-ropenssl", "-e", "puts RbConfig.ruby, RUBY_VERSION, OpenSSL::OPENSSL_LIBRARY_VERSION"},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "php",
		About:    "PHP's https stream",
		programs: []string{"php"},
		args:     "-n -d display_errors=stderr -d html_errors=0 -r {script} -- [trust]",
		insecure: "insecure",
		proxies:  "http",
		script:   "fetch.php",
		probe: probe{
			args: []string{"-n", "-d", "display_errors=stderr", "-r", `echo PHP_BINARY, "\n", PHP_VERSION, "\n", OPENSSL_VERSION_TEXT, "\n";`},
			path: line1, version: line2, tls: line3,
		},
	}, {
		Name:     "git",
		About:    "git ls-remote, which has no time limit of its own for a handshake",
		programs: []string{"git"},
		args: "-c http.sslCAInfo={ca} -c http.sslCAPath={home} [way]" +
			" -c http.lowSpeedLimit=1 -c http.lowSpeedTime={seconds} [trust] [cert] ls-remote {url}",
		direct:   "-c http.curloptResolve={resolve}",
		proxies:  "http socks5h",
		insecure: "-c http.sslVerify=false",
		cert:     "-c http.sslCert={cert} -c http.sslKey={key}",
		env:      []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES={tmp}"},
		// An empty answer is an empty repository; of any other it says that it is none.
		fetched: regexp.MustCompile(`/info/refs not valid: is this a git repository\?`),
		probe:   probe{args: []string{"version", "--build-options"}, version: `^git version (\S+)`, tls: `(?m)^libcurl: (\S+)`, tlsName: "libcurl "},
	}}
}
