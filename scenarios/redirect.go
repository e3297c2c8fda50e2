package scenarios

// Redirect is a valid server of the same name that clients come to first. It
// sends them on to the server that the scenario describes.
type Redirect struct {
	// Status is the HTTP status that it redirects with, RFC 9110 15.4: 307 and 308 keep method and body.
	Status int `yaml:"status" json:"status" jsonschema:"required,enum=301,enum=302,enum=303,enum=307,enum=308" jsonschema_description:"HTTP status of the redirect; 307 and 308 keep method and body."`
	// SamePort has the described server take its place: the redirect leads to the same address, where another certificate is presented.
	SamePort bool `yaml:"samePort,omitempty" json:"samePort,omitempty" jsonschema_description:"Lead to the same address, where from then on the described server answers."`
}

// redirectStatuses are what Redirect.Status can be.
var redirectStatuses = []int{301, 302, 303, 307, 308}
