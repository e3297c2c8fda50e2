package server

import (
	"fmt"
	"slices"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// authority is who issues: a name and a key, whatever certificates there are of it.
type authority struct {
	subject pki.Subject
	key     *pki.Key
	issuer  *pki.Certificate // what its issuing takes; without DER for one that is not of the path
}

func newAuthority(subject pki.Subject, key *pki.Key) (authority, error) {
	der, err := subject.DER()
	if err != nil {
		return authority{}, err
	}
	return authority{subject, key, &pki.Certificate{Key: key.Signer, Subject: der, KeyID: key.ID()}}, nil
}

// ofPath returns the authority that one of the path's own certificates is of.
func ofPath(c *pki.Certificate) (authority, error) {
	subject, err := subjectOf(c)
	if err != nil {
		return authority{}, err
	}
	key, err := pki.NewKey(c.Key)
	return authority{subject, key, c}, err
}

// hierarchy is the certificates of a scenario beside those of its path.
type hierarchy struct {
	*path
	linked      []scenarios.Linked
	authorities map[string]authority
}

// issueFurther issues the certificates that chain and anchors call by name.
func (p *path) issueFurther() error {
	linked := p.scenario.Served().Further
	if len(linked) == 0 {
		return nil
	}
	h := hierarchy{p, linked, make(map[string]authority)}
	p.further = make(map[scenarios.ChainElement]*pki.Certificate)
	for i := range linked {
		c, err := h.issue(&linked[i])
		if err != nil {
			return fmt.Errorf("making %s: %w", linked[i].Name, err)
		}
		p.further[scenarios.ChainElement(linked[i].Name)] = c
	}
	for _, name := range p.scenario.Given.Anchors {
		c := p.further[name]
		if name == scenarios.ChainRoot {
			c = p.trusted
		}
		p.anchors = append(p.anchors, c)
	}
	return nil
}

// issueAnchors issues what the client is to trust, and no more than that takes.
func (p *path) issueAnchors() error {
	if err := p.issueRoots(); err != nil || p.scenario.Given.Anchors == nil {
		return err
	}
	p.status.path = p
	defer p.status.close()
	if err := p.issueIntermediates(); err != nil {
		return err
	}
	return p.issueFurther()
}

// authority returns the authority of a name, which is made when first asked for.
func (h *hierarchy) authority(name string) (authority, error) {
	if a, ok := h.authorities[name]; ok {
		return a, nil
	}
	a, err := h.make(name)
	if err != nil {
		return a, fmt.Errorf("making the authority %s: %w", name, err)
	}
	h.authorities[name] = a
	return a, nil
}

func (h *hierarchy) make(name string) (authority, error) {
	if scenarios.IsPathAuthority(name) {
		c, err := h.element(scenarios.ChainElement(name))
		if err != nil {
			return authority{}, err
		}
		return ofPath(c)
	}
	// One that this scenario's client trusts must have no key that another
	// scenario's client distrusts: served together, they are told of all anchors.
	slot := "authority " + name
	var namesake string
	for _, l := range h.linked {
		if l.Of != name {
			continue
		}
		if slices.Contains(h.scenario.Given.Anchors, scenarios.ChainElement(l.Name)) {
			slot = "trusted " + slot
		}
		if l.Namesake != "" {
			namesake = l.Namesake
		}
	}
	key, err := h.factory.keys.Get(h.keyType(), slot)
	if err != nil {
		return authority{}, err
	}
	if namesake != "" {
		other, err := h.authority(namesake)
		if err != nil {
			return authority{}, err
		}
		return newAuthority(other.subject, key)
	}
	ordinary, err := pki.Request{Kind: pki.Intermediate, Key: key}.Complete()
	if err != nil {
		return authority{}, err
	}
	return newAuthority(ordinary.Subject, key)
}

func (h *hierarchy) issue(l *scenarios.Linked) (*pki.Certificate, error) {
	of, err := h.authority(l.Of)
	if err != nil {
		return nil, err
	}
	by, err := h.authority(l.By)
	if err != nil {
		return nil, err
	}
	spec := forge.Spec{Request: pki.Request{Kind: pki.Intermediate, Key: of.key, Subject: of.subject, Issuer: by.issuer}}
	if l.Of == l.By {
		spec.Kind, spec.Issuer = pki.Root, nil
		if !h.plainRoot() {
			spec.NameConstraints = pki.PrivateConstraints()
		}
	}
	says := edits(&l.Certificate)
	c, err := h.forge(spec, "authority "+l.Of, says, h.root)
	if err != nil {
		return nil, err
	}
	return c, h.status.add(l.Name, c, by.issuer, ofStatus(says))
}

// issueMaze issues the certificates of a maze, in the order in which they are sent.
func (p *path) issueMaze() error {
	m := p.scenario.Fault.Maze
	if m == nil {
		return nil
	}
	first, err := ofPath(p.issuer())
	if err != nil {
		return err
	}
	all := []authority{first}
	for i := 1; i < m.Authorities; i++ {
		subject, key := first.subject, first.key
		if m.Name != scenarios.ShareShared {
			subject = pki.Subject{{Type: "C", Value: "XX"}, {Type: "O", Value: "tlsfault"}, {Type: "CN", Value: fmt.Sprintf("tlsfault maze %d", i)}}
		}
		if m.Key != scenarios.ShareShared {
			if key, err = p.factory.keys.Get(p.keyType(), fmt.Sprintf("maze %d", i)); err != nil {
				return err
			}
		}
		a, err := newAuthority(subject, key)
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	issue := func(of authority, by *pki.Certificate) error {
		c, err := forge.Issue(forge.Spec{Request: pki.Request{Kind: pki.Intermediate, Key: of.key, Subject: of.subject, Issuer: by}})
		p.maze = append(p.maze, c)
		return err
	}
	for i, of := range all {
		for j, by := range all {
			if i == j {
				continue
			}
			if err := issue(of, by.issuer); err != nil {
				return fmt.Errorf("certifying authority %d by authority %d of the maze: %w", i, j, err)
			}
		}
	}
	if !m.Exit {
		return nil
	}
	return issue(all[len(all)-1], p.root)
}
