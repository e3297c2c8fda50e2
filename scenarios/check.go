package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios/internal/yamltree"
)

// checker holds one scenario to what types cannot say: that its parts fit
// together, and that its fault is one.
type checker struct {
	*Scenario
	node     *yamltree.Node
	problems *yamltree.Problems
	found    int // problems of this scenario
}

func check(node *yamltree.Node, s *Scenario, problems *yamltree.Problems) {
	c := checker{Scenario: s, node: node, problems: problems}
	c.checkText()
	c.checkExpectation()
	c.checkName()
	c.checkCertificates("given", s.Given.Certificates)
	c.checkCertificates("fault", s.Fault.Certificates)
	c.checkGivenIsLegitimate()
	c.checkTLS()
	c.checkEdits()
	c.checkPath()
	c.checkHierarchy()
	c.checkConnection()
	c.checkPage()
	c.checkTransparency()
	c.checkCovers()
}

// at returns the node at a path of keys, or indices of lists, or the last one on
// the way that is there.
func (c *checker) at(path ...string) *yamltree.Node {
	n := c.node
	for _, step := range path {
		next := n.Get(step)
		if i, err := strconv.Atoi(step); err == nil && n.Kind == yamltree.List && i < len(n.Items) {
			next = n.Items[i]
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// problem notes what is wrong at a path written with dots.
func (c *checker) problem(path, hint, format string, args ...any) {
	c.found++
	c.problems.Add(c.at(strings.Split(path, ".")...), hint, format, args...)
}

var tagPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkText looks at what people read, and at tags.
func (c *checker) checkText() {
	if strings.ContainsAny(c.Title, "\n\r") {
		c.problem("title", "say the rest in remedy, or in a comment", "the title goes over several lines")
	}
	for i, tag := range c.Tags {
		at := fmt.Sprintf("tags.%d", i)
		if !tagPattern.MatchString(tag) {
			c.problem(at, didYouMean(idWord(tag)), "the tag %q is not in lower case letters, digits and single hyphens", tag)
		} else if slices.Contains(c.Tags[:i], tag) {
			c.problem(at, "", "the tag %q stands here twice", tag)
		}
	}
	for i, ref := range c.Refs {
		if slices.Contains(c.Refs[:i], ref) {
			c.problem(fmt.Sprintf("refs.%d", i), "", "the reference %q stands here twice", ref)
		}
	}
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", word)
}

// checkExpectation holds fault and expectation against one another.
func (c *checker) checkExpectation() {
	hasFault := c.Faulty()
	switch {
	case c.Expect.Outcome == Reject && !hasFault:
		c.problem("expect", "add fault:, or expect: accept", "nothing is broken, but a client must refuse it")
		return
	case c.Expect.Outcome == Accept && c.NotIsolated != "":
		c.problem("notIsolated", "leave it out", "notIsolated says why nobody can accept, but acceptance is expected")
	}
	if hasFault && !c.changes() {
		c.problem("fault", "break something that given does not say already", "the fault changes nothing")
	}
}

// changes reports whether the fault makes another server of the given one.
func (c *checker) changes() bool {
	rest := c.Fault
	rest.Certificates, rest.TLS, rest.ALPN, rest.ClientAuth = Certificates{}, nil, nil, ""
	if slices.Equal(rest.Chain, c.ordinaryChain()) {
		rest.Chain = nil
	}
	if rest.HTTP != nil && *rest.HTTP == (HTTP{}) {
		rest.HTTP = nil
	}
	if !reflect.ValueOf(rest).IsZero() {
		return true
	}
	return !reflect.DeepEqual(c.Served().WithDefaults(), c.Given.WithDefaults())
}

// ordinaryChain returns what the given server sends, as far as it can be written as a chain.
func (c *checker) ordinaryChain() []ChainElement {
	if c.Given.Chain != nil {
		return c.Given.Chain
	}
	switch c.Given.IntermediateCount() {
	case 0:
		return []ChainElement{ChainLeaf}
	case 1:
		return []ChainElement{ChainLeaf, ChainIntermediate}
	case 2:
		return []ChainElement{ChainLeaf, ChainIntermediate, ChainIntermediate2}
	}
	return nil
}

// checkPath looks at intermediates, chain and issuers.
func (c *checker) checkPath() {
	count := c.Given.IntermediateCount()
	for _, of := range []struct {
		what string
		is   *Certificate
	}{{"given", c.Given.Intermediate}, {"fault", c.Fault.Intermediate}} {
		if of.is != nil && count == 0 {
			c.problem(of.what+".intermediate", "raise given.intermediates", "%s.intermediate speaks of an intermediate, but the path has none", of.what)
		}
	}
	for _, of := range []struct {
		what string
		is   *Certificate
	}{{"given", c.Given.Intermediate2}, {"fault", c.Fault.Intermediate2}} {
		if of.is != nil && count < 2 {
			c.problem(of.what+".intermediate2", "set given.intermediates to 2", "%s.intermediate2 speaks of a second intermediate, but the path has none", of.what)
		}
	}
	for i, element := range c.Fault.Chain {
		at := fmt.Sprintf("fault.chain.%d", i)
		switch {
		case element == ChainIntermediate && count < 1, element == ChainSameNameIntermediate && count < 1:
			c.problem(at, "raise given.intermediates", "the chain names %s, but the path has no intermediate", element)
		case element == ChainIntermediate2 && count < 2:
			c.problem(at, "set given.intermediates to 2", "the chain names intermediate-2, but the path has no second intermediate")
		}
	}
	if c.Fault.Root != nil && c.Fault.Root.Issuer != "" {
		c.problem("fault.root.issuer", "say issuer: of the leaf or the intermediate", "a root has no issuer but itself")
	}
	if c.Fault.Intermediate != nil && c.Fault.Intermediate.Issuer == IssuerRoot && count == 1 {
		c.problem("fault.intermediate.issuer", "", "the root signs the only intermediate anyway")
	}
	if c.Fault.Leaf != nil && c.Fault.Leaf.Issuer == IssuerRoot && count == 0 {
		c.problem("fault.leaf.issuer", "", "without intermediates the root signs the leaf anyway")
	}
}

// checkHTTP looks at what goes wrong above TLS, and at redirects.
func (c *checker) checkHTTP() {
	if h := c.Fault.HTTP; h != nil {
		switch {
		case h.TruncateBody && h.RedirectTo != "":
			c.problem("fault.http", "make it two scenarios", "truncateBody and redirectTo are two faults")
		case h.Trickle && (h.TruncateBody || h.RedirectTo != ""):
			c.problem("fault.http", "make it two scenarios", "trickle beside another fault is two faults")
		}
	}
	r := c.Given.Redirect
	if r == nil {
		return
	}
	switch {
	case !slices.Contains(redirectStatuses, r.Status):
		c.problem("given.redirect.status", "301, 302, 303, 307 or 308", "the status %d is no redirect", r.Status)
	case c.Given.Page != nil:
		c.problem("given.redirect", "leave out one of them", "a page that clients are redirected to is not served")
	case c.Fault.Trust != "":
		c.problem("fault.trust", "break the certificate instead", "a client that does not trust the root refuses the server that redirects already")
	}
}

// checkConnection looks at what goes wrong below and above TLS.
func (c *checker) checkConnection() {
	t, h := c.Fault.Transport, c.Fault.HTTP
	if t != nil && t.Do == DoCleartext && t.At != BeforeServerHello {
		c.problem("fault.transport.at", "say at: before-server-hello", "a server answers in cleartext before its ServerHello or not at all, not %s", t.At)
	}
	if t != nil && h != nil && t.At != AfterHandshake {
		c.problem("fault.http", "keep one of the two", "the connection ends %s, so HTTP is never reached", t.At)
	}
	c.checkHTTP()
	for _, of := range []struct {
		what      string
		protocols []string
	}{{"given", c.Given.ALPN}, {"fault", c.Fault.ALPN}} {
		for i, protocol := range of.protocols {
			at := fmt.Sprintf("%s.alpn.%d", of.what, i)
			switch {
			case len(protocol) > 255:
				c.problem(at, "", "an application protocol has at most 255 octets, RFC 7301 3.1")
			case slices.Contains(of.protocols[:i], protocol):
				c.problem(at, "", "the application protocol %q stands here twice", protocol)
			}
		}
	}
}
