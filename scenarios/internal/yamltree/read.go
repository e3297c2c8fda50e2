package yamltree

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// Read parses the one document in data. Whatever is wrong goes to problems, and
// then the tree is nil. An empty document is a Null node.
func Read(data []byte, problems *Problems) *Node {
	data = checkBytes(data, problems)
	if problems.Len() > 0 {
		return nil
	}
	file := parse(string(data), problems)
	if problems.Len() > 0 {
		return nil
	}
	c := converter{problems: problems, anchors: make(map[string]*anchor)}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			root := c.node(doc.Body)
			if problems.Len() > 0 {
				return nil
			}
			return root
		}
	}
	return &Node{Line: 1, Column: 1}
}

// parse calls goccy/go-yaml. Its panics, of which fuzzing has found some, become problems.
func parse(text string, problems *Problems) (file *ast.File) {
	defer func() {
		if recover() != nil {
			problems.AddAt(1, 1, "reduce the file by halves to find where", "the YAML parser cannot read this file")
		}
	}()
	tokens := lexer.Tokenize(text)
	if invalid := tokens.InvalidToken(); invalid != nil {
		addSyntax(problems, text, invalid.Position.Line, invalid.Position.Column, invalid.Error)
		return nil
	}
	if !checkTokens(tokens, problems) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file
	}
	line, column := 1, 1
	var positioned yaml.Error
	if !errors.As(err, &positioned) {
		addSyntax(problems, text, line, column, err.Error())
		return nil
	}
	if tk := positioned.GetToken(); tk != nil {
		line, column = tk.Position.Line, tk.Position.Column
	}
	// Not Error: that draws the source, in time that grows with its square.
	addSyntax(problems, text, line, column, positioned.GetMessage())
	return nil
}

// rephrasing says in words for authors what the parser says in its own.
type rephrasing struct{ parser, message, hint string }

var rephrasings = []rephrasing{
	{"tab character", "a tab indents this line", "indent with spaces"},
	{"cannot start any token", "a tab indents this line", "indent with spaces"},
	{"end character of double-quoted", `text that begins with " is not closed`, `close it with "`},
	{"end character of single-quoted", "text that begins with ' is not closed", "close it with '"},
	{"unknown escape character", "unknown escape in double quotes", `write \\ for a backslash, or use single quotes`},
	{"sequence end token", "the list that begins here has no ]", "close it with ]"},
	{"',' or ']' must be specified", "the list before this is not closed", "separate entries with a comma, and close the list with ]"},
	{"flow mapping end token", "the map that begins here has no }", "close it with }"},
	{"',' or '}' must be specified", "the map before this is not closed", "separate entries with a comma, and close the map with }"},
	{"flow map content", "expected key: value here", "a map is written { key: value, key: value }"},
	{"could not find map value", "a key without a value", "a map is written { key: value, key: value }"},
	{"corresponding to ']'", "] closes a list that was never opened", "quote text that holds brackets"},
	{"corresponding to '}'", "} closes a map that was never opened", "quote text that holds braces"},
	{"reserved character", "a value cannot begin with this sign", "quote it"},
	{"mapping value is not allowed", "a key inside the value of another key", "quote text that holds a colon and a space, or indent the key evenly"},
	{"map key-value is pre-defined", "something follows a value that was complete", "quote the whole value, or indent the line evenly"},
	{"block sequence entries are not allowed", "a list entry on the line of its key", "begin the list on the next line, or write [a, b]"},
	{"sequence was used where mapping", "a list where key: value was expected", "indent the lines evenly"},
	{"non-map value is specified", "expected key: value here", "put a colon and a space after the key"},
	{"unexpected key name", "a line without a colon stands before this key", "put a colon and a space after each key"},
	{"value is not allowed in this context", "this does not belong to what stands before it", "indent the lines evenly"},
	{"invalid key for this map", "a key must be a word", "quote it if it is text"},
	{"undefined anchor", "an anchor without a name or a value", "quote a value that begins with &"},
	{"undefined alias name", "an alias without a name", "quote a value that begins with *"},
	{"anchors cannot be used consecutively", "two anchors for one value", "keep one of them"},
	{"anchor is not allowed in this context", "an anchor that belongs to no value", "put it between the colon and the value"},
	{"invalid header option", "| and > begin text on the next line", "quote a value that begins with | or >"},
	{"multi-line content", "| and > begin text on the next line", "indent the text below, or quote a value that begins with | or >"},
	{"implicit line break", "a key over two lines", "put a colon and a space after each key"},
	{"unexpected scalar value type", "expected a value here", "take out the comma that stands alone"},
	{"expected sequence element", "expected a value here", "take out the comma that stands alone"},
}

// addSyntax notes a syntax error. A tab in the indentation of the line is the
// cause whatever the parser says, and it is reported where it stands.
func addSyntax(problems *Problems, text string, line, column int, message string) {
	column = max(column, 1)
	for _, at := range []int{line, line + 1} {
		if tab := tabIn(text, at); tab > 0 {
			problems.AddAt(at, tab, "indent with spaces", "a tab indents this line")
			return
		}
	}
	for _, r := range rephrasings {
		if strings.Contains(message, r.parser) {
			problems.AddAt(line, column, r.hint, "%s", r.message)
			return
		}
	}
	problems.AddAt(line, column, "", "this is not YAML: %s", message)
}

// tabIn returns the column of a tab in the indentation of a line, 0 without one.
func tabIn(text string, line int) int {
	for n := 1; ; n++ {
		this, rest, more := strings.Cut(text, "\n")
		if n == line {
			indent := this[:len(this)-len(strings.TrimLeft(this, " \t"))]
			if len(indent) == len(strings.TrimRight(this, "\r")) {
				return 0
			}
			return strings.IndexByte(indent, '\t') + 1
		}
		if !more {
			return 0
		}
		text = rest
	}
}
