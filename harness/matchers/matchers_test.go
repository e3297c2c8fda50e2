package matchers_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/tlsfault/tlsfault/harness/client"
	. "github.com/tlsfault/tlsfault/harness/matchers"
	"github.com/tlsfault/tlsfault/scenarios"
)

const (
	expired  = "validity/leaf-expired-ecdsa-p256-1.3"
	wildcard = "names/wildcard-one-label-ecdsa-p256-1.3"
)

var (
	careful  = client.Go(client.GoOptions{})
	careless = client.Go(client.GoOptions{TLS: &tls.Config{InsecureSkipVerify: true}})
	refusing = func(context.Context, client.Target) error { return errors.New("no") }
)

func TestRefuse(t *testing.T) {
	g := NewWithT(t)
	g.Expect(careful).To(Refuse(expired))
	g.Expect(careful).To(Refuse(expired).For(scenarios.Expired).BeforeSendingData())
	g.Expect(careless).NotTo(Refuse(expired))
	g.Expect(careful).NotTo(Refuse(expired).For(scenarios.NameMismatch))
	g.Expect(careful).NotTo(Refuse(wildcard))
}

func TestAccept(t *testing.T) {
	g := NewWithT(t)
	g.Expect(careful).To(Accept(wildcard))
	g.Expect(careless).To(Accept(expired))
	g.Expect(careful).NotTo(Accept(expired))
}

func TestAClientThatRefusesEverythingMatchesNothing(t *testing.T) {
	g := NewWithT(t)
	g.Expect(refusing).NotTo(Refuse(expired))
	g.Expect(refusing).NotTo(Accept(expired))
}

func TestNonsenseIsAnError(t *testing.T) {
	for name, try := range map[string]struct {
		actual  any
		matcher *Matcher
		want    string
	}{
		"no client":        {"curl", Refuse(expired), "expected a client.Client or a func(context.Context, client.Target) error"},
		"unknown scenario": {careful, Refuse("validity/leaf-expird-ecdsa-p256-1.3"), expired},
		"unknown reason":   {careful, Refuse(expired).For("stale"), `"stale" is not a reason`},
		"For with Accept":  {careful, Accept(expired).For(scenarios.Expired), "go with Refuse only"},
	} {
		t.Run(name, func(t *testing.T) {
			ok, err := try.matcher.Match(try.actual)
			if ok || err == nil || !strings.Contains(err.Error(), try.want) {
				t.Errorf("got %t, %v; want an error with %q", ok, err, try.want)
			}
		})
	}
}

func TestFailureTextSaysWhatHappenedAndWhatToDo(t *testing.T) {
	m := Refuse(expired).For(scenarios.Expired)
	ok, err := m.Match(careless)
	if ok || err != nil {
		t.Fatalf("got %t, %v", ok, err)
	}
	text := m.FailureMessage(careless)
	for _, want := range []string{
		"Expected the client\n    to refuse " + expired + " for expired\nbut it accepted\n",
		"expected: a client must refuse, because expired",
		"happened: accepted a broken server: expired",
		"evidence: connection from 127.0.0.1: ClientHello",
		"remedy:   Renew the certificate",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if text != m.FailureMessage(careless) {
		t.Error("the text differs the second time")
	}
}
