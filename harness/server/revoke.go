package server

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Revoke turns certificates that are being served into revoked ones, or back:
// from now on staples, OCSP responses and CRLs say so, to clients that are
// connected as to new ones. what is the id of a scenario, whose leaf is meant, or
// the serial number of a certificate in hexadecimal, as evidence has it. It
// returns the ids of the scenarios that are concerned. It is an error if there are none.
func (f *Fleet) Revoke(what string, revoked bool) ([]string, error) {
	i := slices.IndexFunc(f.entries, func(e Entry) bool { return e.ID == what })
	if i >= 0 {
		return f.revokeScenario(i, revoked)
	}
	serial, ok := new(big.Int).SetString(strings.ReplaceAll(strings.TrimPrefix(what, "0x"), ":", ""), 16)
	if !ok {
		return nil, fmt.Errorf("%q is neither the id of a scenario that is served nor a serial number in hexadecimal", what)
	}
	var concerned []string
	for i := range f.sites {
		f.sites[i].each(func(s *site) {
			if s.status != nil && s.status.revoke(serial, revoked) {
				concerned = append(concerned, f.entries[i].ID)
			}
		})
	}
	if len(concerned) == 0 {
		return nil, fmt.Errorf("no certificate that is being served, and whose status is to be had, has the serial number %s", what)
	}
	return slices.Compact(concerned), nil
}

func (f *Fleet) revokeScenario(i int, revoked bool) ([]string, error) {
	id := f.entries[i].ID
	own, err := f.ownSite(i)
	if err != nil {
		return nil, fmt.Errorf("serving %s: %w", id, err)
	}
	done := own.status != nil && own.status.revoke(nil, revoked)
	if f.entries[i].SNIName != "" {
		shared, err := f.sharedSite(i)
		if err != nil {
			return nil, fmt.Errorf("serving %s: %w", id, err)
		}
		done = shared.status != nil && shared.status.revoke(nil, revoked) && done
	}
	if !done {
		return nil, fmt.Errorf("nobody asks for the status of %s: its leaf has no staple, OCSP responder or CRL", id)
	}
	return []string{id}, nil
}
