package verdict

import "github.com/tlsfault/tlsfault/scenarios"

// advice is what is said about one reason.
type advice struct {
	meaning string // what is broken about the server
	remedy  string // what its owner does; where it helps, what the client's does
}

var advices = map[scenarios.Reason]advice{
	scenarios.Expired:                  {"the certificate presented had expired", "Renew the certificate, install it on every listener, reload the server, and alert 30 days ahead; if it is current, check the clock of the client."},
	scenarios.NotYetValid:              {"the certificate presented was not valid yet", "Wait until the certificate is valid or have it issued again with an earlier start; check the clocks of server, CA and client first."},
	scenarios.SelfSigned:               {"the certificate presented was signed by its own key", "Install a certificate of a CA that the clients trust; a client that must use this one has to be given it as a trust anchor, not told to skip verification."},
	scenarios.UntrustedRoot:            {"the chain ended in no root that the client trusts", "Have the certificate issued by a CA that the clients trust, or give the clients the root of the private CA; behind an inspecting proxy, give them the root of the proxy."},
	scenarios.MissingIntermediate:      {"the server did not send the intermediate certificate", "Configure the server to send its certificate followed by every intermediate (often a file called fullchain.pem)."},
	scenarios.NameMismatch:             {"no name in the certificate was the one asked for", "Have the certificate issued for every name that clients use, as subjectAltName; on the client's side, use one of the names that the certificate has."},
	scenarios.BadSignature:             {"a signature in the chain did not verify", "Install the certificate again from the CA's original files, with the intermediate that really issued it; if it was intact, somebody tampered with it on the way."},
	scenarios.NotACA:                   {"a certificate that is no CA had issued another", "Have the certificate issued by a real CA certificate: basicConstraints with cA true."},
	scenarios.PathLength:               {"the chain was longer than a CA in it allows", "Have the certificate issued by a CA within the path length limit, or have the CA above issue an intermediate with a larger one."},
	scenarios.KeyUsage:                 {"keyUsage forbade what a key was used for", "Have the certificate issued with digitalSignature (and keyEncipherment for RSA key exchange), and CAs with keyCertSign."},
	scenarios.ExtendedKeyUsage:         {"extKeyUsage did not allow a TLS server", "Have the certificate issued with serverAuth in extKeyUsage."},
	scenarios.NameConstraint:           {"a name in the certificate lay outside the constraints of its CA", "Use a name that the CA is allowed to issue for, or a CA that is allowed this name."},
	scenarios.UnknownCriticalExtension: {"the certificate had a critical extension that nobody knows", "Have the certificate issued without the extension, or with it marked as not critical."},
	scenarios.CertificatePolicy:        {"the chain had no policy in common that it required", "Have the certificates of the chain issued with consistent policies, or without requireExplicitPolicy."},
	scenarios.WeakSignature:            {"a signature used a broken hash", "Have the certificate and its intermediates issued with SHA-256 or better."},
	scenarios.WeakKey:                  {"a key was too small to protect anything", "Make a new key, RSA of 2048 bits or more or ECDSA P-256, and have a certificate issued for it."},
	scenarios.MalformedCertificate:     {"a certificate was not well-formed", "Have the certificate issued again by a CA whose software follows RFC 5280; check that the file was not damaged."},
	scenarios.CompromisedKey:           {"the private key of a certificate is publicly known", "Revoke the certificate, make a new key where it is used, and never ship a private key with a product."},
	scenarios.Revoked:                  {"a valid status said that the certificate is revoked", "Find out why it was revoked, make a new key if it leaked, and install a new certificate."},
	scenarios.RevocationUnknown:        {"the status of the certificate was not to be had or not to be trusted", "Make OCSP responder and CRL reachable and fresh, or staple a current response; without a promise to staple (must-staple) clients may go on."},
	scenarios.Transparency:             {"the certificate had too few valid transparency timestamps", "Have the certificate issued by a CA that logs it and embeds the SCTs."},
	scenarios.PinMismatch:              {"the key was not the one that the client has pinned", "Present the pinned key, or ship clients with the new pin before changing keys; always pin a spare."},

	scenarios.ObsoleteVersion:       {"the server spoke only a protocol version that must not be used any more", "Enable TLS 1.2 and 1.3 on the server and disable all below."},
	scenarios.Downgrade:             {"a lower protocol version was forced on both sides", "Look for a middlebox that tampers with handshakes, and enable the highest version on the server; a client must not retry with a lower one."},
	scenarios.WeakCipher:            {"the server insisted on a broken cipher", "Enable AES-GCM or ChaCha20-Poly1305 suites on the server and disable RC4, 3DES, export and NULL."},
	scenarios.WeakKeyExchange:       {"the key exchange was one that must not be used any more", "Enable ECDHE suites on the server and disable static RSA, anonymous and export key exchange."},
	scenarios.WeakDH:                {"the Diffie-Hellman group or public value was too weak", "Use ECDHE, or a group of RFC 7919 with 2048 bits or more."},
	scenarios.NoCommonProtocol:      {"server and client had no application protocol in common", "Enable on the server an application protocol (ALPN) that its clients offer, such as http/1.1."},
	scenarios.BadHandshakeSignature: {"the signature over the handshake did not verify", "Check that the server's private key belongs to its certificate; otherwise somebody is in between, or the server's TLS library is faulty."},
	scenarios.BadFinished:           {"the server's Finished message was wrong", "Look for a middlebox that alters handshakes, and update the server's TLS library."},
	scenarios.BadKeyShare:           {"the server's public value must not be used", "Update the server's TLS library: an honest one never sends such a value."},
	scenarios.IllegalParameter:      {"a handshake message had a value that is not allowed", "Update the server's TLS library, or the middlebox in front of it."},
	scenarios.UnexpectedMessage:     {"a handshake message came out of order, twice or not at all", "Update the server's TLS library, or the middlebox in front of it."},
	scenarios.UnsupportedExtension:  {"the server answered an extension that the client never sent", "Update the server's TLS library, or the middlebox in front of it."},
	scenarios.DecodeError:           {"a handshake message did not parse", "Update the server's TLS library; check that the port speaks TLS and nothing else."},
	scenarios.BadRecord:             {"a record failed its integrity check", "Look for hardware or a middlebox that damages traffic, and update the server's TLS library."},
	scenarios.RecordOverflow:        {"a record was longer than allowed", "Update the server's TLS library; check that the port speaks TLS and nothing else."},
	scenarios.ResourceExhaustion:    {"the server sent more than any client should take", "Treat the server as hostile; in the client, set limits on time and size."},

	scenarios.ConnectionClosed:          {"the server closed the connection too early", "Look into the server's log for why it hung up: its limits, a crash, a firewall, or TLS settings that have nothing in common with the client's."},
	scenarios.Stalled:                   {"the server stopped answering", "Look for an overloaded server or a firewall that drops packets; in the client, set a time limit for the whole request."},
	scenarios.Truncated:                 {"the answer ended early without a proper close", "Look for a server, proxy or time limit that cuts connections; in the client, treat an incomplete answer as an error."},
	scenarios.Cleartext:                 {"there was no TLS where TLS was promised", "Enable TLS on this port, or use the port that has it; check the scheme of the address that the client was given."},
	scenarios.ClientCertificateRequired: {"the server demanded a client certificate that the client has not got", "Give the client a certificate and key that the server's CA issued, or stop requiring one."},
	scenarios.InsecureRedirect:          {"the server redirected from https to http", "Redirect to https addresses only; in the client, refuse to follow to http."},

	scenarios.MixedContent:    {"an encrypted page loads or sends something in cleartext", "Write https: into every reference of the page, and send Content-Security-Policy: upgrade-insecure-requests as long as some are left."},
	scenarios.StrictTransport: {"a host that had asked for TLS only was addressed in cleartext", "Send Strict-Transport-Security with every answer over TLS, with includeSubDomains where all of them speak it; in the client, keep what was sent and never use http for such a host."},
	scenarios.CookieExposed:   {"a cookie for TLS only went out in cleartext", "Set cookies with Secure, and the host's Strict-Transport-Security beside it; in the client, send them over TLS alone."},
}

// Meaning says what is broken about a server that must be refused with reason
// r, as part of a sentence.
func Meaning(r scenarios.Reason) string { return advices[r].meaning }

// Remedy says what the owner of a server that is refused with reason r does
// about it, and where it helps what the owner of the client does. It is empty
// for a reason that does not exist.
func Remedy(r scenarios.Reason) string { return advices[r].remedy }
