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
		beKilled(url, os.Getenv(victimVariable+"_ROOTS"))
		return
	}
	goleak.VerifyTestMain(m)
}

// beKilled visits url, says so, and keeps the browser until somebody kills it.
func beKilled(url, roots string) {
	c, err := browser.New(browser.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	a := c.Attempt(context.Background(), client.Target{URL: url, CAFile: roots})
	fmt.Println("visited:", a.Err)
	time.Sleep(time.Hour)
}

// chromium returns a browser that is closed when the test ends.
func chromium(t *testing.T, options browser.Options) *browser.Client {
	t.Helper()
	need.Tool(t, "chromium")
	need.Tool(t, "certutil")
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
