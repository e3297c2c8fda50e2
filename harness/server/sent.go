package server

import (
	"fmt"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// sent returns the certificates that the server presents, leaf first.
func (p *path) sent() ([]*pki.Certificate, error) {
	if p.maze != nil {
		return append([]*pki.Certificate{p.leaf}, p.maze...), nil
	}
	elements := p.scenario.Fault.Chain
	if elements == nil {
		elements = p.scenario.Given.Chain
	}
	if elements != nil {
		chain := make([]*pki.Certificate, 0, len(elements))
		for _, e := range elements {
			c, err := p.element(e)
			if err != nil {
				return nil, fmt.Errorf("making %s for the chain: %w", e, err)
			}
			chain = append(chain, c)
		}
		return chain, nil
	}
	chain := []*pki.Certificate{p.leaf}
	switch p.leafIssuer() {
	case scenarios.IssuerSelf, scenarios.IssuerRoot:
		return chain, nil
	case scenarios.IssuerLeaf:
		chain = append(chain, p.extra)
	}
	for i := len(p.intermediates) - 1; i >= 0; i-- {
		chain = append(chain, p.intermediates[i])
	}
	return chain, nil
}

// leafIssuer is the unusual issuer of the leaf, if it has one.
func (p *path) leafIssuer() scenarios.Issuer {
	var issuer scenarios.Issuer
	for _, e := range edits(p.scenario.Given.Leaf, p.scenario.Fault.Leaf) {
		if e.Issuer != "" {
			issuer = e.Issuer
		}
	}
	return issuer
}

// element returns one certificate that a chain names.
func (p *path) element(e scenarios.ChainElement) (*pki.Certificate, error) {
	switch e {
	case scenarios.ChainLeaf:
		return p.leaf, nil
	case scenarios.ChainRoot:
		return p.root, nil
	case scenarios.ChainIntermediate, scenarios.ChainIntermediate2:
		above := 1
		if e == scenarios.ChainIntermediate2 {
			above = 2
		}
		if above > len(p.intermediates) {
			return nil, fmt.Errorf("the path has %d intermediates", len(p.intermediates))
		}
		return p.intermediates[len(p.intermediates)-above], nil
	case scenarios.ChainForeignIntermediate:
		return p.foreignIntermediate()
	case scenarios.ChainSameNameIntermediate:
		return p.namesakeIntermediate()
	case scenarios.ChainStray:
		issuer, err := p.foreignIntermediate()
		if err != nil {
			return nil, err
		}
		spec, err := p.leafSpec(issuer, "stray leaf", "stray.localhost")
		if err != nil {
			return nil, err
		}
		return forge.Issue(spec)
	}
	if c := p.further[e]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("unknown chain element %q", e)
}

// foreignIntermediate is one of another domain's authority, whose root the client does not have.
func (p *path) foreignIntermediate() (*pki.Certificate, error) {
	root, err := p.ordinaryRoot(p.rootKeyType(), "stranger root", "")
	if err != nil {
		return nil, err
	}
	return p.intermediate(root, "foreign intermediate")
}

// namesakeIntermediate has the name of the right intermediate and another key.
func (p *path) namesakeIntermediate() (*pki.Certificate, error) {
	right := p.issuer()
	issuer := p.root
	if n := len(p.intermediates); n > 1 {
		issuer = p.intermediates[n-2]
	}
	spec, err := p.intermediateSpec(issuer, "namesake intermediate")
	if err != nil {
		return nil, err
	}
	if spec.Subject, err = subjectOf(right); err != nil {
		return nil, err
	}
	return forge.Issue(spec)
}
