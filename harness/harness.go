// Package harness tests TLS clients against servers that are broken in exactly
// one way. Most people need one function:
//
//	func TestWebhookSender(t *testing.T) {
//		harness.Run(t, harness.Func(func(ctx context.Context, target harness.Target) error {
//			return sender.Post(ctx, target.URL, sender.TrustRoots(target.RootsPEM))
//		}))
//	}
//
// Run makes a subtest of every scenario of the catalogue. Each starts a server
// with one deliberate fault, lets the client connect, and fails when the client
// accepted what it must refuse, refused what it must accept, or gave its data
// away before refusing. A refusal counts only if the same client accepted the
// same server without the fault: its control.
//
// Use Execute for a run outside of a test, Start for a single server that a
// test drives by hand, and package matchers for Gomega.
package harness

import (
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// The words of the lower packages that a test meets.
type (
	// Client is a client under test; its one method runs it once.
	Client = client.Client
	// Target is what a client is given to connect to and to trust.
	Target = client.Target
	// Attempt is one run of a client, in the client's own words.
	Attempt = client.Attempt
	// Func makes a client of a Go function that returns nil for success.
	Func = client.Func
	// Evidence is what the server side saw.
	Evidence = evidence.Evidence
	// Verdict is the judgement of one case.
	Verdict = verdict.Verdict
	// Result is one judged case.
	Result = verdict.Result
	// Results is the outcome of a whole run.
	Results = verdict.Run
)
