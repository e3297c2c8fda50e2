package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// link is one certificate of a hierarchy that the client is shown.
type link struct {
	name, of, by string
	broken       []field
}

// hierarchy draws what the client is shown as trees, one for each authority that
// it trusts, then one for each other that has issued something.
type hierarchy struct {
	links []link
	drawn []drawn
	seen  map[string]bool // names of links
}

// drawingOfHierarchy draws a scenario whose certificates are more than
// one path. An authority that stands above itself already is not drawn on.
func drawingOfHierarchy(s *scenarios.Scenario, given, faults []field) []drawn {
	h := hierarchy{seen: make(map[string]bool), drawn: []drawn{{text: "trusted by the client"}}}
	h.links = shown(s)
	anchors := s.Given.Anchors
	if anchors == nil {
		anchors = []scenarios.ChainElement{scenarios.ChainRoot}
	}
	var trusted []link
	for _, a := range anchors {
		anchor := link{of: string(a)}
		for _, l := range s.Served().Further {
			if l.Name == string(a) {
				anchor = link{of: l.Of, broken: brokenLink(s, l.Name)}
				h.seen[l.Name] = true
			}
		}
		trusted = append(trusted, anchor)
	}
	for i, a := range trusted {
		h.grow("", i == len(trusted)-1, a.of, a, nil)
	}
	var strangers []string
	for _, l := range h.links {
		if !h.seen[l.name] && !slices.Contains(strangers, l.by) {
			strangers = append(strangers, l.by)
		}
	}
	if len(strangers) > 0 {
		h.drawn = append(h.drawn, drawn{text: "trusted by nobody"})
	}
	for i, a := range strangers {
		if i == 0 || !h.all(a) {
			h.grow("", true, a, link{}, nil)
		}
	}
	return append(h.drawn, drawingOfServer(given, faults)...)
}

// all reports whether everything that an authority has issued is drawn.
func (h *hierarchy) all(authority string) bool {
	return !slices.ContainsFunc(h.links, func(l link) bool { return l.by == authority && !h.seen[l.name] })
}

// grow draws an authority, by the certificate that leads to it, and what it has issued.
func (h *hierarchy) grow(indent string, last bool, authority string, by link, above []string) {
	h.seen[by.name] = true
	branch, below := "├─ ", "│  "
	if last {
		branch, below = "└─ ", "   "
	}
	text := indent + branch + authority
	if by.name != "" && by.name != authority {
		text += "  " + by.name
	}
	again := slices.Contains(above, authority)
	if again {
		text += "  (again)"
	}
	h.drawn = append(h.drawn, drawn{text: text})
	for _, f := range by.broken {
		h.drawn = append(h.drawn, drawn{text: indent + below + "✗ " + f.path + ": " + f.value, broken: true})
	}
	if again {
		return
	}
	var issued []link
	for _, l := range h.links {
		if l.by == authority && l.of != authority {
			issued = append(issued, l)
		}
	}
	for i, l := range issued {
		h.grow(indent+below, i == len(issued)-1, l.of, l, append(slices.Clone(above), authority))
	}
}

// shown lists the certificates that the server of s sends, with what is broken in each.
func shown(s *scenarios.Scenario) []link {
	served := s.Served()
	sent := s.Fault.Chain
	if sent == nil {
		sent = s.Given.Chain
	}
	if sent == nil {
		for _, p := range places(s) {
			sent = append(sent, scenarios.ChainElement(p.name))
		}
	}
	above := map[scenarios.ChainElement]string{scenarios.ChainIntermediate: "root", scenarios.ChainLeaf: "intermediate", scenarios.ChainIntermediate2: "root"}
	switch s.Given.IntermediateCount() {
	case 0:
		above[scenarios.ChainLeaf] = "root"
	case 1:
	default:
		above[scenarios.ChainIntermediate] = "intermediate-2"
	}
	var links []link
	for _, e := range sent {
		name := string(e)
		if by := above[e]; by != "" {
			key := strings.ReplaceAll(name, "intermediate-2", "intermediate2")
			links = append(links, link{name: name, of: name, by: by, broken: brokenIn(s, key)})
			continue
		}
		for _, l := range served.Further {
			if l.Name == name {
				links = append(links, link{name: name, of: l.Of, by: l.By, broken: brokenLink(s, name)})
			}
		}
	}
	return links
}

// brokenIn lists what the fault says of a certificate of the path.
func brokenIn(s *scenarios.Scenario, place string) []field {
	faults, err := fields(s.Fault)
	if err != nil {
		return nil
	}
	var broken []field
	for _, f := range faults {
		if name, ok := strings.CutPrefix(f.path, place+"."); ok {
			broken = append(broken, field{name, f.value})
		}
	}
	return broken
}

// brokenLink lists what the fault says of a further certificate beside who it is of.
func brokenLink(s *scenarios.Scenario, name string) []field {
	for _, l := range s.Fault.Further {
		if l.Name != name {
			continue
		}
		said, err := fields(l.Certificate)
		if err != nil {
			return []field{{"unreadable", fmt.Sprint(err)}}
		}
		return said
	}
	return nil
}
