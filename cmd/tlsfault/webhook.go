package main

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// webhookOptions is the flags for a sender that runs elsewhere and is asked to send.
type webhookOptions struct {
	trigger, result string
	quiet           time.Duration
}

func (o *webhookOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.trigger, "webhook-trigger", "", "test a sender that runs elsewhere: shell `COMMAND` that asks it to send to {url}")
	flags.StringVar(&o.result, "webhook-result", "", "shell `COMMAND` that exits 0 if the sender counts what it sent as delivered")
	flags.DurationVar(&o.quiet, "webhook-quiet", client.DefaultQuiet, "wait `D` for further tries of the sender")
}

// check looks at how the flags go together; named reports that there is a client as well.
func (o *webhookOptions) check(named bool) error {
	switch {
	case o.trigger == "" && o.result != "":
		return usage("say --webhook-trigger as well", "--webhook-result without a trigger")
	case o.trigger != "" && named:
		return usage("leave out one of them", "there is a client and --webhook-trigger as well")
	case o.quiet <= 0:
		return usage("write a duration such as 1s", "--webhook-quiet is %s, which is not more than 0", o.quiet)
	}
	return nil
}

// client is the sender that the flags describe.
func (o *webhookOptions) client() (client.Client, verdict.ClientInfo, error) {
	t := &client.Trigger{Quiet: o.quiet}
	var err error
	if t.Start, err = shell(o.trigger); err == nil && o.result != "" {
		t.Result, err = shell(o.result)
	}
	return t, verdict.ClientInfo{Name: "webhook: " + o.trigger}, err
}

// shell returns a command line as a command for the shell.
func shell(line string) (*client.Command, error) {
	if _, err := exec.LookPath("sh"); err != nil {
		return nil, misconfigured(errors.New("there is no shell to run the command with"), "use a system that has sh")
	}
	c, err := client.NewCommand("sh", "-c", line)
	return c, misconfigured(wrap("reading the command", err), "see tlsfault run --help for what is replaced")
}

// wrap says what was being done when err came; nil stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
