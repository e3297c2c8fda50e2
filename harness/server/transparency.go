package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// rekeyed is put behind the slot of a key to name the one that takes its place.
const rekeyed = " rekeyed"

// knownLogs is how many transparency logs clients are told of.
const knownLogs = 2

// ordinarySCTs is how many SCTs come with a certificate that says no more.
const ordinarySCTs = 2

// log returns a transparency log by the name of its slot.
func (f *Factory) log(slot string) (pki.Log, error) {
	key, err := f.keys.Get(pki.ECDSAP256, slot)
	return pki.Log{Key: key}, err
}

func logSlot(i int) string { return fmt.Sprintf("log %d", i) }

// scts returns the promises that c describes for an entry.
func (p *path) scts(c *scenarios.SCTs, entry pki.LogEntry) ([][]byte, error) {
	count, at := c.Count, p.now.Add(-time.Hour)
	if count == 0 {
		count = ordinarySCTs
	}
	switch c.Wrong {
	case scenarios.SCTFuture:
		at = p.now.Add(24 * time.Hour)
	case scenarios.SCTAnotherCertificate:
		entry = pki.CertificateEntry(p.issuer())
	}
	var all [][]byte
	for i := range count {
		slot := logSlot(i % knownLogs)
		switch c.Wrong {
		case scenarios.SCTOneLog:
			slot = logSlot(0)
		case scenarios.SCTUnknownLog:
			slot = "unknown " + slot
		}
		log, err := p.factory.log(slot)
		if err != nil {
			return nil, err
		}
		sct, err := log.SCT(entry, at.Add(time.Duration(i)*time.Second))
		if err != nil {
			return nil, err
		}
		if c.Wrong == scenarios.SCTSignature {
			sct[len(sct)-1] ^= 1
		}
		all = append(all, sct)
	}
	return all, nil
}

// issueLogged issues a certificate with SCTs in it: first without, for the logs
// to promise, and then once more with what they promised.
func (p *path) issueLogged(spec forge.Spec, c *scenarios.SCTs) (*pki.Certificate, error) {
	var err error
	if spec.Request, err = spec.Complete(); err != nil {
		return nil, err
	}
	before, err := forge.Issue(spec)
	if err != nil {
		return nil, err
	}
	entry, err := pki.PrecertificateEntry(before, spec.Issuer)
	if err != nil {
		return nil, err
	}
	scts, err := p.scts(c, entry)
	if err != nil {
		return nil, err
	}
	value, err := pki.SCTList(scts)
	if err != nil {
		return nil, err
	}
	spec.Extensions = append(spec.Extensions, pki.Extension{OID: pki.OIDEmbeddedSCTs, Value: value})
	return forge.Issue(spec)
}

// leafSCTs is what is said of the leaf's SCTs, nil for nothing.
func (p *path) leafSCTs() *scenarios.SCTs {
	return ofStatus(edits(p.scenario.Given.Leaf, p.scenario.Fault.Leaf)).SCTs
}

// handshakeSCTs are those that come in the handshake, RFC 6962 3.3.1.
func (p *path) handshakeSCTs() ([][]byte, error) {
	c := p.leafSCTs()
	if c == nil || c.Via != scenarios.SCTsInHandshake || c.Absent {
		return nil, nil
	}
	return p.scts(c, pki.CertificateEntry(p.leaf))
}

// stapledSCTs are those that come in an OCSP response about x.
func (p *path) stapledSCTs(x *subject) ([][]byte, error) {
	c := x.says.SCTs
	if c == nil || c.Via != scenarios.SCTsInStaple || c.Absent {
		return nil, nil
	}
	return p.scts(c, pki.CertificateEntry(x.certificate))
}

// told is what clients are told to trust beside roots.
type told struct {
	pins []string
	logs []pki.Log
}

func (p *path) told() (told, error) {
	var t told
	for _, pin := range p.scenario.Given.Pins {
		key, err := p.pinned(pin)
		if err != nil {
			return t, err
		}
		sum := sha256.Sum256(key.SPKI())
		t.pins = append(t.pins, base64.StdEncoding.EncodeToString(sum[:]))
	}
	if p.leafSCTs() == nil {
		return t, nil
	}
	for i := range knownLogs {
		log, err := p.factory.log(logSlot(i))
		if err != nil {
			return t, err
		}
		t.logs = append(t.logs, log)
	}
	return t, nil
}

// pinned returns the key of the valid path that a pin names.
func (p *path) pinned(pin scenarios.Pin) (*pki.Key, error) {
	switch pin {
	case scenarios.PinLeaf:
		return p.factory.keys.Get(p.keyType(), slotLeaf)
	case scenarios.PinIntermediate:
		return p.factory.keys.Get(p.keyType(), fmt.Sprintf("intermediate %d", p.scenario.Given.IntermediateCount()-1))
	case scenarios.PinRoot:
		return pki.NewKey(p.trusted.Key)
	case scenarios.PinSpare:
		return p.factory.keys.Get(p.keyType(), "spare")
	}
	return nil, fmt.Errorf("no key is called %q", pin)
}

// tell writes down for the client what it is told.
func (s *Server) tell() error {
	s.target.Pins = s.site.told.pins
	logs := s.site.told.logs
	if len(logs) == 0 {
		return nil
	}
	list, err := logList(logs)
	if err != nil {
		return err
	}
	if s.target.LogListFile, err = writePEM("logs", list); err != nil {
		return err
	}
	s.target.CTLogFile, err = writePEM("ctlogs", openSSLLogs(logs))
	return err
}

// logList is a list of logs in the third version of the format that browsers use.
func logList(logs []pki.Log) ([]byte, error) {
	type entry struct {
		Description string `json:"description"`
		ID          []byte `json:"log_id"`
		Key         []byte `json:"key"`
		URL         string `json:"url"`
		MMD         int    `json:"mmd"`
	}
	type operator struct {
		Name  string   `json:"name"`
		Email []string `json:"email"`
		Logs  []entry  `json:"logs"`
	}
	var list struct {
		Version   string     `json:"version"`
		Operators []operator `json:"operators"`
	}
	list.Version = "1"
	for i, log := range logs {
		name, id := fmt.Sprintf("tlsfault log %d", i), log.ID()
		list.Operators = append(list.Operators, operator{
			Name: name, Email: []string{},
			Logs: []entry{{Description: name, ID: id[:], Key: log.Key.SPKI(), URL: fmt.Sprintf("https://log%d.invalid/", i), MMD: 86400}},
		})
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the list of logs: %w", err)
	}
	return text, nil
}

// openSSLLogs is the same list as OpenSSL's CTLOG_STORE_load_file reads it.
func openSSLLogs(logs []pki.Log) []byte {
	var b bytes.Buffer
	b.WriteString("enabled_logs=")
	for i := range logs {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "log%d", i)
	}
	b.WriteString("\n")
	for i, log := range logs {
		fmt.Fprintf(&b, "\n[log%d]\ndescription=tlsfault log %d\nkey=%s\n", i, i, base64.StdEncoding.EncodeToString(log.Key.SPKI()))
	}
	return b.Bytes()
}
