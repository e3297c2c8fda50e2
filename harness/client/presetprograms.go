package client

import "regexp"

// byName is what the About says of programs that cannot be told the address of a name.
const byName = "has no option for the address of a name, so names that do not resolve come out inconclusive"

// programPresets lists further programs: downloaders, text browsers, and what opens connections.
func programPresets() []Preset {
	return []Preset{{
		Name:     "wget2",
		About:    "GNU wget2; " + byName,
		programs: []string{"wget2"},
		args: "--no-config --no-hsts --no-proxy --tries=1 --timeout={timeout} --ca-certificate={ca} --ca-directory={home}" +
			" [trust] [cert] --output-document=- {url}",
		insecure: "--no-check-certificate",
		cert:     "--certificate={cert} --private-key={key}",
		failed:   regexp.MustCompile(`(?m)^Failed to `), // resolve, or connect; and it exits with 0
		probe:    probe{args: []string{"--no-config", "--version"}, version: `GNU Wget2 (\S+)`, tls: `\+ssl/(\w+)`},
	}, {
		Name:     "aria2c",
		About:    "aria2; " + byName,
		programs: []string{"aria2c"},
		args: "--no-conf --no-netrc --no-proxy=* --max-tries=1 --connect-timeout={seconds} --timeout={seconds} --dir={home} --out=answer" +
			" --console-log-level=error --show-console-readout=false --summary-interval=0 --download-result=hide --enable-color=false" +
			" --ca-certificate={ca} [trust] [cert] {url}",
		insecure: "--check-certificate=false",
		cert:     "--certificate={cert} --private-key={key}",
		probe:    probe{args: []string{"--version"}, version: `^aria2 version (\S+)`, tls: `(GnuTLS/\S+|OpenSSL/\S+)`},
	}, {
		Name:     "lynx",
		About:    "lynx -dump, which does not say why it refuses; " + byName,
		programs: []string{"lynx"},
		args:     "[trust] -noredir=off -connect_timeout={seconds} -read_timeout={seconds} [cert] -dump {url}",
		verify:   "-cfg=/dev/null",
		insecure: "-cfg=/dev/stdin",
		cert:     "-ssl_cert_file={cert} -ssl_key_file={key}",
		stdin:    "FORCE_SSL_PROMPT:yes\n", // read as configuration when it does not verify
		probe:    probe{args: []string{"-version"}, version: `^Lynx Version (\S+)`, tls: `(GNUTLS \S+|OpenSSL \S+),`},
	}, {
		Name:     "w3m",
		About:    "w3m -dump; has no time limit; " + byName,
		programs: []string{"w3m"},
		args:     "-config /dev/null -no-cookie -no-proxy [trust] [cert] -dump {url}",
		verify:   "-o ssl_ca_default=0 -o ssl_ca_path= -o ssl_ca_file={ca}",
		insecure: "-o ssl_verify_server=0",
		cert:     "-o ssl_cert_file={cert} -o ssl_key_file={key}",
		failed:   regexp.MustCompile(`w3m: Can't load`), // and it exits with 0
		probe:    probe{args: []string{"-version"}, version: `w3m/([^,]+),`, tlsName: "OpenSSL"},
	}, {
		Name:     "links",
		About:    "links -dump, which does not say why it refuses; " + byName,
		programs: []string{"links"},
		args:     "-no-connect -retries 1 -receive-timeout {seconds} -unrestartable-receive-timeout {seconds} [trust] [cert] -dump {url}",
		insecure: "-ssl.certificates 0",
		cert:     "-ssl.client-cert-crt {cert} -ssl.client-cert-key {key}",
		probe:    probe{args: []string{"-version"}, version: `^Links (\S+)`, tlsName: "OpenSSL"},
	}, {
		Name:     "elinks",
		About:    "elinks -dump, which verifies nothing unless it is configured to; " + byName,
		modes:    []mode{{"verify", "configured to verify", "-eval set{space}connection.ssl.cert_verify=1 -eval set{space}connection.ssl.trusted_ca_file='{ca}'"}},
		programs: []string{"elinks"},
		args:     "-no-home 1 -no-connect 1 -eval set{space}connection.unrestartable_receive_timeout={seconds} [trust] -dump 1 {url}",
		probe:    probe{args: []string{"-version"}, version: `^ELinks (\S+)`, tls: `(GnuTLS|OpenSSL)`},
	}, {
		Name:     "socat",
		About:    "socat, told the name to expect",
		programs: []string{"socat"},
		args:     "-t {seconds} -T {seconds} - OPENSSL:{addrport}[host][trust][cert]",
		verify:   ",cafile={ca}",
		insecure: ",verify=0",
		name:     ",commonname={host},snihost={host}",
		literal:  ",commonname={host},no-sni",
		cert:     ",cert={cert},key={key}",
		stdin:    rawRequest,
		probe:    probe{args: []string{"-V"}, version: `socat version (\S+)`, tlsName: "OpenSSL"},
	}, {
		Name:     "ncat",
		About:    "ncat --ssl-verify",
		programs: []string{"ncat"},
		args:     "-v --wait {seconds} --ssl [trust] [cert] --ssl-servername {host} {addr} {port}",
		verify:   "--ssl-verify --ssl-trustfile {ca}",
		cert:     "--ssl-cert {cert} --ssl-key {key}",
		stdin:    rawRequest,
		probe:    probe{args: []string{"--version"}, version: `^Ncat: Version (\S+)`, tlsName: "OpenSSL"},
	}, {
		Name:     "botan",
		About:    "botan tls_client, which says what it makes of the certificate and goes on all the same; " + byName,
		programs: []string{"botan"},
		args:     "tls_client {host} --port={port} --skip-system-cert-store [trust]",
		verify:   "--trusted-cas={ca}",
		stdin:    rawRequest,
		hold:     true, // it would leave before the answer
		probe:    probe{args: []string{"version"}, version: `^(\S+)`, tls: `^(\S+)`, tlsName: "Botan "},
	}, {
		Name:     "tstclnt",
		About:    "NSS's tstclnt, with a store of its own",
		programs: []string{"sh"},
		args:     "-c {script} tstclnt [trust]",
		insecure: "insecure",
		script:   "tstclnt.sh",
		probe: probe{
			args:    []string{"-c", "command -v tstclnt && dpkg-query -W -f '${Version}\\n' libnss3"},
			version: `\n(?:\d+:)?([\d.]+)`, tls: `\n(?:\d+:)?([\d.]+)`, tlsName: "NSS ",
		},
	}, {
		Name:     "rclone",
		About:    "rclone copyurl; " + byName,
		programs: []string{"rclone"},
		args:     "copyurl --stdout --config= --retries=1 --low-level-retries=1 --timeout={timeout}s --contimeout={timeout}s [trust] [cert] {url}",
		verify:   "--ca-cert={ca}",
		insecure: "--no-check-certificate",
		cert:     "--client-cert={cert} --client-key={key}",
		probe:    probe{args: []string{"version"}, version: `^rclone v(\S+)`, tls: `go/version: (\S+)`, tlsName: "crypto/tls of "},
	}}
}
