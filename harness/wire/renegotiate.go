package wire

import (
	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
)

// verifyData is what renegotiation_info holds after a handshake: the client's
// verify_data, for a server's answer with the server's after it, RFC 5746 3.2.
// It is empty for no handshake at all.
func (hs *handshake) verifyData(both bool) []byte {
	if hs == nil {
		return nil
	}
	v := append([]byte(nil), hs.legacy.clientVerify...)
	if both {
		v = append(v, hs.legacy.serverVerify...)
	}
	return v
}

// renegotiate runs another handshake over the connection, RFC 5246 7.4.1.2,
// beginning with a ClientHello that has been read. Nobody else writes meanwhile;
// application data of the client may come until its ChangeCipherSpec.
func (c *Conn) renegotiate(raw []byte) error {
	c.out.Lock()
	defer c.out.Unlock()
	hs := &handshake{c: c, cfg: c.cfg, script: c.script, previous: c.hs, version: c.hs.version}
	hs.transcript = append(hs.transcript, raw...)
	if err := hs.takeClientHello(raw); err != nil {
		return err
	}
	if !contains(hs.offer.versions, hs.version) {
		return alertf(iana.AlertProtocolVersion, "another version in renegotiation")
	}
	hs.steps = []step{{answerClientHello, (*handshake).answerClientHello}}
	if err := hs.runSteps(); err != nil {
		return err
	}
	c.hs = hs
	c.in.asked = false
	c.mayWait()
	return nil
}
