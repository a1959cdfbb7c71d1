package render

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// blockWriter writes a document in YAML's block style, as the library does with
// the indentation of sops. It does so for documents without comments and without
// texts of several lines, which are most: the library takes ten times as long.
type blockWriter struct {
	out []byte
}

const (
	yamlIndent = 4
	// longestKey is how long a name may be and stand before its colon. From 129 bytes
	// on the library writes it behind a question mark.
	longestKey = 128
)

// blockYAML returns the document, or false when the library must write it.
func blockYAML(doc sopsfile.Node) ([]byte, bool) {
	if doc.Len() == 0 {
		return []byte("{}\n"), true
	}
	w := &blockWriter{}
	ok := w.entries(doc, 0, false)
	return w.out, ok
}

// deeper is the indentation inside a map at indent: the next multiple.
func deeper(indent int) int { return (indent/yamlIndent + 1) * yamlIndent }

func (w *blockWriter) indent(n int) {
	for range n {
		w.out = append(w.out, ' ')
	}
}

// entries writes a map's entries. The first one stands behind a dash when inline.
func (w *blockWriter) entries(n sopsfile.Node, indent int, inline bool) bool {
	for i := range n.Len() {
		kid := n.At(i)
		if kid.Kind() == sopsfile.Comment {
			return false
		}
		if i > 0 || !inline {
			w.indent(indent)
		}
		start := len(w.out)
		if !w.text(kid.Key()) || len(w.out)-start > longestKey {
			return false
		}
		w.out = append(w.out, ':')
		switch kid.Kind() {
		case sopsfile.Map, sopsfile.List:
			if kid.Len() > 0 {
				w.out = append(w.out, '\n')
			} else {
				w.out = append(w.out, ' ')
			}
			if !w.container(kid, deeper(indent), false) {
				return false
			}
		default:
			w.out = append(w.out, ' ')
			if !w.scalar(kid) {
				return false
			}
		}
	}
	return true
}

// items writes a list's items. The first one stands behind a dash when inline.
func (w *blockWriter) items(n sopsfile.Node, indent int, inline bool) bool {
	for i := range n.Len() {
		kid := n.At(i)
		if i > 0 || !inline {
			w.indent(indent)
		}
		w.out = append(w.out, "- "...)
		ok := false
		switch kid.Kind() {
		case sopsfile.Comment:
		case sopsfile.Map, sopsfile.List:
			ok = w.container(kid, indent+2, true)
		default:
			ok = w.scalar(kid)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (w *blockWriter) container(n sopsfile.Node, indent int, inline bool) bool {
	switch {
	case n.Len() == 0 && n.Kind() == sopsfile.Map:
		w.out = append(w.out, "{}\n"...)
		return true
	case n.Len() == 0:
		w.out = append(w.out, "[]\n"...)
		return true
	case n.Kind() == sopsfile.Map:
		return w.entries(n, indent, inline)
	}
	return w.items(n, indent, inline)
}

func (w *blockWriter) scalar(n sopsfile.Node) bool {
	switch n.Kind() {
	case sopsfile.Null:
		w.out = append(w.out, "null"...)
	case sopsfile.Int:
		w.out = append(w.out, n.Text().Reveal()...)
	case sopsfile.Bool:
		w.out = strconv.AppendBool(w.out, string(n.Text().Reveal()) == "True")
	case sopsfile.String:
		if !w.text(string(n.Text().Reveal())) {
			return false
		}
	default:
		node, err := yamlScalar(n)
		if err != nil || !w.encoded(node) {
			return false
		}
	}
	w.out = append(w.out, '\n')
	return true
}

// text writes a string in one line.
func (w *blockWriter) text(s string) bool {
	if isPlain(s) {
		w.out = append(w.out, s...)
		return true
	}
	// What YAML takes for a line break is indented. The node that sops makes of << is
	// a merge key, and written as one.
	return !strings.ContainsAny(s, "\n\r\u0085\u2028\u2029") && s != "<<" && w.encoded(s)
}

// encoded writes what the library makes of v, if that is one line.
func (w *blockWriter) encoded(v any) bool {
	b, err := yaml.Marshal(v)
	if err != nil || bytes.IndexByte(b, '\n') != len(b)-1 {
		return false
	}
	w.out = append(w.out, b[:len(b)-1]...)
	return true
}
