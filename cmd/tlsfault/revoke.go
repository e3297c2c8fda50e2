package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// How revoke speaks with serve.
const (
	revokePath  = "/revoke"
	revokeField = "Tlsfault-Revoke" // no web page can send it
	// indexVariable holds the URL of the index.
	indexVariable = "TLSFAULT_INDEX"
)

// revokeTime bounds how long serve may take; it makes the certificates if nobody has met them.
const revokeTime = 30 * time.Second

func revokeCommand(env environment) *cobra.Command {
	var at string
	var back bool
	c := &cobra.Command{
		Use:   "revoke SCENARIO|SERIAL",
		Short: "Revoke a certificate of a running serve, or take that back",
		Long: `Turn a server of a running "tlsfault serve" into a revoked one while clients are
connected: from now on its staples, OCSP responses and CRLs say so. SCENARIO is
the id of a scenario whose leaf has any of these, such as staple/good; SERIAL is
a certificate's serial number in hexadecimal.`,
		Example: `  tlsfault serve --tag revocation --index-port 8080
  tlsfault revoke --index http://127.0.0.1:8080/ revocation/ocsp-good
  tlsfault revoke --index http://127.0.0.1:8080/ --unrevoke revocation/ocsp-good`,
		Args:              arguments(1, 1, "name a scenario that is served, or a serial number"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			if at == "" {
				at = os.Getenv(indexVariable)
			}
			base, err := url.Parse(at)
			if err != nil || base.Scheme != "http" || base.Host == "" {
				return usage("serve prints the URL of its index; give it with --index or in "+indexVariable, "%q is not the URL of a running serve's index", at)
			}
			ids, err := revoke(c.Context(), base, args[0], back)
			if err != nil {
				return misconfigured(err, "see what is served at "+base.String())
			}
			word := "revoked"
			if back {
				word = "good again"
			}
			p := &printer{w: env.out}
			for _, id := range ids {
				p.printf("%s: %s\n", id, word)
			}
			return p.done("what was revoked")
		},
	}
	c.Flags().StringVar(&at, "index", "", "the `URL` of the index of the running serve; "+indexVariable+" when left out")
	c.Flags().BoolVar(&back, "unrevoke", false, "say good again of what was revoked")
	return c
}

// revoke asks a running serve to revoke, and returns the ids of the scenarios that are concerned.
func revoke(ctx context.Context, base *url.URL, what string, back bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, revokeTime)
	defer cancel()
	to := *base
	to.Path = revokePath
	as := "revoked"
	if back {
		as = "good"
	}
	to.RawQuery = url.Values{"what": {what}, "as": {as}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set(revokeField, "1")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking serve: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // read as far as wanted
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("asking serve: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(body)))
	}
	var ids []string
	if err := json.Unmarshal(body, &ids); err != nil {
		return nil, fmt.Errorf("%s is no running serve: %w", base, err)
	}
	return ids, nil
}
