package wire_test

import (
	"fmt"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire"
)

// Clients of other languages, each with real verification and our root as its
// only trust. URL is $1, the root's file $2.
var languages = map[string][]string{
	"curl":    {"-sSi", "--cacert", "{ca}", "{url}"},
	"python3": {"-c", `import ssl,urllib.request; print(); print(urllib.request.urlopen("{url}", context=ssl.create_default_context(cafile="{ca}")).read().decode())`},
	"node":    {"-e", `require("https").get("{url}", {ca: require("fs").readFileSync("{ca}")}, r => r.on("data", d => console.log("\n" + d)))`},
	"ruby":    {"-rnet/http", "-e", `u=URI("{url}"); h=Net::HTTP.new(u.host,u.port); h.use_ssl=true; h.ca_file="{ca}"; puts "\n"+h.get("/").body`},
	"perl": {"-MIO::Socket::SSL", "-e", `my $s=IO::Socket::SSL->new(PeerAddr=>"localhost",PeerPort=>{port},SSL_ca_file=>"{ca}",SSL_hostname=>"localhost") or die $SSL_ERROR;` +
		`print $s "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"; print while <$s>;`},
	"php":  {"-r", `echo "\n".file_get_contents("{url}", false, stream_context_create(["ssl"=>["cafile"=>"{ca}"]]));`},
	"java": {"testdata/Fetch.java", "{url}", "{ca}"},
}

func TestOtherLanguagesAccept(t *testing.T) {
	a := theAuthority()
	for program, template := range languages {
		for _, version := range []uint16{wire.VersionTLS12, wire.VersionTLS13} {
			t.Run(fmt.Sprintf("%s, %s", program, wire.VersionName(version)), func(t *testing.T) {
				s := serve(t, &wire.Config{Certificate: a.leaves["p256"], Versions: []uint16{version}, TicketKey: &[32]byte{9}})
				output, answered := tool(t, program, filled(template, s.addr, a.rootFile(t))...)
				if seen := s.stop(t); !answered || !seen[0].accepted() || seen[0].state.Version != version {
					t.Errorf("the server saw %v\n%s", seen[0].err, output)
				}
			})
		}
	}
}

func TestCurlAcceptsDHEAndStaticRSA(t *testing.T) {
	a := theAuthority()
	for _, suite := range []string{"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA"} {
		id, err := wire.CipherSuiteID(suite)
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, &wire.Config{Certificate: a.leaves["rsa"], CipherSuites: []uint16{id}, Versions: []uint16{wire.VersionTLS12}})
		output, answered := tool(t, "curl", filled(languages["curl"], s.addr, a.rootFile(t))...)
		if seen := s.stop(t); !answered || seen[0].state.CipherSuite != id {
			t.Errorf("%s: the server saw %v\n%s", suite, seen[0].err, output)
		}
	}
}

func TestOpenSSLAuthenticates(t *testing.T) {
	a := theAuthority()
	for _, version := range []string{"-tls1", "-tls1_1", "-tls1_2", "-tls1_3"} {
		for _, leaf := range []string{"rsa", "p256"} {
			s := serve(t, &wire.Config{
				Certificate: a.leaves["rsa"], ClientAuth: wire.RequireClientCert, ClientCAs: [][]byte{a.root.RawSubject},
				Versions: []uint16{wire.VersionTLS10, wire.VersionTLS11, wire.VersionTLS12, wire.VersionTLS13},
			})
			cert, key := a.files(t, leaf)
			output, answered := openssl(t, s.addr, version, "-cert", cert, "-key", key, "-cipher", "ALL:@SECLEVEL=0")
			if seen := s.stop(t); !answered || len(seen[0].state.ClientCertificates) == 0 {
				t.Errorf("%s, %s: the server saw %v\n%s", version, leaf, seen[0].err, output)
			}
		}
	}
}
