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
// twice or the escapes of XML, then again those of JSON. Of a text without its escapes look
// gets the parts around them alone, with margin bytes on both sides: nothing changed in the
// others. look must not keep what it is called with.
func views(text []byte, margin int, look func([]byte)) {
	v := viewer{margin: margin + longestEscape, look: look}
	v.below(withoutSpace(make([]byte, 0, len(text)), text), jsonLayers, true)
}

type viewer struct {
	margin int
	look   func([]byte)
}

// below looks at a text, and below at most layers layers of JSON escapes; if others, below
// those of percent-encoding and XML too.
func (v viewer) below(text []byte, layers int, others bool) {
	v.look(text)
	if others {
		v.without(percent, text, func(once []byte) {
			v.below(once, layers, false)
			v.without(percent, once, func(twice []byte) { v.below(twice, layers, false) })
		})
		v.without(xml, text, func(inner []byte) { v.below(inner, layers, false) })
	}
	if layers > 0 {
		v.without(javaScript, text, func(inner []byte) { v.below(inner, layers-1, others) })
	}
}

// without calls each with the parts of a text that hold escapes, without them.
func (v viewer) without(e encoding, text []byte, each func([]byte)) {
	at, n := e.next(text, 0)
	for at >= 0 {
		start, end := max(0, at-v.margin), 0
		for at >= 0 && (end == 0 || at-v.margin <= end) {
			end = at + n + v.margin
			at, n = e.next(text, at+n)
		}
		each(e.decode(text[start:min(end, len(text))]))
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

// longestEscape is the length of the longest escape: a pair of surrogates.
const longestEscape = 12

// encoding is a way to write characters as escapes, which begin with one byte.
type encoding struct {
	first byte
	// one reads the escape at the beginning of text, and appends what it stands for to dst:
	// nothing for white space. n is its length, or 0 if there is none.
	one func(dst, text []byte) (plain []byte, n int)
}

var (
	// javaScript are the escapes of JSON, and \xHH and \' of other languages.
	javaScript = encoding{'\\', backslash}
	percent    = encoding{'%', percentByte}
	xml        = encoding{'&', entity}
)

// next returns the place and the length of the first escape in text[from:]. at is -1 if
// there is none.
func (e encoding) next(text []byte, from int) (at, n int) {
	var scratch [8]byte
	for {
		i := bytes.IndexByte(text[from:], e.first)
		if i < 0 {
			return -1, 0
		}
		from += i
		if _, n = e.one(scratch[:0], text[from:]); n > 0 {
			return from, n
		}
		from++
	}
}

// decode returns text without one layer of escapes. What is no escape stays.
func (e encoding) decode(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, e.first)
		if at < 0 {
			return append(out, text...)
		}
		out = append(out, text[:at]...)
		var n int
		if out, n = e.one(out, text[at:]); n == 0 {
			out, n = append(out, e.first), 1
		}
		text = text[at+n:]
	}
}

// simple are the escapes of one character; those of white space stand for nothing.
var simple = map[byte]string{'"': `"`, '\\': `\`, '/': "/", '\'': "'", 'b': "\b", 'f': "\f", 'n': "", 'r': "", 't': ""}

func backslash(dst, text []byte) ([]byte, int) {
	if len(text) < 2 {
		return dst, 0
	}
	if plain, ok := simple[text[1]]; ok {
		return append(dst, plain...), 2
	}
	r, n := codeUnit(text, 'u', 4)
	if n == 0 {
		if r, n = codeUnit(text, 'x', 2); n == 0 {
			return dst, 0
		}
	}
	if utf16.IsSurrogate(r) {
		if low, m := codeUnit(text[n:], 'u', 4); m > 0 {
			if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
				r, n = whole, n+m
			}
		}
	}
	return appendVisible(dst, r), n
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

func appendVisible(dst []byte, r rune) []byte {
	if r < 256 && isSpace[r] {
		return dst
	}
	return utf8.AppendRune(dst, r)
}

func percentByte(dst, text []byte) ([]byte, int) {
	if len(text) < 3 {
		return dst, 0
	}
	high, low := hexDigit[text[1]], hexDigit[text[2]]
	if high < 0 || low < 0 {
		return dst, 0
	}
	if b := byte(high)<<4 | byte(low); !isSpace[b] {
		dst = append(dst, b)
	}
	return dst, 3
}

// hexDigit is the value of a hex digit, -1 of other bytes.
var hexDigit = func() (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for i, c := range []byte("0123456789abcdef") {
		values[c] = int8(i)
	}
	for i, c := range []byte("ABCDEF") {
		values[c] = int8(10 + i)
	}
	return values
}()

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// longestEntity is how far from its "&" the ";" of an entity is looked for.
const longestEntity = 10

func entity(dst, text []byte) ([]byte, int) {
	end := bytes.IndexByte(text[:min(len(text), longestEntity)], ';')
	if end < 2 {
		return dst, 0
	}
	name := string(text[1:end])
	if plain, ok := entities[name]; ok {
		return append(dst, plain...), end + 1
	}
	if name[0] != '#' || len(name) < 2 {
		return dst, 0
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return dst, 0
	}
	return appendVisible(dst, rune(r)), end + 1
}
