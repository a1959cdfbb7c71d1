package sopsfile

import (
	"bytes"
	"errors"
	"fmt"
)

// LooksLike guesses the format of an encrypted file by where its metadata stands;
// "" when it sees none. It takes a file of the binary format, which is JSON, for JSON.
func LooksLike(data []byte) Format {
	if isObject(data) {
		if bytes.Contains(data, []byte(`"`+metadataKey+`"`)) {
			return JSON
		}
		return ""
	}
	for line := range bytes.Lines(data) {
		switch {
		case bytes.HasPrefix(line, []byte(dotenvPrefix)) && bytes.IndexByte(line, '=') > 0:
			return Dotenv
		case bytes.HasPrefix(line, []byte("["+metadataKey+"]")):
			return INI
		case bytes.HasPrefix(line, []byte(metadataKey+":")):
			return YAML
		}
	}
	return ""
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}

// misfit makes the error of a file that could not be read, or has no metadata, in
// its format: it says which other format the content looks like.
func misfit(err error, data []byte, format Format) error {
	l := LooksLike(data)
	switch {
	case l == "" && format == Binary && !isObject(data):
		return ErrNotEncrypted // content of any kind, without the envelope
	case l == "", l == format, l == JSON && format == Binary, l == JSON && format == YAML:
		return err
	case errors.Is(err, ErrNotEncrypted):
		return fmt.Errorf("no sops metadata where the format %s has it; the content looks like %s", format, l)
	}
	return fmt.Errorf("%w; the content looks like %s, not %s", err, l, format)
}
