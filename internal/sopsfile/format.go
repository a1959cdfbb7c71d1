package sopsfile

import (
	"slices"
	"strings"
)

// Format is the form of a SOPS file. The zero value is no format.
type Format string

// The formats that SOPS has.
const (
	JSON   Format = "json"
	YAML   Format = "yaml"
	Dotenv Format = "dotenv"
	INI    Format = "ini"
	// Binary is any content at all, carried as one value in a JSON envelope.
	Binary Format = "binary"
)

// FormatOf returns the format that SOPS reads a file of that name in. It looks at
// the ending alone and minds its case: x.yaml and x.yml are YAML, x.json is JSON,
// x.env is dotenv, x.ini is INI, and any other name is binary, x.json.enc and
// x.JSON among them.
func FormatOf(path string) Format {
	for _, e := range [...]struct {
		ending string
		format Format
	}{
		{".yaml", YAML}, {".yml", YAML}, {".json", JSON}, {".env", Dotenv}, {".ini", INI},
	} {
		if strings.HasSuffix(path, e.ending) {
			return e.format
		}
	}
	return Binary
}

// Formats returns the names of the five formats.
func Formats() []string {
	return []string{string(JSON), string(YAML), string(Dotenv), string(INI), string(Binary)}
}

// known reports whether f is one of the five formats.
func (f Format) known() bool { return slices.Contains(Formats(), string(f)) }
