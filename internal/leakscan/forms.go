package leakscan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"unicode/utf8"
)

// longest is how many bytes of a value are looked for: those in its middle. The beginning
// of a long value, such as that of a PEM block, may stand in many.
const longest = 256

// forms returns the texts that stand for a value, without white space, each of at least
// minLength bytes. They are copies.
func forms(value []byte) [][]byte {
	if len(value) > longest {
		value = middle(value)
	}
	plain := withoutSpace(nil, value)
	var all [][]byte
	add := func(text []byte) {
		if len(text) < minLength {
			return
		}
		for _, other := range all {
			if bytes.Equal(other, text) {
				return
			}
		}
		all = append(all, text)
	}
	add(plain)
	if len(plain) != len(value) { // in the query of a URL
		add(withoutSpace(nil, bytes.ReplaceAll(value, []byte(" "), []byte("+"))))
	}
	// What base64 and hex hold is not taken apart, so the layers inside them are forms.
	escaped := escape(value)
	for _, inner := range [][]byte{value, escaped, escape(escaped)} {
		for _, text := range inBase64(inner) {
			add(text)
			add(urlAlphabet(text))
		}
		lower := hex.AppendEncode(nil, inner)
		add(lower)
		add(bytes.ToUpper(lower))
	}
	twice := base64.RawStdEncoding.AppendEncode(nil, value)
	for _, text := range inBase64(twice[:len(twice)-min(1, len(twice))]) {
		add(text)
		add(urlAlphabet(text))
	}
	return all
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

// inBase64 returns what is the same in every base64 text that holds b, for b at each of
// the three places in a group.
func inBase64(b []byte) [][]byte {
	var all [][]byte
	for shift := range 3 {
		padded := append(make([]byte, shift), b...)
		encoded := base64.RawStdEncoding.AppendEncode(nil, padded)
		from := (shift*8 + 5) / 6
		to := (len(padded) * 8) / 6
		clear(padded)
		if from < to {
			all = append(all, encoded[from:to])
		}
	}
	return all
}

func urlAlphabet(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("+"), []byte("-")), []byte("/"), []byte("_"))
}

// escape returns text as it stands inside a JSON string, with no more escapes than JSON
// needs.
func escape(text []byte) []byte {
	var out []byte
	for _, c := range text {
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, c)
		}
	}
	return out
}
