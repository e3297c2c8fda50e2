package yamltree

import (
	"reflect"
	"strconv"
	"strings"
)

// scalar decodes a string, a whole number or a boolean.
func (d *Decoder) scalar(n *Node, t reflect.Type, at *Path, f *field) reflect.Value {
	value := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		if !d.text(n, t, at, f) {
			return reflect.Value{}
		}
		value.SetString(n.Value)
	case reflect.Int:
		number, ok := d.number(n, at, f)
		if !ok {
			return reflect.Value{}
		}
		value.SetInt(number)
	case reflect.Bool:
		if n.Kind != Bool {
			d.Problems.Add(n, boolHint(n.Value), "%s takes true or false, not %s", at, describe(n))
			return reflect.Value{}
		}
		value.SetBool(n.Value == "true")
	default:
		panic("yamltree: no way to decode a " + t.String())
	}
	return value
}

// text checks that n is a word that t and f allow.
func (d *Decoder) text(n *Node, t reflect.Type, at *Path, f *field) bool {
	vocabulary, closed := d.Vocabularies[t]
	if f != nil && len(f.enum) > 0 && !closed {
		vocabulary, closed = Vocabulary{Name: "word", Words: f.enum}, true
	}
	switch {
	case n.Kind != Text && n.IsScalar():
		hint := `put it in quotes: "` + n.Value + `"`
		if closed && !vocabulary.Has(n.Value) {
			hint = Suggest(n.Value, vocabulary.Words)
		}
		d.Problems.Add(n, hint, "%s takes text, not %s", at, describe(n))
		return false
	case n.Kind != Text:
		hint := ""
		if n.Kind == Map {
			hint = "put text that begins with { or holds a colon in quotes"
		}
		d.Problems.Add(n, hint, "%s takes text, not %s", at, describe(n))
		return false
	case n.Value == "":
		d.Problems.Add(n, "leave it out, or say something", "%s is empty", at)
		return false
	case closed && !vocabulary.Has(n.Value):
		d.Problems.Add(n, Suggest(n.Value, vocabulary.Words), "unknown %s %q in %s", vocabulary.Name, clip(n.Value), at)
		return false
	}
	return true
}

func (d *Decoder) number(n *Node, at *Path, f *field) (int64, bool) {
	if n.Kind != Integer {
		hint := ""
		if _, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			hint = "take the quotes off: " + n.Value
		}
		d.Problems.Add(n, hint, "%s takes a whole number, not %s", at, describe(n))
		return 0, false
	}
	number, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
	if err != nil {
		d.Problems.Add(n, "", "%s: %s is too large a number", at, clip(n.Value))
		return 0, false
	}
	switch {
	case f == nil:
	case f.hasMinimum && number < f.minimum:
		d.Problems.Add(n, "", "%s is %d; the least is %d", at, number, f.minimum)
		return 0, false
	case f.hasMax && number > f.maximum:
		d.Problems.Add(n, "", "%s is %d; the most is %d", at, number, f.maximum)
		return 0, false
	}
	return number, true
}

// boolHint helps an author who writes booleans as YAML 1.1 had them.
func boolHint(value string) string {
	switch strings.ToLower(value) {
	case "yes", "y", "on", "true", "1":
		return "did you mean true?"
	case "no", "n", "off", "false", "0":
		return "did you mean false?"
	}
	return ""
}
