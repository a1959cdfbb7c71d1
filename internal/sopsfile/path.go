package sopsfile

import (
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// treePath is a path in the tree for an error: a.b[0].c. It is a list from the leaf
// up, so that walking costs nothing.
type treePath struct {
	up    *treePath
	key   string
	index int // of a list item; -1 for a map's entry
}

// String is the path; "" for the top.
func (p *treePath) String() string {
	if p == nil {
		return ""
	}
	s := p.up.String()
	if p.index >= 0 {
		return s + "[" + strconv.Itoa(p.index) + "]"
	}
	if s != "" {
		s += "."
	}
	return s + p.key
}

// at puts the path before err: value at "a.b[0].c": …
func (p *treePath) at(err error) error {
	if p == nil {
		return err
	}
	return &placeError{p.String(), err}
}

type placeError struct {
	path string
	err  error
}

func (e *placeError) Error() string { return "value at " + quotePath(e.path) + ": " + e.err.Error() }
func (e *placeError) Unwrap() error { return e.err }

// quotePath is %q, cut to a length that a message can bear: a name is clear text
// that anybody could have written.
func quotePath(s string) string {
	const most = 200
	if len(s) > most {
		n := most
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return strconv.Quote(s)
}

// printable cuts a text of the metadata to what a message can bear.
func printable(s string) string {
	const most = 300
	out := make([]rune, 0, min(len(s), most))
	for _, r := range s {
		if !unicode.IsPrint(r) {
			r = utf8.RuneError
		}
		if len(out) == most {
			out = append(out, '…')
			break
		}
		out = append(out, r)
	}
	return string(out)
}

var errDuplicate = errors.New("the name stands twice in one map, and sops readers differ in which one counts")
