package sopsfile

import (
	"bytes"
	"context"
	"strings"
)

// dotenvPrefix begins the names of the metadata's entries.
const dotenvPrefix = metadataKey + "_"

// readDotenv reads NAME=VALUE lines as sops does: the first = ends the name, the
// value is the whole rest of the line with \n for a line break and no quoting, a
// line that begins with # is a comment, and an empty line is nothing.
func readDotenv(ctx context.Context, data []byte) ([]node, error) {
	b, meta := builder{ctx: ctx}, builder{ctx: ctx}
	b.stack = make([]node, 0, min(bytes.Count(data, []byte("\n"))+1, maxNodes))
	base, metaBase := b.open(), meta.open()
	number := 0
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		number++
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			if err := b.push(node{kind: Comment, text: line[1:]}); err != nil {
				return nil, err
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok {
			return nil, lineError(number)
		}
		if bytes.IndexByte(value, '\\') >= 0 {
			value = bytes.ReplaceAll(value, []byte(`\n`), []byte("\n"))
		}
		n := node{key: string(name), kind: String, text: value}
		to := &b
		if short, ok := strings.CutPrefix(n.key, dotenvPrefix); ok {
			n.key, to = short, &meta
		}
		if err := to.push(n); err != nil {
			return nil, err
		}
	}
	doc := node{kind: Map, kids: b.close(base)}
	if key, twice := b.duplicate(doc.kids); twice {
		return nil, (&treePath{nil, key, -1}).at(errDuplicate)
	}
	flat := meta.close(metaBase)
	if len(flat) == 0 {
		return []node{doc}, nil
	}
	if key, twice := meta.duplicate(flat); twice {
		return nil, metadataError(key, "stands twice")
	}
	tree, err := unflatten(flat)
	if err != nil {
		return nil, err
	}
	tree.key = metadataKey
	doc.kids = append(doc.kids, tree)
	return []node{doc}, nil
}
