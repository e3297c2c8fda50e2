package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tlsfault/tlsfault/pki"
)

func Example() {
	keys := pki.NewKeys("") // fresh keys, made when asked for
	rootKey, err := keys.Get(pki.ECDSAP256, "root")
	if err != nil {
		fmt.Println(err)
		return
	}
	leafKey, err := keys.Get(pki.ECDSAP256, "leaf")
	if err != nil {
		fmt.Println(err)
		return
	}
	root, err := pki.Issue(pki.Request{Kind: pki.Root, Key: rootKey, NameConstraints: pki.PrivateConstraints()})
	if err != nil {
		fmt.Println(err)
		return
	}
	leaf, err := pki.Issue(pki.Request{Key: leafKey, Issuer: root, Names: []pki.Name{pki.HostName("127.0.0.1")}})
	if err != nil {
		fmt.Println(err)
		return
	}

	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: pki.Chain(leaf), PrivateKey: leaf.Key}}}
	server.StartTLS()
	defer server.Close()

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pki.PEM(root))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	response, err := client.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.TLS.VerifiedChains != nil, len(response.TLS.VerifiedChains[0]))
	client.CloseIdleConnections()
	// Output: true 2
}

func ExampleKeys() {
	keys := pki.NewKeys("the same keys next time")
	for _, slot := range []string{"root", "leaf", "leaf"} {
		if _, err := keys.Get(pki.Ed25519, slot); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(keys.Made()[pki.Ed25519], keys.Made()[pki.RSA2048])
	// Output: 2 0
}

func ExampleParseNames() {
	names, err := pki.ParseNames([]string{"localhost", "ip:::1", "email:root@localhost"})
	fmt.Println(names, err)
	// Output: [dns:localhost ip:::1 email:root@localhost] <nil>
}
