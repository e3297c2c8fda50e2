package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tlsfault/tlsfault/fixtures"
	"github.com/tlsfault/tlsfault/harness/client"
	"github.com/tlsfault/tlsfault/harness/client/container"
	"github.com/tlsfault/tlsfault/harness/verdict"
)

// containerOptions is the flags that say in what container the command runs.
type containerOptions struct {
	image, dockerfile string
	perCase           bool
}

func (o *containerOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.image, "image", "", "run the command in containers of `IMAGE`, by Docker or Podman")
	flags.StringVar(&o.dockerfile, "dockerfile", "", "run the command in containers of the image that the Dockerfile in `DIR` makes")
	flags.BoolVar(&o.perCase, "container-per-case", false, "give each case a container of its own, in place of one after the other in the same")
}

func (o *containerOptions) asked() bool { return o.image != "" || o.dockerfile != "" }

// check returns what does not go together.
func (o *containerOptions) check(run *runOptions) error {
	named := strings.Contains(run.client, "@") // a client in a container
	switch {
	case o.image != "" && o.dockerfile != "":
		return usage("leave out one of them", "there are --image and --dockerfile")
	case o.perCase && !o.asked() && !named:
		return usage("add --image or --dockerfile, or name a client as curl@"+ownImage, "there is no container for --container-per-case")
	case !o.asked() && !named:
		return nil
	case o.asked() && run.command == nil:
		return usage("write it after --, such as -- curl --cacert {ca} {url}, or name a client and its image as curl@IMAGE", "a container needs a command to run")
	}
	return run.checkContained()
}

// ownImage, after an @, stands for the image that is made for a client.
const ownImage = "container"

// inContainer offers a preset in containers of an image, or of its own where that is "".
func inContainer(preset client.Preset, image string) offered {
	k := offered{name: preset.Name, about: preset.About}
	if !preset.OnlyInImage() || image != "" {
		k.name += "@" + or(image, ownImage)
	}
	k.describe = func(ctx context.Context) client.Info {
		if err := container.Available(ctx); err != nil {
			return client.Info{Problem: err.Error()}
		}
		return client.Info{Installed: true}
	}
	if image == "" {
		k.image = preset.Image()
	}
	k.open = func(ctx context.Context, env environment, o *runOptions) (client.Client, error) {
		options := container.Options{Image: image, Preset: &preset, PerAttempt: o.container.perCase, OnBuild: env.tellOfBuild(k.image)}
		if image == "" {
			var err error
			if options.Files, err = fixtures.Image(preset.Image()); err != nil {
				return nil, misconfigured(err, "name an image that has the program, as in "+preset.Name+"@IMAGE")
			}
		}
		if err := errors.Join(o.checkContained(), o.way.checkPreset(preset)); err != nil {
			return nil, err
		}
		c, err := container.New(ctx, options)
		if err != nil {
			return nil, containerError(err)
		}
		return c, nil
	}
	return k
}

// checkContained returns what does not go together with a client in a container.
func (o *runOptions) checkContained() error {
	switch {
	case o.way.isolate:
		return usage("leave out --isolate: in the container the names lead to the servers as well", "--isolate is for programs of this machine")
	case o.replay.at != "":
		return usage("leave out --at, or set the time inside, as by faketime after --", "a container cannot be given a time")
	}
	return nil
}

// client returns the command in containers.
func (o *containerOptions) client(ctx context.Context, env environment, command []string) (client.Client, verdict.ClientInfo, error) {
	c, err := client.NewCommand(command...)
	if err != nil {
		return nil, verdict.ClientInfo{}, misconfigured(err, "see tlsfault run --help for what is replaced")
	}
	contained, err := container.New(ctx, container.Options{
		Image: o.image, Dockerfile: o.dockerfile, Command: c, PerAttempt: o.perCase, OnBuild: env.tellOfBuild(o.dockerfile),
	})
	if err != nil {
		return nil, verdict.ClientInfo{}, containerError(err)
	}
	return contained, verdict.ClientInfo{Name: strings.Join(command, " ") + " in " + or(o.image, o.dockerfile)}, nil
}

// tellOfBuild returns what says that the image called name is being built.
func (env environment) tellOfBuild(name string) func() {
	return func() {
		_, _ = fmt.Fprintf(env.err, "note: the image %s is being built, which may take minutes the first time\n", name)
	}
}

func containerError(err error) error {
	hint := "see what the engine says, and docker images"
	if unavailable := new(container.UnavailableError); errors.As(err, &unavailable) {
		hint = "start Docker 20.10 or later, or Podman with its socket, and point DOCKER_HOST to it"
	}
	return misconfigured(err, hint)
}
