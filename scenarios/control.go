package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Control returns the control of s: the same environment without the fault,
// which every client must accept. Scenarios whose environments are the same have
// the same control, so that a client meets it once; its id says how the
// environment differs from the plain one.
func (s Scenario) Control() Scenario {
	given := s.Given.WithDefaults()
	if len(s.Fault.Edits()) > 0 {
		given.Engine = EngineWire
	}
	return Scenario{
		ID:     controlID(given),
		Title:  "Control: a server without a fault, " + strings.Join(environment(given), ", "),
		Given:  given,
		Expect: Expect{Outcome: Accept, Level: Must, Basis: ClientMustCheck},
		Remedy: "Let the client verify with the roots it was given and speak what this server speaks; " +
			"until it accepts a correct server, its refusals say nothing.",
		Family: controlFamily,
	}
}

// Faulty reports whether anything is broken. A scenario without a fault is its own control.
func (s Scenario) Faulty() bool { return !reflect.ValueOf(s.Fault).IsZero() }

// plainWord matches text that can stand in a control's id as it is.
var plainWord = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)

// maxControlID bounds the readable part of a control's id.
const maxControlID = 100

// controlID names an environment that has its defaults filled in. Key type and
// versions are always named, the rest where it is not the default. What cannot be
// named in few letters is told apart by a hash of the whole.
func controlID(g Given) string {
	parts := []string{string(g.Key)}
	for _, v := range g.TLS.Versions {
		parts = append(parts, versionWord(v))
	}
	exact := true
	word := func(prefix, text string) {
		if !plainWord.MatchString(text) {
			exact = false
			text = idWord(text)
		}
		parts = append(parts, strings.TrimSuffix(prefix+text, "-"))
	}
	if g.Name != "localhost" {
		word("name-", g.Name)
	}
	if n := *g.Intermediates; n != 1 {
		word("intermediates-", fmt.Sprint(n))
	}
	if g.TLS.KeyExchange != ECDHE {
		word("kx-", string(g.TLS.KeyExchange))
	}
	for _, group := range g.TLS.Groups {
		word("group-", group)
	}
	if n := len(g.TLS.CipherSuites); n > 0 {
		exact = false
		parts = append(parts, "suites")
	}
	for _, protocol := range g.ALPN {
		word("alpn-", protocol)
	}
	if g.Engine != "" {
		word("engine-", string(g.Engine))
	}
	if g.ClientAuth != ClientAuthNone {
		word("client-auth-", string(g.ClientAuth))
	}
	if r := g.Redirect; r != nil {
		parts = append(parts, fmt.Sprintf("redirect-%d", r.Status))
		if r.SamePort {
			parts = append(parts, "same-port")
		}
	}
	for _, pin := range g.Pins {
		word("pin-", string(pin))
	}
	if g.Page != nil {
		exact = false
		parts = append(parts, "page-"+string(g.Page.Loads))
	}
	if of := deviations(g); len(of) > 0 {
		exact = false
		parts = append(parts, of...)
	}
	id := strings.Join(parts, "+")
	if exact && len(id) <= maxControlID {
		return controlFamily + "/" + id
	}
	if len(id) > maxControlID {
		id = id[:maxControlID]
	}
	return controlFamily + "/" + id + "~" + fingerprint(g)
}

// deviations names the certificates of which an environment says something, without what.
func deviations(g Given) []string {
	var places []string
	for _, c := range []struct {
		place string
		is    *Certificate
	}{{"leaf", g.Leaf}, {"intermediate", g.Intermediate}, {"intermediate2", g.Intermediate2}, {"root", g.Root}} {
		if c.is != nil {
			places = append(places, c.place)
		}
	}
	if len(g.Further) > 0 || g.Chain != nil || g.Anchors != nil {
		places = append(places, "hierarchy")
	}
	return places
}

// fingerprint tells environments apart.
func fingerprint(g Given) string {
	text, err := json.Marshal(g)
	if err != nil {
		panic(fmt.Sprintf("scenarios: a Given that is no JSON: %v", err)) // its types always are
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

func versionWord(v Version) string {
	if v == SSL30 {
		return string(v)
	}
	return "tls" + string(v)
}

// environment describes an environment in a few words, for people.
func environment(g Given) []string {
	var versions []string
	for _, v := range g.TLS.Versions {
		if v == SSL30 {
			versions = append(versions, "SSL 3.0")
		} else {
			versions = append(versions, "TLS "+string(v))
		}
	}
	parts := []string{string(g.Key) + " key", strings.Join(versions, " and ")}
	if g.Name != "localhost" {
		parts = append(parts, "called "+g.Name)
	}
	if n := *g.Intermediates; n != 1 {
		parts = append(parts, fmt.Sprintf("%d intermediates", n))
	}
	if g.TLS.KeyExchange != ECDHE {
		parts = append(parts, "key exchange "+string(g.TLS.KeyExchange))
	}
	if len(g.ALPN) > 0 {
		parts = append(parts, "ALPN "+strings.Join(g.ALPN, ", "))
	}
	if g.Engine != "" {
		parts = append(parts, "served by the engine that can misbehave")
	}
	if g.ClientAuth != ClientAuthNone {
		parts = append(parts, "client certificate: "+string(g.ClientAuth))
	}
	if g.Redirect != nil {
		parts = append(parts, fmt.Sprintf("behind a redirect with %d", g.Redirect.Status))
	}
	if len(g.Pins) > 0 {
		parts = append(parts, fmt.Sprintf("pinned: %v", g.Pins))
	}
	if len(g.Further) > 0 {
		parts = append(parts, "a hierarchy that branches")
	}
	if g.Page != nil {
		parts = append(parts, "a page that loads: "+string(g.Page.Loads))
	}
	return parts
}
