package evidence

import (
	"cmp"
	"slices"
	"time"
)

// connection copies what is known of a connection at the time now.
func (c *conversation) connection(now time.Time) Connection {
	end := c.end
	if end.IsZero() {
		end = now
	}
	out := Connection{
		Remote:             c.remote,
		Start:              c.start,
		Duration:           end.Sub(c.start),
		ClientHello:        c.received.hello.clone(),
		HelloRetried:       c.received.retried,
		ALPN:               cmp.Or(c.noted.alpn, c.sent.alpn),
		Progress:           c.progress(),
		HandshakeComplete:  c.noted.done,
		ClientCertificates: cmp.Or(c.noted.certificates, c.received.certificates),
		ClientAlert:        cloneAlert(c.received.alerted),
		ServerAlert:        cloneAlert(cmp.Or(c.sent.alerted, c.noted.alerted)),
		AppData:            c.noted.appData,
		FirstBytes:         slices.Clone(c.noted.first),
		Answered:           c.noted.answered,
		Ending:             c.ending,
		ServerError:        c.serverErr,
		BytesIn:            c.bytesIn,
		BytesOut:           c.bytesOut,
	}
	if out.Fault, out.FaultAfterRequest = c.noted.fault, c.noted.faultLate; out.Fault == "" {
		out.Awaited, out.Needs = c.noted.awaited, c.noted.needs
	}
	if version := cmp.Or(c.noted.version, c.sent.version); version != 0 {
		out.Version = VersionName(version)
		out.CipherSuite = CipherSuiteName(cmp.Or(c.noted.suite, c.sent.suite))
	}
	return out
}

// cleartext returns the plain HTTP request that came instead of TLS, if one did.
func (c *conversation) cleartext() *Fetch {
	if c.received.cleartext == nil {
		return nil
	}
	hit := *c.received.cleartext
	hit.Bytes = int(c.bytesOut)
	return &hit
}

// clone returns a deep copy.
func (e Evidence) clone() Evidence {
	e.Connections = cloneConnections(e.Connections)
	e.Front = cloneConnections(e.Front)
	e.OCSPRequests = slices.Clone(e.OCSPRequests)
	e.CRLFetches = slices.Clone(e.CRLFetches)
	e.AIAFetches = slices.Clone(e.AIAFetches)
	e.CleartextHits = slices.Clone(e.CleartextHits)
	if e.Page != nil {
		e.Page = &Page{SetsCookie: e.Page.SetsCookie, Loads: slices.Clone(e.Page.Loads)}
	}
	return e
}

func cloneConnections(list []Connection) []Connection {
	list = slices.Clone(list)
	for i := range list {
		c := &list[i]
		c.ClientHello = c.ClientHello.clone()
		c.ClientAlert = cloneAlert(c.ClientAlert)
		c.ServerAlert = cloneAlert(c.ServerAlert)
		c.FirstBytes = slices.Clone(c.FirstBytes)
	}
	return list
}

func (h *ClientHello) clone() *ClientHello {
	if h == nil {
		return nil
	}
	c := *h
	c.Versions = slices.Clone(h.Versions)
	c.CipherSuites = slices.Clone(h.CipherSuites)
	c.Groups = slices.Clone(h.Groups)
	c.SignatureAlgorithms = slices.Clone(h.SignatureAlgorithms)
	c.ALPN = slices.Clone(h.ALPN)
	c.Extensions = slices.Clone(h.Extensions)
	return &c
}

func cloneAlert(a *Alert) *Alert {
	if a == nil {
		return nil
	}
	c := *a
	return &c
}
