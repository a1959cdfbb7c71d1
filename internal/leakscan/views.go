package leakscan

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonLayers is how many layers of JSON escapes are taken off: that of the template itself,
// and three in it.
const jsonLayers = 4

// views calls look with a text without its white space, and with what is left of it when
// its escapes are taken off layer by layer: those of JSON, then percent-encoding once or
// twice or the escapes of XML, then again those of JSON. look must not keep what it is
// called with.
func views(text []byte, look func([]byte)) {
	below(withoutSpace(make([]byte, 0, len(text)), text), jsonLayers, func(outer []byte, left int) {
		look(outer)
		inside := func(view []byte) {
			below(view, left, func(inner []byte, _ int) { look(inner) })
		}
		if once, changed := unpercent(outer); changed {
			inside(once)
			if twice, changed := unpercent(once); changed {
				inside(twice)
			}
		}
		if plain, changed := unentity(outer); changed {
			inside(plain)
		}
	})
}

// below calls look with a text, with what is below each of at most layers layers of JSON
// escapes, and with how many may be left.
func below(text []byte, layers int, look func(view []byte, left int)) {
	for changed := true; changed && layers >= 0; layers-- {
		look(text, layers)
		if layers > 0 {
			text, changed = unescape(text)
		}
	}
}

var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

func withoutSpace(dst, text []byte) []byte {
	for len(text) > 0 {
		n := 0
		for n < len(text) && !isSpace[text[n]] {
			n++
		}
		dst = append(dst, text[:n]...)
		for n < len(text) && isSpace[text[n]] {
			n++
		}
		text = text[n:]
	}
	return dst
}

// simple are the escapes of one character; those of white space stand for nothing.
var simple = map[byte]string{'"': `"`, '\\': `\`, '/': "/", '\'': "'", 'b': "\b", 'f': "\f", 'n': "", 'r': "", 't': ""}

// unescape takes off a layer of the escapes of JSON, and \xHH of other languages. What is
// no escape stays.
func unescape(text []byte) (out []byte, changed bool) {
	if bytes.IndexByte(text, '\\') < 0 {
		return nil, false
	}
	out = make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 || at+1 == len(text) {
			return append(out, text...), changed
		}
		out = append(out, text[:at]...)
		text = text[at:]
		if plain, ok := simple[text[1]]; ok {
			out, text, changed = append(out, plain...), text[2:], true
			continue
		}
		r, n := codeUnit(text, 'u', 4)
		if n == 0 {
			if r, n = codeUnit(text, 'x', 2); n == 0 {
				out, text = append(out, '\\'), text[1:]
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			if low, m := codeUnit(text[n:], 'u', 4); m > 0 {
				if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
					r, n = whole, n+m
				}
			}
		}
		out, text, changed = appendVisible(out, r), text[n:], true
	}
}

// codeUnit reads a backslash, a letter and hex digits. n is 0 for anything else.
func codeUnit(text []byte, letter byte, digits int) (r rune, n int) {
	if len(text) < 2+digits || text[0] != '\\' || text[1] != letter {
		return 0, 0
	}
	v, err := strconv.ParseUint(string(text[2:2+digits]), 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), 2 + digits
}

func appendVisible(out []byte, r rune) []byte {
	if r < 256 && isSpace[r] {
		return out
	}
	return utf8.AppendRune(out, r)
}

func unpercent(text []byte) (out []byte, changed bool) {
	if bytes.IndexByte(text, '%') < 0 {
		return nil, false
	}
	out = make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, '%')
		if at < 0 || at+3 > len(text) {
			return append(out, text...), changed
		}
		out = append(out, text[:at]...)
		v, err := strconv.ParseUint(string(text[at+1:at+3]), 16, 8)
		if err != nil {
			out, text = append(out, '%'), text[at+1:]
			continue
		}
		if !isSpace[byte(v)] {
			out = append(out, byte(v))
		}
		text, changed = text[at+3:], true
	}
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// longestEntity is how far from its "&" the ";" of an entity is looked for.
const longestEntity = 10

// unentity takes off a layer of the escapes of XML.
func unentity(text []byte) (out []byte, changed bool) {
	if bytes.IndexByte(text, '&') < 0 {
		return nil, false
	}
	out = make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, '&')
		if at < 0 {
			return append(out, text...), changed
		}
		out = append(out, text[:at]...)
		text = text[at:]
		end := bytes.IndexByte(text[:min(len(text), longestEntity)], ';')
		plain, ok := []byte(nil), false
		if end > 1 {
			plain, ok = entity(string(text[1:end]))
		}
		if !ok {
			out, text = append(out, '&'), text[1:]
			continue
		}
		out, text, changed = append(out, plain...), text[end+1:], true
	}
}

func entity(name string) ([]byte, bool) {
	if plain, ok := entities[name]; ok {
		return []byte(plain), true
	}
	if name[0] != '#' || len(name) < 2 {
		return nil, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return nil, false
	}
	return appendVisible(nil, rune(r)), true
}
