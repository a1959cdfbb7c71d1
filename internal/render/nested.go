package render

import (
	"fmt"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func nested(t *sopsfile.Tree) ([]byte, error) {
	doc, err := document(t)
	if err != nil {
		return nil, err
	}
	return appendNested(nil, doc, nil)
}

// appendNested appends the JSON of n, which stands at path.
func appendNested(out []byte, n sopsfile.Node, path []step) ([]byte, error) {
	switch n.Kind() {
	case sopsfile.Map:
		if err := oneOfEach(n, path); err != nil {
			return nil, err
		}
		out = append(out, '{')
		first := true
		err := children(n, path, func(kid sopsfile.Node, path []step) error {
			if !first {
				out = append(out, ',')
			}
			first = false
			var err error
			if out, err = appendName(out, kid.Key(), path); err != nil {
				return err
			}
			out, err = appendNested(out, kid, path)
			return err
		})
		return append(out, '}'), err
	case sopsfile.List:
		out = append(out, '[')
		first := true
		err := children(n, path, func(kid sopsfile.Node, path []step) error {
			if !first {
				out = append(out, ',')
			}
			first = false
			var err error
			out, err = appendNested(out, kid, path)
			return err
		})
		return append(out, ']'), err
	case sopsfile.Null:
		return append(out, "null"...), nil
	}
	text, err := scalarText(n)
	if err != nil {
		return nil, valueError(path, err)
	}
	switch n.Kind() {
	case sopsfile.Int, sopsfile.Float, sopsfile.Bool:
		return append(out, text...), nil
	}
	if out, err = appendString(out, text); err != nil {
		return nil, valueError(path, err)
	}
	return out, nil
}

// oneOfEach fails when a name stands twice in a map, as a section of an INI file
// may, since JSON has one of each; and for a name that JSON cannot hold.
func oneOfEach(n sopsfile.Node, path []step) error {
	seen := make(map[string]bool, n.Len())
	return children(n, path, func(kid sopsfile.Node, path []step) error {
		if seen[kid.Key()] {
			return fmt.Errorf("two values would land under the name %s: both stand at %s", filetext.Quote(kid.Key()), exactPath(path))
		}
		if !utf8.ValidString(kid.Key()) {
			return valueError(path, errNameUTF8)
		}
		seen[kid.Key()] = true
		return nil
	})
}

// topNames are the names at the top of nested JSON.
func topNames(doc sopsfile.Node) ([]string, error) {
	if err := oneOfEach(doc, nil); err != nil {
		return nil, err
	}
	names := []string{}
	err := children(doc, nil, func(kid sopsfile.Node, _ []step) error {
		names = append(names, kid.Key())
		return nil
	})
	return names, err
}
