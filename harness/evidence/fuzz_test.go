package evidence

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// script writes steps as a fuzzer can change them: a byte that tells the side
// and the length of what follows.
func script(steps []step) []byte {
	var out []byte
	for _, s := range steps {
		for b := s.bytes; len(b) > 0; {
			n := min(len(b), 127)
			head := byte(n)
			if s.server {
				head |= 0x80
			}
			out = append(append(out, head), b[:n]...)
			b = b[n:]
		}
	}
	return out
}

func unscript(b []byte) []step {
	var steps []step
	for len(b) > 0 {
		n := min(int(b[0]&0x7f), len(b)-1)
		steps = append(steps, step{server: b[0]&0x80 != 0, bytes: b[1 : 1+n]})
		b = b[1+n:]
	}
	return steps
}

func FuzzRecords(f *testing.F) {
	for _, test := range conversations {
		if b := script(test.steps); len(b) < 4096 {
			f.Add(b, uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		steps := unscript(b)
		whole := play(steps, 1<<20)
		want, wantHit := whole.timeless()
		if n := cap(whole.received.buf) + cap(whole.sent.buf); n > 4*len(b)+64 || n > 3*messageLimit {
			t.Errorf("%d bytes are kept of %d", n, len(b))
		}
		got, gotHit := play(steps, int(size)+1).timeless()
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotHit, wantHit) {
			t.Errorf("in pieces of %d:\n got %+v %v\nwant %+v %v", int(size)+1, got, gotHit, want, wantHit)
		}
		if _, err := json.Marshal(want); err != nil {
			t.Error(err)
		}
		if lines := (Evidence{Connections: []Connection{want}}).Lines(1); len(lines) != 1 || !utf8.ValidString(lines[0]) {
			t.Errorf("lines %q", lines)
		}
		undone := play(steps, 1<<20)
		before := undone.sent
		undone.fromServer(b)
		undone.undo(before, b[:len(b)/2])
		undone.fromServer(b[len(b)/2:])
		direct := play(append(steps, step{true, b}), 1<<20)
		got, _ = undone.timeless()
		want, _ = direct.timeless()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("after an undone write:\n got %+v\nwant %+v", got, want)
		}
	})
}

func FuzzClientHello(f *testing.F) {
	for _, body := range [][]byte{hello12(), hello13(), clientHello(0x0301, nil), sslv2(0x0002)[2:], longHello(60_000)[:2000]} {
		f.Add(body)
	}
	f.Add(clientHello(0x0303, []uint16{0x0a0a}, alpn("", "\xff"), serverName("\xfe"), extension{extSupportedVersions, list8(0x7f7f)}))
	f.Fuzz(func(t *testing.T, body []byte) {
		hello, ok := parseClientHello(body)
		if !ok {
			hello, ok = parseSSLv2Hello(body)
		}
		if !ok {
			return
		}
		if hello.SSLv2 == (len(hello.JA4) == 36) || hello.LegacyVersion == "" || len(hello.Versions) == 0 {
			t.Errorf("%+v", hello)
		}
		encoded, err := json.Marshal(hello)
		if err != nil {
			t.Fatal(err)
		}
		var back ClientHello
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != string(encoded) {
			t.Errorf("JSON\n gave %s\nafter %s", again, encoded)
		}
		if !reflect.DeepEqual(hello, hello.clone()) {
			t.Errorf("a copy of %+v differs", hello)
		}
	})
}
