package checker

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"os"
	"slices"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/transparency"
	"github.com/tlsfault/tlsfault/scenarios"
)

// checkSCTs wants SCTs of two logs where the client is told of logs.
func (c *Checker) checkSCTs(state tls.ConnectionState, target client.Target) error {
	if target.LogListFile == "" {
		return nil
	}
	text, err := os.ReadFile(target.LogListFile)
	if err != nil {
		return err
	}
	logs, err := transparency.LoadLogs(text)
	if err != nil {
		return err
	}
	path, err := c.find(state.PeerCertificates)
	if err != nil {
		return err
	}
	state.VerifiedChains = [][]*x509.Certificate{path}
	if err := (transparency.Checker{Logs: logs}).VerifyConnection(state); err != nil {
		return c.refuse(scenarios.Transparency, "%v", err)
	}
	return nil
}

// checkPins wants a pinned key in the path where the client is told of pins.
func (c *Checker) checkPins(state tls.ConnectionState, target client.Target) error {
	if len(target.Pins) == 0 {
		return nil
	}
	path, err := c.find(state.PeerCertificates)
	if err != nil {
		return err
	}
	for _, certificate := range path {
		sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
		if slices.Contains(target.Pins, base64.StdEncoding.EncodeToString(sum[:])) {
			return nil
		}
	}
	return c.refuse(scenarios.PinMismatch, "no key of the path is pinned")
}
