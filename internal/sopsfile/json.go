package sopsfile

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"
)

// jsonReader reads one JSON object into nodes. It takes RFC 8259 and nothing
// else: encoding/json, which the official reader uses, lets duplicate names,
// text behind the object, invalid UTF-8 and lone surrogates pass.
type jsonReader struct {
	builder
	data  []byte
	at    int
	depth int
}

var (
	errJSONUTF8   = errors.New("the JSON text is not valid UTF-8")
	errJSONObject = errors.New("the JSON text is not one object at its top")
	errJSONTail   = errors.New("there is text behind the JSON object")
	errJSONNumber = errors.New("the number is out of the range of a 64-bit float")
)

// jsonSyntaxError is where the text stops being JSON, and why where that is known. It
// quotes nothing.
type jsonSyntaxError struct {
	line, column int
	why          string
}

func (e *jsonSyntaxError) Error() string {
	text := fmt.Sprintf("not JSON at line %d, column %d", e.line, e.column)
	if e.why != "" {
		text += ": " + e.why
	}
	return text
}

const (
	whySurrogate = `half of a surrogate pair (\ud800 to \udfff), which stands for no character alone`
	whyEscape    = "an escape that JSON does not have"
	whyControl   = "a line break or another control character inside a string"
	whyComma     = "a comma before the end of a map or list"
	whyEnd       = "the text ends before the object does"
)

// readJSON reads data, which the nodes then refer to.
func readJSON(ctx context.Context, data []byte) ([]node, error) {
	if !utf8.Valid(data) {
		return nil, errJSONUTF8
	}
	r := &jsonReader{builder: builder{ctx: ctx}, data: data}
	r.space()
	if r.at == len(data) || data[r.at] != '{' {
		if r.at < len(data) && data[r.at] != '[' && data[r.at] != '"' && !jsonScalarStart(data[r.at]) {
			return nil, r.syntax()
		}
		return nil, errJSONObject
	}
	var doc node
	if err := r.value(&doc, nil); err != nil {
		return nil, err
	}
	r.space()
	if r.at != len(data) {
		return nil, errJSONTail
	}
	return []node{doc}, nil
}

func jsonScalarStart(c byte) bool {
	return c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n'
}

// syntax returns the error of text that is not JSON where the reader stands.
func (r *jsonReader) syntax() error { return r.syntaxFor("") }

func (r *jsonReader) syntaxFor(why string) error {
	e := &jsonSyntaxError{line: 1, column: 1, why: why}
	if r.at >= len(r.data) {
		e.why = whyEnd
	}
	for _, c := range r.data[:min(r.at, len(r.data))] {
		if c == '\n' {
			e.line, e.column = e.line+1, 1
		} else if utf8.RuneStart(c) {
			e.column++
		}
	}
	return e
}

func (r *jsonReader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

// value reads one value into n, whose key is set. p is its path, made only when
// a map or list needs one.
func (r *jsonReader) value(n *node, p *treePath) error {
	switch c := r.peek(); {
	case c == '{':
		return r.object(n, p)
	case c == '[':
		return r.array(n, p)
	case c == '"':
		text, err := r.str()
		n.kind, n.text = String, text
		return err
	case c == 't':
		n.kind, n.text = Bool, formatBool(true)
		return r.word("true")
	case c == 'f':
		n.kind, n.text = Bool, formatBool(false)
		return r.word("false")
	case c == 'n':
		n.kind = Null
		return r.word("null")
	default:
		return r.number(n, p)
	}
}

func (r *jsonReader) word(w string) error {
	if len(r.data)-r.at < len(w) || string(r.data[r.at:r.at+len(w)]) != w {
		return r.syntax()
	}
	r.at += len(w)
	return nil
}

func (r *jsonReader) object(n *node, p *treePath) error {
	if r.depth++; r.depth > maxDepth {
		return p.at(errDepth)
	}
	n.kind = Map
	base := r.open()
	r.at++
	r.space()
	for first := true; r.peek() != '}'; first = false {
		if !first {
			if r.peek() != ',' {
				return r.syntax()
			}
			r.at++
			r.space()
		}
		if r.peek() != '"' {
			return r.syntaxFor(afterComma(r.peek(), '}', first))
		}
		key, err := r.str()
		if err != nil {
			return err
		}
		kid := node{key: string(key)}
		r.space()
		if r.peek() != ':' {
			return r.syntax()
		}
		r.at++
		r.space()
		if err := r.child(&kid, p, -1); err != nil {
			return err
		}
		r.space()
	}
	r.at++
	r.depth--
	n.kids = r.close(base)
	if key, twice := r.duplicate(n.kids); twice {
		return (&treePath{p, key, -1}).at(errDuplicate)
	}
	return nil
}

// afterComma says why the end of a map or list cannot stand behind a comma; "" for
// anything else.
func afterComma(c, end byte, first bool) string {
	if c == end && !first {
		return whyComma
	}
	return ""
}

func (r *jsonReader) array(n *node, p *treePath) error {
	if r.depth++; r.depth > maxDepth {
		return p.at(errDepth)
	}
	n.kind = List
	base := r.open()
	r.at++
	r.space()
	for i := 0; r.peek() != ']'; i++ {
		if i > 0 {
			if r.peek() != ',' {
				return r.syntax()
			}
			r.at++
			r.space()
		}
		if why := afterComma(r.peek(), ']', i == 0); why != "" {
			return r.syntaxFor(why)
		}
		kid := node{}
		if err := r.child(&kid, p, i); err != nil {
			return err
		}
		r.space()
	}
	r.at++
	r.depth--
	n.kids = r.close(base)
	return nil
}

// child reads the value of an entry or item and pushes it.
func (r *jsonReader) child(kid *node, up *treePath, index int) error {
	var err error
	switch c := r.peek(); c {
	case '{', '[', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		err = r.value(kid, &treePath{up, kid.key, index})
	default: // cannot fail at a place: the syntax error has line and column
		err = r.value(kid, nil)
	}
	if err != nil {
		return err
	}
	return r.push(*kid)
}
