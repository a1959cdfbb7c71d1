package sopsfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// File is an encrypted file that was read and checked. It does not change, so
// several goroutines may use it.
type File struct {
	format Format
	meta   *Metadata
	docs   []node
	size   int
}

// Parse reads an encrypted file. It needs no key, and checks all that can be
// checked without one: the syntax, the metadata, that no name stands twice in a
// map, and that every value which the file's rule selects is a canonical token,
// null or empty, and no other value is a token.
//
// A file in clear text gives an error with [ErrNotEncrypted] in its chain, whatever else is
// wrong with it, and one with nothing in it [ErrEmpty].
// Content that is not of the given format gives an error that says which format
// it looks like. Files over the limits of this package are refused: 2 MiB, 100
// levels, 100,000 values and 4 MiB of names, values and comments with YAML aliases
// expanded, 10,000 lines of INI, and others that docs/design.md lists. They bound
// what any file costs: about a second and 128 MB. No error quotes content other than
// the names on a value's path.
func Parse(data []byte, format Format) (*File, error) {
	return ParseContext(context.Background(), data, format)
}

// ParseContext is [Parse] that gives up when ctx ends: after at most about 1,000 values, or
// one call of the YAML or INI library or of a rule's expression, which cannot be stopped and
// take less than a second.
func ParseContext(ctx context.Context, data []byte, format Format) (*File, error) {
	if !format.known() {
		return nil, fmt.Errorf("no such format: %q", string(format))
	}
	f, err := parse(ctx, data, format)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, explain(err, data, format)
	}
	return f, nil
}

func parse(ctx context.Context, data []byte, format Format) (*File, error) {
	if len(data) > MaxSize {
		return nil, errSize
	}
	docs, err := readDocs(ctx, bytes.Clone(data), format)
	if ctx.Err() != nil {
		return nil, late(ctx, "read")
	}
	if err != nil {
		return nil, err
	}
	meta, err := extractMetadata(docs)
	if err != nil {
		return nil, err
	}
	m, err := readMetadata(meta)
	if err != nil {
		return nil, err
	}
	f := &File{format, m, docs, len(data)}
	if format == Binary {
		if err := checkBinary(docs); err != nil {
			return nil, err
		}
	}
	s, err := newSelector(ctx, m.Rule)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		if err := s.walk(&docs[i], nil, 0, false); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// readDocs reads the documents of a file, with the metadata as an entry "sops".
func readDocs(ctx context.Context, data []byte, format Format) ([]node, error) {
	switch format {
	case YAML:
		return readYAML(ctx, data)
	case Dotenv:
		return readDotenv(ctx, data)
	case INI:
		return readINI(ctx, data)
	default: // Binary is JSON, too
		return readJSON(ctx, data)
	}
}

// errBinary says what a binary file is.
var errBinary = errors.New(`a file in the binary format holds exactly one string "data" beside its metadata`)

func checkBinary(docs []node) error {
	kids := docs[0].kids
	if len(kids) != 1 || kids[0].key != "data" || kids[0].kind != String {
		return errBinary
	}
	return nil
}

// late is the error of what was given up since ctx has ended.
func late(ctx context.Context, what string) error {
	return fmt.Errorf("not %s before the time was up: %w", what, context.Cause(ctx))
}

// Format is the format that the file was read in.
func (f *File) Format() Format { return f.format }

// Metadata is what the file says about itself. The caller must not change it.
func (f *File) Metadata() *Metadata { return f.meta }

// Structure is the tree without values: names, nesting and kinds. It has the same
// shape as the tree that Decrypt gives.
func (f *File) Structure() *Tree {
	return newTree(treeData{format: f.format, docs: stripped(f.docs)})
}

// stripped copies nodes without their texts.
func stripped(from []node) []node {
	if len(from) == 0 {
		return nil
	}
	to := make([]node, len(from))
	for i := range from {
		to[i] = node{key: from[i].key, kids: stripped(from[i].kids), kind: from[i].kind, inline: from[i].inline, full: len(from[i].text) > 0}
	}
	return to
}

// Ciphertext returns the tree of the texts as they stand in the file: the tokens,
// and what the file has in clear. It is nothing that the file does not show.
func (f *File) Ciphertext() *Tree { return newTree(treeData{format: f.format, docs: f.docs}) }
