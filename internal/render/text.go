package render

import (
	"errors"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

var (
	errNotFinite = errors.New("a number that is not finite, which JSON cannot hold")
	errNameUTF8  = errors.New("a name that is not UTF-8, which JSON cannot hold")
)

// scalarText is the text of a scalar as it lands in JSON.
func scalarText(n sopsfile.Node) ([]byte, error) {
	text := n.Text().Reveal()
	switch n.Kind() {
	case sopsfile.Bool:
		if string(text) == "True" {
			return []byte("true"), nil
		}
		return []byte("false"), nil
	case sopsfile.Float:
		switch string(text) {
		case "+Inf", "-Inf", "NaN":
			return nil, errNotFinite
		}
	}
	return text, nil
}

// appendName appends a name of a JSON object, with the colon behind it.
func appendName(out []byte, name string, path []step) ([]byte, error) {
	out, err := appendString(out, []byte(name))
	if err != nil {
		return nil, valueError(path, errNameUTF8)
	}
	return append(out, ':'), nil
}

// appendString appends a JSON string. It escapes what JSON demands, and no more:
// not <, > and &, which are escaped for HTML alone.
func appendString(out, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, errNotUTF8
	}
	out = append(out, '"')
	for _, c := range text {
		switch {
		case c >= ' ' && c != '"' && c != '\\':
			out = append(out, c)
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c == '\t':
			out = append(out, `\t`...)
		default:
			const digits = "0123456789abcdef"
			out = append(out, `\u00`...)
			out = append(out, digits[c>>4], digits[c&15])
		}
	}
	return append(out, '"'), nil
}
