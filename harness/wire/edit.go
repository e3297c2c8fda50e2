package wire

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Area is the part of a scenario's fault that an edit belongs to.
type Area string

// The areas.
const (
	AreaDH        Area = "dh"        // parameters of finite field Diffie-Hellman
	AreaProtocol  Area = "protocol"  // version and cipher suite
	AreaHandshake Area = "handshake" // messages and their order
	AreaRecord    Area = "record"    // records and alerts
)

// EditInfo describes an edit to authors of scenarios.
type EditInfo struct {
	Area Area
	Name string
	// Causes says in one sentence what the server does.
	Causes string
	// Params are what the edit can be told; a single value stands for the first.
	Params []ParamInfo
	// RFC is the clause that the edit breaks, or stands on, or the CVE it replays.
	RFC string
	// Alerts are the alerts that a client may answer with, IANA spellings, likeliest first.
	Alerts []string
	// AlertNamed reports that the clause names the alert, so that the first of Alerts is the one.
	AlertNamed bool
	// Versions are those in which the edit can act; all when empty.
	Versions []uint16
	// Legal reports that the server stays within the rules: a client should accept.
	Legal bool
	// AfterRequest reports that the client meets the fault once the handshake is
	// over, when it may have sent its request already: application data are no
	// sign then that it accepted. See also Edit.AfterRequest.
	AfterRequest bool
	// NotIsolated says why a client that lacks just the one check still cannot go on; empty where it can.
	NotIsolated string
	// Needs says what else must be so for the edit to act, such as what the client offers.
	Needs string
}

// ParamType is the type of a parameter.
type ParamType string

// The types of parameters.
const (
	ParamInt    ParamType = "integer"
	ParamString ParamType = "string"
)

// ParamInfo describes a parameter of an edit.
type ParamInfo struct {
	Name    string
	Type    ParamType
	Enum    []string // the words allowed, where not any will do
	Min     int      // for integers
	Max     int
	Default any // int or string
	Doc     string
}

// Edit is a fault: a row of the table with its parameters. ParseEdit makes them.
type Edit struct {
	Area Area
	Name string

	row    *row
	params params
}

// Info describes the edit; the zero EditInfo for an Edit that ParseEdit did not make.
func (e Edit) Info() EditInfo {
	if e.row == nil {
		return EditInfo{}
	}
	return e.row.EditInfo
}

// AfterRequest is EditInfo.AfterRequest, or true where the parameters put the fault after the handshake.
func (e Edit) AfterRequest() bool {
	return e.Info().AfterRequest || e.params["at"] == "application" || e.params["of"] == "application" || e.params["when"] == "after-handshake"
}

// row is an edit of the table: what it is and how to make it.
type row struct {
	EditInfo
	build func(p params) ops
}

// table is every edit, area by area.
var table = slices.Concat(
	dhEdits, protocolEdits,
	serverHelloEdits, certificateEdits, keyExchangeEdits, orderEdits, finishedEdits,
	retryEdits, shareEdits, encryptedExtensionsEdits, verifyEdits, resumptionEdits, afterEdits, renegotiationEdits,
	framingEdits, protectionEdits, alertEdits,
)

// Edits lists every edit.
func Edits() []EditInfo {
	var infos []EditInfo
	for _, r := range table {
		infos = append(infos, r.EditInfo)
	}
	return infos
}

// ErrEdit is wrapped by every error of ParseEdit.
var ErrEdit = errors.New("no such edit")

// ParseEdit finds an edit by area and name. params is nil or true, a single
// value for the first parameter, or a map[string]any; numbers may come as
// strings. Errors wrap ErrEdit and name the nearest right word.
func ParseEdit(area Area, name string, values any) (Edit, error) {
	var names []string
	for i := range table {
		if table[i].Area != area {
			continue
		}
		if table[i].Name == name {
			p, err := table[i].parse(values)
			if err != nil {
				return Edit{}, fmt.Errorf("%w: %s.%s: %w", ErrEdit, area, name, err)
			}
			return Edit{Area: area, Name: name, row: &table[i], params: p}, nil
		}
		names = append(names, table[i].Name)
	}
	if len(names) == 0 {
		areas := []string{string(AreaDH), string(AreaProtocol), string(AreaHandshake), string(AreaRecord)}
		return Edit{}, fmt.Errorf("%w: %w", ErrEdit, unknown("area", string(area), areas))
	}
	return Edit{}, fmt.Errorf("%w: %w", ErrEdit, unknown("edit of "+string(area), name, names))
}

// params are the checked parameters of an edit, none missing: int or string each.
type params map[string]any

func (p params) int(name string) int       { return p[name].(int) }
func (p params) string(name string) string { return p[name].(string) }

// parse checks values against the parameters that the edit has.
func (r *row) parse(values any) (params, error) {
	given := map[string]any{}
	switch v := values.(type) {
	case nil:
	case map[string]any:
		given = v
	case bool:
		if !v {
			return nil, errors.New("false means nothing here; leave the edit out")
		}
	default:
		if len(r.Params) == 0 {
			return nil, fmt.Errorf("takes no value, not %v", v)
		}
		given = map[string]any{r.Params[0].Name: v}
	}
	p := params{}
	var names []string
	for _, info := range r.Params {
		names = append(names, info.Name)
		v, ok := given[info.Name]
		if !ok {
			p[info.Name] = info.Default
			continue
		}
		checked, err := info.check(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", info.Name, err)
		}
		p[info.Name] = checked
	}
	for name := range given {
		if _, ok := p[name]; !ok {
			if len(names) == 0 {
				return nil, fmt.Errorf("takes no parameter, not %q", name)
			}
			return nil, unknown("parameter", name, names)
		}
	}
	return p, nil
}

func (info ParamInfo) check(v any) (any, error) {
	text := fmt.Sprint(v)
	if info.Type == ParamString {
		if len(info.Enum) > 0 && !contains(info.Enum, text) {
			return nil, unknown("value", text, info.Enum)
		}
		return text, nil
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no whole number", text)
	}
	if len(info.Enum) > 0 && !contains(info.Enum, strconv.FormatInt(n, 10)) {
		return nil, fmt.Errorf("%d is not one of %s", n, strings.Join(info.Enum, ", "))
	}
	if n < int64(info.Min) || n > int64(info.Max) {
		return nil, fmt.Errorf("%d is not between %d and %d", n, info.Min, info.Max)
	}
	return int(n), nil
}
