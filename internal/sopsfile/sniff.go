package sopsfile

import (
	"bytes"
	"errors"
	"fmt"
)

// looksLike guesses the format of content by what sops's own writers begin with
// and end with; "" when it could be anything.
func looksLike(data []byte) Format {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return ""
	case text[0] == '{':
		return JSON
	}
	for line := range bytes.Lines(data) {
		switch {
		case bytes.HasPrefix(line, []byte("sops_")) && bytes.IndexByte(line, '=') > 0:
			return Dotenv
		case bytes.HasPrefix(line, []byte("[sops]")):
			return INI
		case bytes.HasPrefix(line, []byte("sops:")):
			return YAML
		}
	}
	return ""
}

// hasMetadataOfOther tells whether data, which has no metadata in its format, has
// some in another.
func hasMetadataOfOther(data []byte, format Format) bool {
	l := looksLike(data)
	return l != "" && l != format && !(l == JSON && format == Binary) && !(l == JSON && format == YAML)
}

// misfit adds to the error of a file which other format its content looks like.
func misfit(err error, data []byte, format Format) error {
	l := looksLike(data)
	if l == "" || l == format || l == JSON && (format == Binary || format == YAML) {
		return err
	}
	if errors.Is(err, ErrNotEncrypted) {
		return fmt.Errorf("no sops metadata where the format %s has it; the content looks like %s", format, l)
	}
	return fmt.Errorf("%w; the content looks like %s, not %s", err, l, format)
}
