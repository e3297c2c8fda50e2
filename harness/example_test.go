package harness_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/scenarios"
)

// A client that verifies nothing accepts what it must refuse, and is found out.
func ExampleExecute() {
	careless := client.Func(func(ctx context.Context, target client.Target) error {
		transport := &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		}
		defer transport.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, nil)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	all, err := scenarios.Catalogue()
	if err != nil {
		fmt.Println(err)
		return
	}
	selected, err := scenarios.Select(all, []string{"validity/leaf-expired-ecdsa-p256-1.3"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := harness.Execute(context.Background(), harness.Config{Client: careless, Scenarios: selected})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range run.Results {
		fmt.Printf("%s: %s\n", r.Verdict, r.Finding.Text)
	}
	// Output:
	// fail: accepted a broken server: expired (the certificate presented had expired; the client sent its request)
}
