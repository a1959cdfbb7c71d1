package render

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// leaf is one value of flat JSON.
type leaf struct {
	name string
	path []step
	node sopsfile.Node
}

// flatLeaves are the values that flat JSON holds. Two paths with one name, such as
// those of "a.b" and of "b" in "a", are an error.
func flatLeaves(doc sopsfile.Node) ([]leaf, error) {
	if size := namesSize(doc, 0, maxNames); size > maxNames {
		return nil, fmt.Errorf("%w over %d bytes of names alone, and a secret holds at most %d; shorten the names, or move some of its values to another file and secret", ErrSize, maxNames, MaxSecret)
	}
	var leaves []leaf
	byName := make(map[string][]step)
	var walk func(n sopsfile.Node, path []step) error
	walk = func(n sopsfile.Node, path []step) error {
		if k := n.Kind(); (k == sopsfile.Map || k == sopsfile.List) && !empty(n) {
			return children(n, path, walk)
		}
		l := leaf{flatName(path), slices.Clone(path), n}
		if other, twice := byName[l.name]; twice {
			return fmt.Errorf("two values would land under the name %s: %s and %s", filetext.Quote(l.name), exactPath(other), exactPath(path))
		}
		if !utf8.ValidString(l.name) {
			return valueError(path, errNameUTF8)
		}
		byName[l.name] = l.path
		leaves = append(leaves, l)
		return nil
	}
	return leaves, children(doc, nil, walk)
}

func flat(t *sopsfile.Tree) ([]byte, error) {
	doc, err := document(t)
	if err != nil {
		return nil, err
	}
	leaves, err := flatLeaves(doc)
	if err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for i, l := range leaves {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendName(out, l.name, l.path); err != nil {
			return nil, err
		}
		if out, err = appendFlat(out, l.node); err != nil {
			return nil, valueError(l.path, err)
		}
	}
	return append(out, '}'), nil
}

// appendFlat appends a value of flat JSON.
func appendFlat(out []byte, n sopsfile.Node) ([]byte, error) {
	switch n.Kind() {
	case sopsfile.Map:
		return append(out, "{}"...), nil
	case sopsfile.List:
		return append(out, "[]"...), nil
	case sopsfile.Null:
		return append(out, "null"...), nil
	}
	text, err := scalarText(n)
	if err != nil {
		return nil, err
	}
	return appendString(out, text)
}
