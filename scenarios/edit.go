package scenarios

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// Edit is one row of the table of edits in package wire, and what it is told:
// { finished-wrong: true }, { bits: 512 } for its first parameter, or
// { key-update-flood: { count: 100, request: "yes" } } for several.
type Edit struct {
	Name string
	// Values is nil, an int or a string for the first parameter, or a map of parameters to those.
	Values any
}

// MarshalYAML writes the edit as authors do.
func (e Edit) MarshalYAML() (any, error) {
	if e.Values == nil {
		return map[string]any{e.Name: true}, nil
	}
	return map[string]any{e.Name: e.Values}, nil
}

// MarshalJSON writes the edit as authors do.
func (e Edit) MarshalJSON() ([]byte, error) {
	form, err := e.MarshalYAML()
	if err != nil {
		return nil, err
	}
	return json.Marshal(form)
}

// AreaEdit is an edit with the part of the fault that it stands under.
type AreaEdit struct {
	Area wire.Area
	Edit
}

// Edits returns what of the fault package wire brings about.
func (f Fault) Edits() []AreaEdit {
	var edits []AreaEdit
	for _, e := range []struct {
		area wire.Area
		edit *Edit
	}{{wire.AreaDH, f.DH}, {wire.AreaProtocol, f.Protocol}, {wire.AreaHandshake, f.Handshake}, {wire.AreaRecord, f.Record}} {
		if e.edit != nil {
			edits = append(edits, AreaEdit{e.area, *e.edit})
		}
	}
	return edits
}

// Parse returns the edit for package wire. A scenario that was loaded gives no error.
func (e AreaEdit) Parse() (wire.Edit, error) { return wire.ParseEdit(e.Area, e.Name, e.Values) }

// Alerts returns the alerts that the clause which a fault of the handshake or
// record layer breaks allows for, IANA spellings; nil for other faults.
func (f Fault) Alerts() []string {
	var alerts []string
	for _, e := range f.Edits() {
		if edit, err := e.Parse(); err == nil {
			alerts = append(alerts, edit.Info().Alerts...)
		}
	}
	return alerts
}

// decodeEdit reads an edit and holds it to the table of package wire.
func decodeEdit(d *yamltree.Decoder, n *yamltree.Node, at *yamltree.Path) any {
	area := at.String()[strings.LastIndexByte(at.String(), '.')+1:]
	if n.Kind != yamltree.Map || len(n.Keys) != 1 {
		d.Problems.Add(n, "write "+area+": { NAME: VALUE }, or { NAME: true } where it takes no value", "%s takes one edit", at)
		return nil
	}
	e := Edit{Name: n.Keys[0].Value}
	values, ok := editValues(d, n.Items[0], at.Child(e.Name))
	if !ok {
		return nil
	}
	e.Values = values
	if _, err := wire.ParseEdit(wire.Area(area), e.Name, values); err != nil {
		where := n.Keys[0]
		if editNamed(area, e.Name) {
			where = n.Items[0]
		}
		text, hint := editProblem(err)
		d.Problems.Add(where, hint, "%s", text)
		return nil
	}
	return e
}

// editValues reads what an edit is told: scalars, or a map of them.
func editValues(d *yamltree.Decoder, n *yamltree.Node, at *yamltree.Path) (any, bool) {
	switch {
	case n.Kind == yamltree.Map:
		values := make(map[string]any, len(n.Keys))
		for i, key := range n.Keys {
			if !n.Items[i].IsScalar() {
				d.Problems.Add(n.Items[i], "write a number or text", "%s takes a number or text, not %s", at.Child(key.Value), n.Items[i].Kind)
				return nil, false
			}
			values[key.Value] = editScalar(n.Items[i])
		}
		return values, true
	case n.Kind == yamltree.Bool && n.Value == "true":
		return nil, true
	case n.Kind == yamltree.Bool:
		d.Problems.Add(n, "leave the edit out", "%s is false, which means nothing here", at)
		return nil, false
	case n.IsScalar():
		return editScalar(n), true
	}
	d.Problems.Add(n, "write true, a value, or { PARAMETER: VALUE }", "%s takes true, a value or a map, not %s", at, n.Kind)
	return nil, false
}

// editScalar is a whole number where it is written as one, text otherwise: "1.2" is a version.
func editScalar(n *yamltree.Node) any {
	if i, err := strconv.Atoi(n.Value); err == nil && n.Kind != yamltree.Text {
		return i
	}
	return n.Value
}

func editNamed(area, name string) bool {
	return slices.ContainsFunc(wire.Edits(), func(e wire.EditInfo) bool { return string(e.Area) == area && e.Name == name })
}

// editProblem takes an error of wire.ParseEdit apart into what is wrong and the hint in it.
func editProblem(err error) (text, hint string) {
	text = strings.TrimPrefix(err.Error(), wire.ErrEdit.Error()+": ")
	if !errors.Is(err, wire.ErrEdit) {
		return text, ""
	}
	if before, after, found := strings.Cut(text, "; "); found {
		return before, after
	}
	return text, ""
}

// editVersions are the versions by their numbers in package wire.
var editVersions = map[uint16]Version{
	wire.VersionSSL30: SSL30, wire.VersionTLS10: TLS10, wire.VersionTLS11: TLS11, wire.VersionTLS12: TLS12, wire.VersionTLS13: TLS13,
}

// checkEdits holds the edits against the rest of the scenario, and takes over
// from the table why nobody can survive one.
func (c *checker) checkEdits() {
	edits := c.Fault.Edits()
	for _, e := range edits {
		at := "fault." + string(e.Area)
		edit, err := e.Parse()
		if err != nil {
			continue // decodeEdit has said so
		}
		info := edit.Info()
		switch {
		case len(edits) > 1:
			c.problem(at, "make it several scenarios", "a fault is one broken thing, but here are %d edits", len(edits))
			return
		case info.Legal && c.Expect.Outcome == Reject && c.Expect.Level == Must:
			c.problem("expect", "expect: accept, or lower the level", "%s stays within the rules (%s), so that no client must refuse it", e.Name, info.RFC)
		case !c.editActs(info):
			c.problem("given.tls.versions", "change versions", "%s can only act in %s", e.Name, spokenWords(info.Versions))
		case e.Area == wire.AreaDH && e.Name != "export" && c.Given.TLS.KeyExchange != DHE && len(c.Given.TLS.CipherSuites) == 0:
			c.problem("given.tls", "add keyExchange: dhe", "%s changes Diffie-Hellman over finite fields, which the given server does not use", e.Name)
		}
		if c.NotIsolated == "" && c.Expect.Outcome == Reject {
			c.NotIsolated = info.NotIsolated
		}
	}
}

func (c *checker) editActs(info wire.EditInfo) bool {
	if len(info.Versions) == 0 || info.Area == wire.AreaProtocol {
		return true
	}
	return slices.ContainsFunc(info.Versions, func(v uint16) bool { return slices.Contains(c.Given.TLS.Spoken(), editVersions[v]) })
}

func spokenWords(versions []uint16) string {
	var words []string
	for _, v := range versions {
		if v == wire.VersionSSL30 {
			words = append(words, "SSL 3.0")
			continue
		}
		words = append(words, "TLS "+string(editVersions[v]))
	}
	return strings.Join(words, ", ")
}
