package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// Linked is a certificate beside those of the one path that every scenario has:
// By has certified Of. Both are names of authorities: root, intermediate and
// intermediate-2 are those of the path, any other name makes a new one. An
// authority that certifies itself is a root, which a client trusts where
// Given.Anchors names the certificate.
type Linked struct {
	Name string `yaml:"name" json:"name" jsonschema:"required" jsonschema_description:"What chain and anchors call it."`
	Of   string `yaml:"of,omitempty" json:"of,omitempty" jsonschema_description:"The authority that it is of: root, intermediate, intermediate-2, or a new one by any other name."`
	By   string `yaml:"by,omitempty" json:"by,omitempty" jsonschema_description:"The authority that issues it; the same one for a root."`
	// Namesake is the authority whose name this one bears, with a key of its own.
	Namesake string `yaml:"namesake,omitempty" json:"namesake,omitempty" jsonschema_description:"The authority whose name the new one bears."`

	Certificate `yaml:",inline"`
}

// Maze is a hierarchy in which a client that tries every path without bound, or
// runs in circles, never comes to an end: every authority has certified every
// other one, the path's intermediate is among them, and no path leads to a root,
// unless it is said to.
type Maze struct {
	Authorities int `yaml:"authorities" json:"authorities" jsonschema:"required,minimum=2,maximum=12" jsonschema_description:"How many there are, the path's intermediate among them."`
	// Name and Key say whether they share those of the intermediate.
	Name Share `yaml:"name,omitempty" json:"name,omitempty" jsonschema:"enum=own,enum=shared" jsonschema_description:"Whether each has a name of its own; own when left out."`
	Key  Share `yaml:"key,omitempty" json:"key,omitempty" jsonschema:"enum=own,enum=shared" jsonschema_description:"Whether each has a key of its own; own when left out."`
	// Exit has the root certify the last of them.
	Exit bool `yaml:"exit,omitempty" json:"exit,omitempty" jsonschema_description:"The root has certified the last one, so that there is a path."`
}

// Share says whether authorities have something of their own.
type Share string

// What authorities do about names and keys.
const (
	ShareOwn    Share = "own"
	ShareShared Share = "shared"
)

// linked returns the further certificate of a name, nil for none.
func (c Certificates) linked(name string) *Linked {
	if i := slices.IndexFunc(c.Further, func(l Linked) bool { return l.Name == name }); i >= 0 {
		return &c.Further[i]
	}
	return nil
}

// linkedOver returns base with what delta says of certificates of the same names, and what it adds.
func linkedOver(base, delta []Linked) []Linked {
	if len(delta) == 0 {
		return base
	}
	both := slices.Clone(base)
	for _, l := range delta {
		i := slices.IndexFunc(both, func(b Linked) bool { return b.Name == l.Name })
		if i < 0 {
			both = append(both, l)
			continue
		}
		overlay(reflect.ValueOf(&both[i]).Elem(), reflect.ValueOf(l))
	}
	return both
}

// IsPathAuthority reports whether name is one of the authorities that every path has.
func IsPathAuthority(name string) bool {
	return slices.Contains(pathAuthorities, name)
}

// pathAuthorities are the authorities of the path.
var pathAuthorities = words(ChainRoot, ChainIntermediate, ChainIntermediate2)

// chainWords are the certificates that a chain can be made of without further ones.
var chainWords = words(
	ChainLeaf, ChainIntermediate, ChainIntermediate2, ChainRoot,
	ChainForeignIntermediate, ChainSameNameIntermediate, ChainStray,
)

var linkedPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// checkHierarchy looks at further certificates, and at what calls them by name.
func (c *checker) checkHierarchy() {
	served := c.Served()
	c.checkLinked("given", c.Given.Certificates, Certificates{})
	c.checkLinked("fault", c.Fault.Certificates, c.Given.Certificates)
	called := make(map[ChainElement]bool)
	check := func(at string, elements []ChainElement, known []string) {
		for i, e := range elements {
			called[e] = true
			if !slices.Contains(known, string(e)) && served.linked(string(e)) == nil {
				for _, l := range served.Further {
					if !slices.Contains(known, l.Name) {
						known = append(known, l.Name)
					}
				}
				c.problem(fmt.Sprintf("%s.%d", at, i), yamltree.Suggest(string(e), known), "unknown certificate %q", e)
			}
		}
	}
	check("given.chain", c.Given.Chain, chainWords)
	check("fault.chain", c.Fault.Chain, chainWords)
	check("given.anchors", c.Given.Anchors, words(ChainRoot))
	for i, l := range c.Given.Further {
		if l.Name != "" && !called[ChainElement(l.Name)] {
			c.problem(fmt.Sprintf("given.certificates.%d", i), "name it in chain or anchors", "nobody is shown the certificate %q", l.Name)
		}
	}
	for i, l := range c.Fault.Further {
		if l.Name != "" && !called[ChainElement(l.Name)] {
			c.problem(fmt.Sprintf("fault.certificates.%d", i), "name it in chain or anchors", "nobody is shown the certificate %q", l.Name)
		}
	}
	if c.Fault.Maze != nil && c.Fault.Chain != nil {
		c.problem("fault.chain", "leave it out", "a maze is all that the server sends beside its leaf")
	}
	if c.Fault.Maze != nil && c.Given.IntermediateCount() == 0 {
		c.problem("fault.maze", "raise given.intermediates", "the path's intermediate is one of the maze, but the path has none")
	}
	if len(c.Given.Anchors) > 0 && (c.Fault.Trust != "" || c.Fault.Root != nil && c.Fault.Root.Key != "") {
		c.problem("given.anchors", "leave out one of them", "anchors say what the client trusts, and so does the fault")
	}
}

func (c *checker) checkLinked(where string, certificates, base Certificates) {
	count := c.Given.IntermediateCount()
	for i, l := range certificates.Further {
		at := fmt.Sprintf("%s.certificates.%d", where, i)
		known := base.linked(l.Name)
		switch {
		case !linkedPattern.MatchString(l.Name):
			c.problem(at+".name", "lower case letters, digits and single hyphens", "%q is no name of a certificate", l.Name)
		case slices.Contains(chainWords, l.Name):
			c.problem(at+".name", "choose another name", "%q is a certificate that every scenario has", l.Name)
		case slices.ContainsFunc(certificates.Further[:i], func(o Linked) bool { return o.Name == l.Name }):
			c.problem(at+".name", "choose another name", "the certificate %q stands here twice", l.Name)
		case known == nil && (l.Of == "" || l.By == ""):
			c.problem(at, "add of: and by:", "the certificate %q needs an authority that it is of, and one that issued it", l.Name)
		case l.Namesake != "" && IsPathAuthority(l.Of):
			c.problem(at+".namesake", "say it of a new authority", "%q has a name already", l.Of)
		}
		for key, authority := range map[string]string{".of": l.Of, ".by": l.By, ".namesake": l.Namesake} {
			if authority == string(ChainIntermediate) && count < 1 || authority == string(ChainIntermediate2) && count < 2 {
				c.problem(at+key, "raise given.intermediates", "the path has no %s", authority)
			}
		}
		c.checkCertificate(at, &l.Certificate)
		if l.Issuer != "" {
			c.problem(at+".issuer", "say by:", "who issues a further certificate is said under by")
		}
	}
}
