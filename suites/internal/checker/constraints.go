package checker

import (
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// checkConstraints checks the leaf's names against the name constraints of
// every issuer, RFC 5280 4.2.1.10, for DNS names and IP addresses.
func (c *Checker) checkConstraints(path []*x509.Certificate) error {
	leaf := path[0]
	for _, issuer := range path[1:] {
		for _, name := range leaf.DNSNames {
			if !allowed(name, issuer.PermittedDNSDomains, issuer.ExcludedDNSDomains, withinDomain) || reaches(name, issuer.ExcludedDNSDomains) {
				if err := c.refuse(scenarios.NameConstraint, "%q does not let %q be issued", issuer.Subject, name); err != nil {
					return err
				}
			}
		}
		for _, ip := range leaf.IPAddresses {
			if !allowed(ip, issuer.PermittedIPRanges, issuer.ExcludedIPRanges, func(ip net.IP, n *net.IPNet) bool { return n.Contains(ip) }) {
				if err := c.refuse(scenarios.NameConstraint, "%q does not let %v be issued", issuer.Subject, ip); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// allowed reports whether name is within the permitted subtrees, if there are
// any, and in none of the excluded.
func allowed[N, S any](name N, permitted, excluded []S, within func(N, S) bool) bool {
	in := func(s S) bool { return within(name, s) }
	return (len(permitted) == 0 || slices.ContainsFunc(permitted, in)) && !slices.ContainsFunc(excluded, in)
}

// reaches reports whether a wildcard stands for a name that is excluded.
func reaches(name string, excluded []string) bool {
	base, wild := strings.CutPrefix(name, "*.")
	return wild && slices.ContainsFunc(excluded, func(e string) bool { return withinDomain(e, base) })
}

func withinDomain(name, domain string) bool {
	name, domain = strings.ToLower(name), strings.ToLower(domain)
	if strings.HasPrefix(domain, ".") {
		return strings.HasSuffix(name, domain)
	}
	return domain == "" || name == domain || strings.HasSuffix(name, "."+domain)
}
