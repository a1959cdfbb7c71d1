package sopsfile

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"gopkg.in/ini.v1"
)

var errINI = errors.New("not INI: a line is neither [SECTION] nor NAME=VALUE nor a comment, or a quote is open")

// readINI reads sections with the library of the official reader, because INI has
// no other definition here than what that library makes of it. A section may stand
// several times. What stands before the first section is in one named DEFAULT.
func readINI(ctx context.Context, data []byte) (docs []node, err error) {
	defer func() {
		if recover() != nil { // the library's, on input that it does not expect
			docs, err = nil, errINI
		}
	}()
	if bytes.Count(data, []byte("\n")) > maxINILines {
		return nil, errLines
	}
	if err := checkJoins(data); err != nil {
		return nil, err
	}
	file, err := loadINI(data, false)
	if err != nil {
		return nil, err
	}
	// Read once more so that a name that stands twice in a section is seen: without
	// shadows the library keeps the last one only.
	again, err := loadINI(data, true)
	if err != nil {
		return nil, err
	}
	for _, section := range again.Sections() {
		for _, key := range section.Keys() {
			if len(key.ValueWithShadows()) > 1 {
				p := &treePath{&treePath{nil, section.Name(), -1}, key.Name(), -1}
				return nil, p.at(errDuplicate)
			}
		}
	}
	b := &builder{ctx: ctx}
	base := b.open()
	var meta *node
	for _, section := range file.Sections() {
		n, err := iniSection(b, section)
		if err != nil {
			return nil, err
		}
		if n.key == metadataKey {
			if meta != nil {
				return nil, metadataError(metadataKey, "stands twice")
			}
			tree, err := iniMetadata(n.kids)
			if err != nil {
				return nil, err
			}
			meta = &tree
			continue
		}
		if n.key == ini.DefaultSection && len(n.kids) == 0 {
			continue // the library has it always
		}
		if err := b.push(n); err != nil {
			return nil, err
		}
	}
	if meta != nil {
		if err := b.push(*meta); err != nil {
			return nil, err
		}
	}
	return []node{{kind: Map, kids: b.close(base)}}, nil
}

func loadINI(data []byte, shadows bool) (*ini.File, error) {
	file, err := ini.LoadSources(ini.LoadOptions{
		AllowNonUniqueSections: true,
		AllowShadows:           shadows, AllowDuplicateShadowValues: shadows,
	}, data)
	if err != nil {
		return nil, errINI // the library's own error quotes the line
	}
	return file, nil
}

func iniSection(b *builder, section *ini.Section) (node, error) {
	n := node{key: section.Name(), kind: Map}
	base := b.open()
	comment := func(text string) error {
		if text == "" {
			return nil
		}
		return b.push(node{kind: Comment, text: []byte(bareComment(text))})
	}
	if err := comment(section.Comment); err != nil {
		return n, err
	}
	for _, key := range section.Keys() {
		if err := b.push(node{key: key.Name(), kind: String, text: []byte(key.Value())}); err != nil {
			return n, err
		}
		// The library keeps the comment above a name with it; sops puts it behind.
		if err := comment(key.Comment); err != nil {
			return n, err
		}
	}
	n.kids = b.close(base)
	return n, nil
}

// bareComment is a comment without the marks and spaces that it begins with.
func bareComment(text string) string {
	switch {
	case strings.HasPrefix(text, ";"):
		return strings.TrimLeft(text, "; ")
	case strings.HasPrefix(text, "#"):
		return strings.TrimLeft(text, "# ")
	}
	return text
}

// iniMetadata reads the entries of the section [sops].
func iniMetadata(flat []node) (node, error) {
	for i := range flat {
		flat[i].text = bytes.ReplaceAll(flat[i].text, []byte(`\n`), []byte("\n"))
	}
	tree, err := unflatten(flat)
	tree.key = metadataKey
	return tree, err
}
