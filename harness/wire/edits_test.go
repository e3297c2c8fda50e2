package wire_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tlsfault/tlsfault/harness/wire"
	"github.com/tlsfault/tlsfault/harness/wire/wiretest"
)

// attempt runs one connection, after another for a session where the world resumes.
func attempt(t *testing.T, w world, edits []wire.Edit, without []wiretest.Check) (wiretest.Result, *met, error) {
	t.Helper()
	client := w.client
	if w.resumes {
		first := serve(t, &w.server)
		got, err := meet(t, first, &client)
		if err != nil || got.Session == nil {
			t.Fatalf("no session to resume: %v", err)
		}
		client.Session = got.Session
		first.stop(t)
	}
	client.Without = without
	cfg := w.server
	cfg.Edits = edits
	stalls := make(chan struct{}, 1)
	cfg.Trace = func(e wire.Event) {
		if e.Kind == wire.EventEdit && (e.Name == "finished-skipped" || e.Name == "server-hello-done-skipped") {
			select {
			case stalls <- struct{}{}:
			default:
			}
		}
	}
	s := serve(t, &cfg)
	got, err := meetStalling(t, s, &client, stalls)
	return got, s.stop(t)[0], err
}

func accepted(got wiretest.Result, err error, seen *met) bool {
	return err == nil && strings.HasSuffix(string(got.Answer), answer) && seen.accepted()
}

// Rule 1 of the design, for every edit: the server without it is accepted; with
// it a client that makes every check refuses it, by the check that the edit is
// about; a client that lacks this check alone accepts; one that makes it alone refuses.
func TestOneCheckStandsBetweenEachEditAndAClient(t *testing.T) {
	all := worlds()
	moreWorlds(all)
	for name, w := range all {
		got, seen, err := attempt(t, w, nil, nil)
		if !accepted(got, err, seen) || got.Resumed != w.resumes {
			t.Fatalf("the control %q is not accepted: %v; the server saw %v", name, err, seen.err)
		}
	}
	for _, c := range isolation {
		t.Run(fmt.Sprintf("%s %v in %s", c.edit, c.values, c.world), func(t *testing.T) {
			t.Parallel()
			area, name, _ := strings.Cut(c.edit, "/")
			edit, err := wire.ParseEdit(wire.Area(area), name, c.values)
			if err != nil {
				t.Fatal(err)
			}
			w, ok := all[c.world]
			if !ok {
				t.Fatalf("no world %q", c.world)
			}
			info := edit.Info()
			got, seen, err := attempt(t, w, []wire.Edit{edit}, nil)
			if !slices.Contains(seen.applied, name) {
				t.Fatalf("the edit did not come to act; %v; the server saw %v", err, seen.err)
			}
			if c.check == legal {
				if !accepted(got, err, seen) {
					t.Errorf("refused: %v; the server saw %v", err, seen.err)
				}
				return
			}
			if accepted(got, err, seen) {
				t.Fatal("a client that makes every check accepted")
			}
			if c.check == notIsolated {
				if info.NotIsolated == "" {
					t.Error("the table does not say that it is not isolated")
				}
				return
			}
			if info.NotIsolated != "" || info.Legal {
				t.Error("the table says that it is not isolated, or legal")
			}
			checkRefusal(t, c.check, info, err, seen)
			if len(seen.request) > 0 && !edit.AfterRequest() {
				t.Error("the client sent its request before it refused, which the table does not say")
			}

			tries := 1
			without := append([]wiretest.Check{c.check}, inherent[c.edit]...)
			for ; tries <= 40; tries++ {
				if got, seen, err = attempt(t, w, []wire.Edit{edit}, without); accepted(got, err, seen) {
					break
				}
				if !probabilistic(name) {
					t.Fatalf("a client without the check %s refused: %v; the server saw %v", c.check, err, seen.err)
				}
			}
			if tries > 40 {
				t.Fatalf("a client without the check %s always refused: %v; the server saw %v", c.check, err, seen.err)
			}
			others := slices.DeleteFunc(wiretest.Checks(), func(k wiretest.Check) bool { return k == c.check || slices.Contains(sameMatter[c.check], k) })
			if got, seen, err = attempt(t, w, []wire.Edit{edit}, others); accepted(got, err, seen) {
				t.Errorf("a client that makes the check %s alone accepted", c.check)
			}
		})
	}
}

// sameMatter are checks that decide the same question in another way.
var sameMatter = map[wiretest.Check][]wiretest.Check{
	wiretest.EarlyCCSKeys: {wiretest.EarlyCCS},
}

// inherent are checks that a client cannot make if it means to accept even the
// honest form of what is done: export suites come with small moduli.
var inherent = map[string][]wiretest.Check{
	"dh/export": {wiretest.DHSize},
}

// namedAs are checks that refuse in another's name, as RFC 5246 7.2.2 asks for bad padding.
var namedAs = map[wiretest.Check]wiretest.Check{
	wiretest.EarlyCCSKeys:  wiretest.EarlyCCS,
	wiretest.RecordPadding: wiretest.RecordMAC,
}

// probabilistic edits lead only some clients to the secret that the server supposes.
func probabilistic(name string) bool {
	return name == "key-share-off-curve" || name == "key-share-ffdhe-y"
}

// checkRefusal compares the check that refused, and its alert, with what was to be expected.
func checkRefusal(t *testing.T, check wiretest.Check, info wire.EditInfo, err error, seen *met) {
	t.Helper()
	var r *wiretest.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("not refused by a check: %v; the server saw %v", err, seen.err)
	}
	if r.Check != check && r.Check != namedAs[check] {
		t.Errorf("refused by %s (%s), want %s", r.Check, r.Text, check)
	}
	if len(info.Alerts) > 0 && !slices.Contains(info.Alerts, r.Alert) {
		t.Errorf("refused with %s, the table lists %v", r.Alert, info.Alerts)
	}
}

func TestEveryEditIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range isolation {
		tried[c.edit] = true
	}
	for _, info := range wire.Edits() {
		// Two edits need a client that renegotiates, which the test client does not; Go's does.
		if !tried[string(info.Area)+"/"+info.Name] && !strings.HasPrefix(info.Name, "renegotiation-") {
			t.Errorf("%s/%s is never tried", info.Area, info.Name)
		}
	}
}
