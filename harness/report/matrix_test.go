package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tlsfault/tlsfault/harness/verdict"
)

// twoClients is every verdict of one client beside a few of another that was interrupted.
func twoClients() []verdict.Run {
	other := everyVerdict()
	other.Client = verdict.ClientInfo{Name: "wget|*", Version: "1.21", TLS: hostile}
	other.Results = other.Results[:3:3]
	other.Results[1].Verdict, other.Results[1].Finding = verdict.Pass, nil
	other.Interrupted = true
	return []verdict.Run{everyVerdict(), other}
}

func TestMatrixWriters(t *testing.T) {
	for _, f := range MatrixFormats() {
		var got, again bytes.Buffer
		if err := errors.Join(f.Write(&got, twoClients()), f.Write(&again, twoClients())); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if !bytes.Equal(got.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same runs give other bytes", f.Name)
		}
		if bytes.ContainsAny(got.Bytes(), "\x00\x07\x1b\r") {
			t.Errorf("%s: a client's control characters come through", f.Name)
		}
		if err := f.Write(&failAfter{20}, twoClients()); !errors.Is(err, errFull) {
			t.Errorf("%s: error is %v, want %v", f.Name, err, errFull)
		}
		if err := f.Write(&again, nil); err != nil {
			t.Errorf("%s of nothing: %v", f.Name, err)
		}
		if f.Name != "console" && f.Name != "markdown" {
			continue
		}
		golden := filepath.Join("testdata", "matrix-"+f.Name+".txt")
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", golden, diff)
		}
	}
}

func TestMatrixJSONHoldsTheReports(t *testing.T) {
	var b bytes.Buffer
	if err := MatrixJSON(&b, twoClients()); err != nil {
		t.Fatal(err)
	}
	var got Matrix
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := Matrix{Schema: MatrixSchema, Reports: []Report{From(twoClients()[0]), From(twoClients()[1])}}
	var one, other bytes.Buffer
	for i := range want.Reports {
		one.Reset()
		other.Reset()
		if err := errors.Join(JSON(&one, want.Reports[i].Run()), JSON(&other, got.Reports[i].Run())); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one.String(), other.String()); diff != "" {
			t.Errorf("report %d is another after reading it (-want +got):\n%s", i, diff)
		}
	}
}

// The data of the page, as its script reads it.
func TestThePageHoldsWhatTheRunsSay(t *testing.T) {
	var b bytes.Buffer
	if err := MatrixHTML(&b, twoClients()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d scripts in the page, want the data and its own", n)
	}
	if strings.Contains(page, "<b>") || strings.Contains(page, "src=") || strings.Contains(page, "href=") {
		t.Error("a client's markup came through, or the page refers to something outside of it")
	}
	match := regexp.MustCompile(`(?s)type="application/json">(.*?)</script>`).FindStringSubmatch(page)
	if match == nil {
		t.Fatal("no data in the page")
	}
	var data struct {
		Clients []struct {
			Name, Cells, Unfinished string
			Details                 []int
		}
		Scenarios [][]any
		Verdicts  []string
		Texts     []string
		Details   [][]int
	}
	if err := json.Unmarshal([]byte(match[1]), &data); err != nil {
		t.Fatal(err)
	}
	if got := data.Clients[0].Cells; !strings.HasPrefix(got, "012") || len(got) != 7 {
		t.Errorf("cells are %q, want 7 that begin like 012", got)
	}
	if got, want := data.Clients[1].Cells, "002...."; got != want {
		t.Errorf("cells of the second client are %q, want %q", got, want)
	}
	if data.Clients[1].Unfinished == "" {
		t.Error("nothing says that the second run is not whole")
	}
	detail := data.Details[data.Clients[0].Details[1]]
	if got := data.Texts[detail[0]]; !strings.HasPrefix(got, "accepted a broken server: ") {
		t.Errorf("the finding of a cell is %q", got)
	}
	if lines := detail[5]; lines != 1 || !strings.Contains(data.Texts[detail[6]], "ClientHello TLS 1.3") {
		t.Errorf("the evidence of a cell has %d lines: %q", lines, data.Texts[detail[6]])
	}
}
