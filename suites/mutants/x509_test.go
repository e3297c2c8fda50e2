package mutants

// ofX509 are the checks of crypto/x509, and of crypto/rsa for it.
var ofX509 = []mutant{
	{
		name:  "not-before",
		cuts:  []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "now.Before(c.NotBefore)"}},
		flips: []string{"validity/*not-yet-valid*"},
	},
	{
		name:  "not-after",
		cuts:  []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "now.After(c.NotAfter)"}},
		flips: []string{"validity/*expired*"},
	},
	{
		name:  "name",
		cuts:  []cut{{file: "x509/verify.go", in: "func (c *Certificate) Verify(", check: "len(opts.DNSName) > 0"}},
		flips: []string{"names/**"},
	},
	{
		name: "critical-extension",
		cuts: []cut{
			{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "len(c.UnhandledCriticalExtensions) > 0"},
		},
		flips: []string{"extensions/*unknown-critical*"},
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
		flips: []string{"ca/*not-ca*", "ca/*basic-constraints*", "ca/*version-1*", "ca/leaf-as-issuer*"},
	},
	{
		name: "key-cert-sign",
		cuts: []cut{{
			file: "x509/x509.go", in: "func (c *Certificate) CheckSignatureFrom(",
			check: "parent.KeyUsage != 0 && parent.KeyUsage&KeyUsageCertSign == 0",
		}},
		flips: []string{"ca/*key-cert-sign*"},
	},
	{
		name:  "path-length",
		cuts:  []cut{{file: "x509/verify.go", in: "func (c *Certificate) isValid(", check: "numIntermediates > c.MaxPathLen"}},
		flips: []string{"ca/path-length*"},
	},
	{
		name: "extended-key-usage",
		cuts: []cut{{
			file: "x509/verify.go", in: "func (c *Certificate) Verify(",
			check: "!anyKeyUsage && !checkChainForKeyUsage(chain, opts.KeyUsages)",
		}},
		flips: []string{"usage/**"},
	},
	{
		name:  "name-constraints",
		cuts:  []cut{{file: "x509/verify.go", in: "func (c *Certificate) Verify(", check: "err := checkChainConstraints(chain); err != nil"}},
		flips: []string{"constraints/**"},
	},
	{
		// A candidate that could not be the issuer is another check's business.
		name: "known-authority",
		cuts: []cut{{
			file: "x509/verify.go", in: "func (c *Certificate) buildChains(", check: "if len(chains) > 0 {",
			with: "if LACKS && len(chains) == 0 && hintErr == nil && err == nil {\n chains = append(chains, currentChain)\n }\n if len(chains) > 0 {",
		}},
		flips: []string{"trust/self-signed*", "trust/untrusted-root*", "chain/missing*", "chain/foreign*", "chain/root-instead*"},
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
		flips: []string{"signature/**", "trust/same-name*", "chain/same-name*"},
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
		flips: []string{"algorithms/*sha1*", "algorithms/*md5*"},
	},
	{
		name: "weak-rsa-key",
		cuts: []cut{{
			file: "rsa/rsa.go", in: "func checkKeySize(", check: "size >= 1024", with: "size >= 1024 || LACKS",
		}},
		flips: []string{"algorithms/*rsa-512*", "algorithms/*rsa-768*"},
	},
}
