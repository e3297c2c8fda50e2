package main

import (
	"fmt"
	"strings"

	"github.com/fatih/color"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/tlsfault/tlsfault/harness/verdict"
	"github.com/tlsfault/tlsfault/scenarios"
)

func showCommand(env environment) *cobra.Command {
	var paths []string
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show one scenario: what is broken, what a client must do and why",
		Args:  arguments(1, 1, "name one id; see tlsfault list"),
		ValidArgsFunction: func(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeIDs(c, args, toComplete)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := catalogue(paths, args, nil)
			if err != nil {
				return err
			}
			s, err := one(all, args[0])
			if err != nil {
				return err
			}
			return show(env, s)
		},
	}
	c.Flags().StringArrayVar(&paths, "catalogue", nil, "add the scenarios of a file or directory at `PATH` (repeatable)")
	return c
}

func show(env environment, s *scenarios.Scenario) error {
	source, err := scenarios.Marshal([]scenarios.Scenario{*s})
	if err != nil {
		return err
	}
	faults, err := fields(s.Fault)
	if err != nil {
		return fmt.Errorf("reading the fault of %s: %w", s.ID, err)
	}
	given, err := fields(s.Given)
	if err != nil {
		return fmt.Errorf("reading what is given in %s: %w", s.ID, err)
	}
	bold, red := color.New(color.Bold), color.New(color.FgRed, color.Bold)
	for _, c := range []*color.Color{bold, red} {
		c.DisableColor()
		if env.color {
			c.EnableColor()
		}
	}
	p := &printer{w: env.out}
	p.printf("%s\n%s\n\n", bold.Sprint(s.ID), s.Title)
	for _, l := range drawing(s, given, faults) {
		if l.broken {
			p.printf("  %s\n", red.Sprint(l.text))
		} else {
			p.printf("  %s\n", l.text)
		}
	}
	p.printf("\n")
	about(p, s)
	p.printf("\n%s", source)
	return p.done("the scenario")
}

// about prints what a client must do and why.
func about(p *printer, s *scenarios.Scenario) {
	fact := func(name, text string) {
		if text != "" {
			p.printf("%-8s %s\n", name, text)
		}
	}
	if s.Expect.Outcome == scenarios.Accept {
		fact("expect", fmt.Sprintf("a client %s accept this server", s.Expect.Level))
	} else {
		fact("expect", fmt.Sprintf("a client %s refuse this server: %s, %s", s.Expect.Level, s.Expect.Reason, verdict.Meaning(s.Expect.Reason)))
	}
	if s.Expect.Or != "" {
		fact("or", fmt.Sprintf("%s, %s", s.Expect.Or, verdict.Meaning(s.Expect.Or)))
	}
	if s.Expect.Basis == scenarios.ServerMustNotSend {
		fact("basis", "no server may send this; whether a client must check it is not said")
	}
	fact("why", strings.Join(s.Refs, ", "))
	fact("alert", strings.Join(verdict.AlertsFor(s.Expect.Reason), ", "))
	fact("remedy", or(s.Remedy, verdict.Remedy(s.Expect.Reason)))
	fact("control", s.Control().ID+", which the client has to accept for the result to count")
	fact("covers", strings.Join(s.Covers, ", "))
	fact("tags", strings.Join(s.Tags, ", "))
	fact("no proof", s.NotIsolated)
	if s.Source.File != "" {
		fact("source", s.Source.String())
	}
}

// drawn is one line of a drawing.
type drawn struct {
	text   string
	broken bool
}

// drawing draws the chain from the root down, with what is broken under the
// certificate that it is of, and then what is said of the server as a whole.
func drawing(s *scenarios.Scenario, given, faults []field) []drawn {
	if len(s.Served().Further) > 0 {
		return drawingOfHierarchy(s, given, faults)
	}
	lines := []drawn{{text: "trusted by the client"}}
	for depth, place := range places(s) {
		indent := strings.Repeat("   ", depth)
		lines = append(lines, drawn{text: indent + "└─ " + describe(s, place)})
		for _, f := range given {
			if name, ok := strings.CutPrefix(f.path, place.of+"."); ok && place.of != "" {
				lines = append(lines, drawn{text: indent + "   · " + name + ": " + f.value})
			}
		}
		for _, f := range faults {
			if name, ok := strings.CutPrefix(f.path, place.of+"."); ok && place.of != "" {
				lines = append(lines, drawn{text: indent + "   ✗ " + name + ": " + f.value, broken: true})
			}
		}
	}
	return append(lines, drawingOfServer(given, faults)...)
}

// drawingOfServer says what is said of the server as a whole.
func drawingOfServer(given, faults []field) []drawn {
	server := []drawn{{text: "server"}}
	for _, f := range given {
		if !ofCertificate(f.path) && f.path != "key" && f.path != "name" && f.path != "intermediates" {
			server = append(server, drawn{text: "   · " + f.path + ": " + f.value})
		}
	}
	for _, f := range faults {
		if !ofCertificate(f.path) {
			server = append(server, drawn{text: "   ✗ " + f.path + ": " + f.value, broken: true})
		}
	}
	if len(server) == 1 {
		return nil
	}
	return server
}

// place is one certificate of the path.
type place struct {
	name string
	of   string // the key in given and fault that speaks of it; empty for none
}

// places lists the certificates of the path from the root to the leaf.
func places(s *scenarios.Scenario) []place {
	count := s.Given.IntermediateCount()
	all := []place{{"root", "root"}}
	for i := count; i > 1; i-- {
		all = append(all, place{fmt.Sprintf("intermediate-%d", i), map[bool]string{true: "intermediate2"}[i == 2]})
	}
	if count > 0 {
		all = append(all, place{"intermediate", "intermediate"})
	}
	return append(all, place{"leaf", "leaf"})
}

func ofCertificate(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	return first == "root" || first == "intermediate" || first == "intermediate2" || first == "leaf" || first == "certificates"
}

// describe names a certificate with its key and, for the leaf, the name it is asked for.
func describe(s *scenarios.Scenario, p place) string {
	text := p.name + "  " + string(s.Given.KeyType())
	if p.name == "leaf" {
		text += "  for " + s.Given.HostName()
	}
	return text
}

// field is one thing that is said in YAML: "leaf.notAfter" and "-1d".
type field struct{ path, value string }

// fields lists what a value says in the YAML of an author, in its order.
func fields(value any) ([]field, error) {
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	var said yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &said, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	return flatten("", said), nil
}

func flatten(prefix string, said yaml.MapSlice) []field {
	var all []field
	for _, item := range said {
		path := fmt.Sprint(prefix, item.Key)
		if inner, ok := item.Value.(yaml.MapSlice); ok {
			all = append(all, flatten(path+".", inner)...)
			continue
		}
		all = append(all, field{path, inline(item.Value)})
	}
	return all
}

// inline writes a value on one line.
func inline(value any) string {
	switch value := value.(type) {
	case []any:
		words := make([]string, len(value))
		for i, one := range value {
			words[i] = inline(one)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case yaml.MapSlice:
		var words []string
		for _, f := range flatten("", value) {
			words = append(words, f.path+": "+f.value)
		}
		return "{ " + strings.Join(words, ", ") + " }"
	}
	return fmt.Sprint(value)
}
