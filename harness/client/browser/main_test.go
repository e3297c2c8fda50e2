package browser_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/browser"
)

// victimVariable makes this test binary start a browser and wait to be killed.
const victimVariable = "TLSFAULT_TEST_VICTIM"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimVariable); url != "" {
		beKilled(os.Getenv(victimVariable+"_NAME"), url, os.Getenv(victimVariable+"_ROOTS"))
		return
	}
	goleak.VerifyTestMain(m)
}

// beKilled visits url with the browser called name, says so, and keeps it until somebody kills it.
func beKilled(name, url, roots string) {
	kind, _, _ := browser.Lookup(name)
	c, err := browser.New(browser.Options{Kind: kind})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	a := c.Attempt(context.Background(), client.Target{URL: url, CAFile: roots})
	fmt.Println("visited:", a.Err)
	time.Sleep(time.Hour)
}

// programs are the browsers as Debian has them.
var programs = map[browser.Kind]string{browser.Chromium: "chromium", browser.Firefox: "firefox-esr"}

// forEach runs a specification for each browser.
func forEach(t *testing.T, specification func(t *testing.T, kind browser.Kind)) {
	t.Helper()
	for _, kind := range browser.Kinds() {
		t.Run(kind.Name(), func(t *testing.T) {
			need.Tool(t, programs[kind])
			need.Tool(t, "certutil")
			specification(t, kind)
		})
	}
}

// open returns a browser that is closed when the test ends.
func open(t *testing.T, options browser.Options) *browser.Client {
	t.Helper()
	c, err := browser.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}
