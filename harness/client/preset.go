package client

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strings"
)

// Preset is a well-known program as a client: verifying as it does by default,
// with the target's roots as its only trust, undisturbed by its user's
// configuration, and connecting to the target's address whatever its name.
type Preset struct {
	Name  string // as Lookup takes it
	About string // one line: what it is, and what to know of it

	programs []string // what it is called, in order of preference
	// args are the arguments, split at spaces before placeholders are replaced.
	// [trust], [host], [cert] and [way] stand for the lists below that fit the attempt.
	args     string
	verify   string // [trust] when it verifies
	insecure string // [trust] when it does not
	name     string // [host] when the host is a name
	literal  string // [host] when the host is an IP literal
	cert     string // [cert] when there is a client certificate
	direct   string // [way] when there is no proxy
	proxied  string // [way] when there is one that it is told otherwise than by its environment
	proxies  string // the schemes of proxies that it can be told, separated by spaces
	env      []string
	stdin    string
	hold     bool   // keep stdin open
	script   string // file of scripts/ that {script} stands for
	java     bool   // script is compiled, and its classes are in {home}
	needs    string // file of this machine without which it does not run; its real path is for the probe
	// fetched matches the words of a program that got the answer, and complains only of what it says.
	fetched *regexp.Regexp
	// failed matches the words of a program that got no answer, and exits with 0 all the same.
	failed *regexp.Regexp
	probe  probe
	lax    bool
	// plainRoots is true of what cannot read the name constraints of a root.
	plainRoots bool
	image      string // directory of fixtures/images in whose image alone the program is
	modes      []mode
	chosen     mode // the zero mode is how it runs by default
}

// mode is a way to run a preset that is stricter than its default, asked for as "curl:crl".
type mode struct {
	name  string
	about string
	args  string // put behind [trust]
}

// probe says how a program tells what it is. Its patterns have one group each;
// an empty path means the one that the program was found at.
type probe struct {
	args               []string
	path, version, tls string
	tlsName            string // put before what tls matched
}

// Info is what is known of a preset's program on this machine.
type Info struct {
	Installed bool   // it can be run
	Path      string // of the program; empty for the built-in client
	Version   string // of the program
	TLS       string // TLS library and, where it can be learned, its version
	Problem   string // why it cannot be run
}

// insecureSuffix asks for a preset with verification switched off.
const insecureSuffix = ":insecure"

// Presets returns all presets, in the order in which they are best listed.
func Presets() []Preset { return presetTable() }

// Lookup returns the preset called name. "curl:insecure" is curl with
// verification switched off, which shows what a client that checks nothing does;
// every preset has such a twin. An unknown name is an error that names the
// nearest right one. "curl:crl" is curl told to look at CRLs; which modes a
// preset has, its About says.
func Lookup(name string) (Preset, error) {
	plain, word, _ := strings.Cut(name, ":")
	lax := ":"+word == insecureSuffix
	var known []string
	for _, preset := range presetTable() {
		if preset.Name == plain {
			if lax {
				preset.Name, preset.lax = name, true
				preset.About += "; verification is switched off"
				return preset, nil
			}
			return preset.in(word)
		}
		known = append(known, preset.Name)
	}
	hint := "the presets are " + strings.Join(known, ", ")
	if near := nearest(plain, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return Preset{}, fmt.Errorf("unknown client %q: %s", name, hint)
}

// in returns the preset in one of its modes; the empty one is its default.
func (p Preset) in(word string) (Preset, error) {
	if word == "" {
		return p, nil
	}
	words := []string{insecureSuffix[1:]}
	for _, m := range p.modes {
		if m.name == word {
			p.About += "; " + m.about
			p.Name, p.chosen = p.Name+":"+word, m
			return p, nil
		}
		words = append(words, m.name)
	}
	return Preset{}, fmt.Errorf("client %q has no mode %q: its modes are %s", p.Name, word, strings.Join(words, ", "))
}

// Modes returns the names that Lookup takes for the preset in its stricter modes.
func (p Preset) Modes() []string {
	var names []string
	for _, m := range p.modes {
		names = append(names, p.Name+":"+m.name)
	}
	return names
}

// builtIn reports whether the preset is no program but part of this one.
func (p Preset) builtIn() bool { return p.programs == nil }

// Describe looks for the preset's program on this machine and asks it for its version.
func (p Preset) Describe(ctx context.Context) Info {
	switch {
	case p.builtIn():
		return Info{Installed: true, Version: runtime.Version(), TLS: "crypto/tls of " + runtime.Version()}
	case p.image != "":
		return Info{Problem: "it runs in a container alone"}
	}
	return p.DescribeIn(ctx, local{})
}

// DescribeIn looks for the preset's program in a place and asks it for its version.
func (p Preset) DescribeIn(ctx context.Context, place Place) Info {
	path, err := place.Find(ctx, p.programs...)
	if err != nil {
		return Info{Problem: err.Error()}
	}
	var real []byte
	if p.needs != "" {
		if real, err = place.Output(ctx, "readlink", "-e", p.needs); err != nil {
			return Info{Problem: fmt.Sprintf("looking for %s: %v", p.needs, err)}
		}
	}
	said, err := place.Output(ctx, append([]string{path}, p.probe.args...)...)
	return p.describe(path, append(said, "\n"+string(real)...), err)
}

// Image returns the directory of fixtures/images whose Dockerfile makes an image
// with the preset's program; "" where there is none.
func (p Preset) Image() string {
	if p.image != "" {
		return p.image
	}
	plain, _, _ := strings.Cut(p.Name, ":")
	return imageOf[plain]
}

// OnlyInImage reports whether the program is nowhere but in its image.
func (p Preset) OnlyInImage() bool { return p.image != "" }

// describe reads what the program at path said of itself.
func (p Preset) describe(path string, said []byte, err error) Info {
	info := Info{Path: path}
	if err != nil {
		info.Problem = fmt.Sprintf("asking %s what it is: %v", path, err)
		if line := firstLine(said); line != "" {
			info.Problem += ": " + line
		}
		return info
	}
	info.Installed = true
	if real := submatch(p.probe.path, said); real != "" {
		info.Path = real
	}
	info.Version = submatch(p.probe.version, said)
	info.TLS = strings.TrimSpace(p.probe.tlsName + strings.Replace(submatch(p.probe.tls, said), "/", " ", 1))
	return info
}

// submatch returns what the group of pattern matches in text, or "".
func submatch(pattern string, text []byte) string {
	if pattern == "" {
		return ""
	}
	match := regexp.MustCompile(pattern).FindSubmatch(text)
	if match == nil {
		return ""
	}
	return string(match[1])
}
