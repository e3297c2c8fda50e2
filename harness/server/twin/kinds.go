package twin

import (
	"bytes"
	"embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/tlsfault/tlsfault/scenarios"
)

//go:embed config
var configFiles embed.FS

// kind is a server that people run.
type kind struct {
	name    string
	version string // command line of the container that tells it
	config  string // file of configFiles
	command string // what runs it, with the configuration as $1
	// perConnection tells that a process serves one connection.
	perConnection bool
	// httpOnly tells that it speaks HTTP itself, in version 1.1 alone.
	httpOnly bool
	// cannot is what it has no setting for though its OpenSSL could, by the names of limits.
	cannot map[limit]string
}

// limit is what one of the servers may have no setting for.
type limit string

const (
	limitALPN    limit = "application protocol"
	limitStaple  limit = "staple"
	limitRequire limit = "client certificate"
)

var kinds = []kind{{
	name: "nginx", version: "nginx -v", config: "nginx.conf", command: "exec nginx -e stderr -c", httpOnly: true,
	cannot: map[limit]string{
		limitRequire: "refuse the handshake of a client without a certificate: it answers its request with 400",
	},
}, {
	name: "haproxy", version: "haproxy -v", config: "haproxy.cfg", command: "exec haproxy -db -f",
	cannot: map[limit]string{
		limitALPN: "refuse a client that shares no application protocol: it goes on without one",
	},
}, {
	name: "apache", version: "apache2 -v", config: "apache.conf", command: "exec apache2 -X -f", httpOnly: true,
	cannot: map[limit]string{
		limitStaple: "staple a given response: it asks the responder itself",
	},
}, {
	name: "openssl", version: "openssl version", config: "openssl.sh", command: ".", perConnection: true,
}}

// settings are what a configuration says.
type settings struct {
	Dir, Log         string // within the container
	Listen, Upstream string // address and port
	UpstreamPort     int
	Peer             string // of the one connection that a process serves

	Versions, OtherVersions   []string
	Ciphers, Suites13, Groups string
	ALPN                      []string
	ClientAuth                scenarios.ClientAuth
	DH, Staple, Issuers       bool

	files map[string][]byte
}

var templateFuncs = template.FuncMap{
	"first": func(list []string) string { return list[0] },
	"last":  func(list []string) string { return list[len(list)-1] },
	"join":  strings.Join,
	"host": func(address string) (string, error) {
		host, _, err := net.SplitHostPort(address)
		return host, err
	},
	"underscored": func(version string) string { return strings.TrimSuffix(strings.ReplaceAll(version, ".", "_"), "_0") },
}

// render writes the configuration into dir and returns the command that runs with it.
func (k *kind) render(dir string, s settings) (string, error) {
	t, err := template.New(k.config).Funcs(templateFuncs).ParseFS(configFiles, "config/"+k.config)
	if err != nil {
		return "", err
	}
	var config bytes.Buffer
	if err := t.Execute(&config, s); err != nil {
		return "", fmt.Errorf("writing the configuration of %s: %w", k.name, err)
	}
	file := k.config
	if s.Peer != "" {
		file = s.Peer + "." + k.config
	}
	if err := os.WriteFile(filepath.Join(dir, file), config.Bytes(), 0o644); err != nil { //nolint:gosec // programs in the container run as others
		return "", err
	}
	return k.command + " " + s.Dir + "/" + file, nil
}
