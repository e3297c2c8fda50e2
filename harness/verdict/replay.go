package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// Replay is what a client did with a chain that is served without its key, and
// with what shows how to read that. All but Control are under a handshake
// signature that cannot be valid.
type Replay struct {
	Control   Observation // a good chain of our own, rightly signed for
	Signature Observation // the same chain: only the signature is wrong
	Untrusted Observation // that chain from a root that is not trusted
	Expired   Observation // that chain, expired
	OtherName Observation // that chain for another name
	Chain     Observation // the chain in question
}

// Answer says what a client makes of a chain.
type Answer string

// The answers.
const (
	ChainAccepted     Answer = "chain-accepted"     // it refused the signature alone
	ChainRefused      Answer = "chain-refused"      // it refused the chain
	SignatureAccepted Answer = "signature-accepted" // it took a signature that cannot be valid
	Unanswered        Answer = "inconclusive"
)

// Replayed is the judgement of a Replay.
type Replayed struct {
	Answer Answer
	// Reason is why the client refused the chain, where it says so.
	Reason scenarios.Reason
	// Text says what was found, in a sentence.
	Text string
	// Unknown lists what the client does not judge before the signature, so that
	// an accepted chain says nothing about it.
	Unknown []string
}

// JudgeReplay tells whether the client refused the chain, or only the signature.
// Nothing is concluded of a client that refuses the control, and nothing of one
// for which a bad chain looks no different from a bad signature.
func JudgeReplay(r Replay) Replayed {
	switch control := ControlOf("", r.Control); {
	case control.Finding != nil:
		return Replayed{Answer: Unanswered, Text: "the client did not accept a chain of our own that is in order: " + control.Finding.Text}
	case r.Signature.Accepted || r.Chain.Accepted:
		return Replayed{Answer: SignatureAccepted, Text: "the client does not check that the server has the key of its certificate: it sent its request"}
	case !r.Chain.Connected:
		return Replayed{Answer: Unanswered, Text: neverConnectedText(r.Chain)}
	case r.Chain.Hung || r.Chain.Crashed:
		return Replayed{Answer: Unanswered, Text: refusalText(r.Chain)}
	}
	if !sameRefusal(r.Chain, r.Signature) {
		out := Replayed{Answer: ChainRefused, Reason: r.Chain.Reason, Text: "the client refused the chain"}
		if out.Reason != "" {
			out.Text += fmt.Sprintf(": %s (%s)", out.Reason, Meaning(out.Reason))
		}
		out.Text += "; " + refusalText(r.Chain)
		return out
	}
	var unknown []string
	for _, probe := range []struct {
		what string
		obs  Observation
	}{{"whether its root is trusted", r.Untrusted}, {"whether it has expired", r.Expired}, {"whether it is for the right name", r.OtherName}} {
		if sameRefusal(probe.obs, r.Signature) {
			unknown = append(unknown, probe.what)
		}
	}
	if sameRefusal(r.Untrusted, r.Signature) {
		return Replayed{Answer: Unanswered, Unknown: unknown,
			Text: "this client refuses a chain from a root that it does not trust in the same way as a wrong signature, or never looks at it, so that nothing can be told from its refusal: " + refusalText(r.Chain)}
	}
	out := Replayed{Answer: ChainAccepted, Unknown: unknown, Text: "the client accepted the chain, and refused only the signature: " + refusalText(r.Chain)}
	if len(unknown) > 0 {
		out.Text += "; it does not tell beforehand " + strings.Join(unknown, ", nor ")
	}
	return out
}

// sameRefusal reports whether two refusals look alike: the alert and the reasons
// that it and the client's words allow.
func sameRefusal(a, b Observation) bool {
	return a.Alert == b.Alert && slices.Equal(a.Reasons, b.Reasons) && a.Accepted == b.Accepted
}
