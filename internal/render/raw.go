package render

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

var (
	errNotBinary = errors.New("OutputBinary is for a file of the binary format; use OutputRaw, or encrypt the file again with \"sops encrypt --input-type binary\"")
	errEmit      = errors.New("the values cannot be written back in the file's own format")
	errBytes     = errors.New("its content is not UTF-8 text, which a secret string cannot hold; use OutputBinary")
)

// raw returns the bytes that decrypt.DataWithFormat of sops 3.13.3 gives with its
// default settings, emitted by the same libraries at the same versions. It fails where
// sops prints something else than the values: null for a text that YAML's block style
// cannot begin with, YAML that cannot be read, U+FFFD in JSON for what is not UTF-8.
func raw(t *sopsfile.Tree) ([]byte, error) {
	var out []byte
	var err error
	switch t.FileFormat() {
	case sopsfile.JSON:
		out, err = rawJSON(t.Document(0))
	case sopsfile.YAML:
		out, err = rawYAML(t)
	case sopsfile.Dotenv:
		out, err = rawDotenv(t.Document(0))
	case sopsfile.INI:
		out, err = rawINI(t.Document(0))
	case sopsfile.Binary:
		if out, err = content(t); err == nil && !utf8.Valid(out) {
			err = errBytes
		}
	default:
		err = fmt.Errorf("no raw form of the format %q", string(t.FileFormat()))
	}
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(out) {
		return nil, errNotUTF8
	}
	return out, nil
}

// content is the content of a file of the binary format.
func content(t *sopsfile.Tree) ([]byte, error) {
	if t.FileFormat() != sopsfile.Binary {
		return nil, errNotBinary
	}
	data := t.Document(0).At(0)
	if data.Kind() != sopsfile.String {
		return nil, errNotBinary
	}
	return data.Text().Reveal(), nil
}

// lineText is the text of a scalar in dotenv and INI. Their values are strings,
// unless somebody changed a type tag: then sops prints what it made of them.
func lineText(n sopsfile.Node) (string, error) {
	text := string(n.Text().Reveal())
	switch n.Kind() {
	case sopsfile.String, sopsfile.Int:
		return text, nil
	case sopsfile.Bool:
		return strconv.FormatBool(text == "True"), nil
	case sopsfile.Float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", errEmit
		}
		s := strconv.FormatFloat(f, 'G', -1, 64)
		for _, c := range s {
			if c == '.' || c == 'E' {
				return s, nil
			}
		}
		return strconv.FormatFloat(f, 'f', 1, 64), nil
	case sopsfile.Time:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return "", errEmit
		}
		return at.Format(time.RFC3339), nil
	}
	return "", errEmit
}
