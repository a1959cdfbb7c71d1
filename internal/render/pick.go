package render

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/nearest"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

var (
	errNull      = errors.New("null, which has no text")
	errContainer = errors.New("a map or list, not one value")
	errNotMap    = errors.New("not a map")
	errNoName    = errors.New("no value has the name")
)

// Pick returns the text of one value, as it lands in flat JSON under name, such as
// a.b[0].c: for a secret that is this value and nothing around it. t is decrypted.
func Pick(t *sopsfile.Tree, name string) (plaintext.Text, error) {
	if !t.HasValues() {
		return plaintext.Text{}, errNoValues
	}
	n, path, err := namedValue(t, name)
	if err != nil {
		return plaintext.Text{}, err
	}
	switch n.Kind() {
	case sopsfile.Null:
		return plaintext.Text{}, valueError(path, errNull)
	case sopsfile.Map, sopsfile.List:
		return plaintext.Text{}, fmt.Errorf("%w%s", valueError(path, errContainer), nearest.Hint(name, names(t, isValue)))
	}
	text, err := scalarText(n)
	if err == nil && !utf8.Valid(text) {
		err = errNotUTF8
	}
	if err != nil {
		return plaintext.Text{}, valueError(path, err)
	}
	return plaintext.New(text), nil
}

// namedValue is [named] for a value, with those that a misspelt name may mean.
func namedValue(t *sopsfile.Tree, name string) (sopsfile.Node, []step, error) {
	n, path, err := named(t, name)
	if errors.Is(err, errNoName) {
		err = fmt.Errorf("%w%s", err, nearest.Hint(name, names(t, isValue)))
	}
	return n, path, err
}

// Subtree returns the map of that name as a tree of its own, which renders as Flat or
// Nested. t is a structure or decrypted, and so is the result.
func Subtree(t *sopsfile.Tree, name string) (*sopsfile.Tree, error) {
	n, path, err := named(t, name)
	if errors.Is(err, errNoName) {
		return nil, fmt.Errorf("no map has the name %s%s", filetext.Quote(name), nearest.Hint(name, names(t, isMap)))
	}
	if err != nil {
		return nil, err
	}
	if n.Kind() != sopsfile.Map {
		return nil, valueError(path, errNotMap)
	}
	return t.Sub(n), nil
}

// A misspelt name is compared with so many bytes of names, none of which is longer.
const (
	maxHints = 1 << 16
	maxHint  = 1 << 10
)

// isValue and isMap are what of a file has a name to hint at.
func isValue(k sopsfile.Kind) bool { return k != sopsfile.Map && k != sopsfile.List }
func isMap(k sopsfile.Kind) bool   { return k == sopsfile.Map }

// names returns the names of what is of such a kind in a file, for a hint: the first of them.
func names(t *sopsfile.Tree, is func(sopsfile.Kind) bool) []string {
	doc, err := document(t)
	if err != nil {
		return nil
	}
	var found []string
	size := 0
	var walk func(n sopsfile.Node, path []step) error
	walk = func(n sopsfile.Node, path []step) error {
		if is(n.Kind()) {
			name := flatName(path)
			if size += len(name); len(name) <= maxHint {
				found = append(found, name)
			}
		}
		if size > maxHints {
			return errNoName
		}
		if isValue(n.Kind()) {
			return nil
		}
		return children(n, path, walk)
	}
	_ = children(doc, nil, walk)
	return found
}

// named finds the one value, map or list whose path has the name.
func named(t *sopsfile.Tree, name string) (found sopsfile.Node, at []step, err error) {
	doc, err := document(t)
	if err != nil {
		return found, nil, err
	}
	// rest is what of name the path does not cover yet: names are compared step by step,
	// since the names of all paths together can be much longer than the file.
	var walk func(n sopsfile.Node, path []step, rest string) error
	walk = func(n sopsfile.Node, path []step, rest string) error {
		rest, ok := strings.CutPrefix(rest, lastName(path))
		if !ok {
			return nil
		}
		if rest == "" {
			if at != nil {
				return fmt.Errorf("two values have the name %s: %s and %s", filetext.Quote(name), exactPath(at), exactPath(path))
			}
			found, at = n, append([]step{}, path...)
		}
		if k := n.Kind(); k == sopsfile.Map || k == sopsfile.List {
			return children(n, path, func(kid sopsfile.Node, path []step) error { return walk(kid, path, rest) })
		}
		return nil
	}
	if err := children(doc, nil, func(kid sopsfile.Node, path []step) error { return walk(kid, path, name) }); err != nil {
		return found, nil, err
	}
	if at == nil {
		return found, nil, fmt.Errorf("%w %s", errNoName, filetext.Quote(name))
	}
	return found, at, nil
}
