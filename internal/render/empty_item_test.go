package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ebb7bed6/sopscdk/internal/render"
	"github.com/ebb7bed6/sopscdk/internal/sopsfile"
)

// TOKEN stands for an encrypted value. The names are those of values, maps or lists.
func TestEmptyItemBefore(t *testing.T) {
	const token = `ENC[AES256_GCM,data:AAAA,iv:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]`
	for _, tt := range []struct{ name, format, file, of, want string }{
		{"none", "json", `"l": ["TOKEN", "TOKEN"]`, "l[1]", ""},
		{"the empty string", "json", `"l": ["TOKEN", "", "TOKEN"]`, "l[2]", "l[1]"},
		{"null", "json", `"l": [null, "TOKEN"]`, "l[1]", "l[0]"},
		{"an empty map", "json", `"l": [{}, {"i": "TOKEN"}]`, "l[1].i", "l[0]"},
		{"an empty list", "json", `"a": {"l": [[], ["TOKEN"]]}`, "a.l[1][0]", "a.l[0]"},
		{"in a list inside", "json", `"l": [["TOKEN", ""], ["", "TOKEN"]]`, "l[1][1]", "l[1][0]"},
		{"to a map", "json", `"l": [{}, {"i": "TOKEN"}]`, "l[1]", "l[0]"},
		{"the first of several", "json", `"l": ["", null, "TOKEN"]`, "l[2]", "l[0]"},
		{"behind it", "json", `"l": ["TOKEN", ""]`, "l[0]", ""},
		{"itself", "json", `"l": ["TOKEN", ""]`, "l[1]", ""},
		{"no list", "json", `"a": "", "b": "TOKEN"`, "b", ""},
		{"in clear", "json", `"l_unencrypted": ["", "x"]`, "l_unencrypted[1]", ""},
		{"a map that holds more", "json", `"l": [{"a": ""}, "TOKEN"]`, "l[1]", ""},
		{"unknown", "json", `"l": ["", "TOKEN"]`, "l[2]", ""},
		{"YAML null", "yaml", `"l": [~, "TOKEN"]`, "l[1]", "l[0]"},
		{"a merged map", "yaml", `"b": &b {"l": ["", "TOKEN"]}, "m": {<<: *b}`, "m.l[1]", "m.l[0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			meta := `"sops": {"lastmodified": "2026-01-02T03:04:05Z", "mac": "TOKEN", "version": "3.13.3", "unencrypted_suffix": "_unencrypted",
				"kms": [{"arn": "arn:aws:kms:eu-west-1:111122223333:key/1111aaaa-0000-4000-8000-000000000001", "created_at": "2026-01-02T03:04:05Z", "enc": "AAAA", "aws_profile": ""}]}`
			content := strings.ReplaceAll(fmt.Sprintf("{%s, %s}", tt.file, meta), "TOKEN", token)
			file, err := sopsfile.Parse([]byte(content), sopsfile.Format(tt.format))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := render.EmptyItemBefore(file.Ciphertext(), tt.of); got != tt.want || ok != (got != "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
