package scenarios

import (
	"net/netip"
	"strings"
)

// Page is an HTML page that a server has in place of plain text, for clients
// that load what a page refers to: browsers. The page loads one thing, or goes
// to it, by itself.
type Page struct {
	// Loads is what the page loads.
	Loads PageLoad `yaml:"loads" json:"loads" jsonschema:"required" jsonschema_description:"What the page loads, or goes to, by itself."`
	// From is the host that it loads it from; the page's own when empty.
	From string `yaml:"from,omitempty" json:"from,omitempty" jsonschema_description:"Host that it is loaded from; the page's own when left out."`

	// StrictTransport is the Strict-Transport-Security field that the page comes with, RFC 6797 6.1.
	StrictTransport string `yaml:"strictTransport,omitempty" json:"strictTransport,omitempty" jsonschema_description:"Strict-Transport-Security field that the page comes with."`
	// UpgradeInsecure asks for Upgrade-Insecure-Requests in a Content-Security-Policy field.
	UpgradeInsecure bool `yaml:"upgradeInsecure,omitempty" json:"upgradeInsecure,omitempty" jsonschema_description:"Send the page with Content-Security-Policy: upgrade-insecure-requests."`
	// SecureCookie sets a cookie that is for TLS only, RFC 6265 4.1.2.5.
	SecureCookie bool `yaml:"secureCookie,omitempty" json:"secureCookie,omitempty" jsonschema_description:"Set a cookie with the Secure attribute."`
}

// PageLoad is what a page loads.
type PageLoad string

// What a page can load. What may run or restyle it is active, images and the
// like are passive; a form and a navigation leave the page.
const (
	LoadScript     PageLoad = "script"
	LoadStyle      PageLoad = "style"
	LoadFrame      PageLoad = "frame"
	LoadFetch      PageLoad = "fetch"
	LoadWebSocket  PageLoad = "websocket"
	LoadImage      PageLoad = "image"
	LoadAudio      PageLoad = "audio"
	LoadVideo      PageLoad = "video"
	LoadForm       PageLoad = "form"       // sends its fields
	LoadNavigation PageLoad = "navigation" // leads somewhere else
)

// PageFault is what is wrong with a page.
type PageFault struct {
	// Cleartext is what is in plain HTTP.
	Cleartext PageCleartext `yaml:"cleartext" json:"cleartext" jsonschema:"required" jsonschema_description:"What is in plain HTTP there."`
}

// PageCleartext says which part of a page is in plain HTTP.
type PageCleartext string

// The parts of a page that can be in plain HTTP.
const (
	CleartextReference PageCleartext = "reference" // the page refers to an http: URL
	CleartextRedirect  PageCleartext = "redirect"  // the page refers to an https: URL that redirects to an http: one
	CleartextDocument  PageCleartext = "document"  // the server redirects to the page itself over http:
)

// NeedsBrowser reports whether only a client that loads pages can meet the scenario.
func (s Scenario) NeedsBrowser() bool { return s.Given.Page != nil }

// WithoutPages returns the scenarios of all that do not need a browser: what a
// client that is none meets unless others are named.
func WithoutPages(all []Scenario) []Scenario {
	var rest []Scenario
	for i := range all {
		if !all[i].NeedsBrowser() {
			rest = append(rest, all[i])
		}
	}
	return rest
}

// checkPage looks at pages and what is wrong with them.
func (c *checker) checkPage() {
	page := c.Given.Page
	if page == nil {
		if c.Fault.Page != nil {
			c.problem("fault.page", "say given.page", "fault.page speaks of a page, but the server has none")
		}
		return
	}
	host := strings.ToLower(c.Given.HostName())
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		// W3C Secure Contexts 3.1: browsers trust these without TLS.
		c.problem("given.name", "say a name such as shop.test", "browsers take %s for secure without TLS", host)
	}
	if c.Fault.HTTP != nil {
		c.problem("fault.http", "leave out the page, or this", "what the page does is all that goes on above TLS")
	}
}
