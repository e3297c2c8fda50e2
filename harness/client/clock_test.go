//go:build unix

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
)

func TestProgramIsGivenATime(t *testing.T) {
	need.Tool(t, "faketime")
	args, err := client.AtTime(time.Date(2015, 6, 15, 12, 0, 0, 0, time.UTC), need.Tool(t, "date"), "-u", "+%Y-%m-%d")
	must(t, err)
	c, err := client.NewCommand(args...)
	must(t, err)
	if a := c.Attempt(t.Context(), target); a.Message() != "2015-06-15\n" {
		t.Errorf("for the program it was %q: %+v", a.Message(), a)
	}
}

func TestWithoutFaketimeAProgramCannotBeGivenATime(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if args, err := client.AtTime(time.Now(), "date"); err == nil || !strings.Contains(err.Error(), "faketime") {
		t.Errorf("got %q, %v", args, err)
	}
	preset, err := client.Lookup("curl")
	must(t, err)
	if _, err := preset.ClientAt(time.Now()); err == nil {
		t.Error("curl was given a time")
	}
}

func TestPresetsAreGivenATime(t *testing.T) {
	root := newAuthority(t)
	now := time.Now()
	past := now.Add(-30 * time.Minute)
	expired := root.issue(t, "localhost", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = now.Add(-40*time.Minute), now.Add(-20*time.Minute)
	})
	for _, name := range []string{"go", "curl"} {
		t.Run(name, func(t *testing.T) {
			preset, err := client.Lookup(name)
			must(t, err)
			if name != "go" {
				need.Tool(t, "faketime")
				need.Tool(t, name)
			}
			c, err := preset.ClientAt(past)
			must(t, err)
			target := root.serve(t, "localhost", &tls.Config{Certificates: []tls.Certificate{expired}}, answer)
			if a := preset.Client().Attempt(t.Context(), target); a.Succeeded() {
				t.Error("accepted what has expired")
			}
			if a := c.Attempt(t.Context(), target); !a.Succeeded() {
				t.Errorf("refused what was valid at the time: %v", a.Message())
			}
		})
	}
}
