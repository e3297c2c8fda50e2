package evidence

import (
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	refused := Connection{
		Remote:      "127.0.0.1:5000",
		ClientHello: &ClientHello{Versions: []string{"GREASE", "TLS 1.3", "TLS 1.2"}, ServerName: "localhost"},
		Version:     "TLS 1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", Progress: ServerFlightSent,
		ClientAlert: &Alert{Level: 2, Description: 45, Name: "certificate_expired", Plaintext: true},
		Ending:      EndAlert,
	}
	const refusedLine = "connection from 127.0.0.1: ClientHello TLS 1.3, 1.2 · sni localhost · negotiated TLS 1.3 TLS_AES_128_GCM_SHA256" +
		" · server's flight sent · alert certificate_expired (plaintext) · closed by alert"
	accepted := Connection{
		Remote: "[::1]:5000", ClientHello: &ClientHello{Versions: []string{"TLS 1.0", "SSL 3.0"}, ServerName: "a\x1b[2Jb"}, Progress: HandshakeDone,
		ServerAlert: &Alert{Name: "internal_error"}, AppData: 1, Answered: true, Ending: EndCloseNotify,
	}
	const acceptedLine = `connection from ::1: ClientHello TLS 1.0, SSL 3.0 · sni a\x1b[2Jb · handshake complete` +
		" · server's alert internal_error · 1 byte of application data · answered · closed by close_notify"
	for _, test := range []struct {
		name     string
		evidence Evidence
		max      int
		want     []string
	}{
		{"nothing", Evidence{}, 3, []string{"no connection came"}},
		{"no room", Evidence{}, 0, nil},
		{"refused", Evidence{Connections: []Connection{refused}}, 3, []string{refusedLine}},
		{"accepted", Evidence{Connections: []Connection{accepted}}, 3, []string{acceptedLine}},
		{"silent", Evidence{Connections: []Connection{{Remote: "pipe"}}}, 3, []string{"connection from pipe: not one byte · left open"}},
		{"garbage", Evidence{Connections: []Connection{{Remote: "1.2.3.4:5", BytesIn: 7, Ending: EndTimeout}}}, 3,
			[]string{"connection from 1.2.3.4: 7 bytes, no ClientHello · timed out"}},
		{"more than there is room for", Evidence{Connections: []Connection{refused, accepted, refused}, Dropped: 2}, 2,
			[]string{refusedLine, "3 lines more"}},
		{"fetches", Evidence{
			OCSPRequests:  []Fetch{{Remote: "127.0.0.1:9", Method: "POST", Path: "/ocsp", Serial: "1f"}},
			CRLFetches:    []Fetch{{Remote: "127.0.0.1:9", Method: "GET", Path: "/crl"}, {}},
			CleartextHits: []Fetch{{Remote: "127.0.0.1:9", Method: "GET", Path: "/"}},
		}, 9, []string{
			"no connection came",
			"1 OCSP request from 127.0.0.1: POST /ocsp for serial 1f",
			"2 CRL fetches from 127.0.0.1: GET /crl",
			"1 cleartext request from 127.0.0.1: GET /",
		}},
	} {
		if got := test.evidence.Lines(test.max); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}
