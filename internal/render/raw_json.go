package render

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func rawJSON(doc sopsfile.Node) ([]byte, error) {
	out, err := appendRawJSON(nil, doc, nil)
	if err != nil {
		return nil, err
	}
	return append(out, '\n'), nil
}

// appendRawJSON appends n as encoding/json writes it, indented by tabs.
func appendRawJSON(out []byte, n sopsfile.Node, path []step) ([]byte, error) {
	brackets := ""
	switch n.Kind() {
	case sopsfile.Map:
		brackets = "{}"
	case sopsfile.List:
		brackets = "[]"
	case sopsfile.Null:
		return append(out, "null"...), nil
	case sopsfile.Time:
		return append(append(append(out, '"'), n.Text().Reveal()...), '"'), nil
	case sopsfile.Int:
		return append(out, n.Text().Reveal()...), nil
	case sopsfile.Bool:
		return strconv.AppendBool(out, string(n.Text().Reveal()) == "True"), nil
	case sopsfile.Float:
		f, err := strconv.ParseFloat(string(n.Text().Reveal()), 64)
		if err != nil {
			return nil, valueError(path, errEmit)
		}
		b, err := json.Marshal(f)
		if err != nil {
			return nil, valueError(path, errNotFinite)
		}
		return append(out, b...), nil
	default:
		text := n.Text().Reveal()
		if !utf8.Valid(text) { // encoding/json, and so sops, would replace it
			return nil, valueError(path, errNotUTF8)
		}
		return appendEscaped(out, string(text)), nil
	}
	if empty(n) {
		return append(out, brackets...), nil
	}
	out = append(out, brackets[0])
	first := true
	err := children(n, path, func(kid sopsfile.Node, path []step) error {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = newLine(out, len(path))
		if n.Kind() == sopsfile.Map {
			if !utf8.ValidString(kid.Key()) {
				return valueError(path, errNameUTF8)
			}
			out = append(appendEscaped(out, kid.Key()), ": "...)
		}
		var err error
		out, err = appendRawJSON(out, kid, path)
		return err
	})
	return append(newLine(out, len(path)), brackets[1]), err
}

func newLine(out []byte, depth int) []byte {
	out = append(out, '\n')
	for range depth {
		out = append(out, '\t')
	}
	return out
}

// appendEscaped appends a JSON string with the escapes of encoding/json, those for
// HTML among them.
func appendEscaped(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, _ := json.Marshal(s) // never fails for a string
			return append(out, b...)
		}
	}
	out = append(append(out, '"'), s...)
	return append(out, '"')
}
