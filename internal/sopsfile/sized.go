package sopsfile

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Sized is a tree in which every encrypted text is replaced by one of the same kind and
// length, which the tokens show without a key. What renders from it has the size of what
// renders from the values, but for the escapes that those need. Of a bool its length says
// which it is, as it does to everybody who sees the file.
func (f *File) Sized() *Tree {
	return newTree(treeData{format: f.format, docs: sized(f.docs), values: true})
}

func sized(from []node) []node {
	to := make([]node, len(from))
	for i, n := range from {
		to[i] = n
		to[i].kids = sized(n.kids)
		if n.enc {
			to[i].text, to[i].enc = standIn(n.kind, textLength(n.text)), false
		}
	}
	return to
}

// textLength is how many bytes the text in a token has.
func textLength(tok []byte) int {
	t, err := splitToken(tok)
	if err != nil {
		return 0 // Parse has refused such a file
	}
	return base64.StdEncoding.DecodedLen(len(t.data)) - bytes.Count(t.data, []byte("="))
}

// standIn is a text of a kind and length.
func standIn(kind Kind, length int) []byte {
	switch kind {
	case Bool:
		if length == len("True") {
			return []byte("True")
		}
		return []byte("False")
	case Int, Float:
		return bytes.Repeat([]byte("1"), length)
	case Time:
		const short, zone = "2006-01-02T15:04:05", "+00:00"
		switch fraction := length - len(short) - len(zone); {
		case fraction > 1:
			return []byte(short + "." + strings.Repeat("1", fraction-1) + zone)
		case fraction == 0:
			return []byte(short + zone)
		}
		return []byte(short + "Z")
	}
	return bytes.Repeat([]byte("x"), length)
}
