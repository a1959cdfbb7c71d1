package render

import (
	"fmt"
	"strconv"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// step is one step of a path: a name, or a position in a list.
type step struct {
	key   string
	index int // -1 for a name
}

// flatName is the name that a path has in flat JSON.
func flatName(path []step) string {
	var b []byte
	for i, s := range path {
		switch {
		case s.index >= 0:
			b = strconv.AppendInt(append(b, '['), int64(s.index), 10)
			b = append(b, ']')
		case i > 0:
			b = append(append(b, '.'), s.key...)
		default:
			b = append(b, s.key...)
		}
	}
	return string(b)
}

// lastName is what the last step adds to the name that a path has in flat JSON.
func lastName(path []step) string {
	switch s := path[len(path)-1]; {
	case s.index >= 0:
		return "[" + strconv.Itoa(s.index) + "]"
	case len(path) > 1:
		return "." + s.key
	default:
		return s.key
	}
}

// exactPath is a path in the notation of sops's own --extract, in which no two
// paths look the same.
func exactPath(path []step) string {
	var b []byte
	for _, s := range path {
		b = append(b, '[')
		if s.index >= 0 {
			b = strconv.AppendInt(b, int64(s.index), 10)
		} else {
			b = append(b, filetext.Quote(s.key)...)
		}
		b = append(b, ']')
	}
	return string(b)
}

// valueError is an error at a path.
func valueError(path []step, err error) error {
	return fmt.Errorf("value at %s: %w", filetext.Quote(flatName(path)), err)
}

// children calls f for each entry of a map or item of a list, without the
// comments. f's path is valid during the call.
func children(n sopsfile.Node, path []step, f func(kid sopsfile.Node, path []step) error) error {
	index := 0
	path = append(path, step{})
	for i := range n.Len() {
		kid := n.At(i)
		if kid.Kind() == sopsfile.Comment {
			continue
		}
		s := step{kid.Key(), -1}
		if n.Kind() == sopsfile.List {
			s = step{"", index}
			index++
		}
		path[len(path)-1] = s
		if err := f(kid, path); err != nil {
			return err
		}
	}
	return nil
}

// empty reports whether a map or list holds nothing but comments.
func empty(n sopsfile.Node) bool {
	for i := range n.Len() {
		if n.At(i).Kind() != sopsfile.Comment {
			return false
		}
	}
	return true
}
