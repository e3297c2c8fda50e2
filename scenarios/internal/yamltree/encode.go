package yamltree

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Marshaler is a type that is not written as it is kept.
type Marshaler interface {
	MarshalYAML() (any, error)
}

// Encode writes v, a struct, so that a Decoder reads it back as it is, whatever
// its texts hold. text is applied to every text first.
func Encode(v any, text func(string) string) ([]byte, error) {
	e := &encoder{text: text}
	if err := e.value(reflect.ValueOf(v), 0); err != nil {
		return nil, err
	}
	return []byte(strings.TrimPrefix(e.String(), "\n") + "\n"), nil
}

type encoder struct {
	strings.Builder
	text func(string) string
}

const indentation = "  "

// value writes v behind a key or dash at a depth: scalars and lists of them on
// the line, maps and lists of maps below.
func (e *encoder) value(v reflect.Value, depth int) error {
	if m, ok := v.Interface().(Marshaler); ok {
		other, err := m.MarshalYAML()
		if err != nil {
			return err
		}
		return e.value(reflect.ValueOf(other), depth)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.value(v.Elem(), depth)
	case reflect.Map:
		return e.mapping(v, depth)
	case reflect.Struct:
		if v.IsZero() {
			return e.saysNothing(v, depth)
		}
		return e.structure(v, depth)
	case reflect.Slice:
		return e.list(v, depth)
	}
	scalar, err := e.scalar(v)
	e.WriteString(" " + scalar)
	return err
}

// mapping writes a map of texts, in the order of its keys.
func (e *encoder) mapping(v reflect.Value, depth int) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		e.WriteString("\n" + strings.Repeat(indentation, depth) + key.String() + ":")
		if err := e.value(v.MapIndex(key), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) structure(v reflect.Value, depth int) error {
	t := v.Type()
	for i := range t.NumField() {
		field := v.Field(i)
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if options == "inline" {
			if err := e.structure(field, depth); err != nil {
				return err
			}
			continue
		}
		if key == "-" || key == "" || field.IsZero() {
			continue
		}
		e.WriteString("\n" + strings.Repeat(indentation, depth) + key + ":")
		if err := e.value(field, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// saysNothing writes a map that is there and says only what holds anyway, false.
func (e *encoder) saysNothing(v reflect.Value, depth int) error {
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Bool {
			key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			e.WriteString("\n" + strings.Repeat(indentation, depth) + key + ": false")
			return nil
		}
	}
	return fmt.Errorf("no way to write an empty %s", v.Type())
}

func (e *encoder) list(v reflect.Value, depth int) error {
	if v.Type().Elem().Kind() != reflect.Struct {
		scalars := make([]string, v.Len())
		for i := range scalars {
			scalar, err := e.scalar(v.Index(i))
			if err != nil {
				return err
			}
			scalars[i] = scalar
		}
		e.WriteString(" [" + strings.Join(scalars, ", ") + "]")
		return nil
	}
	for i := range v.Len() {
		inner := &encoder{text: e.text}
		if err := inner.value(v.Index(i), depth+1); err != nil {
			return err
		}
		// The first key stands behind the dash.
		first := strings.TrimLeft(inner.String(), "\n ")
		e.WriteString("\n" + strings.Repeat(indentation, depth) + "- " + first)
	}
	return nil
}

// plain matches text that needs no quotes wherever it stands.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./()-]*( [A-Za-z0-9(][A-Za-z0-9_./()-]*)*$`)

// unlike are words that YAML 1.1 or 1.2 take for something else than text.
var unlike = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

func (e *encoder) scalar(v reflect.Value) (string, error) {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.String:
		text := e.text(v.String())
		if plain.MatchString(text) && !slices.Contains(unlike, strings.ToLower(text)) {
			return text, nil
		}
		return strconv.Quote(text), nil
	}
	return "", fmt.Errorf("no way to write a %s", v.Type())
}
