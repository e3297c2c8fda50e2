package main

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"strconv"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// index says what runs where; it is what /index.json answers.
type index struct {
	Roots     string    `json:"roots"` // file of the roots to trust
	SNI       string    `json:"sni"`   // address and port of all scenarios by name
	Scenarios []indexed `json:"scenarios"`
	pem       []byte    // what is in the file
}

// indexed is one scenario that is served.
type indexed struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Expect  expected `json:"expect"`
	URL     string   `json:"url"`
	Addr    string   `json:"addr"`
	SNIName string   `json:"sniName,omitempty"`
	SNIURL  string   `json:"sniUrl,omitempty"`
}

// Does is what a client has to do with it, for the page.
func (e indexed) Does() string {
	return outcomeWords(scenarios.Expect{Outcome: e.Expect.Outcome, Reason: e.Expect.Reason})
}

func newIndex(selected []scenarios.Scenario, fleet *server.Fleet, roots string, pem []byte) index {
	x := index{
		Roots: roots, SNI: net.JoinHostPort("127.0.0.1", strconv.Itoa(fleet.SNIPort())), pem: pem,
		Scenarios: make([]indexed, 0, len(selected)),
	}
	for i, e := range fleet.Entries() {
		s := &selected[i]
		x.Scenarios = append(x.Scenarios, indexed{
			ID: s.ID, Title: s.Title, Expect: expected{s.Expect.Outcome, s.Expect.Reason, s.Expect.Level},
			URL: e.URL, Addr: e.Addr, SNIName: e.SNIName, SNIURL: e.SNIURL,
		})
	}
	return x
}

//go:embed index.html
var indexPage string

// handler serves the index as a page and as JSON, and the roots.
func (x index) handler(fleet *server.Fleet) http.Handler {
	page := template.Must(template.New("index").Parse(indexPage))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, x) // an error here is that of a reader who has left
	})
	mux.HandleFunc("GET /index.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(x)
	})
	mux.HandleFunc("GET /roots.pem", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(x.pem)
	})
	mux.HandleFunc("POST "+revokePath, func(w http.ResponseWriter, req *http.Request) {
		// A web page can post here too, but not with a field of its own.
		if req.Header.Get(revokeField) == "" {
			http.Error(w, "use tlsfault revoke", http.StatusForbidden)
			return
		}
		ids, err := fleet.Revoke(req.URL.Query().Get("what"), req.URL.Query().Get("as") != "good")
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(ids)
	})
	return mux
}
