// Package matchers has Gomega matchers for TLS clients:
//
//	Expect(client).To(Refuse("validity/leaf-expired").For(scenarios.Expired).BeforeSendingData())
//	Expect(client).To(Accept("names/wildcard-one-label"))
//
// Each runs the client against the scenario and its control. A refusal matches
// only if the control was accepted: a client that refuses everything matches
// nothing. The actual value is a client.Client or a func(context.Context,
// client.Target) error.
package matchers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/format"

	"github.com/tlsfault/tlsfault/harness"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Matcher matches a client by what it does with one scenario.
type Matcher struct {
	id         string
	outcome    scenarios.Outcome
	reason     scenarios.Reason
	beforeData bool
	timeout    time.Duration

	complaint string
	result    harness.Result
}

// Refuse matches a client that refuses the server of scenario id and accepts its control.
func Refuse(id string) *Matcher { return &Matcher{id: id, outcome: scenarios.Reject} }

// Accept matches a client that accepts the server of scenario id.
func Accept(id string) *Matcher { return &Matcher{id: id, outcome: scenarios.Accept} }

// For asks that the alert or the client's own words allow reason.
func (m *Matcher) For(reason scenarios.Reason) *Matcher { m.reason = reason; return m }

// BeforeSendingData asks that no application data reached the server.
func (m *Matcher) BeforeSendingData() *Matcher { m.beforeData = true; return m }

// Within bounds each attempt of the client; harness.DefaultTimeout unless set.
func (m *Matcher) Within(d time.Duration) *Matcher { m.timeout = d; return m }

// Match runs the client. A value that is no client, an unknown scenario and a
// failure of the harness are errors, never a mismatch.
func (m *Matcher) Match(actual any) (bool, error) {
	c, err := clientOf(actual)
	if err != nil {
		return false, err
	}
	if m.reason != "" && !m.reason.Valid() {
		return false, fmt.Errorf("matching %s: %q is not a reason", m.id, m.reason)
	}
	if m.outcome == scenarios.Accept && (m.reason != "" || m.beforeData) {
		return false, fmt.Errorf("matching %s: For and BeforeSendingData go with Refuse only", m.id)
	}
	m.result, err = harness.Case(context.Background(), c, m.id, m.timeout)
	if err != nil {
		return false, err
	}
	if m.result.Observation.HarnessError != "" || m.result.Observation.NotStarted {
		return false, fmt.Errorf("matching %s: the client could not be run: %s", m.id, m.result.Observation.Message)
	}
	m.complaint = m.complain()
	return m.complaint == "", nil
}

// complain says what the client did otherwise; empty when it did as asked.
func (m *Matcher) complain() string {
	obs := m.result.Observation
	if m.outcome == scenarios.Accept {
		if !obs.Accepted {
			return "it refused"
		}
		return ""
	}
	switch {
	case !m.result.Control.Accepted:
		return fmt.Sprintf("it refused the control %s too, so that a refusal proves nothing", m.result.Control.ID)
	case obs.Accepted:
		return "it accepted"
	case m.beforeData && sentData(m.result):
		return "it refused, but had already sent data"
	case m.reason != "" && !slices.Contains(obs.Reasons, m.reason):
		return "it refused for " + reasonsText(obs.Reasons)
	}
	return ""
}

// sentData reports whether application data reached the server.
func sentData(r harness.Result) bool {
	return slices.ContainsFunc(r.Evidence.Connections, func(c evidence.Connection) bool { return c.AppData > 0 })
}

func reasonsText(reasons []scenarios.Reason) string {
	if len(reasons) == 0 {
		return "a reason that it did not tell"
	}
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = string(r)
	}
	return strings.Join(words, " or ")
}

// FailureMessage says what was asked, what the client did, what the server saw and the remedy.
func (m *Matcher) FailureMessage(any) string {
	return fmt.Sprintf("Expected the client\n%s\nbut %s\n\n%s",
		format.IndentString("to "+m.wish(), 1), m.complaint, harness.Describe(m.result))
}

// NegatedFailureMessage says what the client did although it should not have.
func (m *Matcher) NegatedFailureMessage(any) string {
	return fmt.Sprintf("Expected the client\n%s\nbut it did\n\n%s",
		format.IndentString("not to "+m.wish(), 1), harness.Describe(m.result))
}

func (m *Matcher) wish() string {
	if m.outcome == scenarios.Accept {
		return "accept " + m.id
	}
	wish := "refuse " + m.id
	if m.reason != "" {
		wish += " for " + string(m.reason)
	}
	if m.beforeData {
		wish += " before sending data"
	}
	return wish
}

// clientOf takes what a test may call a client.
func clientOf(actual any) (client.Client, error) {
	switch c := actual.(type) {
	case client.Client:
		return c, nil
	case func(context.Context, client.Target) error:
		return client.Func(c), nil
	}
	return nil, fmt.Errorf("matching a TLS client: expected a client.Client or a func(context.Context, client.Target) error, got\n%s",
		format.Object(actual, 1))
}
