package scenarios

import (
	"slices"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// expectation is Expect as it is authored: accept alone, or a map.
type expectation struct {
	Accept bool   `yaml:"accept,omitempty" jsonschema_description:"A client must accept this server."`
	Reject Reason `yaml:"reject,omitempty" jsonschema_description:"A client must refuse this server, and why."`
	Or     Reason `yaml:"or,omitempty" jsonschema_description:"A reason that is as good, where a client may come upon either first."`
	Level  Level  `yaml:"level,omitempty" jsonschema_description:"How strongly a client is bound to it; must when left out."`
	Basis  Basis  `yaml:"basis,omitempty" jsonschema_description:"What it stands on; client-must-check when left out."`
}

// expect fills in the defaults.
func (e expectation) expect() Expect {
	x := Expect{Outcome: Reject, Reason: e.Reject, Or: e.Or, Level: e.Level, Basis: e.Basis}
	if e.Accept {
		x.Outcome = Accept
	}
	if x.Level == "" {
		x.Level = Must
	}
	if x.Basis == "" {
		x.Basis = ClientMustCheck
	}
	return x
}

// Gives reports whether reason is one that the server is to be refused for.
func (x Expect) Gives(reason Reason) bool {
	return reason != "" && (reason == x.Reason || reason == x.Or)
}

// MarshalYAML writes the expectation as an author would: the word accept, or a
// map that leaves out the defaults.
func (x Expect) MarshalYAML() (any, error) {
	e := expectation{Accept: x.Outcome == Accept, Reject: x.Reason, Or: x.Or}
	if x.Level != Must {
		e.Level = x.Level
	}
	if x.Basis != ClientMustCheck {
		e.Basis = x.Basis
	}
	if e == (expectation{Accept: true}) {
		return string(Accept), nil
	}
	return e, nil
}

// decodeExpect reads the forms "accept", "{accept: true, …}" and "{reject: REASON, …}".
// After a problem it returns nil.
func decodeExpect(d *yamltree.Decoder, n *yamltree.Node, at *yamltree.Path) any {
	if n.Kind == yamltree.Text {
		if n.Value != string(Accept) {
			hint := "write accept, or { reject: REASON }"
			if Reason(n.Value).Valid() {
				hint = "write { reject: " + n.Value + " }"
			} else if yamltree.Nearest(n.Value, []string{string(Accept)}) != "" {
				hint = `did you mean "accept"?`
			}
			d.Problems.Add(n, hint, "%s cannot be the word %q", at, n.Value)
			return nil
		}
		return expectation{Accept: true}.expect()
	}
	accept, reject := n.Get("accept"), n.Get("reject")
	switch {
	case n.Kind != yamltree.Map:
	case reject != nil && reject.Kind == yamltree.Bool:
		d.Problems.Add(reject, "name the reason, such as { reject: expired }", "%s.reject takes a reason, not %s", at, reject.Value)
		return nil
	case accept != nil && reject != nil:
		d.Problems.Add(n.Key("reject"), "keep accept or reject", "a server that is accepted is refused for no reason")
		return nil
	case accept != nil && accept.Kind == yamltree.Bool && accept.Value == "false":
		d.Problems.Add(accept, "write { reject: REASON }", "%s.accept can only be true", at)
		return nil
	case accept != nil && n.Get("or") != nil:
		d.Problems.Add(n.Key("or"), "leave it out", "a server that is accepted is refused for no reason")
		return nil
	case accept == nil && reject == nil && !slices.ContainsFunc(n.Keys, unknownExpectKey):
		d.Problems.Add(n, "write accept: true, or reject: REASON", "%s says neither accept nor reject", at)
		return nil
	}
	var e expectation
	if !d.Decode(n, &e, at) {
		return nil
	}
	return e.expect()
}

// unknownExpectKey reports whether key is a mistyped one, which is then the better thing to say.
func unknownExpectKey(key *yamltree.Node) bool {
	return !slices.Contains([]string{"accept", "reject", "or", "level", "basis"}, key.Value)
}
