package render

import (
	"bytes"
	"strings"

	"gopkg.in/ini.v1"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

func rawDotenv(doc sopsfile.Node) ([]byte, error) {
	var out []byte
	for i := range doc.Len() {
		n := doc.At(i)
		if n.Kind() == sopsfile.Comment {
			out = append(append(append(out, '#'), n.Text().Reveal()...), '\n')
			continue
		}
		text, err := lineText(n)
		if err != nil {
			return nil, valueError([]step{{n.Key(), -1}}, err)
		}
		out = append(append(out, n.Key()...), '=')
		out = append(append(out, strings.ReplaceAll(text, "\n", `\n`)...), '\n')
	}
	return out, nil
}

// rawINI writes the sections with the library of sops.
func rawINI(doc sopsfile.Node) (out []byte, err error) {
	defer func() {
		if recover() != nil { // the library's, on names that it cannot write
			out, err = nil, errEmit
		}
	}()
	file := ini.Empty(ini.LoadOptions{AllowNonUniqueSections: true})
	file.DeleteSection(ini.DefaultSection)
	if doc.Len() == 0 || doc.At(0).Key() != ini.DefaultSection {
		// sops has it always; it is left out of the tree when it is empty.
		if _, err := file.NewSection(ini.DefaultSection); err != nil {
			return nil, errEmit
		}
	}
	for i := range doc.Len() {
		if n := doc.At(i); n.Kind() != sopsfile.Comment {
			if err := fillSection(file, n); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	if _, err := file.WriteTo(&b); err != nil {
		return nil, errEmit
	}
	return b.Bytes(), nil
}

// fillSection writes one section. Its first comment, before any name, is its own;
// each other belongs to the name before it.
func fillSection(file *ini.File, n sopsfile.Node) error {
	section, err := file.NewSection(n.Key())
	if err != nil || n.Kind() != sopsfile.Map {
		return errEmit
	}
	var last *ini.Key
	for i := range n.Len() {
		kid := n.At(i)
		if kid.Kind() == sopsfile.Comment {
			switch text := string(kid.Text().Reveal()); {
			case i == 0:
				section.Comment = text
			case last != nil:
				last.Comment = text
			}
			continue
		}
		text, err := lineText(kid)
		if err != nil {
			return valueError([]step{{n.Key(), -1}, {kid.Key(), -1}}, err)
		}
		if last, err = section.NewKey(kid.Key(), text); err != nil {
			return errEmit
		}
	}
	return nil
}
