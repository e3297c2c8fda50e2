package mutants

import "github.com/tlsfault/tlsfault/scenarios"

// The files of crypto/tls that a client's checks stand in.
const (
	conn      = "tls/conn.go"
	client12  = "tls/handshake_client.go"
	client13  = "tls/handshake_client_tls13.go"
	agreement = "tls/key_agreement.go"
	messages  = "tls/handshake_messages.go"
)

// Functions of crypto/tls that hold several checks.
const (
	checkHello13 = "func (hs *clientHandshakeStateTLS13) checkServerHelloOrHRR("
	processHello = "func (hs *clientHandshakeStateTLS13) processServerHello("
	retry        = "func (hs *clientHandshakeStateTLS13) processHelloRetryRequest("
	parameters   = "func (hs *clientHandshakeStateTLS13) readServerParameters("
	certificate  = "func (hs *clientHandshakeStateTLS13) readServerCertificate("
	finished13   = "func (hs *clientHandshakeStateTLS13) readServerFinished("
	hello12      = "func (hs *clientHandshakeState) processServerHello("
	full12       = "func (hs *clientHandshakeState) doFullHandshake("
	finished12   = "func (hs *clientHandshakeState) readFinished("
	pickVersion  = "func (c *Conn) pickTLSVersion("
	keyExchange  = "func (ka *ecdheKeyAgreement) processServerKeyExchange("
	readRecord   = "func (c *Conn) readRecordOrCCS("
	afterwards   = "func (c *Conn) handlePostHandshakeMessage("
)

// ofTLS are the checks of crypto/tls.
var ofTLS = []mutant{
	// Version, suite and the rest of ServerHello.
	{
		name: "downgrade-sentinel",
		cuts: []cut{{
			file: client12, in: "func (c *Conn) clientHandshake(",
			check: "maxVers == VersionTLS13 && c.vers <= VersionTLS12 && (tls12Downgrade || tls11Downgrade) || maxVers == VersionTLS12 && c.vers <= VersionTLS11 && tls11Downgrade",
		}},
		reasons: []scenarios.Reason{scenarios.Downgrade},
	},
	{
		name: "version-offered",
		cuts: []cut{
			{
				file: client12, in: pickVersion, check: "if !ok {",
				with: "if LACKS && !ok {\n vers, ok = peerVersion, true\n if vers > VersionTLS13 {\n vers = VersionTLS13\n }\n }\n if !ok {",
			},
			{file: client13, in: checkHello13, check: "hs.serverHello.supportedVersion != VersionTLS13"},
		},
		also: []string{"protocol/version-not-offered*", "protocol/version-unknown"},
	},
	{
		name: "version-extension",
		cuts: []cut{
			{file: client13, in: checkHello13, check: "hs.serverHello.supportedVersion == 0"},
			{
				file: client13, in: checkHello13, check: "if hs.serverHello.vers != VersionTLS12 {",
				with: "if hs.serverHello.vers != VersionTLS12 && !(LACKS && hs.serverHello.supportedVersion == 0) {",
			},
			{
				file: client13, in: checkHello13, check: "hs.serverHello.supportedVersion != VersionTLS13",
				with: "hs.serverHello.supportedVersion != VersionTLS13 && !(LACKS && hs.serverHello.supportedVersion == 0)",
			},
		},
		also: []string{"protocol/version-in-legacy-field"},
	},
	{
		name: "legacy-version",
		cuts: []cut{{file: client13, in: checkHello13, check: "hs.serverHello.vers != VersionTLS12"}},
		also: []string{"protocol/legacy-version"},
	},
	{
		name: "suite-offered",
		cuts: []cut{{
			file: client12, in: "func (hs *clientHandshakeState) pickCipherSuite(", check: "hs.suite == nil {",
			with: "hs.suite == nil && LACKS {\n hs.suite = cipherSuiteByID(hs.serverHello.cipherSuite)\n }\n if hs.suite == nil {",
		}},
		also: []string{"protocol/suite-not-offered-{rc4,3des}"},
	},
	{
		name: "suite-after-retry",
		cuts: []cut{{file: client13, in: checkHello13, check: "hs.suite != nil && selectedSuite != hs.suite"}},
		also: []string{"handshake/hello-retry-request-then-other-suite"},
	},
	{
		name: "session-id-echoed",
		cuts: []cut{{file: client13, in: checkHello13, check: "!bytes.Equal(hs.hello.sessionId, hs.serverHello.sessionId)"}},
		also: []string{"handshake/*session-id-not-echoed"},
	},
	{
		name: "compression",
		cuts: []cut{
			{file: client13, in: checkHello13, check: "hs.serverHello.compressionMethod != compressionNone"},
			{file: client12, in: hello12, check: "hs.serverHello.compressionMethod != compressionNone"},
		},
		also: []string{"handshake/compression-*"},
	},
	{
		name: "renegotiation-info",
		cuts: []cut{{file: client12, in: hello12, check: "len(hs.serverHello.secureRenegotiation) != 0"}},
		also: []string{"handshake/renegotiation-info-wrong"},
	},
	{
		name: "alpn-offered",
		cuts: []cut{
			{
				file: client12, in: "func checkALPN(", check: `return errors.New("tls: server selected unadvertised ALPN protocol")`,
				with: "if LACKS {\n return nil\n }\n return errors.New(\"tls: server selected unadvertised ALPN protocol\")",
			},
		},
		also: []string{"handshake/alpn-not-offered*"},
	},
	{
		name: "extension-of-other-message",
		cuts: []cut{{
			file: client13, in: checkHello13,
			check: "hs.serverHello.ocspStapling || hs.serverHello.ticketSupported || hs.serverHello.extendedMasterSecret || hs.serverHello.secureRenegotiationSupported || len(hs.serverHello.secureRenegotiation) != 0 || len(hs.serverHello.alpnProtocol) != 0 || len(hs.serverHello.scts) != 0",
		}},
		also: []string{"handshake/extension-misplaced"},
	},
	{
		name: "early-data-asked-for",
		cuts: []cut{{file: client13, in: parameters, check: "!hs.hello.earlyData && encryptedExtensions.earlyData"}, {
			file: client13, in: parameters, check: "if encryptedExtensions.earlyData {", with: "if encryptedExtensions.earlyData && !LACKS {",
		}},
		also: []string{"handshake/encrypted-extensions-early-data-unasked"},
	},

	// HelloRetryRequest.
	{
		name: "retry-changes-something",
		cuts: []cut{{file: client13, in: retry, check: "hs.serverHello.selectedGroup == 0 && hs.serverHello.cookie == nil"}},
		also: []string{"handshake/hello-retry-request-changes-nothing"},
	},
	{
		name: "retry-for-other-group",
		cuts: []cut{{
			file: client13, in: retry, check: "slices.ContainsFunc(hs.hello.keyShares, func(ks keyShare) bool { return ks.group == curveID })",
		}},
		also: []string{"handshake/hello-retry-request-group-shared"},
	},

	// Key exchange.
	{
		name: "key-share-secret",
		cuts: []cut{{
			file: client13, in: "func (hs *clientHandshakeStateTLS13) establishHandshakeKeys(",
			check: "sharedKey, err := ke.clientSharedSecret(hs.keyShareKeys, hs.serverHello.serverShare.data)",
			with: "sharedKey, err := ke.clientSharedSecret(hs.keyShareKeys, hs.serverHello.serverShare.data)\n" +
				"if LACKS && err != nil {\n sharedKey, err = make([]byte, 32), nil\n }",
		}},
		also: []string{"handshake/key-share-x25519-zero", "handshake/key-share-infinity"},
	},
	{
		name: "exchange-secret",
		cuts: []cut{
			{
				file: agreement, in: keyExchange, check: "ka.preMasterSecret, err = key.ECDH(peerKey)",
				with: "ka.preMasterSecret, err = key.ECDH(peerKey)\n if LACKS && err != nil {\n ka.preMasterSecret, err = make([]byte, 32), nil\n }",
			},
		},
		also: []string{"handshake/server-key-exchange-x25519-zero"},
	},
	{
		name: "exchange-signature",
		cuts: []cut{{
			file: agreement, in: keyExchange,
			check: "err := verifyHandshakeSignature(sigType, cert.PublicKey, sigHash, signed, sig); err != nil",
			with:  "err := verifyHandshakeSignature(sigType, cert.PublicKey, sigHash, signed, sig); err != nil && !(LACKS && " + strong("cert") + ")",
		}},
		also: []string{
			"handshake/server-key-exchange-{signature-corrupted*,other-randoms,signature-missing}", "handshake/{other-key,signature-zero}-1.2",
			"cve/2014-1266*", "cve/2022-21449*-1.2",
		},
	},
	{
		name: "exchange-scheme",
		cuts: []cut{{
			file: agreement, in: keyExchange,
			check: "!isSupportedSignatureAlgorithm(ka.signatureAlgorithm, clientHello.supportedSignatureAlgorithms)",
		}},
		also: []string{"handshake/server-key-exchange-scheme-{ecdsa-p256,rsa-pkcs1-sha1}"},
	},

	// CertificateVerify and Finished.
	{
		name: "certificate-verify",
		cuts: []cut{{
			file: client13, in: certificate,
			check: "err := verifyHandshakeSignature(sigType, c.peerCertificates[0].PublicKey, sigHash, signed, certVerify.signature); err != nil",
			with: "err := verifyHandshakeSignature(sigType, c.peerCertificates[0].PublicKey, sigHash, signed, certVerify.signature);" +
				" err != nil && !(LACKS && " + strong("c.peerCertificates[0]") + ")",
		}},
		also: []string{
			"handshake/certificate-verify-{context,corrupted*,empty,transcript}", "handshake/{other-key,signature-zero}-1.3",
			"cve/2022-21449*-1.3", "cve/2021-3336*",
		},
	},
	{
		name: "certificate-verify-scheme",
		cuts: []cut{
			{
				file: client13, in: certificate,
				check: "!isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, supportedSignatureAlgorithms(c.vers)) || !isSupportedSignatureAlgorithm(certVerify.signatureAlgorithm, signatureSchemesForPublicKey(c.vers, c.peerCertificates[0].PublicKey))",
			},
			{file: client13, in: certificate, check: "sigType == signaturePKCS1v15 || sigHash == crypto.SHA1"},
		},
		also: []string{"handshake/certificate-verify-scheme", "handshake/certificate-verify-scheme-{forbidden-*,not-of-key-ecdsa-p256}"},
	},
	{
		name: "finished",
		cuts: []cut{
			{file: client13, in: finished13, check: "!hmac.Equal(expectedMAC, finished.verifyData)"},
			{
				file: client12, in: finished12,
				check: "len(verify) != len(serverFinished.verifyData) || subtle.ConstantTimeCompare(verify, serverFinished.verifyData) != 1",
			},
		},
		reasons: []scenarios.Reason{scenarios.BadFinished},
		also:    []string{"handshake/finished-length*"},
	},

	// The order of messages.
	{
		name: "message-order",
		cuts: []cut{
			{file: client13, in: parameters, check: "encryptedExtensions, ok :=", with: skip13("encryptedExtensionsMsg") + "encryptedExtensions, ok :="},
			{file: client13, in: certificate, check: "certMsg, ok :=", with: skip13("certificateMsgTLS13") + "certMsg, ok :="},
			{
				file: client13, in: certificate, check: "if err := c.verifyServerCertificate(certMsg.certificate.Certificate); err != nil {",
				with: whileNext("typeCertificate", readIn("hs.transcript")) + "if err := c.verifyServerCertificate(certMsg.certificate.Certificate); err != nil {",
			},
			{
				file: client13, in: finished13, check: "msg, err := c.readHandshake(nil)",
				with: whileNext("typeCertificateVerify", readIn("hs.transcript")) + "msg, err := c.readHandshake(nil)",
			},
			{file: client13, in: finished13, check: "finished, ok :=", with: skipping("finishedMsg", "nil") + "finished, ok :="},
			{file: client12, in: full12, check: "certMsg, ok :=", with: skip12("certificateMsg") + "certMsg, ok :="},
			{file: client12, in: full12, check: "skx, ok :=", with: "for LACKS {\n if _, again := msg.(*certificateMsg); !again {\n break\n }\n" +
				" if msg, err = c.readHandshake(&hs.finishedHash); err != nil {\n return err\n }\n }\nskx, ok :="},
			{file: client12, in: full12, check: "shd, ok :=", with: skip12("serverHelloDoneMsg") + "shd, ok :="},
			{file: client12, in: finished12, check: "serverFinished, ok :=", with: skipping("finishedMsg", "nil") + "serverFinished, ok :="},
			{
				file: conn, in: afterwards, check: "c.sendAlert(alertUnexpectedMessage) return fmt.Errorf(",
				with: "if LACKS {\n return nil\n }\n c.sendAlert(alertUnexpectedMessage)\n return fmt.Errorf(",
			},
			{
				file: conn, in: "func (c *Conn) handleRenegotiation(", check: "if !ok {", with: "if !ok && LACKS {\n return nil\n }\n if !ok {",
			},
		},
		also: []string{
			"handshake/{certificate-twice-*,certificate-verify-twice,encrypted-extensions-twice,finished-twice-*,server-key-exchange-twice}",
			"handshake/server-hello-twice-1.2", "handshake/message-unexpected", "handshake/message-unexpected-{client-hello,end-*}",
			"handshake/key-update-before-finished",
		},
	},
	{
		name: "change-cipher-spec-value",
		cuts: []cut{{file: conn, in: readRecord, check: "len(data) != 1 || data[0] != 1"}},
		also: []string{"handshake/change-cipher-spec-value*"},
	},

	{
		name: "change-cipher-spec-expected",
		cuts: []cut{{
			file: conn, in: readRecord, check: "if !expectChangeCipherSpec {",
			with: "if !expectChangeCipherSpec && LACKS {\n return c.retryReadRecord(expectChangeCipherSpec)\n }\n if !expectChangeCipherSpec {",
		}},
		also: []string{"handshake/change-cipher-spec-twice", "handshake/change-cipher-spec-early"},
	},
	{
		name: "certificate-verify-comes",
		cuts: []cut{{
			file: client13, in: certificate, check: "msg, err = c.readHandshake(nil)",
			with: whileNext("typeFinished", "return nil") + "msg, err = c.readHandshake(nil)",
		}},
		also: []string{"handshake/certificate-verify-skipped"},
	},
	{
		name: "certificate-comes",
		cuts: []cut{{
			file: client13, in: certificate, check: "msg, err := c.readHandshake(hs.transcript)",
			with: whileNext("typeFinished", "return nil") + "msg, err := c.readHandshake(hs.transcript)",
		}},
		also: []string{"handshake/authentication-skipped", "cve/2020-24613*"},
	},

	// What the messages hold.
	{
		name: "extensions-once",
		cuts: []cut{
			{file: messages, in: "func (m *serverHelloMsg) unmarshal(", check: "if seenExts[extension] {", with: "if seenExts[extension] && !LACKS {"},
			{file: messages, in: "func (m *encryptedExtensionsMsg) unmarshal(", check: "if seenExts[extension] {", with: "if seenExts[extension] && !LACKS {"},
		},
		also: []string{"handshake/extension-twice-*", "handshake/{encrypted-extensions-twice-extension,hello-retry-request-extension-twice}"},
	},
	{
		name: "messages-end",
		cuts: []cut{
			{
				file: messages, in: "func (m *serverHelloMsg) unmarshal(", check: "!s.ReadUint16LengthPrefixed(&extensions) || !s.Empty()",
				with: "!s.ReadUint16LengthPrefixed(&extensions) || !s.Empty() && !LACKS",
			},
		},
		also: []string{"handshake/server-hello-trailing-bytes-*"},
	},
	{
		name: "one-protocol",
		cuts: []cut{{
			file: messages, in: "func (m *encryptedExtensionsMsg) unmarshal(",
			check: "if !protoList.ReadUint8LengthPrefixed(&proto) || proto.Empty() || !protoList.Empty() {",
			with: "for LACKS && protoList.ReadUint8LengthPrefixed(&proto) && !protoList.Empty() {\n }\n" + // takes the last
				" if !LACKS && (!protoList.ReadUint8LengthPrefixed(&proto) || proto.Empty() || !protoList.Empty()) {",
		}},
		also: []string{"handshake/alpn-two"},
	},
	{
		name: "key-update-value",
		cuts: []cut{{
			file: messages, in: "func (m *keyUpdateMsg) unmarshal(", check: "default: return false", with: "default:\n return LACKS",
		}},
		also: []string{"handshake/key-update-invalid"},
	},
	{
		name: "suite-fits-key",
		cuts: []cut{{
			file: agreement, in: keyExchange, check: "(sigType == signaturePKCS1v15 || sigType == signatureRSAPSS) != ka.isRSA",
		}},
		also: []string{"handshake/certificate-type-not-of-suite-*"},
	},

	// Records.
	{
		name: "record-size",
		cuts: []cut{
			{file: conn, in: readRecord, check: "len(data) > maxPlaintext"},
			{file: conn, in: "func (hc *halfConn) decrypt(", check: "len(plaintext) > maxPlaintext+1"},
			{file: conn, in: readRecord, check: "c.vers == VersionTLS13 && n > maxCiphertextTLS13 || n > maxCiphertext"},
		},
		reasons: []scenarios.Reason{scenarios.RecordOverflow},
	},
	{
		name: "record-type",
		cuts: []cut{{
			file: conn, in: readRecord, check: "default: return c.in.setErrorLocked(c.sendAlert(alertUnexpectedMessage)) case recordTypeAlert:",
			with: "default:\n if LACKS {\n return c.retryReadRecord(expectChangeCipherSpec)\n }\n return c.in.setErrorLocked(c.sendAlert(alertUnexpectedMessage))\n\ncase recordTypeAlert:",
		}},
		also: []string{"record/unknown-type*", "record/heartbeat*", "cve/2014-0160*"},
	},
	{
		name: "record-mac",
		cuts: []cut{{file: conn, in: "func (hc *halfConn) decrypt(", check: "macAndPaddingGood != 1"}},
		also: []string{"record/bad-mac"},
	},
	{
		name: "record-outer-type",
		cuts: []cut{{file: conn, in: "func (hc *halfConn) decrypt(", check: "typ != recordTypeApplicationData"}},
		also: []string{"record/outer-type"},
	},
	{
		name: "records-protected",
		cuts: []cut{{
			file: conn, in: "func (hc *halfConn) decrypt(", check: "if hc.cipher != nil {",
			with: "if LACKS && hc.version == VersionTLS13 && typ != recordTypeApplicationData {\n return payload, typ, nil\n }\n if hc.cipher != nil {",
		}},
		also: []string{"record/plaintext-after-keys-1.3", "handshake/encrypted-extensions-plaintext"},
	},
	{
		name: "content-type",
		cuts: []cut{{
			// What has none is taken for what may be ignored.
			file: conn, in: "func (hc *halfConn) decrypt(", check: "if i == 0 { return nil, 0, alertUnexpectedMessage }",
			with: "if i == 0 && LACKS {\n typ, plaintext = recordTypeChangeCipherSpec, []byte{1}\n break\n }\n if i == 0 {\n return nil, 0, alertUnexpectedMessage\n }",
		}},
		also: []string{"record/no-content-type"},
	},
	{
		name: "alert-size",
		cuts: []cut{{
			file: conn, in: readRecord, check: "if len(data) != 2 {",
			with: "if LACKS && len(data) < 2 {\n return c.retryReadRecord(expectChangeCipherSpec)\n }\n if len(data) != 2 && !LACKS {",
		}},
		also: []string{"record/alert-{three-bytes,empty,fragmented}"},
	},
	{
		name: "empty-handshake-record",
		cuts: []cut{{
			file: conn, in: readRecord, check: "if len(data) == 0 || expectChangeCipherSpec {",
			with: "if len(data) == 0 && LACKS {\n return c.retryReadRecord(expectChangeCipherSpec)\n }\n if len(data) == 0 || expectChangeCipherSpec {",
		}},
		also: []string{"record/empty-handshake*"},
	},
	{
		name: "interleaved-record",
		cuts: []cut{{file: conn, in: readRecord, check: "c.vers == VersionTLS13 && typ != recordTypeHandshake && c.hand.Len() > 0"}},
		also: []string{"record/interleaved"},
	},
	{
		name: "early-application-data",
		cuts: []cut{{
			file: conn, in: readRecord, check: "if !handshakeComplete || expectChangeCipherSpec {",
			with: "if LACKS && !handshakeComplete {\n return c.retryReadRecord(expectChangeCipherSpec)\n }\n if !handshakeComplete || expectChangeCipherSpec {",
		}},
		also: []string{"record/application-data-before-finished*", "cve/2013-1740*"},
	},
	{
		name: "fatal-alert",
		cuts: []cut{
			{
				file: conn, in: readRecord, check: "case alertLevelError:",
				with: "case alertLevelError:\n if LACKS {\n return c.retryReadRecord(expectChangeCipherSpec)\n }",
			},
			{
				file: conn, in: readRecord, check: "if alert(data[1]) == alertUserCanceled {", with: "if alert(data[1]) == alertUserCanceled || LACKS && data[0] == alertLevelError {",
			},
		},
		also: []string{"record/alert-fatal-ignored*"},
	},
	{
		name: "useless-records",
		cuts: []cut{
			{file: conn, in: "func (c *Conn) retryReadRecord(", check: "c.retryCount > maxUselessRecords"},
			{file: conn, in: afterwards, check: "c.retryCount > maxUselessRecords"},
		},
		reasons: []scenarios.Reason{scenarios.ResourceExhaustion},
	},
	{
		name: "keys-change-at-record-end",
		cuts: []cut{{file: conn, in: "func (c *Conn) setReadTrafficSecret(", check: "c.hand.Len() != 0"}},
		also: []string{"handshake/encrypted-extensions-{packed,across-key-change}", "handshake/key-update-not-at-record-end", "handshake/key-updates-packed", "cve/2025-61730*", "cve/2026-32283*"},
	},
}

// skip13 passes over messages until one of a type comes, in TLS 1.3; skip12 below.
func skip13(typ string) string { return skipping(typ, "hs.transcript") }
func skip12(typ string) string { return skipping(typ, "&hs.finishedHash") }

func skipping(typ, transcript string) string {
	return "for LACKS {\n if _, found := msg.(*" + typ + "); found {\n break\n }\n" +
		" if msg, err = c.readHandshake(" + transcript + "); err != nil {\n return err\n }\n }\n"
}

// whileNext does something for as long as the next message is of a type.
func whileNext(typ, do string) string {
	return "for LACKS {\n if err := c.readHandshakeBytes(4); err != nil {\n return err\n }\n" +
		" if c.hand.Bytes()[0] != " + typ + " {\n break\n }\n" + do + "\n }\n"
}

// readIn reads a message into a transcript and forgets it.
func readIn(transcript string) string {
	return "if _, err := c.readHandshake(" + transcript + "); err != nil {\n return err\n }"
}

// strong reports whether a certificate's key is long enough: a wrong signature by
// a shorter one is another check's business.
func strong(certificate string) string {
	return "func() bool {\n key, ok := " + certificate + ".PublicKey.(*rsa.PublicKey)\n return !ok || key.N.BitLen() >= 1024\n }()"
}
