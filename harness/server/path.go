package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// path is the certificates of one scenario, from the root down.
type path struct {
	factory  *Factory
	scenario *scenarios.Scenario
	now      time.Time

	trusted       *pki.Certificate   // what the client trusts
	root          *pki.Certificate   // what the path ends in; another one under a trust fault
	intermediates []*pki.Certificate // from the root's side
	leaf          *pki.Certificate
	extra         *pki.Certificate // the leaf that plays the issuer, with issuer: leaf
	further       map[scenarios.ChainElement]*pki.Certificate
	maze          []*pki.Certificate
	anchors       []*pki.Certificate // what the client trusts in place of trusted; nil for that
	status        status             // of what says where it is to be had
}

// issuePath issues the certificates of a scenario, those that it does not touch
// from the factory's store.
func (f *Factory) issuePath(s *scenarios.Scenario) (*path, error) {
	p := &path{factory: f, scenario: s}
	p.status.path = p
	if err := p.issue(); err != nil {
		p.status.close()
		return nil, err
	}
	return p, nil
}

func (p *path) issue() error {
	if err := p.issueRoots(); err != nil {
		return fmt.Errorf("making the root: %w", err)
	}
	if err := p.issueIntermediates(); err != nil {
		return fmt.Errorf("making the intermediates: %w", err)
	}
	if err := p.issueFurther(); err != nil {
		return fmt.Errorf("making further certificates: %w", err)
	}
	if err := p.issueMaze(); err != nil {
		return fmt.Errorf("making the maze: %w", err)
	}
	if err := p.issueLeaf(); err != nil {
		return fmt.Errorf("making the leaf: %w", err)
	}
	slices.Reverse(p.status.subjects)
	return nil
}

// roots returns what the client is to trust.
func (p *path) roots() []*pki.Certificate {
	if p.anchors != nil {
		return p.anchors
	}
	return []*pki.Certificate{p.trusted}
}

// slotLeaf names the leaf among the places of a path.
const slotLeaf = "leaf"

// keyType is the key type of leaf and intermediates.
func (p *path) keyType() pki.KeyType { return pki.KeyType(p.scenario.Given.KeyType()) }

// rootKeyType is one that every client of such a leaf can verify with: one RSA
// root serves all RSA paths, one ECDSA root all others.
func (p *path) rootKeyType() pki.KeyType {
	if strings.HasPrefix(string(p.keyType()), "rsa-") {
		return pki.RSA2048
	}
	return pki.ECDSAP256
}

func (p *path) issueRoots() error {
	p.now = time.Now()
	keyType := p.rootKeyType()
	ordinary, err := p.ordinaryRoot(keyType, "root", "")
	if err != nil {
		return err
	}
	p.trusted, p.root = ordinary, ordinary
	switch p.scenario.Fault.Trust {
	case scenarios.TrustStranger:
		p.root, err = p.ordinaryRoot(keyType, "stranger root", "")
		return err
	case scenarios.TrustSameName:
		p.root, err = p.ordinaryRoot(keyType, "namesake root", "root")
		return err
	}
	edits := edits(p.scenario.Given.Root, p.scenario.Fault.Root)
	if len(edits) == 0 {
		return nil
	}
	spec, err := p.rootSpec(keyType, "root", "")
	if err != nil {
		return err
	}
	p.root, err = p.forge(spec, "root", edits, nil)
	p.trusted = p.root
	return err
}

// ordinaryRoot returns the shared root of a slot, named like that of namesake if there is one.
func (p *path) ordinaryRoot(keyType pki.KeyType, slot, namesake string) (*pki.Certificate, error) {
	name := fmt.Sprintf("%s %s constrained=%t", keyType, slot, !p.plainRoot())
	return p.factory.shared(name, func() (*pki.Certificate, error) {
		spec, err := p.rootSpec(keyType, slot, namesake)
		if err != nil {
			return nil, err
		}
		return forge.Issue(spec)
	})
}

// plainRoot reports whether the roots are without name constraints.
func (p *path) plainRoot() bool {
	return p.factory.plainRoots || p.scenario.NeedsUnconstrainedRoot()
}

// rootSpec describes the root of a slot. The unconstrained root has a key and a
// name of its own: trusting one root never means trusting the other.
func (p *path) rootSpec(keyType pki.KeyType, slot, namesake string) (forge.Spec, error) {
	spec := forge.Spec{Request: pki.Request{Kind: pki.Root}}
	free := ""
	if p.plainRoot() {
		free = "unconstrained "
	} else {
		spec.NameConstraints = pki.PrivateConstraints()
	}
	key, err := p.factory.keys.Get(keyType, free+slot)
	if err != nil {
		return spec, err
	}
	spec.Key = key
	if namesake != "" {
		other, err := p.ordinaryRoot(keyType, namesake, "")
		if err != nil {
			return spec, err
		}
		if spec.Subject, err = subjectOf(other); err != nil {
			return spec, err
		}
	}
	return spec, nil
}

func (p *path) issueIntermediates() error {
	count := p.scenario.Given.IntermediateCount()
	given, fault := p.scenario.Given, p.scenario.Fault
	lowest, above := edits(given.Intermediate, fault.Intermediate), edits(given.Intermediate2, fault.Intermediate2)
	issuer := p.root
	for i := range count {
		var err error
		var edits []*scenarios.Certificate
		switch i {
		case count - 1:
			edits = lowest
		case count - 2:
			edits = above
		}
		if len(edits) > 0 {
			issuer, err = p.editedIntermediate(issuer, i, edits)
		} else {
			issuer, err = p.intermediate(issuer, fmt.Sprintf("intermediate %d", i))
		}
		if err != nil {
			return err
		}
		p.intermediates = append(p.intermediates, issuer)
	}
	return nil
}

func (p *path) intermediateSpec(issuer *pki.Certificate, slot string) (forge.Spec, error) {
	key, err := p.factory.keys.Get(p.keyType(), slot)
	return forge.Spec{Request: pki.Request{Kind: pki.Intermediate, Key: key, Issuer: issuer}}, err
}

// intermediate returns an ordinary intermediate, shared between cases of one issuer.
func (p *path) intermediate(issuer *pki.Certificate, slot string) (*pki.Certificate, error) {
	return p.factory.shared(string(issuer.DER)+slot+string(p.keyType()), func() (*pki.Certificate, error) {
		spec, err := p.intermediateSpec(issuer, slot)
		if err != nil {
			return nil, err
		}
		return forge.Issue(spec)
	})
}

func (p *path) editedIntermediate(issuer *pki.Certificate, i int, edits []*scenarios.Certificate) (*pki.Certificate, error) {
	spec, err := p.intermediateSpec(issuer, fmt.Sprintf("intermediate %d", i))
	if err != nil {
		return nil, err
	}
	slot := fmt.Sprintf("intermediate %d", i)
	certificate, err := p.forge(spec, slot, edits, p.root)
	if err != nil {
		return nil, err
	}
	return certificate, p.status.add(slot, certificate, issuer, ofStatus(edits))
}

// issuer is what ordinarily issues the leaf.
func (p *path) issuer() *pki.Certificate {
	if len(p.intermediates) == 0 {
		return p.root
	}
	return p.intermediates[len(p.intermediates)-1]
}

func (p *path) issueLeaf() error {
	spec, err := p.leafSpec(p.issuer(), slotLeaf, p.scenario.Given.HostName())
	if err != nil {
		return err
	}
	says := edits(p.scenario.Given.Leaf, p.scenario.Fault.Leaf)
	if p.leaf, err = p.forge(spec, slotLeaf, says, p.root); err != nil {
		return err
	}
	return p.status.add(slotLeaf, p.leaf, p.issuer(), ofStatus(says))
}

func (p *path) leafSpec(issuer *pki.Certificate, slot, host string) (forge.Spec, error) {
	key, err := p.factory.keys.Get(p.keyType(), slot)
	return forge.Spec{Request: pki.Request{
		Key: key, Issuer: issuer, Names: []pki.Name{pki.HostName(host)},
	}}, err
}

// edits returns what the given environment and the fault say of one certificate, in that order.
func edits(list ...*scenarios.Certificate) []*scenarios.Certificate {
	return slices.DeleteFunc(list, func(c *scenarios.Certificate) bool { return c == nil })
}

// certificate is what the server presents, and the key it proves to have.
func (p *path) certificate() (tls.Certificate, error) {
	sent, err := p.sent()
	if err != nil {
		return tls.Certificate{}, err
	}
	scts, err := p.handshakeSCTs()
	return tls.Certificate{Certificate: pki.Chain(sent...), PrivateKey: p.leaf.Key, SignedCertificateTimestamps: scts}, err
}

// subjectOf returns the subject of an ordinary authority, to name another after it.
func subjectOf(c *pki.Certificate) (pki.Subject, error) {
	parsed, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return nil, fmt.Errorf("reading the subject of an authority: %w", err)
	}
	s := parsed.Subject
	return pki.Subject{{Type: "C", Value: s.Country[0]}, {Type: "O", Value: s.Organization[0]}, {Type: "CN", Value: s.CommonName}}, nil
}
