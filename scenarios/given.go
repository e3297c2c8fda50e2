package scenarios

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// HostName returns the DNS name or IP address that a client is told to connect to.
func (g Given) HostName() string {
	if g.Name == "" {
		return "localhost"
	}
	return g.Name
}

// KeyType returns the key type of every certificate.
func (g Given) KeyType() KeyType {
	if g.Key == "" {
		return ECDSAP256
	}
	return g.Key
}

// IntermediateCount returns the number of intermediates between root and leaf.
func (g Given) IntermediateCount() int {
	if g.Intermediates == nil {
		return 1
	}
	return *g.Intermediates
}

// Spoken returns the protocol versions that the server speaks, oldest first.
func (t TLS) Spoken() []Version {
	if len(t.Versions) == 0 {
		return []Version{TLS12, TLS13}
	}
	spoken := slices.Clone(t.Versions)
	slices.SortFunc(spoken, func(a, b Version) int { return slices.Index(versionsInOrder, a) - slices.Index(versionsInOrder, b) })
	return slices.Compact(spoken)
}

// versionsInOrder holds the versions, oldest first.
var versionsInOrder = []Version{SSL30, TLS10, TLS11, TLS12, TLS13}

// WithDefaults returns g with everything filled in that is left out and has a
// default, so that environments that are the same compare equal.
func (g Given) WithDefaults() Given {
	count := g.IntermediateCount()
	g.Name, g.Key, g.Intermediates = g.HostName(), g.KeyType(), &count
	g.TLS.Versions = g.TLS.Spoken()
	if g.TLS.KeyExchange == "" {
		g.TLS.KeyExchange = ECDHE
	}
	if len(g.ALPN) == 0 {
		g.ALPN = nil
	}
	if g.ClientAuth == "" {
		g.ClientAuth = ClientAuthNone
	}
	g.Leaf = g.Leaf.ordinary(g, true)
	g.Intermediate = g.Intermediate.ordinary(g, false)
	g.Intermediate2 = g.Intermediate2.ordinary(g, false)
	g.Root = g.Root.ordinary(g, false)
	return g
}

// ordinary returns c without what a certificate of its place has anyway, nil
// when nothing is left. It leaves c alone.
func (c *Certificate) ordinary(g Given, leaf bool) *Certificate {
	if c == nil {
		return nil
	}
	rest := *c
	if rest.Key == g.Key {
		rest.Key = ""
	}
	if rest.Version == 3 {
		rest.Version = 0
	}
	if s := rest.Signature; s != nil && *s == (Signature{}) {
		rest.Signature = nil
	}
	if leaf && rest.Names != nil && len(*rest.Names) == 1 && isHost((*rest.Names)[0], g.Name) {
		rest.Names = nil
	}
	if reflect.ValueOf(rest).IsZero() {
		return nil
	}
	return &rest
}

// dropEmpty takes out constraints of which a matrix has left nothing: then there is no extension.
func (s *Scenario) dropEmpty() {
	for _, certificates := range []*Certificates{&s.Given.Certificates, &s.Fault.Certificates} {
		for _, c := range []*Certificate{certificates.Leaf, certificates.Intermediate, certificates.Intermediate2, certificates.Root} {
			if c != nil && c.NameConstraints != nil && reflect.ValueOf(*c.NameConstraints).IsZero() {
				c.NameConstraints = nil
			}
		}
		if c := certificates.Intermediate; c != nil && reflect.ValueOf(*c).IsZero() {
			certificates.Intermediate = nil
		}
	}
}

// isHost reports whether a subjectAltName entry is just the name of the host.
func isHost(entry, host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		value, ok := strings.CutPrefix(entry, "ip:")
		other, err := netip.ParseAddr(value)
		return ok && err == nil && other == address
	}
	return strings.TrimPrefix(entry, "dns:") == host
}

// Served returns the environment that a client meets: that of Given with the
// fault in its certificates, TLS, ALPN and client authentication. What is wrong
// with the chain, the trust, the transport or HTTP is not part of a Given.
func (s Scenario) Served() Given {
	g, f := s.Given, s.Fault
	g.Leaf = overlaid(g.Leaf, f.Leaf)
	g.Intermediate = overlaid(g.Intermediate, f.Intermediate)
	g.Intermediate2 = overlaid(g.Intermediate2, f.Intermediate2)
	g.Root = overlaid(g.Root, f.Root)
	g.Further = linkedOver(g.Further, f.Further)
	if f.TLS != nil {
		overlay(reflect.ValueOf(&g.TLS).Elem(), reflect.ValueOf(*f.TLS))
	}
	if f.ALPN != nil {
		g.ALPN = f.ALPN
	}
	if f.ClientAuth != "" {
		g.ClientAuth = f.ClientAuth
	}
	return g
}

// overlaid returns base with what delta sets; neither is changed.
func overlaid(base, delta *Certificate) *Certificate {
	if base == nil || delta == nil {
		if delta == nil {
			return base
		}
		return delta
	}
	both := *base
	overlay(reflect.ValueOf(&both).Elem(), reflect.ValueOf(*delta))
	return &both
}

// overlay sets those fields of base that delta has set.
func overlay(base, delta reflect.Value) {
	for i := range delta.NumField() {
		if field := delta.Field(i); !field.IsZero() {
			base.Field(i).Set(field)
		}
	}
}

// Extensions that hold names, by object identifier.
const (
	oidSubjectAltName  = "2.5.29.17"
	oidNameConstraints = "2.5.29.30"
)

// NeedsUnconstrainedRoot reports whether the scenario is about names: then the
// name constraints of a run's ordinary root would refuse it for a reason of
// their own, and it needs the root that has none.
func (s Scenario) NeedsUnconstrainedRoot() bool {
	for _, certificates := range []Certificates{s.Given.Certificates, s.Fault.Certificates} {
		for _, c := range []*Certificate{certificates.Leaf, certificates.Intermediate, certificates.Intermediate2, certificates.Root} {
			if c.namesSomething() {
				return true
			}
		}
		if slices.ContainsFunc(certificates.Further, func(l Linked) bool { return l.namesSomething() }) {
			return true
		}
	}
	return !permitted(s.Given.HostName())
}

// namesSomething reports whether c says anything of names.
func (c *Certificate) namesSomething() bool {
	if c == nil {
		return false
	}
	return c.Subject != nil || c.CommonName != nil || c.Names != nil || c.ExtraNames > 0 || c.NameConstraints != nil ||
		slices.ContainsFunc(c.Extensions, func(x Extension) bool {
			return x.OID == oidSubjectAltName || x.OID == oidNameConstraints
		})
}

// permittedDomains are the DNS subtrees of a run's ordinary root.
var permittedDomains = []string{"localhost", "test", "internal"}

// permitted reports whether a run's ordinary root may speak for host: names that
// belong to nobody, loopback and private addresses.
func permitted(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback() || address.IsPrivate()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(permittedDomains, func(domain string) bool {
		return host == domain || strings.HasSuffix(host, "."+domain)
	})
}
