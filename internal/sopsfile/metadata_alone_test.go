package sopsfile_test

import (
	"bytes"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// The metadata that is read alone is that of the whole file, for every file that sops made.
func TestReadMetadata(t *testing.T) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range names {
		data := read(t, filepath.Base(name))
		format := sopsfile.FormatOf(name)
		file, err := sopsfile.Parse(data, format)
		if err != nil {
			continue
		}
		got, ok := sopsfile.ReadMetadata(data, format)
		if !ok || !reflect.DeepEqual(got, file.Metadata()) {
			t.Errorf("%s: found is %v, got %+v, want %+v", name, ok, got, file.Metadata())
		}
		compared++
	}
	if compared < 5 {
		t.Errorf("%d files were compared", compared)
	}
}

// What stands around the metadata, and may look like it, changes nothing.
func TestReadMetadataAlone(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		change     func(string) string
	}{
		{"JSON text that looks like it", "types.json", func(s string) string {
			return `{"x": "\",\"sops\":{", "y": {"sops": {"kms": []}}, "sops2": [{}],` + s[1:]
		}},
		{"JSON that is broken behind it", "types.json", func(s string) string { return s + `}]` }},
		{"a name of 1 MB", "types.json", func(s string) string {
			return `{"` + strings.Repeat("n", 1<<20) + `": [` + strings.Repeat("null,", 3000) + `null],` + s[1:]
		}},
		{"YAML that is no YAML before it", "types.yaml", func(s string) string { return "a: [\nb: &x\n  sops: y\n" + s }},
		{"YAML aliases", "types.yaml", func(s string) string { return "a: &x [x, x]\n" + strings.Repeat("b: *x\n", 100_000) + s }},
		{"YAML of a further document", "types.yaml", func(s string) string { return s + "---\na: b\nsops:\n  kms: []\n" }},
		{"lines of dotenv", "lines.env", func(s string) string { return strings.Repeat("no line\n", 1000) + s }},
		{"INI", "sections.ini", func(s string) string { return "a = \"\"\"x\n" + s }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, format := read(t, tt.file), sopsfile.FormatOf(tt.file)
			want, _ := sopsfile.ReadMetadata(data, format)
			got, ok := sopsfile.ReadMetadata([]byte(tt.change(string(data))), format)
			if !ok || !reflect.DeepEqual(got, want) {
				t.Errorf("found is %v", ok)
			}
		})
	}
	for _, text := range []string{"", "{", `{"sops"`, `{"sops":`, `{"sops":{}}`, `{"sops":{"kms":[`, `"sops":{}`, "sops:", "sops: [", "[sops]", "sops_x", "sops_x=y", `{"a":"\`, "\x00"} {
		for _, format := range []sopsfile.Format{sopsfile.JSON, sopsfile.YAML, sopsfile.Dotenv, sopsfile.INI, sopsfile.Binary} {
			if m, ok := sopsfile.ReadMetadata([]byte(text), format); ok {
				t.Errorf("%s %q: got %+v", format, text, m)
			}
		}
	}
	data := read(t, "types.json")
	if _, ok := sopsfile.ReadMetadata(append(bytes.Repeat([]byte(" "), sopsfile.MaxSize), data...), sopsfile.JSON); ok {
		t.Error("a file that is too large was read")
	}
}
