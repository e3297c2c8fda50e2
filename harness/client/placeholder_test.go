package client

import (
	"strings"
	"testing"
)

// FuzzPlaceholders checks that whatever passes the check is expanded whole:
// what a placeholder stands for gets in as it is, and nothing else changes.
func FuzzPlaceholders(f *testing.F) {
	for _, seed := range []string{"{url}", "--connect={host}:{port}", "${url} %{url}", "{{url}}", "{{{url}}}", "{", "}{", "{x", "{ulr}", "{url}{url}"} {
		f.Add(seed, "https://localhost:1/")
	}
	f.Fuzz(func(t *testing.T, text, url string) {
		v := values{target: Target{URL: url}}
		if err := checkPlaceholders(text, nil); err != nil {
			if !strings.Contains(text, "{") {
				t.Errorf("%q has no placeholder, but: %v", text, err)
			}
			return
		}
		got := v.expand(text)
		if !strings.Contains(text, "{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if text == "{url}" && got != url {
			t.Errorf("%q became %q, want %q", text, got, url)
		}
		if around := v.expand("a{url}b"); around != "a"+url+"b" {
			t.Errorf("a{url}b became %q", around)
		}
	})
}
