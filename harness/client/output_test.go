package client

import (
	"bytes"
	"strings"
	"testing"
)

func TestOutputIsKeptWholeUpToItsLimit(t *testing.T) {
	o := NewOutput(1000)
	want := strings.Repeat("abcdefghij", 93) // 930: the rest of the limit is for the note
	for i := 0; i < len(want); i += 7 {
		_, _ = o.Write([]byte(want[i:min(i+7, len(want))]))
	}
	got, cut := o.Kept()
	if string(got) != want || cut {
		t.Errorf("cut %v, got %q", cut, got)
	}
}

func TestOutputKeepsBothEnds(t *testing.T) {
	o := NewOutput(20 + cutNoteRoom)
	for _, text := range []string{"beginning ", "middle", strings.Repeat("x", 1000), "and ", "the end."} {
		n, err := o.Write([]byte(text))
		if n != len(text) || err != nil {
			t.Errorf("Write(%q) = %d, %v", text, n, err)
		}
	}
	got, cut := o.Kept()
	if want := "beginning \n[1008 bytes left out]\nd the end."; string(got) != want || !cut {
		t.Errorf("cut %v, got %q, want %q", cut, got, want)
	}
}

func FuzzOutput(f *testing.F) {
	f.Add([]byte("some words"), 3, 100)
	f.Add(bytes.Repeat([]byte("x"), 1000), 64, 128)
	f.Fuzz(func(t *testing.T, text []byte, chunk, limit int) {
		chunk = 1 + int(uint(chunk)%100)
		limit = 1 + int(uint(limit)%1000)
		o := NewOutput(limit)
		for rest := text; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
			_, _ = o.Write(rest[:min(chunk, len(rest))])
		}
		got, cut := o.Kept()
		if !cut && !bytes.Equal(got, text) {
			t.Errorf("kept %q of %q and says that it is whole", got, text)
		}
		if cut && len(got) > max(limit, 2+cutNoteRoom) {
			t.Errorf("kept %d bytes, limit %d", len(got), limit)
		}
		if cut && (!bytes.HasPrefix(got, text[:o.half]) || !bytes.HasSuffix(got, text[len(text)-o.half:])) {
			t.Errorf("kept %q, without both ends of %q", got, text)
		}
	})
}
