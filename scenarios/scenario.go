// Package scenarios holds the types of a scenario, loads them from YAML with
// positions, expands matrices, and embeds the catalogue. A Scenario is data: it
// says what is given, the one fault and what to expect, and never how a server
// brings that about.
package scenarios

// Scenario is one case: given a legitimate environment, exactly one fault, and
// what to expect of a client that meets it.
type Scenario struct {
	ID     string `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+([-.][a-z0-9]+)*)+$" jsonschema_description:"Unique id: family/name in lower case."`
	Title  string `yaml:"title" json:"title" jsonschema:"required" jsonschema_description:"One sentence that says what is broken."`
	Given  Given  `yaml:"given,omitempty" json:"given,omitzero" jsonschema_description:"The legitimate environment; what is left out has a sound default."`
	Fault  Fault  `yaml:"fault,omitempty" json:"fault,omitzero" jsonschema_description:"The one broken thing, a delta on what given describes."`
	Expect Expect `yaml:"expect" json:"expect" jsonschema:"required" jsonschema_description:"What a client must do."`
	Remedy string `yaml:"remedy,omitempty" json:"remedy,omitempty" jsonschema_description:"What the owner of such a server or client does about it."`

	Refs   []string `yaml:"refs,omitempty" json:"refs,omitempty" jsonschema_description:"Citations: RFC sections, CVE numbers."`
	Covers []string `yaml:"covers,omitempty" json:"covers,omitempty" jsonschema_description:"Cases of other projects this stands for, as project:case."`
	Tags   []string `yaml:"tags,omitempty" json:"tags,omitempty" jsonschema_description:"Words to select by."`

	// NotIsolated says why no client can survive the fault, so that no lax client can prove it (a broken MAC, say).
	NotIsolated string `yaml:"notIsolated,omitempty" json:"notIsolated,omitempty" jsonschema_description:"Why no client can accept this fault, whatever check it lacks."`

	Family string   `yaml:"-" json:"-"` // of the file it came from
	Source Position `yaml:"-" json:"-"` // where it was authored
}

// Position is where in a YAML file something stands. Line and Column count from 1.
type Position struct {
	File   string
	Line   int
	Column int
}

// Expect is the expectation: an outcome, for a rejection its reason, and how
// strongly a client is bound to it.
//
// Authors write accept, { accept: true, level: may } or { reject: expired };
// reports write the four fields.
type Expect struct {
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason,omitempty"` // empty when Outcome is Accept
	// Or is a reason that is as good, where a client may come upon either first; empty for none.
	Or    Reason `json:"or,omitempty"`
	Level Level  `json:"level"`
	Basis Basis  `json:"basis"`
}

// Given is the legitimate environment of a scenario. The zero value is a
// correct server on localhost: P-256 keys, one intermediate, TLS 1.2 and 1.3.
type Given struct {
	// Name is the DNS name or IP address that the client is told to connect to; "localhost" when empty.
	Name string `yaml:"name,omitempty" json:"name,omitempty" jsonschema_description:"DNS name or IP address the client connects to; localhost when left out."`
	// Key is the key type of every certificate; "ecdsa-p256" when empty.
	Key KeyType `yaml:"key,omitempty" json:"key,omitempty" jsonschema_description:"Key type of every certificate; ecdsa-p256 when left out."`
	// Intermediates is the number of intermediates between root and leaf; 1 when nil.
	Intermediates *int `yaml:"intermediates,omitempty" json:"intermediates,omitempty" jsonschema:"minimum=0,maximum=8" jsonschema_description:"Intermediates between root and leaf; 1 when left out."`

	TLS        TLS        `yaml:"tls,omitempty" json:"tls,omitzero" jsonschema_description:"Protocol versions, suites and groups the server has."`
	ALPN       []string   `yaml:"alpn,omitempty" json:"alpn,omitempty" jsonschema_description:"Application protocols the server has, RFC 7301; none asked for when left out."`
	ClientAuth ClientAuth `yaml:"clientAuth,omitempty" json:"clientAuth,omitempty" jsonschema:"enum=none,enum=request,enum=require" jsonschema_description:"Whether the server asks for a client certificate."`
	// Redirect is a valid server that clients come to first; none when nil.
	Redirect *Redirect `yaml:"redirect,omitempty" json:"redirect,omitempty" jsonschema_description:"Valid server that clients come to first, and that redirects to this one."`
	// Page is what the server has for browsers; plain text when nil.
	Page *Page `yaml:"page,omitempty" json:"page,omitempty" jsonschema_description:"HTML page that the server has, for browsers."`

	// Pins are the keys that the client is told to pin; it is told of none when empty.
	Pins []Pin `yaml:"pins,omitempty" json:"pins,omitempty" jsonschema:"enum=leaf,enum=intermediate,enum=root,enum=spare" jsonschema_description:"Keys of the valid path that the client is told to pin, RFC 7469 2.4."`

	// Chain is what the server sends; its leaf and the intermediates when nil.
	Chain []ChainElement `yaml:"chain,omitempty" json:"chain,omitempty" jsonschema_description:"What the server sends, in this order, instead of the leaf and its intermediates."`
	// Anchors name what the client trusts; the root when nil.
	Anchors []ChainElement `yaml:"anchors,omitempty" json:"anchors,omitempty" jsonschema_description:"What the client trusts instead of the root: root, or names of certificates."`

	// Engine is set in the controls of faults that package wire brings about: they are to be accepted over it too.
	Engine Engine `yaml:"-" json:"engine,omitempty"`

	Certificates `yaml:",inline" jsonschema_description:"Legitimate deviations of the certificates, under leaf, intermediate and root."`
}

// Certificates holds what is said of each certificate of the path.
type Certificates struct {
	Leaf         *Certificate `yaml:"leaf,omitempty" json:"leaf,omitempty" jsonschema_description:"The server's certificate."`
	Intermediate *Certificate `yaml:"intermediate,omitempty" json:"intermediate,omitempty" jsonschema_description:"The intermediate that issues the leaf."`
	// Intermediate2 is the one that issues the intermediate.
	Intermediate2 *Certificate `yaml:"intermediate2,omitempty" json:"intermediate2,omitempty" jsonschema_description:"The intermediate above that; given.intermediates is 2 or more."`
	Root          *Certificate `yaml:"root,omitempty" json:"root,omitempty" jsonschema_description:"The root certificate."`
	// Further are the certificates beside these, of hierarchies that branch.
	Further []Linked `yaml:"certificates,omitempty" json:"certificates,omitempty" jsonschema_description:"Further certificates of a hierarchy that branches; chain and anchors call them by name."`
}

// Fault is the one broken thing of a scenario: a delta on the server that Given
// describes. The zero value is no fault at all.
type Fault struct {
	Certificates `yaml:",inline"`

	Chain      []ChainElement `yaml:"chain,omitempty" json:"chain,omitempty" jsonschema_description:"What the server sends, in this order, instead of the leaf and its intermediates."`
	Maze       *Maze          `yaml:"maze,omitempty" json:"maze,omitempty" jsonschema_description:"Authorities that have all certified one another, sent in place of the intermediates."`
	Trust      Trust          `yaml:"trust,omitempty" json:"trust,omitempty" jsonschema:"enum=stranger,enum=same-name" jsonschema_description:"Which other root the client is given to trust."`
	TLS        *TLS           `yaml:"tls,omitempty" json:"tls,omitempty" jsonschema_description:"Protocol versions, suites and groups instead of the given ones."`
	ALPN       []string       `yaml:"alpn,omitempty" json:"alpn,omitempty" jsonschema_description:"Application protocols instead of the given ones."`
	ClientAuth ClientAuth     `yaml:"clientAuth,omitempty" json:"clientAuth,omitempty" jsonschema:"enum=none,enum=request,enum=require" jsonschema_description:"Client authentication instead of the given one."`
	DH         *Edit          `yaml:"dh,omitempty" json:"dh,omitempty" jsonschema_description:"What is wrong with finite-field Diffie-Hellman: one edit by name."`
	Protocol   *Edit          `yaml:"protocol,omitempty" json:"protocol,omitempty" jsonschema_description:"What is wrong with the version or cipher suite that is chosen: one edit by name."`
	Handshake  *Edit          `yaml:"handshake,omitempty" json:"handshake,omitempty" jsonschema_description:"What is wrong with the messages of the handshake, or their order: one edit by name."`
	Record     *Edit          `yaml:"record,omitempty" json:"record,omitempty" jsonschema_description:"What is wrong with records and alerts: one edit by name."`
	Transport  *Transport     `yaml:"transport,omitempty" json:"transport,omitempty" jsonschema_description:"What goes wrong below TLS."`
	HTTP       *HTTP          `yaml:"http,omitempty" json:"http,omitempty" jsonschema_description:"What goes wrong above TLS."`
	Page       *PageFault     `yaml:"page,omitempty" json:"page,omitempty" jsonschema_description:"What is wrong with the page that the server has."`
}

// TLS describes the protocol side of a server.
type TLS struct {
	// Versions are "1.0", "1.1", "1.2", "1.3"; 1.2 and 1.3 when empty.
	Versions []Version `yaml:"versions,omitempty" json:"versions,omitempty" jsonschema_description:"Protocol versions the server speaks; 1.2 and 1.3 when left out."`
	// CipherSuites are IANA names.
	CipherSuites []string `yaml:"cipherSuites,omitempty" json:"cipherSuites,omitempty" jsonschema_description:"Cipher suites by IANA name; the server's usual ones when left out."`
	// Groups are IANA names of supported groups.
	Groups []string `yaml:"groups,omitempty" json:"groups,omitempty" jsonschema_description:"Supported groups by IANA name."`
	// KeyExchange narrows the suites of TLS 1.2 and below.
	KeyExchange KeyExchange `yaml:"keyExchange,omitempty" json:"keyExchange,omitempty" jsonschema:"enum=ecdhe,enum=rsa,enum=dhe" jsonschema_description:"Key exchange of TLS 1.2 and below; ecdhe when left out."`
}

// Version is a protocol version as authors write it.
type Version string

// The protocol versions.
const (
	SSL30 Version = "ssl3"
	TLS10 Version = "1.0"
	TLS11 Version = "1.1"
	TLS12 Version = "1.2"
	TLS13 Version = "1.3"
)

// KeyExchange is the key exchange of TLS 1.2 and below.
type KeyExchange string

// The key exchanges.
const (
	ECDHE KeyExchange = "ecdhe"
	RSA   KeyExchange = "rsa"
	DHE   KeyExchange = "dhe"
)

// Engine is an implementation of the server side. Authors never name one: it follows from what is to be served.
type Engine string

// EngineWire is package wire, the engine that can misbehave.
const EngineWire Engine = "wire"

// ClientAuth says whether a server asks for a client certificate.
type ClientAuth string

// The kinds of client authentication. None is the default.
const (
	ClientAuthNone    ClientAuth = "none"
	ClientAuthRequest ClientAuth = "request" // ask, and go on without one
	ClientAuthRequire ClientAuth = "require" // ask, and refuse a client without one
)

// Trust says which other root a client is given to trust than the one its
// server's path ends in.
type Trust string

// The kinds of misplaced trust.
const (
	TrustStranger Trust = "stranger"  // an unrelated root
	TrustSameName Trust = "same-name" // a root of the same name with another key
)

// ChainElement names one certificate that a server sends: one of the words
// below, or a further certificate by its name.
type ChainElement string

// The certificates that a chain can be made of. With several intermediates,
// Intermediate is the one that issues the leaf and Intermediate2 the one above.
const (
	ChainLeaf                 ChainElement = "leaf"
	ChainIntermediate         ChainElement = "intermediate"
	ChainIntermediate2        ChainElement = "intermediate-2"
	ChainRoot                 ChainElement = "root"
	ChainForeignIntermediate  ChainElement = "foreign-intermediate"   // of another domain's authority
	ChainSameNameIntermediate ChainElement = "same-name-intermediate" // the right name, another key
	ChainStray                ChainElement = "stray"                  // an unrelated leaf
)

// Transport is a fault below TLS: the server ends or stalls the connection.
type Transport struct {
	// At is the point of the handshake at which it happens.
	At Stage `yaml:"at" json:"at" jsonschema:"required,enum=before-server-hello,enum=mid-certificate,enum=before-finished,enum=after-handshake" jsonschema_description:"The point of the handshake at which it happens."`
	// Do is what the server does there.
	Do TransportAction `yaml:"do" json:"do" jsonschema:"required,enum=close,enum=reset,enum=stall,enum=cleartext" jsonschema_description:"What the server does there."`
}

// Stage is a point of the handshake.
type Stage string

// The stages at which a transport fault can strike.
const (
	BeforeServerHello Stage = "before-server-hello"
	MidCertificate    Stage = "mid-certificate"
	BeforeFinished    Stage = "before-finished"
	AfterHandshake    Stage = "after-handshake"
)

// TransportAction is what the server does to the connection.
type TransportAction string

// The transport faults.
const (
	DoClose     TransportAction = "close"     // FIN without close_notify
	DoReset     TransportAction = "reset"     // RST
	DoStall     TransportAction = "stall"     // keeps the connection open and says nothing more
	DoCleartext TransportAction = "cleartext" // answers in plain HTTP
)

// HTTP is a fault above TLS.
type HTTP struct {
	// TruncateBody announces more body than it sends and closes without close_notify.
	TruncateBody bool `yaml:"truncateBody,omitempty" json:"truncateBody,omitempty" jsonschema_description:"Announce more body than is sent and close without close_notify."`
	// Trickle sends the body one octet at a time, without an end.
	Trickle bool `yaml:"trickle,omitempty" json:"trickle,omitempty" jsonschema_description:"Send the body one octet at a time, without an end."`
	// RedirectTo answers 302; "cleartext" stands for the plain HTTP listener of the case.
	RedirectTo string `yaml:"redirectTo,omitempty" json:"redirectTo,omitempty" jsonschema:"enum=cleartext" jsonschema_description:"Answer with a redirect to the case's plain HTTP listener."`
}
