// Package transparency checks signed certificate timestamps (RFC 6962) for Go
// clients, whose crypto/tls hands them out unread. A [Checker] is the
// VerifyConnection of a tls.Config: it wants promises of enough logs that it
// knows, on whichever of the three ways they come. The promises are read and
// verified by Google's library.
package transparency

import (
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	stdx509 "crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/ctutil"
	"github.com/google/certificate-transparency-go/loglist3"
	cttls "github.com/google/certificate-transparency-go/tls"
	"github.com/google/certificate-transparency-go/x509"
	"golang.org/x/crypto/ocsp"
)

// ErrTooFew says that a certificate came with too few promises that count.
var ErrTooFew = errors.New("too few valid SCTs")

// Checker says what is enough.
type Checker struct {
	// Logs are the keys of the logs that count, by log id.
	Logs map[[sha256.Size]byte]crypto.PublicKey
	// Least is how many different logs must have promised; 2 when 0.
	Least int
	// Now is the time; time.Now when nil.
	Now func() time.Time
}

// LoadLogs reads a list of logs in the third version of the format that browsers use.
func LoadLogs(text []byte) (map[[sha256.Size]byte]crypto.PublicKey, error) {
	var list loglist3.LogList
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading a list of logs: %w", err)
	}
	logs := make(map[[sha256.Size]byte]crypto.PublicKey)
	for _, operator := range list.Operators {
		for _, log := range operator.Logs {
			key, err := stdx509.ParsePKIXPublicKey(log.Key)
			if err != nil {
				return nil, fmt.Errorf("reading the key of %s: %w", log.Description, err)
			}
			logs[sha256.Sum256(log.Key)] = key
		}
	}
	return logs, nil
}

// VerifyConnection is what tls.Config calls once it has verified the path. It
// returns an error that is ErrTooFew, and says what is wrong with each SCT that does not count.
func (c Checker) VerifyConnection(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return fmt.Errorf("%w: the path was not verified", ErrTooFew)
	}
	var chain []*x509.Certificate
	for _, certificate := range state.VerifiedChains[0] {
		parsed, err := x509.ParseCertificate(certificate.Raw)
		if x509.IsFatal(err) {
			return fmt.Errorf("%w: %w", ErrTooFew, err)
		}
		chain = append(chain, parsed)
	}
	promised := make(map[[sha256.Size]byte]bool)
	var wrong []error
	count := func(raw []byte, embedded bool) {
		log, err := c.verify(raw, chain, embedded)
		if err != nil {
			wrong = append(wrong, err)
			return
		}
		promised[log] = true
	}
	for _, sct := range chain[0].SCTList.SCTList {
		count(sct.Val, true)
	}
	for _, sct := range append(slices.Clone(state.SignedCertificateTimestamps), stapled(state)...) {
		count(sct, false)
	}
	least := c.Least
	if least == 0 {
		least = 2
	}
	if len(promised) < least {
		return errors.Join(append([]error{fmt.Errorf("%w: of %d logs, not %d", ErrTooFew, len(promised), least)}, wrong...)...)
	}
	return nil
}

// verify returns the log that promised.
func (c Checker) verify(raw []byte, chain []*x509.Certificate, embedded bool) ([sha256.Size]byte, error) {
	var sct ct.SignedCertificateTimestamp
	if _, err := cttls.Unmarshal(raw, &sct); err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("an SCT does not parse: %w", err)
	}
	key, known := c.Logs[sct.LogID.KeyID]
	if !known {
		return sct.LogID.KeyID, fmt.Errorf("an SCT is of the unknown log %x", sct.LogID.KeyID[:4])
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	if at := ct.TimestampToTime(sct.Timestamp); at.After(now()) {
		return sct.LogID.KeyID, fmt.Errorf("an SCT is dated %s, which has yet to come", at.Format(time.RFC3339))
	}
	if err := ctutil.VerifySCT(key, chain, &sct, embedded); err != nil {
		return sct.LogID.KeyID, fmt.Errorf("an SCT does not verify: %w", err)
	}
	return sct.LogID.KeyID, nil
}

// stapledSCTs is the extension of an OCSP response that holds SCTs, RFC 6962 3.3.
var stapledSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 5}

// stapled returns the SCTs in a stapled OCSP response that is the issuer's.
func stapled(state tls.ConnectionState) [][]byte {
	path := state.VerifiedChains[0]
	if len(state.OCSPResponse) == 0 || len(path) < 2 {
		return nil
	}
	response, err := ocsp.ParseResponseForCert(state.OCSPResponse, path[0], path[1])
	if err != nil {
		return nil // what checks revocation says so
	}
	for _, extension := range response.Extensions {
		if !extension.Id.Equal(stapledSCTs) {
			continue
		}
		var value []byte
		var list x509.SignedCertificateTimestampList
		if _, err := asn1.Unmarshal(extension.Value, &value); err != nil {
			return nil
		}
		if _, err := cttls.Unmarshal(value, &list); err != nil {
			return nil
		}
		var scts [][]byte
		for _, sct := range list.SCTList {
			scts = append(scts, sct.Val)
		}
		return scts
	}
	return nil
}
