// Package render turns a decrypted SOPS file into what lands in a secret. Synth and
// the sync function both use it, so that the names that are checked at synth are
// the names that land.
package render

import (
	"errors"
	"fmt"

	"github.com/ebb7bed6/sopscdk/internal/filetext"
	"github.com/ebb7bed6/sopscdk/internal/plaintext"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

var (
	errNoValues = errors.New("the tree is a structure without values")
	errNotUTF8  = errors.New("text that is not UTF-8, which a string secret cannot hold; " +
		"put such content into a file of the binary format, and use OutputBinary")
	errNoFormat = errors.New("a part of a file, or several files together, have neither a raw text nor binary content; " +
		"use OutputFlatJSON, OutputNestedJSON or OutputValue")
	errNoNames = errors.New("a file of the binary format has no names; use OutputBinary, or OutputRaw for text; " +
		"if it is of another format than its ending says, set the Format of its SopsFile")
)

// Render returns what lands for m. t is from [sopsfile.File.Decrypt].
//
// Flat and Nested give one line of JSON in the file's order, in UTF-8 and with no
// more escapes than JSON needs. In Flat every scalar is a string: its decrypted
// text digit by digit, a bool as true or false, a time as RFC 3339; null is null,
// an empty map {} and an empty list []. In Nested numbers are numbers and bools
// are bools. In both, the merge keys of YAML (<<) are resolved, which sops keeps as names
// and Raw keeps with it. Raw returns the bytes that the official decrypt (3.13.3) gives. Binary
// returns the content of a file of the binary format.
//
// It fails when two values would land under one name, when the file holds several
// documents and m is not Raw, when Flat or Nested meet a file of the binary format,
// which has no names, for text that is not UTF-8, except in Binary, and in Raw for
// what the official decrypt prints as something else. Its errors hold names and never
// values.
func Render(t *sopsfile.Tree, m Mode) (plaintext.Text, error) {
	if !t.HasValues() {
		return plaintext.Text{}, errNoValues
	}
	if t.FileFormat() == "" && (m == Raw || m == Binary) {
		return plaintext.Text{}, errNoFormat
	}
	var out []byte
	var err error
	switch m {
	case Flat:
		out, err = flat(t)
	case Nested:
		out, err = nested(t)
	case Raw:
		out, err = raw(t)
	case Binary:
		out, err = content(t)
	default:
		err = unknownMode(m)
	}
	if err != nil {
		return plaintext.Text{}, err
	}
	return plaintext.New(out), nil
}

// Names returns the names of the JSON object that lands for o, in file order: for
// Flat each name such as a.b[0].c, for Nested the names at the top. Raw, Binary and
// One have none, and return nil. t is a structure or a decrypted tree; the same file
// returns the same names for both. It fails as [ForSecret] does where names alone
// decide.
func Names(t *sopsfile.Tree, o Output) ([]string, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	switch o.mode() {
	case Flat:
		doc, err := document(t)
		if err != nil {
			return nil, err
		}
		leaves, err := flatLeaves(doc)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(leaves))
		for i := range leaves {
			names[i] = leaves[i].name
		}
		return names, nil
	case Nested:
		doc, err := document(t)
		if err != nil {
			return nil, err
		}
		return topNames(doc)
	case One:
		_, _, err := namedValue(t, o.Value)
		return nil, err
	case Raw, Binary:
		if t.FileFormat() == "" {
			return nil, errNoFormat
		}
	}
	return nil, nil
}

func unknownMode(m Mode) error { return fmt.Errorf("no such rendering: %s", filetext.Quote(string(m))) }

// document returns the one document of a file that has names, with the merge keys of
// YAML resolved.
func document(t *sopsfile.Tree) (sopsfile.Node, error) {
	if t.FileFormat() == sopsfile.Binary {
		return sopsfile.Node{}, errNoNames
	}
	if n := t.Len(); n != 1 {
		return sopsfile.Node{}, fmt.Errorf("the file holds %d YAML documents, and one JSON object cannot; use OutputRaw, or split it", n)
	}
	doc := t.Document(0)
	if t.FileFormat() == sopsfile.YAML {
		doc = doc.Merged()
	}
	return doc, nil
}
