package evidence

import (
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"syscall"
	"time"
)

// cause tells how a connection ended from the error of a read or write on it.
func cause(err error) (Ending, bool) {
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF):
		return EndFIN, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return EndRST, true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return EndTimeout, true
	}
	return EndOpen, false
}

// alertOf returns the number of the alert that crypto/tls wrapped into err, and
// whether it was received or sent. The type that it wraps is not exported: only
// its kind tells the number.
func alertOf(err error) (description uint8, received, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" && op.Op != "local error" || op.Err == nil {
		return 0, false, false
	}
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return 0, false, false
	}
	return uint8(v.Uint()), op.Op == "remote error", true // #nosec G115 -- its kind is uint8
}

// noteError classifies what the server's TLS stack or a read or write above the
// tap returned.
func (c *conversation) noteError(err error, now time.Time) {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return // the server's own doing
	}
	if description, received, ok := alertOf(err); ok {
		a := Alert{Level: levelFatal, Description: description}
		if received {
			c.clientAlert(a, now)
		} else {
			c.serverAlert(a)
		}
	} else if e, known := cause(err); known {
		// crypto/tls reports close_notify as io.EOF too: then no FIN came up from the connection.
		if e == EndFIN && !c.sawFIN {
			e = EndCloseNotify
			if !c.end.IsZero() {
				return // what ended otherwise cannot have read close_notify after it
			}
		}
		c.finish(e, now)
	}
	if c.serverErr == "" && !errors.Is(err, io.EOF) {
		c.serverErr = err.Error()
	}
}
