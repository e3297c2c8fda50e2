package scenarios

import "slices"

// SCTs are the promises of transparency logs that come with a certificate, RFC
// 6962 3.3. The zero value is two of them, of two logs that the client is told
// of, an hour old and embedded in the certificate.
type SCTs struct {
	// Via is the way on which they come.
	Via    SCTWay   `yaml:"via,omitempty" json:"via,omitempty" jsonschema:"enum=certificate,enum=handshake,enum=staple" jsonschema_description:"Way on which they come; embedded in the certificate when left out."`
	Count  int      `yaml:"count,omitempty" json:"count,omitempty" jsonschema:"minimum=1,maximum=8" jsonschema_description:"How many there are, of the two logs in turn; 2 when left out."`
	Absent bool     `yaml:"absent,omitempty" json:"absent,omitempty" jsonschema_description:"There are none after all."`
	Wrong  SCTFault `yaml:"wrong,omitempty" json:"wrong,omitempty" jsonschema:"enum=unknown-log,enum=signature,enum=future,enum=another-certificate,enum=one-log" jsonschema_description:"What is wrong with each of them."`
}

// SCTWay is the way on which SCTs come to a client, RFC 6962 3.3.
type SCTWay string

// The ways. The staple is that of the same certificate, which has to have one.
const (
	SCTsInCertificate SCTWay = "certificate"
	SCTsInHandshake   SCTWay = "handshake"
	SCTsInStaple      SCTWay = "staple"
)

// SCTFault is what is wrong with SCTs.
type SCTFault string

// The faults of SCTs.
const (
	SCTUnknownLog         SCTFault = "unknown-log" // nobody told the client of the log
	SCTSignature          SCTFault = "signature"   // one bit flipped
	SCTFuture             SCTFault = "future"      // dated tomorrow
	SCTAnotherCertificate SCTFault = "another-certificate"
	SCTOneLog             SCTFault = "one-log" // all of them of the same log
)

// Pin names a key of the valid path that a client is told to pin, RFC 7469 2.4.
type Pin string

// The pins. The spare is a key that no certificate has yet.
const (
	PinLeaf         Pin = "leaf"
	PinIntermediate Pin = "intermediate"
	PinRoot         Pin = "root"
	PinSpare        Pin = "spare"
)

// NeedsPins reports whether only a client that is told to pin keys can meet the scenario.
func (s Scenario) NeedsPins() bool { return len(s.Given.Pins) > 0 }

// WithoutPins returns the scenarios of all that a client meets that pins nothing.
func WithoutPins(all []Scenario) []Scenario {
	return slices.DeleteFunc(slices.Clone(all), Scenario.NeedsPins)
}

// checkTransparency looks at SCTs and pins.
func (c *checker) checkTransparency() {
	leaf := c.Served().Leaf
	if leaf != nil && leaf.SCTs != nil && leaf.SCTs.Via == SCTsInStaple && leaf.Staple == nil {
		c.problem("given.leaf", "say given.leaf.staple", "SCTs come in a stapled response, but nothing is stapled")
	}
	for _, of := range []struct {
		place string
		is    *Certificate
	}{{"intermediate", c.Served().Intermediate}, {"intermediate2", c.Served().Intermediate2}, {"root", c.Served().Root}} {
		if of.is != nil && of.is.SCTs != nil {
			c.problem("given."+of.place, "put them under leaf", "only the leaf's SCTs come to a client")
		}
	}
}
