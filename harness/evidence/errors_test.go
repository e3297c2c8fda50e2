package evidence

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"syscall"
	"testing"
	"time"
)

func TestErrorsOfTheServersTLSStack(t *testing.T) {
	remote := &net.OpError{Op: "remote error", Err: tls.AlertError(48)}
	local := &net.OpError{Op: "local error", Err: tls.AlertError(20)}
	for _, test := range []struct {
		name   string
		err    error
		ending Ending
		client string
		server string
		text   string
	}{
		{"none", nil, EndOpen, "", "", ""},
		{"an alert received", remote, EndAlert, "unknown_ca", "", remote.Error()},
		{"an alert received, wrapped", fmt.Errorf("handshake: %w", remote), EndAlert, "unknown_ca", "", "handshake: " + remote.Error()},
		{"an alert sent", local, EndOpen, "", "bad_record_mac", local.Error()},
		{"an error of the dialer with the same shape", &net.OpError{Op: "dial", Err: tls.AlertError(48)}, EndOpen, "", "", "dial: " + tls.AlertError(48).Error()},
		{"a remote error that is no alert", &net.OpError{Op: "remote error", Err: errors.New("odd")}, EndOpen, "", "", "remote error: odd"},
		{"close_notify", io.EOF, EndCloseNotify, "", "", ""},
		{"the end within a record", io.ErrUnexpectedEOF, EndOpen, "", "", "unexpected EOF"},
		{"a reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, EndRST, "", "", "read: read: connection reset by peer"},
		{"a broken pipe", syscall.EPIPE, EndRST, "", "", "broken pipe"},
		{"the time limit", os.ErrDeadlineExceeded, EndTimeout, "", "", "i/o timeout"},
		{"no TLS", tls.RecordHeaderError{Msg: "odd"}, EndOpen, "", "", "tls: odd"},
		{"the server's own close", fmt.Errorf("read: %w", net.ErrClosed), EndOpen, "", "", ""},
	} {
		c := newConversation("", time.Now())
		c.noteError(test.err, time.Now())
		got, _ := c.timeless()
		want := Connection{Ending: test.ending, ServerError: test.text}
		if number, ok := AlertNumber(test.client); ok {
			want.ClientAlert = &Alert{Level: 2, Description: number, Name: test.client}
		}
		if number, ok := AlertNumber(test.server); ok {
			want.ServerAlert = &Alert{Level: 2, Description: number, Name: test.server}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v %v %v\nwant %+v %v %v", test.name, got, got.ClientAlert, got.ServerAlert, want, want.ClientAlert, want.ServerAlert)
		}
	}
}

func TestFirstErrorIsKept(t *testing.T) {
	c := newConversation("", time.Now())
	c.noteError(errors.New("first"), time.Now())
	c.noteError(errors.New("second"), time.Now())
	if c.serverErr != "first" {
		t.Error(c.serverErr)
	}
}

func TestAlertOnTheWireCountsForMoreThanTheStacksReport(t *testing.T) {
	c := play([]step{client(handshake(typeClientHello, hello13())), server(flight13()), client(alert(2, 45))}, 1<<20)
	c.noteError(&net.OpError{Op: "local error", Err: tls.AlertError(20)}, time.Now())
	got, _ := c.timeless()
	if got.ClientAlert.Name != "certificate_expired" || !got.ClientAlert.Plaintext || got.ServerAlert.Name != "bad_record_mac" || got.Ending != EndAlert {
		t.Errorf("%s", got.line())
	}
}
