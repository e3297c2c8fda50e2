package client

import (
	"crypto/tls"
	"fmt"
	"os/exec"
	"time"
)

// fakeTime is the program that gives another a clock of its own.
const fakeTime = "faketime"

// AtTime returns the arguments of a command for which it is t when it starts:
// by the program faketime, which reaches programs that ask the C library. It
// returns an error where that is not installed.
func AtTime(t time.Time, args ...string) ([]string, error) {
	path, err := exec.LookPath(fakeTime)
	if err != nil {
		return nil, fmt.Errorf("a program is given a time by %s: %w", fakeTime, err)
	}
	return append([]string{path, "-f", "@" + t.Local().Format(time.DateTime)}, args...), nil
}

// ClientAt returns the preset as a client for which it is t: the built-in one is
// told, the others are run by faketime.
func (p Preset) ClientAt(t time.Time) (Client, error) {
	if p.builtIn() {
		return Go(GoOptions{TLS: &tls.Config{InsecureSkipVerify: p.lax, Time: func() time.Time { return t }}}), nil // what ":insecure" asks for
	}
	wrapper, err := AtTime(t)
	if err != nil {
		return nil, err
	}
	c := p.clientIn(local{})
	c.wrapper = wrapper
	return c, nil
}
