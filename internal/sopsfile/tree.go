package sopsfile

import (
	"fmt"
	"log/slog"

	"github.com/ebb7bed6/sopscdk/internal/plaintext"
)

const redacted = "[REDACTED]"

// Tree is the content of a file without its metadata: as a structure, with names
// and kinds alone ([File.Structure]), or decrypted ([File.Decrypt]). It prints as
// "[REDACTED]" everywhere. It does not change, so several goroutines may read it.
type Tree struct {
	// A func, as in [plaintext.Text]: fmt follows even a pointer when it meets a
	// verb that pointers do not have.
	data func() *treeData
}

func newTree(d treeData) *Tree { return &Tree{func() *treeData { return &d }} }

type treeData struct {
	format Format
	docs   []node
	values bool
	plain  []byte // holds the decrypted texts
}

// FileFormat is the format of the file that the tree is from; "" for a part of one.
func (t *Tree) FileFormat() Format { return t.data().format }

// HasValues tells a decrypted tree from a structure.
func (t *Tree) HasValues() bool { return t.data().values }

// Clear overwrites the decrypted values. Neither the tree nor a text of it may be used
// afterwards, by any goroutine.
func (t *Tree) Clear() { clear(t.data().plain) }

// Len is the number of documents: 1, except in YAML, where it can be any.
func (t *Tree) Len() int { return len(t.data().docs) }

// Document is the i-th document: a map.
func (t *Tree) Document(i int) Node { return newNode(&t.data().docs[i]) }

// Sub is the part of t under n, which must be a map of t. It has no format of its
// own, since no file holds it.
func (t *Tree) Sub(n Node) *Tree {
	doc := *n.node()
	doc.key = ""
	return newTree(treeData{docs: []node{doc}, values: t.HasValues()})
}

// Node is a place in a [Tree]: a map, a list, a scalar or a comment. It prints as
// "[REDACTED]" everywhere.
type Node struct {
	node func() *node
}

func newNode(n *node) Node { return Node{func() *node { return n }} }

type node struct {
	key    string
	text   []byte // scalar: its canonical text, or the token while enc; comment: its text
	kids   []node
	kind   Kind
	enc    bool // text is a token that the rule selects
	inline bool // comment: stands at the end of a line
	item   bool // comment: stands as an item of a list, which encrypted ones do
	full   bool // in a structure: there is a text, which was taken out
}

// Kind says what stands here.
func (n Node) Kind() Kind { return n.node().kind }

// Key is the name of a map's entry; "" for documents, list items and comments.
func (n Node) Key() string { return n.node().key }

// Len is the number of children: the entries of a map or the items of a list, in
// file order, with the comments between them.
func (n Node) Len() int { return len(n.node().kids) }

// At is the i-th child.
func (n Node) At(i int) Node { return newNode(&n.node().kids[i]) }

// Text is the text of a scalar or a comment. A bool is "True" or "False", a float
// has no exponent, a time is RFC 3339, null is empty: what SOPS encrypts, and what
// its MAC covers. In a structure it is always empty.
func (n Node) Text() plaintext.Text { return plaintext.New(n.node().text) }

// IsEmptyString reports whether n is the empty string, which sops never encrypts: a
// structure shows it too.
func (n Node) IsEmptyString() bool {
	d := n.node()
	return d.kind == String && len(d.text) == 0 && !d.full
}

// Encrypted reports whether n is encrypted in the file: for a tree from
// [File.Ciphertext]. A decrypted one does not know it.
func (n Node) Encrypted() bool { return n.node().enc }

// Inline reports whether a comment stands behind a value on the same line.
func (n Node) Inline() bool { return n.node().inline }

// String implements [fmt.Stringer].
func (*Tree) String() string { return redacted }

// Format implements [fmt.Formatter]: the same text for every verb.
func (*Tree) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText implements [encoding.TextMarshaler].
func (*Tree) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (*Tree) LogValue() slog.Value { return slog.StringValue(redacted) }

// String implements [fmt.Stringer].
func (Node) String() string { return redacted }

// Format implements [fmt.Formatter]: the same text for every verb.
func (Node) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText implements [encoding.TextMarshaler].
func (Node) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (Node) LogValue() slog.Value { return slog.StringValue(redacted) }
