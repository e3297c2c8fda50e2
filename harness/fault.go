package harness

import (
	"context"

	"github.com/tlsfault/tlsfault/harness/server"
	"github.com/tlsfault/tlsfault/scenarios"
)

// Fault is the running server of one scenario.
type Fault struct {
	// Scenario is what it serves.
	Scenario scenarios.Scenario

	server *server.Server
}

// start starts the server of one scenario of the catalogue.
func start(ctx context.Context, id string) (*Fault, error) {
	selected, err := one(id)
	if err != nil {
		return nil, err
	}
	srv, err := server.NewFactory(server.Config{}).Start(ctx, &selected[0])
	if err != nil {
		return nil, err
	}
	return &Fault{Scenario: selected[0], server: srv}, nil
}

// Target is what a client needs to connect.
func (f *Fault) Target() Target { return f.server.Target() }

// Evidence is what the server has seen so far.
func (f *Fault) Evidence() Evidence { return f.server.Evidence() }

// Close stops the server and removes what it wrote.
func (f *Fault) Close() { f.server.Close() }
