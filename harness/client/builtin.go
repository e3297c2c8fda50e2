package client

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/tlsfault/tlsfault/harness/client/revocation"
	"github.com/tlsfault/tlsfault/harness/client/transparency"
)

// statusTime bounds how long the built-in client looks for the status of a path.
const statusTime = 3 * time.Second

// verifiers are the modes of the built-in client: what it checks besides what
// crypto/tls does. Each is the VerifyConnection for one target.
var verifiers = map[string]func(Target) (func(tls.ConnectionState) error, error){
	"staple": func(Target) (func(tls.ConnectionState) error, error) {
		return revocation.Checker{RequireStaple: true}.VerifyConnection, nil
	},
	"revocation": func(Target) (func(tls.ConnectionState) error, error) {
		return revocation.Checker{OCSP: true, CRL: true, Timeout: statusTime}.VerifyConnection, nil
	},
	"transparency": checkSCTs,
	"pins": func(target Target) (func(tls.ConnectionState) error, error) {
		return func(state tls.ConnectionState) error { return checkPins(state, target.Pins) }, nil
	},
}

// builtin returns the built-in client in the mode of the preset.
func (p Preset) builtin() Client {
	if p.lax {
		return Go(GoOptions{TLS: &tls.Config{InsecureSkipVerify: true}}) // what ":insecure" asks for
	}
	verifier, special := verifiers[p.chosen.name]
	if !special {
		return Go(GoOptions{})
	}
	return Func(func(ctx context.Context, target Target) error {
		verify, err := verifier(target)
		if err != nil {
			return &setupError{err}
		}
		c := newGoClient(GoOptions{TLS: &tls.Config{VerifyConnection: verify}})
		return c.fetch(ctx, target)
	})
}

// checkSCTs wants SCTs of two of the logs that the target lists.
func checkSCTs(target Target) (func(tls.ConnectionState) error, error) {
	if target.LogListFile == "" {
		return transparency.Checker{}.VerifyConnection, nil // knows no log, and so takes no promise
	}
	text, err := os.ReadFile(target.LogListFile)
	if err != nil {
		return nil, fmt.Errorf("reading the list of logs: %w", err)
	}
	logs, err := transparency.LoadLogs(text)
	return transparency.Checker{Logs: logs}.VerifyConnection, err
}

// errPin is the refusal of a path without a pinned key, in the words of RFC 7469 2.6.
var errPin = errors.New("pin validation failed: no key of the path is pinned")

// checkPins wants one of the pinned keys in the verified path, RFC 7469 2.6.
func checkPins(state tls.ConnectionState, pins []string) error {
	for _, path := range state.VerifiedChains {
		for _, certificate := range path {
			sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
			if slices.Contains(pins, base64.StdEncoding.EncodeToString(sum[:])) {
				return nil
			}
		}
	}
	return errPin
}
