package yamltree

import (
	"bytes"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// The bounds on a document. They lie far above what an author writes by hand
// and far below what makes goccy/go-yaml slow: its parser descends once per key
// of a map and moves all tokens for every key without a value.
const (
	MaxBytes   = 4 << 20 // of a file
	maxTokens  = 1 << 20
	maxDepth   = 64   // of maps and lists in one another
	maxKeys    = 1000 // of one map
	maxAnchors = 1000 // anchors and aliases of a file
	maxNulls   = 50   // keys without a value, each a mistake in itself
)

// checkBytes refuses what is no UTF-8 text of bearable size, and returns data
// without a byte order mark.
func checkBytes(data []byte, problems *Problems) []byte {
	if len(data) > MaxBytes {
		problems.AddAt(1, 1, "split it into several files", "the file has more than %d bytes", MaxBytes)
		return nil
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		problems.AddAt(1, 1, "save it as UTF-8", "the file is in UTF-16")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			problems.AddAt(line, column, "save the file as UTF-8", "byte 0x%02x is not UTF-8", rest[0])
			return nil
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			problems.AddAt(line, column, `inside double quotes it can be written as an escape, such as "\0"`, "control character U+%04X", r)
			return nil
		case r == '\n':
			line, column = line+1, 0
		}
		column++
		rest = rest[size:]
	}
	return data
}

// level is a map or list that is open while tokens are looked at: a block one
// begins at a column, a flow one with a bracket.
type level struct {
	column  int
	flow    bool
	flowMap bool
	keys    int
}

// scanner holds what checkTokens knows while it walks.
type scanner struct {
	problems *Problems
	levels   []level
	flows    int // of levels
	anchors  int
	nulls    int
}

// checkTokens looks for what the parser must not see. It reports whether the
// parser may.
func checkTokens(tokens token.Tokens, problems *Problems) bool {
	if len(tokens) > maxTokens {
		problems.AddAt(1, 1, "split it into several files", "the file holds more than %d words and signs", maxTokens)
		return false
	}
	had := problems.Len()
	s := &scanner{problems: problems}
	var before, previous *token.Token
	for _, tk := range tokens {
		if tk.Type == token.CommentType {
			continue
		}
		if before != nil && s.isEmpty(before, previous, tk) {
			if s.nulls++; s.nulls > maxNulls {
				return s.stop(previous, "", "more than %d keys without a value", maxNulls)
			}
		}
		if !s.check(previous, tk) {
			return false
		}
		before, previous = previous, tk
	}
	return problems.Len() == had
}

// check looks at one token and the one before it. It returns false where
// looking further is pointless.
func (s *scanner) check(previous, tk *token.Token) bool {
	switch {
	case previous == nil:
	case tk.Type == token.DocumentHeaderType, previous.Type == token.DocumentEndType:
		return s.stop(tk, "put every scenario of the file under one scenarios:, or make it two files", "a second document begins here; only one is read")
	}
	switch tk.Type {
	case token.DirectiveType:
		return s.stop(tk, "quote a value that begins with %", "a value cannot begin with %%")
	case token.TagType:
		return s.stop(tk, "quote the value if it is text", "tags such as %s have no use here", tk.Value)
	case token.MappingKeyType:
		return s.stop(tk, "write key: value", "keys introduced by ? have no use here")
	case token.AnchorType, token.AliasType:
		if s.anchors++; s.anchors > maxAnchors {
			return s.stop(tk, "use defaults or matrix instead", "more than %d anchors and aliases", maxAnchors)
		}
	case token.MappingStartType, token.SequenceStartType:
		s.levels = append(s.levels, level{flow: true, flowMap: tk.Type == token.MappingStartType})
		s.flows++
	case token.MappingEndType, token.SequenceEndType:
		s.closeFlow()
	case token.SequenceEntryType:
		if s.flows == 0 {
			s.openBlock(tk.Position.Column)
		}
	case token.MappingValueType:
		if previous == nil {
			break
		}
		if s.flows == 0 {
			s.openBlock(previous.Position.Column)
		}
		top := &s.levels[len(s.levels)-1]
		if top.keys++; top.keys > maxKeys {
			return s.stop(previous, "", "a map of more than %d keys", maxKeys)
		}
	}
	if len(s.levels) > maxDepth {
		return s.stop(tk, "", "maps and lists are nested more than %d deep", maxDepth)
	}
	return true
}

// openBlock makes the block level that a key or dash at column stands in the
// innermost one.
func (s *scanner) openBlock(column int) {
	n := len(s.levels)
	for n > 0 && s.levels[n-1].column > column {
		n--
	}
	s.levels = s.levels[:n]
	if n == 0 || s.levels[n-1].column < column {
		s.levels = append(s.levels, level{column: column})
	}
}

func (s *scanner) closeFlow() {
	for i := len(s.levels) - 1; i >= 0; i-- {
		if s.levels[i].flow {
			s.levels = s.levels[:i]
			s.flows--
			return
		}
	}
}

// isEmpty reports whether previous, which stands between before and next, is a
// key or dash without a value, or a word alone in a flow map.
func (s *scanner) isEmpty(before, previous, next *token.Token) bool {
	endsFlow := next.Type == token.CollectEntryType || next.Type == token.MappingEndType || next.Type == token.SequenceEndType
	newLine := next.Position.Line > previous.Position.Line
	switch {
	case s.flows > 0 && previous.Type == token.MappingValueType:
		return endsFlow
	case s.flows > 0:
		startsEntry := before.Type == token.MappingStartType || before.Type == token.CollectEntryType
		return s.levels[len(s.levels)-1].flowMap && startsEntry && endsFlow
	case previous.Type == token.MappingValueType && next.Type == token.SequenceEntryType:
		return newLine && next.Position.Column < before.Position.Column
	case previous.Type == token.MappingValueType:
		return newLine && next.Position.Column <= before.Position.Column
	case previous.Type == token.SequenceEntryType:
		return newLine && next.Position.Column <= previous.Position.Column
	}
	return false
}

func (s *scanner) stop(tk *token.Token, hint, format string, args ...any) bool {
	s.problems.AddAt(tk.Position.Line, max(tk.Position.Column, 1), hint, format, args...)
	return false
}
