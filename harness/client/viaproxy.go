package client

import (
	"fmt"
	"slices"
	"strings"
)

// proxyVariables are where programs look for a proxy, each in two spellings as
// some know one of them alone. For plain HTTP as well: what a server leads a
// client to over it must be seen.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"}

// proxyEnvironment is what a program that is to go through the proxy at url finds
// in its environment: that and no exception. It is nothing without a proxy.
func proxyEnvironment(url string) []string {
	if url == "" {
		return nil
	}
	environment := []string{"NO_PROXY=", "no_proxy="}
	for _, name := range proxyVariables {
		environment = append(environment, name+"="+url)
	}
	return environment
}

// CheckProxy returns an error that says why the preset cannot go through a proxy
// of a scheme, "http" or "socks5h"; nil if it can.
func (p Preset) CheckProxy(scheme string) error {
	switch known := strings.Fields(p.proxies); {
	case slices.Contains(known, scheme):
		return nil
	case len(known) == 0:
		return fmt.Errorf("the client %q cannot be told of a proxy", p.Name)
	default:
		return fmt.Errorf("the client %q knows no %s proxy", p.Name, strings.ToUpper(strings.TrimRight(scheme, "5h")))
	}
}
