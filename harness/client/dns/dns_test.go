package dns_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/dns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnswers(t *testing.T) {
	s, err := dns.Listen("127.0.0.1:0", map[string]netip.Addr{
		"payments.example.com": netip.MustParseAddr("127.0.0.1"),
		"six.example.com":      netip.MustParseAddr("::1"),
		"bücher.example.com":   netip.MustParseAddr("127.0.0.2"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		kind uint16
		want string // the answer, or the code
	}{
		{"payments.example.com.", mdns.TypeA, "127.0.0.1"},
		{"PAYments.example.COM.", mdns.TypeA, "127.0.0.1"},
		{"payments.example.com.", mdns.TypeAAAA, "NOERROR"},
		{"payments.example.com.", mdns.TypeHTTPS, "NOERROR"},
		{"six.example.com.", mdns.TypeAAAA, "::1"},
		{"six.example.com.", mdns.TypeA, "NOERROR"},
		{"xn--bcher-kva.example.com.", mdns.TypeA, "127.0.0.2"},
		{"example.org.", mdns.TypeA, "REFUSED"},
		{"api.payments.example.com.", mdns.TypeA, "REFUSED"},
		{".", mdns.TypeNS, "REFUSED"},
	} {
		for _, network := range []string{"udp", "tcp"} {
			c := mdns.Client{Net: network}
			reply, _, err := c.Exchange(new(mdns.Msg).SetQuestion(test.name, test.kind), s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			got := mdns.RcodeToString[reply.Rcode]
			for _, record := range reply.Answer {
				got = strings.TrimPrefix(record.String(), record.Header().String())
			}
			if got != test.want {
				t.Errorf("%s %s over %s: %s, want %s", test.name, mdns.TypeToString[test.kind], network, got, test.want)
			}
		}
	}
	if got, want := s.Close(), []string{"example.org A", "api.payments.example.com A", " NS"}; !slices.Equal(got, want) {
		t.Errorf("refused %q, want %q", got, want)
	}
}

func TestGarbageAndStallsAreSurvived(t *testing.T) {
	s, err := dns.Listen("127.0.0.1:0", map[string]netip.Addr{"payments.example.com": netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	garbage := rand.NewChaCha8([32]byte{1})
	for i := range 200 {
		network := []string{"udp", "tcp"}[i%2]
		conn, err := net.Dial(network, s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // a stalled client is there until the end
		noise := make([]byte, i)
		_, _ = garbage.Read(noise)
		if i%3 > 0 {
			_, _ = conn.Write(noise)
		}
	}
	var c mdns.Client
	reply, _, err := c.Exchange(new(mdns.Msg).SetQuestion("payments.example.com.", mdns.TypeA), s.Addr())
	if err != nil || len(reply.Answer) != 1 {
		t.Errorf("after garbage: %v, %v", reply, err)
	}
	s.Close()
}

func TestTakenPortIsAnError(t *testing.T) {
	s, err := dns.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if second, err := dns.Listen(s.Addr(), nil); err == nil {
		second.Close()
		t.Error("two servers on one port")
	}
}

func TestClientIsToldOfItsServer(t *testing.T) {
	target := client.Target{Host: "payments.example.com", Addr: "127.0.0.1", Also: []string{"www.payments.example.com:80"}}
	c := dns.Client(client.Func(func(ctx context.Context, target client.Target) error {
		resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, target.DNS)
		}}
		for _, name := range []string{"payments.example.com.", "www.payments.example.com."} {
			if found, err := resolver.LookupHost(ctx, name); err != nil || !slices.Equal(found, []string{"127.0.0.1"}) {
				t.Errorf("%s: %v, %v", name, found, err)
			}
		}
		if found, err := resolver.LookupHost(ctx, "example.org."); err == nil {
			t.Errorf("example.org: %v", found)
		}
		return nil
	}))
	a := c.Attempt(t.Context(), target)
	if !slices.Contains(a.Refused, "its resolver for example.org A") {
		t.Errorf("refused %q", a.Refused)
	}
}
