package checker

import (
	"bytes"
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/tlsfault/tlsfault/scenarios"
)

// checkConstraints checks the names of each certificate against the name
// constraints of every issuer above it, RFC 5280 4.2.1.10 and 6.1.3(b) and (c).
// Those of a self-issued authority are spared.
func (c *Checker) checkConstraints(path []*x509.Certificate) error {
	for i, cert := range path {
		if i > 0 && bytes.Equal(cert.RawSubject, cert.RawIssuer) {
			continue
		}
		for _, issuer := range path[i+1:] {
			if name, ok := forbidden(cert, issuer); ok {
				if err := c.refuse(scenarios.NameConstraint, "%q does not let %q be issued", issuer.Subject, name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// forbidden returns a name of cert that the constraints of issuer do not let it have.
func forbidden(cert, issuer *x509.Certificate) (name string, ok bool) {
	for _, name := range cert.DNSNames {
		if !allowed(name, issuer.PermittedDNSDomains, issuer.ExcludedDNSDomains, withinDomain) || reaches(name, issuer.ExcludedDNSDomains) {
			return name, true
		}
	}
	for _, ip := range cert.IPAddresses {
		if !allowed(ip, issuer.PermittedIPRanges, issuer.ExcludedIPRanges, func(ip net.IP, n *net.IPNet) bool { return n.Contains(ip) }) {
			return ip.String(), true
		}
	}
	if bounded(cert, issuer) {
		return "a name within bounds", true
	}
	permitted, excluded := otherSubtrees(issuer)
	for _, name := range otherNames(cert) {
		// Only subtrees of the name's own form are about it.
		another := func(n *node) bool { return n.tag != name.tag }
		permitted, excluded := slices.DeleteFunc(slices.Clone(permitted), another), slices.DeleteFunc(slices.Clone(excluded), another)
		unknown := name.tag != tagDirectoryName && len(permitted)+len(excluded) > 0
		if unknown || !allowed(name, permitted, excluded, withinDirectory) {
			return string(name.raw), true
		}
	}
	return "", false
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

// Tags of GeneralName that crypto/x509 leaves aside.
const (
	tagOtherName     = 0xa0
	tagDirectoryName = 0xa4
)

// otherSubtrees returns the subtrees of name constraints that crypto/x509 leaves aside.
func otherSubtrees(cert *x509.Certificate) (permitted, excluded []*node) {
	for _, list := range kidsOf(extensionOf(cert, oidNameConstraints)) {
		for _, subtree := range list.kids {
			if len(subtree.kids) == 0 || !isOther(subtree.kids[0]) {
				continue
			}
			if list.tag == 0xa0 {
				permitted = append(permitted, subtree.kids[0])
			} else {
				excluded = append(excluded, subtree.kids[0])
			}
		}
	}
	return permitted, excluded
}

// otherNames returns the names of a certificate that crypto/x509 leaves aside;
// its subject is a directory name, unless it is empty.
func otherNames(cert *x509.Certificate) []*node {
	names := slices.DeleteFunc(kidsOf(extensionOf(cert, oidSubjectAltName)), func(n *node) bool { return !isOther(n) })
	if subject := elements(cert.RawSubject, 0); len(subject) == 1 && len(subject[0].kids) > 0 {
		names = append(names, &node{tag: tagDirectoryName, raw: cert.RawSubject, kids: subject})
	}
	return names
}

// bounded reports whether the constraints of issuer have a minimum or maximum
// for a form of name that cert has. Nobody processes them.
func bounded(cert, issuer *x509.Certificate) bool {
	names := append(kidsOf(extensionOf(cert, oidSubjectAltName)), otherNames(cert)...)
	for _, list := range kidsOf(extensionOf(issuer, oidNameConstraints)) {
		for _, subtree := range list.kids {
			for _, bound := range subtree.kids[min(1, len(subtree.kids)):] {
				ordinary := bound.tag == 0x80 && len(bytes.Trim(bound.content, "\x00")) == 0
				if !ordinary && slices.ContainsFunc(names, func(n *node) bool { return n.tag == subtree.kids[0].tag }) {
					return true
				}
			}
		}
	}
	return false
}

func isOther(n *node) bool { return n.tag == tagDirectoryName || n.tag == tagOtherName }

// withinDirectory reports whether a directory name begins with another.
func withinDirectory(name, subtree *node) bool {
	if len(name.kids) != 1 || len(subtree.kids) != 1 {
		return false
	}
	is, base := name.kids[0].kids, subtree.kids[0].kids
	return len(is) >= len(base) && slices.EqualFunc(is[:len(base)], base, func(a, b *node) bool { return bytes.Equal(a.raw, b.raw) })
}

// kidsOf returns what stands in the one element that value is.
func kidsOf(value []byte) []*node {
	if list := elements(value, 0); len(list) == 1 {
		return list[0].kids
	}
	return nil
}
