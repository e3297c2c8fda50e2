package wire

import (
	"fmt"

	"github.com/tlsfault/tlsfault/harness/wire/internal/iana"
	"github.com/tlsfault/tlsfault/harness/wire/internal/record"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventMessage          EventKind = "message"            // a whole handshake message
	EventAlert            EventKind = "alert"              // an alert
	EventChangeCipherSpec EventKind = "change_cipher_spec" // a ChangeCipherSpec
	EventApplicationData  EventKind = "application_data"   // a record of application data
	EventHeartbeat        EventKind = "heartbeat"          // a heartbeat record, RFC 6520
	EventEdit             EventKind = "edit"               // an edit came to act; Name is the edit's
)

// Event is something that was read from the client, or sent to it.
type Event struct {
	Kind EventKind
	// Sent tells what the server sent from what it read.
	Sent bool
	// Name is the IANA spelling of the handshake type or alert, or the name of an edit.
	Name string
	// Type is the handshake type or the alert description, Level the alert level.
	Type, Level uint8
	// Raw is the handshake message with its header, or the content of the record. It must not be changed.
	Raw []byte
	// Protected tells whether it came, or went, encrypted.
	Protected bool
}

func (c *Conn) trace(e Event) {
	if c.cfg.Trace != nil {
		c.cfg.Trace(e)
	}
}

func messageEvent(raw []byte, sent, protected bool) Event {
	return Event{Kind: EventMessage, Sent: sent, Name: iana.MessageName(raw[0]), Type: raw[0], Raw: raw, Protected: protected}
}

func alertEvent(body []byte, sent, protected bool) Event {
	return Event{Kind: EventAlert, Sent: sent, Name: iana.AlertName(body[1]), Type: body[1], Level: body[0], Raw: body, Protected: protected}
}

// ErrNotTLS is wrapped by the error of a handshake whose first bytes are no TLS
// record, such as plain HTTP; its text shows them.
var ErrNotTLS = record.ErrNotTLS

// AlertError is an alert that ended a handshake or a connection.
type AlertError struct {
	// Alert is the alert description, Name its IANA spelling.
	Alert uint8
	Name  string
	// Received tells an alert of the client from one of the server.
	Received bool
	// Plaintext tells whether a received alert came unencrypted.
	Plaintext bool
	// Text says what was wrong, where the server found something wrong.
	Text string
}

// Error implements error.
func (e *AlertError) Error() string {
	if e.Received {
		return "the client sent the alert " + e.Name
	}
	return fmt.Sprintf("%s: %s", e.Name, e.Text)
}

// alertf is the error for something that the server answers with a fatal alert.
func alertf(alert uint8, format string, args ...any) error {
	return &AlertError{Alert: alert, Name: iana.AlertName(alert), Text: fmt.Sprintf(format, args...)}
}
