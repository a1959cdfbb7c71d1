package sopsfile

import (
	"errors"
	"strconv"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
)

// maxPath is from how many bytes on a path for an error is not continued: the message
// shows less of it.
const maxPath = 4_000

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
	if len(s) > maxPath {
		return s // it is cut where it is printed
	}
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
	return &placeError{p.String(), p.key, err}
}

type placeError struct {
	path string
	key  string // at its end; "" of a list's item
	err  error
}

func (e *placeError) Error() string {
	return "value at " + filetext.Quote(e.path) + ": " + e.err.Error()
}
func (e *placeError) Unwrap() error { return e.err }

var errDuplicate = errors.New("the name stands twice in one map, and sops readers differ in which one counts")
