package server

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/pki"
	"github.com/tlsfault/tlsfault/pki/forge"
	"github.com/tlsfault/tlsfault/scenarios"
)

// responder is the HTTP server that the certificates of one path name: OCSP over
// GET and POST (RFC 6960 A.1), CRLs and issuers' certificates (RFC 5280 4.2.1.13, 4.2.2.1).
// Every request is evidence.
type responder struct {
	status *status
	server *http.Server
	addr   *net.TCPAddr
	served sync.WaitGroup

	mu      sync.Mutex
	closing bool
	asked   int            // requests that it was to answer
	open    sync.WaitGroup // requests that are being answered; added to under mu until closing
	// ending is closed when stalled and endless answers must end.
	ending chan struct{}
	// note is where evidence goes; nil until somebody listens for it.
	note atomic.Pointer[func(fetchKind, evidence.Fetch)]
}

// fetchKind is a kind of request to a responder.
type fetchKind int

const (
	ocspFetch fetchKind = iota
	crlFetch
	issuerFetch
)

// add puts a request into the log.
func (k fetchKind) add(log *evidence.Log, f evidence.Fetch) {
	switch k {
	case ocspFetch:
		log.AddOCSP(f)
	case crlFetch:
		log.AddCRL(f)
	case issuerFetch:
		log.AddAIA(f)
	}
}

// The limits of a responder. Nobody asks for the status of a certificate in more.
const (
	ocspRequestLimit = 64 << 10
	responderTime    = 2 * time.Minute
	hugeAnswer       = 64 << 20
)

func startResponder(s *status) (*responder, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for a responder: %w", err)
	}
	r := &responder{status: s, addr: l.Addr().(*net.TCPAddr), ending: make(chan struct{})}
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	r.served.Go(func() { _ = r.server.Serve(l) }) // ends with close
	return r, nil
}

// close ends every request, answered or not, and waits for that.
func (r *responder) close() {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	close(r.ending)
	_ = r.server.Close() // nobody is there to hear of it
	r.served.Wait()
	r.open.Wait()
}

// enter reports whether a request may still be answered; the caller leaves when it is.
func (r *responder) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closing {
		r.open.Add(1)
		r.asked++
	}
	return !r.closing
}

// listen says where evidence goes from now on.
func (r *responder) listen(note func(fetchKind, evidence.Fetch)) { r.note.Store(&note) }

// closedPort is tcpmux, which nobody serves.
const closedPort = 1

// url is what a certificate says of where something is to be had.
func (r *responder) url(place, file string, wrong scenarios.Responder) string {
	u := url.URL{Scheme: "http", Host: r.addr.String(), Path: "/" + strings.ReplaceAll(place, " ", "-") + "/" + file}
	switch wrong {
	case scenarios.ResponderRefuses:
		u.Host = fmt.Sprintf("127.0.0.1:%d", closedPort)
	case scenarios.ResponderUnresolvable:
		u.Host = "status.invalid" // RFC 6761 6.4: it never resolves
	case scenarios.ResponderHTTPS:
		u.Scheme = "https"
	case scenarios.ResponderLDAP:
		return "ldap://" + u.Host + "/cn=tlsfault,c=XX?certificateRevocationList;binary"
	}
	return u.String()
}

// ServeHTTP answers one request and notes it.
func (r *responder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !r.enter() {
		return
	}
	defer r.open.Done()
	counted := &counter{ResponseWriter: w}
	fetch := evidence.Fetch{At: time.Now(), Remote: req.RemoteAddr, Method: req.Method, Path: req.URL.Path}
	kind, serve := r.route(req, &fetch)
	if serve == nil {
		http.NotFound(w, req)
		return
	}
	defer func() { // a client that left has asked all the same
		fetch.Bytes = counted.n
		if note := r.note.Load(); note != nil {
			(*note)(kind, fetch)
		}
	}()
	serve(counted)
}

// route finds what is asked for; nil for what no certificate names.
func (r *responder) route(req *http.Request, fetch *evidence.Fetch) (fetchKind, func(*counter)) {
	place, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	x := r.status.of(strings.ReplaceAll(place, "-", " "))
	if x == nil {
		return 0, nil
	}
	file, _, _ := strings.Cut(rest, "/")
	right := req.URL.Query().Has("right") // where a redirect leads
	switch {
	case file == "ocsp" && x.says.OCSP != nil:
		asked, err := readOCSPRequest(req, rest)
		if err == nil {
			fetch.Serial = asked.Serials[0].Text(16)
		}
		return ocspFetch, r.badly(req, x.says.OCSP.Responder, right, "application/ocsp-response", func() ([]byte, error) {
			return r.status.respond(x, asked, err)
		})
	case file == "crl.der" && x.says.CRL != nil:
		return crlFetch, r.badly(req, x.says.CRL.Responder, right, "application/pkix-crl", func() ([]byte, error) { return r.status.crl(x) })
	case file == "issuer.der" && x.says.Issuers != nil:
		return issuerFetch, r.badly(req, x.says.Issuers.Responder, right, "application/pkix-cert", func() ([]byte, error) {
			return r.status.path.issuerFile(x)
		})
	}
	return 0, nil
}

// readOCSPRequest reads a request off a POST body or a GET path, RFC 6960 A.1.
func readOCSPRequest(req *http.Request, rest string) (pki.OCSPRequest, error) {
	var der []byte
	var err error
	if req.Method == http.MethodPost {
		der, err = io.ReadAll(io.LimitReader(req.Body, ocspRequestLimit))
	} else {
		// The base64 may hold slashes, and some clients leave plus signs as they are.
		text := strings.TrimPrefix(strings.TrimPrefix(rest, "ocsp"), "/")
		der, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(text, " ", "+"))
	}
	if err != nil {
		return pki.OCSPRequest{}, fmt.Errorf("reading an OCSP request: %w", err)
	}
	return pki.ParseOCSPRequest(der)
}

// respond answers an OCSP request about x.
func (s *status) respond(x *subject, asked pki.OCSPRequest, err error) ([]byte, error) {
	if err != nil {
		return forge.OCSPError("malformedRequest")
	}
	ours := slices.ContainsFunc(asked.Serials, func(n *big.Int) bool { return n.Cmp(x.serial) == 0 })
	if !ours {
		return forge.OCSPError("unauthorized") // RFC 5019 2.2.3
	}
	if asked.Nonce != nil {
		return s.path.ocspResponse(x, *x.says.OCSP, asked.Nonce, time.Now())
	}
	return s.once(x.place+" ocsp", func() ([]byte, error) { return s.path.ocspResponse(x, *x.says.OCSP, nil, time.Now()) })
}

// badly answers with what make makes, or in the way that is wrong.
func (r *responder) badly(req *http.Request, wrong scenarios.Responder, right bool, mediaType string, make func() ([]byte, error)) func(*counter) {
	return func(w *counter) {
		if right {
			wrong = ""
		}
		page := []byte("<!DOCTYPE html><title>Welcome</title><p>Please log in to use the network.\n")
		switch wrong {
		case scenarios.ResponderStalls:
			r.hold(req, nil)
		case scenarios.ResponderEndless:
			w.Header().Set("Content-Type", mediaType)
			r.hold(req, func() error {
				_, err := w.Write([]byte{0x30})
				w.flush()
				return err
			})
		case scenarios.ResponderRedirects:
			http.Redirect(w, req, req.URL.Path+"?right", http.StatusFound)
		case scenarios.ResponderRedirectLoop:
			http.Redirect(w, req, req.URL.Path, http.StatusFound)
		case scenarios.ResponderNotFound:
			http.NotFound(w, req)
		case scenarios.ResponderFails:
			http.Error(w, "out of order", http.StatusInternalServerError)
		case scenarios.ResponderHTML:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page)
		case scenarios.ResponderEmpty:
			w.Header().Set("Content-Type", mediaType)
		case scenarios.ResponderHuge:
			w.Header().Set("Content-Type", mediaType)
			chunk := [64 << 10]byte{}
			for range hugeAnswer / len(chunk) {
				if _, err := w.Write(chunk[:]); err != nil {
					return
				}
			}
		default:
			der, err := make()
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", mediaType)
			_, _ = w.Write(der)
		}
	}
}

// hold keeps a request open, with a sign of life now and then if there is one.
func (r *responder) hold(req *http.Request, sign func() error) {
	tick := time.NewTicker(trickleStep)
	defer tick.Stop()
	over := time.After(responderTime)
	for {
		select {
		case <-tick.C:
			if sign != nil && sign() != nil {
				return
			}
		case <-over:
			return
		case <-req.Context().Done():
			return
		case <-r.ending:
			panic(http.ErrAbortHandler) // no answer, not even an empty one
		}
	}
}

// counter counts the octets of an answer.
type counter struct {
	http.ResponseWriter
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += n
	return n, err
}

func (c *counter) flush() {
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// issuerFile is what is to be had as the certificate of x's issuer.
func (p *path) issuerFile(x *subject) ([]byte, error) {
	switch x.says.Issuers.Has {
	case scenarios.IssuerFileStranger:
		other, err := p.ordinaryRoot(p.rootKeyType(), "stranger root", "")
		if err != nil {
			return nil, err
		}
		return other.DER, nil
	case scenarios.IssuerFileLeaf:
		return p.leaf.DER, nil
	case scenarios.IssuerFileGarbage:
		return []byte("no certificate\n"), nil
	case scenarios.IssuerFilePEM:
		return pki.PEM(x.issuer), nil
	}
	return x.issuer.DER, nil
}
