package sopsfile

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string, and returns the file's own bytes when it has no escapes.
func (r *jsonReader) str() ([]byte, error) {
	r.at++
	start := r.at
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			return r.data[start : r.at-1 : r.at-1], nil
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			return nil, r.syntaxFor(whyControl)
		}
	}
	return nil, r.syntax()
}

// escaped reads the rest of a string from its first backslash on.
func (r *jsonReader) escaped(start int) ([]byte, error) {
	out := append(make([]byte, 0, r.at-start+32), r.data[start:r.at]...)
	for r.at < len(r.data) {
		c := r.data[r.at]
		switch {
		case c == '"':
			r.at++
			return out, nil
		case c < 0x20:
			return nil, r.syntaxFor(whyControl)
		case c != '\\':
			out = append(out, c)
			r.at++
			continue
		}
		escape := r.at
		r.at++
		switch e := r.peek(); e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			u, ok := r.hex()
			why := whyEscape
			if ok && utf16.IsSurrogate(u) {
				why = whySurrogate
				ok = r.at+2 < len(r.data) && r.data[r.at+1] == '\\' && r.data[r.at+2] == 'u'
				if ok {
					var low rune
					r.at += 2
					low, ok = r.hex()
					u = utf16.DecodeRune(u, low)
					ok = ok && u != utf8.RuneError
				}
			}
			if !ok {
				r.at = escape
				return nil, r.syntaxFor(why)
			}
			out = utf8.AppendRune(out, u)
		default:
			return nil, r.syntaxFor(whyEscape)
		}
		r.at++
	}
	return nil, r.syntax()
}

// hex reads the four digits behind \u and stays on the last.
func (r *jsonReader) hex() (rune, bool) {
	if r.at+4 >= len(r.data) {
		return 0, false
	}
	var u rune
	for _, c := range r.data[r.at+1 : r.at+5] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | rune(c)
	}
	r.at += 4
	return u, true
}

// number reads a number. As in sops one that fits an int64 is an int, and any
// other a float.
func (r *jsonReader) number(n *node, p *treePath) error {
	start := r.at
	digits := func() bool {
		from := r.at
		for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
			r.at++
		}
		return r.at > from
	}
	if r.peek() == '-' {
		r.at++
	}
	if r.peek() == '0' {
		r.at++
	} else if !digits() {
		return r.syntax()
	}
	if r.peek() == '.' {
		r.at++
		if !digits() {
			return r.syntax()
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		if !digits() {
			return r.syntax()
		}
	}
	s := string(r.data[start:r.at])
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		n.kind, n.text = Int, strconv.AppendInt(nil, i, 10)
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return p.at(errJSONNumber)
	}
	n.kind, n.text = Float, formatFloat(f)
	return nil
}
