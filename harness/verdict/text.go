package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/scenarios"
)

// The texts of findings: one plain sentence each, for a person who has not read
// the scenario.

const cleartextText = "retried in cleartext: the client sent a plain HTTP request after its TLS connection had come to nothing"

func acceptedText(reason scenarios.Reason, obs Observation) string {
	deed := "the client sent its request"
	switch {
	case reason == scenarios.CookieExposed:
		deed = "the client sent the cookie in plain text"
	case reason.IsPagePolicy():
		deed = "the client sent the page's request in plain text"
	case reason == scenarios.InsecureRedirect:
		deed = "the client followed the redirect in plain text"
	case reason == scenarios.Cleartext && obs.FellBackCleartext:
		deed = "the client sent its request in plain text"
	case shownByClaim(reason):
		deed = "the client reported success"
	}
	return fmt.Sprintf("accepted a broken server: %s (%s; %s)", reason, Meaning(reason), deed)
}

func leakedText(reason scenarios.Reason, obs Observation) string {
	return fmt.Sprintf("leaked before refusing: %s (%s; the client sent its request and only then reported failure%s)",
		reason, Meaning(reason), exitWords(obs))
}

func wrongReasonText(reason scenarios.Reason, obs Observation) string {
	return fmt.Sprintf("refused for another reason than %s: %s (%s)", reason, alternatives(obs.Reasons), sourceWords(obs))
}

// alternatives names the first few of several reasons.
func alternatives(reasons []scenarios.Reason) string {
	const shown = 4
	var names []string
	for i, r := range reasons {
		if i == shown {
			names = append(names, fmt.Sprintf("%d others", len(reasons)-shown))
			break
		}
		names = append(names, string(r))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}

// sourceWords says what the reason of a refusal was read from.
func sourceWords(obs Observation) string {
	switch obs.Source {
	case FromAlert:
		return "it sent the alert " + obs.Alert
	case FromOffer:
		return "it never offered what the server insists on"
	}
	return "it said: " + obs.Message
}

// refusalText says how a client refused, in its words where it has any.
func refusalText(obs Observation) string {
	switch {
	case obs.Hung:
		return hungText(obs)
	case obs.Crashed:
		return crashedText(obs)
	case !obs.Connected:
		return neverConnectedText(obs)
	case obs.Page && obs.Succeeded && !obs.Accepted:
		return "the client did not load over TLS what the page refers to"
	case obs.Succeeded && !obs.Accepted:
		return "the client reported success, but never sent its request"
	}
	var parts []string
	if obs.Accepted || obs.Leaked {
		parts = append(parts, "the client sent its request and then reported failure")
	}
	if obs.Alert != "" {
		parts = append(parts, "it sent the alert "+obs.Alert)
	}
	if obs.Message != "" {
		parts = append(parts, "it said: "+obs.Message)
	}
	if len(parts) == 0 {
		return "it did not say why" + exitWords(obs)
	}
	return strings.Join(parts, "; ")
}

func unstatedText(obs Observation) string {
	text := "the client refused without a reason that can be told"
	if obs.Alert != "" {
		text += ", with the alert " + obs.Alert
	}
	if obs.Message != "" {
		return text + "; it said: " + obs.Message
	}
	return text + exitWords(obs)
}

func unexpectedAlertText(reason scenarios.Reason, usual string, obs Observation) string {
	text := fmt.Sprintf("the client sent the alert %s for %s, where %s is usual", obs.Alert, reason, usual)
	if clause := allowances[reason].clause; clause != "" {
		text += " (" + clause + ")"
	}
	return text
}

func hungText(obs Observation) string {
	text := "hung: the client was still running when its time was up"
	switch {
	case obs.Alert != "":
		return text + ", though it had sent the alert " + obs.Alert
	case !obs.Connected:
		return text + ", and had never connected"
	}
	return text
}

func crashedText(obs Observation) string {
	if obs.Signal == "" {
		return "crashed: a signal ended the client"
	}
	return "crashed: the client was ended by " + obs.Signal
}

func spunText(obs Observation, control Control) string {
	const unit = 10 * time.Millisecond
	return fmt.Sprintf("spun: the client used %v of processor time, and %v for the control", obs.CPU.Round(unit), control.CPU.Round(unit))
}

func versionText(obs Observation) string {
	text := "retried over a weaker protocol: the client connected again after a failed connection"
	if obs.Fallback != "" {
		text += ", " + obs.Fallback
	}
	return text
}

func neverConnectedText(obs Observation) string {
	switch {
	case obs.Hung:
		return hungText(obs)
	case obs.Crashed:
		return crashedText(obs) + " before it connected"
	case obs.Stayed:
		return "the client did not follow the redirect to this server"
	case obs.Succeeded:
		return "the client reported success, but never connected"
	case obs.Message != "":
		return "the client never connected" + elsewhereComma(obs) + "; it said: " + obs.Message
	}
	return "the client never connected" + elsewhereComma(obs) + exitWords(obs)
}

// elsewhereWords says what the client asked its way to the server for in vain.
func elsewhereWords(obs Observation) string {
	return " asked " + strings.Join(obs.Elsewhere, ", ") + ", and was refused"
}

func elsewhereComma(obs Observation) string {
	if len(obs.Elsewhere) == 0 {
		return ""
	}
	return ", but" + elsewhereWords(obs)
}

func harnessText(obs Observation) string {
	if obs.NotStarted {
		if obs.HarnessError == "" {
			return "the client could not be started"
		}
		return "the client could not be started: " + obs.HarnessError
	}
	return "the harness failed: " + obs.HarnessError
}

// exitWords names the exit code of a command that failed, to be put after a sentence.
func exitWords(obs Observation) string {
	if obs.Exit == nil || *obs.Exit == 0 {
		return ""
	}
	return fmt.Sprintf(", exit code %d", *obs.Exit)
}
