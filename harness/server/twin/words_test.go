package twin

import "testing"

// As nginx 1.22, HAProxy 2.6, Apache 2.4 and openssl 3.0 log it.
const (
	nginxWords = `2026/01/02 03:04:05 [info] 12#12: *3 SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired:SSL alert number 45) while SSL handshaking, client: 127.80.1.30, server: 127.80.0.1:4433
2026/01/02 03:04:05 [info] 12#12: *4 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while SSL handshaking, client: 127.80.1.3, server: 127.80.0.1:4433
`
	haproxyWords = `127.80.1.30 [error:0A000415:SSL routines::sslv3 alert certificate expired] [SSL handshake failure]
127.80.1.3 [error:0A000418:SSL routines::tlsv1 alert unknown ca] [SSL handshake failure]
`
	apacheWords = `127.80.1.30:49366 thread-11 AH02008: SSL library error 1 in handshake (server localhost:443)
127.80.1.3:49366 thread-12 AH02008: SSL library error 1 in handshake (server localhost:443)
- thread-11 SSL Library Error: error:0A000415:SSL routines::sslv3 alert certificate expired (SSL alert number 45)
- thread-12 SSL Library Error: error:0A000418:SSL routines::tlsv1 alert unknown ca (SSL alert number 48)
`
)

func TestAlertsAreReadOffTheLogForTheirOwnConnection(t *testing.T) {
	for _, c := range []struct {
		words, peer string
		alert       uint8
		ok          bool
	}{
		{nginxWords, "127.80.1.3", 48, true},
		{nginxWords, "127.80.1.30", 45, true},
		{nginxWords, "127.80.1.4", 0, false},
		{haproxyWords, "127.80.1.3", 48, true},
		{haproxyWords, "127.80.1.30", 45, true},
		{apacheWords, "127.80.1.3", 48, true},
		{apacheWords, "127.80.1.30", 45, true},
		{apacheWords, "127.80.1.4", 0, false},
		{"ERROR\n40C7:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../ssl/record/rec_layer_s3.c:1584:SSL alert number 42\n", "", 42, true},
		{"ERROR\n40C7:error:0A0000C1:SSL routines:tls_post_process_client_hello:no shared cipher:../ssl/statem/statem_srvr.c:2220:\n", "", 0, false},
	} {
		if alert, ok := alertTo(c.words, c.peer); alert != c.alert || ok != c.ok {
			t.Errorf("alert to %q is %d %t, want %d %t, in\n%s", c.peer, alert, ok, c.alert, c.ok, c.words)
		}
	}
}

func TestWordsOfAServerAreTheSameEachTime(t *testing.T) {
	for words, want := range map[string]string{
		"2026/01/02 03:04:05 [notice] 7#7: x\n" +
			"2026/01/02 03:04:05 [emerg] 7#7: SSL_CTX_set_tmp_dh(\"/tlsfault/case-12/dh.pem\") failed (SSL: error:0A00018A:SSL routines::dh key too small)\n": `[emerg] SSL_CTX_set_tmp_dh("dh.pem") failed (SSL: error:0A00018A:SSL routines::dh key too small)`,
		nginxWords: "[info] SSL_do_handshake() failed (SSL: error:0A000415:SSL routines::sslv3 alert certificate expired:SSL alert number 45)",
		"[NOTICE]   (1) : version\n[ALERT]    (12) : config : unable to set SSL curves list to 'x' for bind '127.1.0.1:40421'.\n[ALERT]    (12) : config : Fatal errors found in configuration.\n": "config : unable to set SSL curves list to 'x' for bind '…'.",
		"- thread-139 AH01: starting\n- thread-139 AH02008: SSL library error 1\n- thread-139 SSL Library Error: error:0A0000C1:SSL routines::no shared cipher\n":                                  "SSL Library Error: error:0A0000C1:SSL routines::no shared cipher",
		"first\nlast\n": "last",
		"":              "",
	} {
		if got := firstError(words); got != want {
			t.Errorf("%q says\n%s, want\n%s", words, got, want)
		}
	}
}
