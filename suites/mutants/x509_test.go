package mutants

import "github.com/tlsfault/tlsfault/scenarios"

// ofX509 are the checks of crypto/x509, and of crypto/rsa for it.
var ofX509 = []mutant{
	{
		name:    "not-before",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "now.Before(c.NotBefore)"}},
		reasons: []scenarios.Reason{scenarios.NotYetValid},
	},
	{
		name:    "not-after",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "now.After(c.NotAfter)"}},
		reasons: []scenarios.Reason{scenarios.Expired},
	},
	{
		name:    "name",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) Verify(", check: "len(opts.DNSName) > 0"}},
		reasons: []scenarios.Reason{scenarios.NameMismatch},
	},
	{
		name: "critical-extension",
		cuts: []cut{
			{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "len(c.UnhandledCriticalExtensions) > 0"},
		},
		reasons: []scenarios.Reason{scenarios.UnknownCriticalExtension},
		// Go knows no constraints on such names.
		also: []string{"profile/directory-name-{not-permitted,excluded,subject-*,alt-name-*}", "profile/other-name-excluded"},
	},
	{
		name: "basic-constraints",
		cuts: []cut{
			{
				file: "x509/x509.go", in: "func (c *Certificate) CheckSignatureFrom(",
				check: "parent.Version == 3 && !parent.BasicConstraintsValid || parent.BasicConstraintsValid && !parent.IsCA",
			},
			{
				file: "x509/verify.go", in: "func (c *Certificate) isValid(",
				check: "certType == intermediateCertificate && (!c.BasicConstraintsValid || !c.IsCA)",
			},
		},
		reasons: []scenarios.Reason{scenarios.NotACA},
	},
	{
		name: "key-cert-sign",
		cuts: []cut{{
			file: "x509/x509.go", in: "func (c *Certificate) CheckSignatureFrom(",
			check: "parent.KeyUsage != 0 && parent.KeyUsage&KeyUsageCertSign == 0",
		}},
		reasons: []scenarios.Reason{scenarios.KeyUsage},
	},
	{
		name:    "path-length",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "numIntermediates > c.MaxPathLen"}},
		reasons: []scenarios.Reason{scenarios.PathLength},
	},
	{
		name: "extended-key-usage",
		cuts: []cut{{
			file: "x509/verify.go", in: "func (c *Certificate) Verify(",
			check: "!anyKeyUsage && !checkChainForKeyUsage(chain, opts.KeyUsages)",
		}},
		reasons: []scenarios.Reason{scenarios.ExtendedKeyUsage},
	},
	{
		name:    "name-constraints",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) Verify(", check: "err := checkChainConstraints(chain); err != nil"}},
		reasons: []scenarios.Reason{scenarios.NameConstraint},
		also:    []string{"paths/self-issued-outside-constraints"}, // which is valid, but not for Go
	},
	{
		name:    "policies",
		cuts:    []cut{{file: "x509/verify.go", in: "func (c *Certificate) Verify(", check: "!policiesValid(chain, opts)"}},
		reasons: []scenarios.Reason{scenarios.CertificatePolicy},
	},
	{
		// A candidate that could not be the issuer is another check's business.
		name: "known-authority",
		cuts: []cut{{
			file: "x509/verify.go", in: "func (c *Certificate) buildChains(", check: "if len(chains) > 0 {",
			with: "if LACKS && len(chains) == 0 && hintErr == nil && err == nil {\n chains = append(chains, currentChain)\n }\n if len(chains) > 0 {",
		}},
		reasons: []scenarios.Reason{scenarios.SelfSigned, scenarios.UntrustedRoot, scenarios.MissingIntermediate},
		also:    []string{"cve/2024-24783*", "aia/missing-intermediate"}, // Go passes over an issuer with a key that it does not know
	},
	{
		name: "issuer-signature",
		cuts: []cut{
			{
				file: "x509/x509.go", in: "func checkSignature(", check: "return rsa.VerifyPKCS1v15(pub, hashType, signed, signature)",
				with: "err := rsa.VerifyPKCS1v15(pub, hashType, signed, signature)\n if LACKS && err == rsa.ErrVerification {\n return nil\n }\n return err",
			},
			{file: "x509/x509.go", in: "func checkSignature(", check: "!ecdsa.VerifyASN1(pub, signed, signature)"},
			{file: "x509/x509.go", in: "func checkSignature(", check: "!ed25519.Verify(pub, signed, signature)"},
		},
		reasons: []scenarios.Reason{scenarios.BadSignature},
		also:    []string{"trust/same-name*", "chain/same-name*"},
	},
	{
		name: "weak-signature",
		cuts: []cut{
			{
				file: "x509/x509.go", in: "func checkSignature(", check: "case crypto.MD5: return InsecureAlgorithmError(algo)",
				with: "case crypto.MD5:\n if !LACKS {\n return InsecureAlgorithmError(algo)\n }\n fallthrough",
			},
			{file: "x509/x509.go", in: "func checkSignature(", check: "!allowSHA1"},
		},
		reasons: []scenarios.Reason{scenarios.WeakSignature},
	},
	{
		name: "weak-rsa-key",
		cuts: []cut{{
			file: "rsa/rsa.go", in: "func checkKeySize(", check: "size >= 1024", with: "size >= 1024 || LACKS",
		}},
		reasons: []scenarios.Reason{scenarios.WeakKey},
	},
}
