package suites_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/fixtures/need"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
	"github.com/tlsfault/tlsfault/suites"
)

func TestSuites(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "tlsfault catalogue")
}

// The built-in client meets the whole catalogue and must conclude on all of it. It
// has the time that a busy machine may need, and little where nothing comes.
var (
	_ = suites.Bind("go", client.Go(client.GoOptions{Timeout: time.Minute}), suites.Options{
		Scenarios: catalogue(false), Known: known("go"), ClientName: "go", MustConclude: true, Timeout: amply,
	})
	_ = suites.Bind("go", client.Go(client.GoOptions{}), suites.Options{
		Scenarios: catalogue(true), Known: known("go"), ClientName: "go", MustConclude: true, Timeout: 5 * time.Second,
	})
)

// amply bounds an attempt that ends long before when all is well.
const amply = 2 * time.Minute

// catalogue lists what any client can be held to, of which a client waits for
// its own time to be up only where the server stalls.
func catalogue(stalls bool) []string {
	all, err := scenarios.Catalogue()
	if err != nil {
		panic(err)
	}
	var ids []string
	for _, s := range scenarios.WithoutPages(scenarios.WithoutPins(all)) {
		if (s.Expect.Reason == scenarios.Stalled) == stalls {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Of the product of BetterTLS a part is enough to see that it is served as it says.
var _ = suites.Bind("go", client.Go(client.GoOptions{}), suites.Options{
	Scenarios:  []string{"bettertls/host-{dns,ip}-dns-none-*-{none,valid}-valid-none-*-none", "bettertls/{address-kind,smuggled-in-uri}*"},
	ClientName: "go", MustConclude: true, Timeout: amply,
})

// most is what a real client meets: one key type and one version are enough to
// see what it checks.
var most = []string{
	"{validity,trust,chain,ca,usage,signature}/*-ecdsa-p256-1.3", "names/*-1.3", "http/truncated*-1.2",
	"protocol/{only,rc4,triple-des,static-rsa}*",
}

// few is for clients that take long to start, or cannot be pointed at a name.
var few = []string{"{validity,trust,chain}/*-ecdsa-p256-1.3"}

var (
	_ = bind("curl", most)
	_ = bind("wget", few)
	_ = bind("openssl", most)
	_ = bind("gnutls-cli", append(slices.Clone(most), "staple/*"))
	_ = bind("python", most)
	_ = bind("node", few)
	_ = bind("java", []string{"validity/leaf-*-ecdsa-p256-1.3"})
	_ = bind("perl", few)
	_ = bind("ruby", few)
	_ = bind("php", few)
	_ = bind("git", few)
)

// What looks at revocation, and meets those scenarios whose control it accepts.
var (
	_ = bind("go:revocation", []string{"{staple,revocation}/*"})
	_ = bind("go:transparency", []string{"transparency/*"})
	_ = bind("go:pins", []string{"pinning/*"})
	_ = bind("curl:pins", []string{"pinning/*"})
	_ = bind("wget:pins", []string{"pinning/*"})
	_ = bind("curl:staple", []string{"staple/*"})
	_ = bind("curl:crl", []string{"revocation/crl-*"})
	_ = bind("wget:crl", []string{"revocation/crl-*"})
	_ = bind("openssl:crl", []string{"revocation/crl-*"})
	_ = bind("python:crl", []string{"revocation/crl-*"})
	_ = bind("node:crl", []string{"revocation/crl-*"})
	_ = bind("perl:staple", []string{"staple/*"})
	_ = bind("ruby:crl", []string{"revocation/crl-*"})
)

// bind binds a preset, or says that the machine has not got it.
func bind(name string, selected []string) bool {
	preset, err := client.Lookup(name)
	if err != nil {
		panic(err)
	}
	if !preset.Describe(context.Background()).Installed {
		return ginkgo.Describe(name, ginkgo.Label(name), func() {
			ginkgo.It("is installed", func() { missing(name) })
		})
	}
	return suites.Bind(name, preset.Client(), suites.Options{
		Scenarios: selected, Known: known(name), ClientName: name, Timeout: amply,
	})
}

func missing(name string) {
	text := fmt.Sprintf("the client %s is not installed", name)
	if os.Getenv(need.RequireVariable) == "all" {
		ginkgo.Fail(text)
	}
	ginkgo.Skip(text)
}

// known loads the list of known findings of one client.
func known(name string) *verdict.KnownList {
	path, text, err := fixtures.KnownFindings(name)
	if err != nil {
		panic(err)
	}
	if text == nil {
		return nil
	}
	list, err := verdict.LoadKnown(path, text)
	if err != nil {
		panic(err)
	}
	return list
}
