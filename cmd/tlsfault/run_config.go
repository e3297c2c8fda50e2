package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultConfig is read if it is in the working directory.
const defaultConfig = "tlsfault.yaml"

// commandKey is the one key of the configuration that is no flag: what stands
// after -- on the command line.
const commandKey = "command"

// configure sets what tlsfault.yaml, or the file of --config, says and the
// command line does not. A key is a flag and takes what the flag takes.
func (o *runOptions) configure(c *cobra.Command) error {
	path := o.config
	if path == "" {
		path = defaultConfig
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && o.config == "" {
		return nil
	}
	if err != nil {
		return misconfigured(fmt.Errorf("reading the configuration: %w", err), "")
	}
	pairs, err := configPairs(path, text)
	if err != nil {
		return err
	}
	named := c.Flags().Changed("client") || o.command != nil // by the command line, which wins
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		switch {
		case key == commandKey:
			words, err := configValues(path, pair.Value)
			if err != nil {
				return err
			}
			if !named {
				o.command = words
			}
		case key == "client" && named:
		default:
			if err := setFlag(c.Flags(), path, pair); err != nil {
				return err
			}
		}
	}
	if o.command != nil && !named && c.Flags().Changed("client") {
		return usage("leave out one of them", "%s has a client and a command as well", path)
	}
	return nil
}

// configPairs returns the keys and values of a configuration file.
func configPairs(path string, text []byte) ([]*ast.MappingValueNode, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, usage("", "%s: %s", path, strings.TrimSpace(err.Error()))
	}
	if len(file.Docs) > 1 {
		return nil, usage("put everything into one", "%s: there is a second document, which would be ignored", path)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	switch body := file.Docs[0].Body.(type) {
	case *ast.MappingNode:
		return body.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{body}, nil
	case *ast.CommentGroupNode, *ast.NullNode:
		return nil, nil
	}
	return nil, usage("write the flags of tlsfault run as keys, such as client: curl", "%s: it is not a map of keys and values", path)
}

// setFlag sets the flag that pair names, unless the command line has set it.
func setFlag(flags *pflag.FlagSet, path string, pair *ast.MappingValueNode) error {
	key := pair.Key.GetToken().Value
	flag := flags.Lookup(key)
	if flag == nil || key == "config" || key == "help" {
		hint := "the keys are the flags of tlsfault run"
		if near := nearest(key, configKeys(flags)); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usage(hint, "%s: unknown key %q", position(path, pair.Key), key)
	}
	values, err := configValues(path, pair.Value)
	if err != nil {
		return err
	}
	list, isList := flag.Value.(pflag.SliceValue)
	if !isList && len(values) != 1 {
		return usage("", "%s: %s takes one value, not a list", position(path, pair.Value), key)
	}
	if flag.Changed {
		return nil // the command line wins
	}
	if isList {
		err = list.Replace(values)
	} else {
		err = flag.Value.Set(values[0])
	}
	if err != nil {
		return usage("it takes what --"+key+" takes", "%s: %s: %w", position(path, pair.Value), key, err)
	}
	flag.Changed = true
	return nil
}

func configKeys(flags *pflag.FlagSet) []string {
	keys := []string{commandKey}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "help" {
			keys = append(keys, f.Name)
		}
	})
	return keys
}

// configValues returns a scalar, or the scalars of a list, as they are written.
func configValues(path string, node ast.Node) ([]string, error) {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	values := make([]string, len(nodes))
	for i, n := range nodes {
		switch n := n.(type) {
		case *ast.StringNode:
			values[i] = n.Value
		case *ast.LiteralNode:
			values[i] = n.Value.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			values[i] = n.GetToken().Value
		default:
			return nil, usage("", "%s: a text or number is wanted here, or a list of them", position(path, n))
		}
	}
	return values, nil
}

func position(path string, node ast.Node) string {
	at := node.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", path, at.Line, at.Column)
}
