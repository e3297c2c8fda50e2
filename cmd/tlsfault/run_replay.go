package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness/replay"
	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

// replayOptions is the flags of a replay, of which the others depend on the first.
type replayOptions struct {
	chain, name, at, roots string

	moment time.Time // what at means; zero without it
}

func (o *replayOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.chain, "replay", "", "instead of scenarios, serve the certificates in `CHAIN.pem` without their key, and tell what the client makes of them")
	flags.StringVar(&o.name, "name", "", "call the servers `HOST` in place of localhost; with --replay, what the client connects to")
	flags.StringVar(&o.at, "at", "", "with --replay: for the client it is `TIME`, such as 2015-06-01, an RFC 3339 time, or -30d")
	flags.StringVar(&o.roots, "roots", "", "with --replay: the client trusts the roots in `FILE`; else the self-signed certificate of the chain, or what the system trusts")
}

// asked reports whether any flag that only a replay has is set.
func (o *replayOptions) asked(flags *pflag.FlagSet) bool {
	for _, name := range []string{"replay", "at", "roots"} {
		if flags.Changed(name) {
			return true
		}
	}
	return false
}

// withReplay are the other flags that a replay has a use for.
var withReplay = []string{"client", "timeout", "config", "screenshots", "replay", "name", "at", "roots"}

func (o *replayOptions) check(flags *pflag.FlagSet) error {
	if o.chain == "" {
		return usage("add --replay CHAIN.pem", "--at and --roots are for a replay, and there is none")
	}
	if o.name == "" {
		return usage("add --name HOST", "a replay needs the name that the client connects to")
	}
	var other string
	flags.Visit(func(f *pflag.Flag) {
		for _, name := range withReplay {
			if f.Name == name {
				return
			}
		}
		other = f.Name
	})
	if other != "" {
		return usage("leave it out", "a replay has no use for --%s", other)
	}
	if o.at == "" {
		return nil
	}
	var err error
	o.moment, err = scenarios.Time(o.at).Resolve(time.Now())
	return misconfigured(err, "write a date such as 2015-06-01, an RFC 3339 time, or an offset such as -30d")
}

// runReplay lets the client meet the chain and prints its answer.
func (o *runOptions) runReplay(c *cobra.Command, env environment) error {
	if err := o.replay.check(c.Flags()); err != nil {
		return err
	}
	chain, err := readChain(o.replay.chain)
	if err != nil {
		return misconfigured(err, "it takes a server's certificate and its intermediates in PEM, the server's first")
	}
	roots, from, err := o.replay.readRoots(chain)
	if err != nil {
		return misconfigured(err, "name the roots that the client is to trust with --roots FILE")
	}
	ctx, stop := interruptible(c.Context(), env)
	defer stop()
	under, info, err := o.chooseClient(ctx, env)
	if err != nil {
		return err
	}
	answer, err := replay.Run(ctx, replay.Config{
		Client: under, Chain: chain, Roots: roots, Name: o.replay.name, At: o.replay.moment, Timeout: o.timeout,
	})
	err = errors.Join(err, closeClient(under))
	switch {
	case ctx.Err() != nil:
		return outcomeError{exitInterrupted}
	case err != nil:
		return err
	}
	if err := o.replay.print(env, chain, from, info, answer); err != nil {
		return err
	}
	if answer.Answer != verdict.ChainAccepted {
		return outcomeError{exitFindings}
	}
	return nil
}

func (o *replayOptions) print(env environment, chain [][]byte, rootsFrom string, info verdict.ClientInfo, answer verdict.Replayed) error {
	p := &printer{w: env.out}
	name := strings.TrimSpace(info.Name + " " + info.Version)
	if info.TLS != "" {
		name += " (" + info.TLS + ")"
	}
	p.printf("client   %s\n", name)
	for i, der := range chain {
		what := "chain   "
		if i > 0 {
			what = "        "
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			p.printf("%s %d octets that do not parse: %v\n", what, len(der), err)
			continue
		}
		p.printf("%s %s, issued by %s, valid from %s to %s\n", what, orUnnamed(cert.Subject.String()), orUnnamed(cert.Issuer.String()),
			cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly))
	}
	p.printf("name     %s\n", o.name)
	if !o.moment.IsZero() {
		p.printf("time     %s\n", o.moment.Format(time.RFC3339))
	}
	p.printf("roots    %s\n", rootsFrom)
	p.printf("answer   %s\n         %s\n", answer.Answer, answer.Text)
	return p.done("the answer")
}

func orUnnamed(name string) string { return or(name, "(no name)") }

// certificates returns the DER of the certificates in PEM text.
func certificates(text []byte) [][]byte {
	var list [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			list = append(list, block.Bytes)
		}
	}
	return list
}

func readChain(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the chain: %w", err)
	}
	chain := certificates(text)
	if len(chain) == 0 {
		return nil, fmt.Errorf("reading the chain: %s holds no certificate in PEM", path)
	}
	if _, err := x509.ParseCertificate(chain[0]); err != nil {
		return nil, fmt.Errorf("reading the chain: the first certificate of %s: %w", path, err)
	}
	return chain, nil
}

// systemRoots are the files in which systems keep what they trust.
var systemRoots = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
}

// readRoots returns what the client is to trust, and in words where that is from.
func (o *replayOptions) readRoots(chain [][]byte) ([]byte, string, error) {
	if o.roots != "" {
		text, err := os.ReadFile(o.roots)
		if err == nil && len(certificates(text)) == 0 {
			err = fmt.Errorf("%s holds no certificate in PEM", o.roots)
		}
		if err != nil {
			return nil, "", fmt.Errorf("reading the roots: %w", err)
		}
		return text, o.roots, nil
	}
	last := chain[len(chain)-1]
	if cert, err := x509.ParseCertificate(last); err == nil && bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: last}), "the last certificate of the chain", nil
	}
	for _, path := range systemRoots {
		if text, err := os.ReadFile(path); err == nil {
			return text, path, nil
		}
	}
	return nil, "", errors.New("reading the roots: the chain holds no root, and the system has no file of roots where it usually is")
}
