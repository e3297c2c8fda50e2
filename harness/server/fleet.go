package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tlsfault/tlsfault/harness/evidence"
	"github.com/tlsfault/tlsfault/scenarios"
)

// SNIDomain is the domain below which the shared port serves scenarios by name.
const SNIDomain = "tlsfault.test"

// FleetConfig says which scenarios a Fleet serves and where.
type FleetConfig struct {
	Scenarios []scenarios.Scenario
	// BasePort is the port of the first scenario, the others follow; 0 takes any free ports.
	BasePort int
	// SNIPort is the shared port; 0 takes any free one.
	SNIPort int
	// Seed asks for the same roots and keys as another time with that seed.
	Seed string
	// Twin serves in place of this package's own engines, as far as it can be set to; nil for these.
	Twin Twin
	// OnConnection is called with what was seen of each connection, concurrently; nil to ignore it.
	OnConnection func(id string, ev evidence.Evidence)
	// OnError is called when a scenario cannot be served; its connections are closed. nil to ignore it.
	OnError func(id string, err error)
}

// Entry is one scenario of a Fleet.
type Entry struct {
	ID   string
	URL  string // on its own port
	Addr string // address and port of its own listener
	// SNIName is its name on the shared port; empty for a scenario that is about names of its own.
	SNIName string
	SNIURL  string
}

// Fleet serves many scenarios at once, each on its own port and, by server
// name, on a shared one. Certificates are made when a scenario is first used.
type Fleet struct {
	factory *Factory
	cfg     FleetConfig
	entries []Entry
	ports   []int // of the entries
	sites   []lazySite
	byName  map[string]int
	accepts []*acceptor
	sniPort int
	// nextPort is the port to try next.
	nextPort int
	cancel   context.CancelFunc
}

// lazySite is a site, made once for each of its two names when first used.
type lazySite struct {
	own, shared     sync.Once
	site, siteBySNI *site
	err, errBySNI   error
	made, madeBySNI atomic.Pointer[site] // the same for who must not wait
}

// NewFleet starts to serve. Close it.
func NewFleet(cfg FleetConfig) (*Fleet, error) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &Fleet{
		factory: NewFactory(Config{Seed: cfg.Seed, Twin: cfg.Twin}), cfg: cfg, cancel: cancel,
		entries: make([]Entry, len(cfg.Scenarios)), ports: make([]int, len(cfg.Scenarios)), sites: make([]lazySite, len(cfg.Scenarios)),
		byName: make(map[string]int, len(cfg.Scenarios)),
	}
	if err := f.listen(ctx); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *Fleet) listen(ctx context.Context) error {
	shared, err := listenLoopback(f.cfg.SNIPort)
	if err != nil {
		return err
	}
	f.sniPort = shared[0].Addr().(*net.TCPAddr).Port
	for i := range f.cfg.Scenarios {
		s := &f.cfg.Scenarios[i]
		listeners, err := f.listenFor(s, i)
		if err != nil {
			closeAll(shared)
			if errors.Is(err, syscall.EMFILE) {
				return fmt.Errorf("serving %s: %w: raise the limit of open files, or select fewer scenarios", s.ID, err)
			}
			return fmt.Errorf("serving %s: %w", s.ID, err)
		}
		address := listeners[0].Addr().(*net.TCPAddr)
		f.entries[i], f.ports[i] = f.entry(s, address), address.Port
		if name := f.entries[i].SNIName; name != "" {
			f.byName[name] = i
		}
		f.accepts = append(f.accepts, startAcceptor(listeners, func(conn net.Conn) func() { return func() { f.serveOwn(ctx, i, conn) } }))
	}
	f.accepts = append(f.accepts, startAcceptor(shared, func(conn net.Conn) func() { return func() { f.serveShared(ctx, conn) } }))
	return nil
}

// firstPort is where a fleet begins to look for free ports: below those that
// Linux gives to connections. Asking the kernel for any port instead takes it
// seconds once some thousands are in use.
const firstPort = 10000

// listenFor listens for scenario i, on the port that it was promised or on the next free one.
func (f *Fleet) listenFor(s *scenarios.Scenario, i int) ([]net.Listener, error) {
	host := s.Given.HostName()
	if f.cfg.BasePort != 0 {
		return listenOn(host, f.cfg.BasePort+i)
	}
	for f.nextPort = max(f.nextPort, firstPort); f.nextPort <= math.MaxUint16; {
		listeners, err := listenOn(host, f.nextPort)
		f.nextPort++
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return listeners, err
		}
	}
	return nil, errors.New("no port is free")
}

// entry describes one scenario to whoever reads the index. One behind a redirect
// is served without that.
func (f *Fleet) entry(s *scenarios.Scenario, addr *net.TCPAddr) Entry {
	e := Entry{ID: s.ID, Addr: addr.String()}
	e.URL = httpsURL(s.Given.HostName(), addr.Port)
	if s.Given.Name == "" {
		e.SNIName = sniName(s.ID)
		e.SNIURL = httpsURL(e.SNIName, f.sniPort)
	}
	return e
}

// sniName is the name of a scenario on the shared port.
func sniName(id string) string {
	return strings.ReplaceAll(strings.ReplaceAll(id, "/", "-"), ".", "-") + "." + SNIDomain
}

// Entries lists what is served, in the order of the scenarios.
func (f *Fleet) Entries() []Entry { return f.entries }

// SNIPort is the shared port.
func (f *Fleet) SNIPort() int { return f.sniPort }

// RootsPEM holds every root that a client must trust for the scenarios to show
// their own fault and no other.
func (f *Fleet) RootsPEM() ([]byte, error) { return f.factory.rootsOf(f.cfg.Scenarios) }

func (f *Fleet) serveOwn(ctx context.Context, i int, conn net.Conn) {
	site, err := f.ownSite(i)
	f.serve(ctx, i, site, err, conn)
}

// ownSite is scenario i on its own port.
func (f *Fleet) ownSite(i int) (*site, error) {
	l := &f.sites[i]
	l.own.Do(func() {
		if l.site, l.err = f.factory.newSite(&f.cfg.Scenarios[i], ""); l.err == nil && l.site.page != nil {
			l.site.page.port = f.ports[i]
		}
		l.made.Store(l.site)
		f.listenTo(i, l.site)
	})
	return l.site, l.err
}

func (f *Fleet) serveShared(ctx context.Context, conn net.Conn) {
	name, replayed, err := peekServerName(conn)
	i, ok := f.byName[strings.ToLower(name)]
	if err != nil || !ok {
		_, _ = conn.Write(unrecognizedName)
		_ = conn.Close()
		return
	}
	site, err := f.sharedSite(i)
	f.serve(ctx, i, site, err, replayed)
}

// sharedSite is scenario i on the shared port, by its name there.
func (f *Fleet) sharedSite(i int) (*site, error) {
	l := &f.sites[i]
	l.shared.Do(func() {
		l.siteBySNI, l.errBySNI = f.factory.newSite(&f.cfg.Scenarios[i], sniName(f.cfg.Scenarios[i].ID))
		l.madeBySNI.Store(l.siteBySNI)
		f.listenTo(i, l.siteBySNI)
	})
	return l.siteBySNI, l.errBySNI
}

// each calls do with the sites that have been made.
func (l *lazySite) each(do func(*site)) {
	for _, s := range []*site{l.made.Load(), l.madeBySNI.Load()} {
		if s != nil {
			do(s)
		}
	}
}

func (f *Fleet) serve(ctx context.Context, i int, s *site, err error, conn net.Conn) {
	if err != nil {
		_ = conn.Close()
		if f.cfg.OnError != nil {
			f.cfg.OnError(f.cfg.Scenarios[i].ID, fmt.Errorf("serving %s: %w", f.cfg.Scenarios[i].ID, err))
		}
		return
	}
	log := evidence.NewLog(evidence.Limits{})
	if s.page != nil {
		log.ServePage(s.page.page.SecureCookie)
	}
	// Close ends the connection only once what has arrived is read.
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, func() {
		limit, over := context.WithTimeout(own, fleetSettleTime)
		defer over()
		log.Settle(limit)
		end()
		_ = conn.Close()
	})
	defer stop()
	if serve := admit(own, s, log, conn); serve != nil {
		serve()
	}
	if err := s.twin.err(); err != nil && f.cfg.OnError != nil {
		f.cfg.OnError(f.cfg.Scenarios[i].ID, fmt.Errorf("serving %s: %w", f.cfg.Scenarios[i].ID, err))
	}
	if ev := log.Close(); f.cfg.OnConnection != nil {
		f.cfg.OnConnection(f.cfg.Scenarios[i].ID, ev)
	}
}

// listenTo lets each request to the responder of a site be evidence of its own.
func (f *Fleet) listenTo(i int, s *site) {
	if s == nil || s.status == nil || s.status.responder == nil || f.cfg.OnConnection == nil {
		return
	}
	s.status.responder.listen(func(kind fetchKind, fetch evidence.Fetch) {
		log := evidence.NewLog(evidence.Limits{})
		kind.add(log, fetch)
		f.cfg.OnConnection(f.cfg.Scenarios[i].ID, log.Close())
	})
}

// fleetSettleTime is settleTime for one who waits at the keyboard.
const fleetSettleTime = 5 * time.Second

// Close stops serving, lets what has arrived be read, ends what is open, and
// waits until nothing runs any more.
func (f *Fleet) Close() {
	f.cancel()
	for _, a := range f.accepts {
		a.abandon()
	}
	for _, a := range f.accepts {
		a.wait()
	}
	for i := range f.sites {
		f.sites[i].each((*site).close)
	}
}
