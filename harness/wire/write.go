package wire

import (
	"fmt"
	"sync"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// Names of records that hold no handshake message.
const (
	nameApplicationData  = "application data"
	nameAlert            = "alert"
	nameChangeCipherSpec = "ChangeCipherSpec"
)

// output is the writing half of a connection. Records wait in pending until flush.
type output struct {
	sync.Mutex
	version uint16       // in record headers
	keys    *record.Keys // for records that are queued from now on; nil for plaintext
	traffic []byte       // TLS 1.3: the traffic secret behind keys
	pending []*record.Outgoing
	closed  bool
	err     error
}

// queue adds content to the pending records, cut to the size that a record may have.
func (c *Conn) queue(typ uint8, name string, content []byte) {
	for first := true; first || len(content) > 0; first = false {
		n := min(len(content), record.MaxPlaintext)
		c.out.pending = append(c.out.pending, c.newRecord(typ, name, content[:n]))
		content = content[n:]
	}
}

// newRecord makes a record under the keys of the moment.
func (c *Conn) newRecord(typ uint8, name string, content []byte) *record.Outgoing {
	return &record.Outgoing{Type: typ, Version: c.out.version, Payload: content, Keys: c.out.keys, Name: name}
}

// flush seals what is pending, after the edits have had their way with it, and writes it at once.
func (c *Conn) flush() error {
	if len(c.out.pending) == 0 {
		return nil
	}
	list := c.script.records(c, c.out.pending)
	c.out.pending = nil
	var wire []byte
	for _, o := range list {
		b, err := o.Seal()
		if err != nil {
			return fmt.Errorf("seal a record with %s: %w", o.Name, err)
		}
		wire = append(wire, b...)
	}
	if len(wire) == 0 {
		return nil
	}
	_, err := c.conn.Write(wire)
	return err
}

func (c *Conn) sendAlert(level, description uint8) error {
	body := []byte{level, description}
	c.trace(alertEvent(body, true, c.out.keys != nil))
	c.queue(iana.RecordAlert, nameAlert, body)
	return c.flush()
}
