package leakscan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"unicode/utf8"
)

// longest is how many bytes of a value are looked for: those in its middle. The beginning
// of a long value, such as that of a PEM block, may stand in many.
const longest = 256

// former makes the texts that stand for values: see [former.forms].
type former struct {
	arena   arena
	forms   [][]byte
	scratch [4][]byte
}

// of returns the texts that stand for a value, without white space, each of at least
// minLength bytes. They are copies in the arena; the list is valid until the next call.
func (f *former) of(value []byte) [][]byte {
	f.forms = f.forms[:0]
	if len(value) > longest {
		value = middle(value)
	}
	f.scratch[0] = withoutSpace(f.scratch[0][:0], value)
	f.add(f.scratch[0])
	if len(f.scratch[0]) != len(value) { // in the query of a URL
		f.scratch[1] = withoutSpace(f.scratch[1][:0], bytes.ReplaceAll(value, []byte(" "), []byte("+")))
		f.add(f.scratch[1])
	}
	// What base64 and hex hold is not taken apart, so the layers of JSON inside them are
	// forms of their own.
	for layer, inner := 0, value; ; layer++ {
		f.base64(inner)
		f.scratch[1] = hex.AppendEncode(f.scratch[1][:0], inner)
		f.add(f.scratch[1])
		f.add(upper(f.scratch[1]))
		if layer == 2 || !escapes(inner) {
			break
		}
		f.scratch[2+layer] = escape(f.scratch[2+layer][:0], inner)
		inner = f.scratch[2+layer]
	}
	// In base64 twice. The last character depends on what follows.
	f.scratch[0] = base64.RawStdEncoding.AppendEncode(f.scratch[0][:0], value)
	f.base64(f.scratch[0][:max(0, len(f.scratch[0])-1)])
	return f.forms
}

func (f *former) add(text []byte) {
	if len(text) >= minLength && !slices.ContainsFunc(f.forms, func(other []byte) bool { return bytes.Equal(other, text) }) {
		f.forms = append(f.forms, f.arena.keep(text))
	}
}

// base64 adds what is the same in every base64 text that holds b, for b at each of the
// three places in a group of bytes, in both alphabets.
func (f *former) base64(b []byte) {
	var padded, encoded [2*longest + 2]byte
	for shift := range 3 {
		text := append(append(padded[:0], make([]byte, shift)...), b...)
		all := base64.RawStdEncoding.AppendEncode(encoded[:0], text)
		from, to := (shift*8+5)/6, len(text)*8/6
		if from < to {
			all = all[from:to]
			f.add(all)
			if bytes.ContainsAny(all, "+/") {
				urlAlphabet(all)
				f.add(all)
			}
		}
		clear(text)
		clear(all)
	}
}

// clear overwrites the copies of values.
func (f *former) clear() {
	f.arena.clear()
	for _, s := range f.scratch {
		clear(s[:cap(s)])
	}
}

// middle returns the bytes in the middle of a long value, from the beginning of a
// character to the end of one.
func middle(value []byte) []byte {
	start := (len(value) - longest) / 2
	end := start + longest
	for range utf8.UTFMax {
		if utf8.RuneStart(value[start]) {
			break
		}
		start++
	}
	for range utf8.UTFMax {
		if end >= len(value) || utf8.RuneStart(value[end]) {
			break
		}
		end--
	}
	return value[start:end]
}

func urlAlphabet(text []byte) {
	for i, c := range text {
		switch c {
		case '+':
			text[i] = '-'
		case '/':
			text[i] = '_'
		}
	}
}

// upper changes hex digits to upper case, in place.
func upper(text []byte) []byte {
	for i, c := range text {
		if c >= 'a' {
			text[i] = c - 'a' + 'A'
		}
	}
	return text
}

// short are the characters that JSON escapes with one letter.
var short = [256]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't'}

// escapes reports whether text changes inside a JSON string.
func escapes(text []byte) bool {
	return slices.ContainsFunc(text, func(c byte) bool { return short[c] != 0 })
}

// escape appends text as it stands inside a JSON string, with no more escapes than JSON
// needs.
func escape(dst, text []byte) []byte {
	for _, c := range text {
		if letter := short[c]; letter != 0 {
			dst = append(dst, '\\', letter)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
